"""The status page: whether decisions are taken, and whether İYS hears of them."""

from datetime import datetime, timedelta

from flask import make_response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import limiter, read_session
from portal.core.models import EgressState, Provider, Submission
from portal.services import readiness
from portal.services.iys import circuit_breaker, egresses, rate_limit
from portal.services.readiness import heartbeats
from portal.web.shared import limits, maintenance
from portal.web.verification.blueprint import blueprint

NEEDED = ("schema", "database", "keys", "salt")  # Without these no decision can be recorded.
FORWARDER_SILENCE = timedelta(minutes=5)
MOST_COUNTED = 10_000


@blueprint.get("/durum", endpoint="status")
@limiter.limit(limits.STATUS)
def show_status() -> ResponseReturnValue:
    """Numbers of all firms together only. 503 where no decision can be recorded."""
    if readiness.find_faults(NEEDED):
        return render_template("verification/status.html", takes_decisions=False), 503
    at = clock.now()
    seen_at, (is_iys_away, answered_at) = heartbeats.last_seen(read_session(), "forwarder"), _ask_egresses(at)
    page = make_response(
        render_template(
            "verification/status.html", takes_decisions=True, is_iys_away=is_iys_away, waiting=_count_waiting(),
            most=MOST_COUNTED, answered_at=answered_at,
            is_forwarding=seen_at is not None and at - seen_at <= FORWARDER_SILENCE, maintenance=maintenance.current(),
        )
    )  # fmt: skip
    page.headers["Cache-Control"], page.headers["Vary"] = "public, max-age=30", "Accept-Language"
    return page


def _ask_egresses(at: datetime) -> tuple[bool, datetime | None]:
    """Whether İYS answers at none of our addresses, and when it last answered at any."""
    session, resting, answered = read_session(), [], []
    for egress in egresses.list_all(session):
        with egresses.using(egress):
            is_resting = circuit_breaker.host_state(session, at).resting
            resting += [is_resting] * (egress.state != EgressState.OFF)
            answered.append(rate_limit.last_answered_at(session, at, is_away=is_resting))
    return bool(resting) and all(resting), max(filter(None, answered), default=None)


def _count_waiting() -> int:
    """Decisions that İYS is to be told of, but those that can still be undone."""
    admitted = select(Provider.id).where(Provider.admitted_at.is_not(None))
    due = Submission.due_at <= clock.now(), Submission.provider_id.in_(admitted)
    return read_session().scalars(
        select(func.count()).select_from(select(Submission.id).where(*due).limit(MOST_COUNTED).subquery())
    ).one()  # fmt: skip
