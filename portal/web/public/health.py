"""GET /health, for a supervisor or a load balancer."""

from sqlalchemy import text

from portal.core.extensions import limiter, reading
from portal.web.public.blueprint import blueprint


@blueprint.get("/health")
@limiter.exempt
def health():
    """Alive, with its database."""
    reading().execute(text("SELECT 1"))
    return {"status": "ok"}
