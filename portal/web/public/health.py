"""GET /health, for a supervisor or a load balancer."""

from sqlalchemy import text

from portal.core.extensions import limiter, read_session
from portal.web.public.blueprint import blueprint


@blueprint.get("/health")
@limiter.exempt
def health() -> dict[str, str]:
    """Answer 200 where the database answers, too."""
    read_session().execute(text("SELECT 1"))
    return {"status": "ok"}
