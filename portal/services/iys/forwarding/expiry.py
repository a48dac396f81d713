"""Expire submissions past their last lawful minute, whether or not anybody could have sent them."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Select, and_, exists, not_, or_, select, update

from portal.core import clock, leases
from portal.core.extensions import db, read_session
from portal.core.models import BulkRequest, BulkState, Outcome, Provider, Submission
from portal.domain.consents import refusal_forwarding, verification
from portal.services.iys.client import Client

log = structlog.get_logger()

BATCH = 500
GRACE = timedelta(minutes=10)  # For what İYS may have received in time: time to ask it.


def expire_late_submissions(_client: Client) -> bool:
    """Expire what is too late; False if nothing is. İYS is not asked.

    What İYS received in time all the same (SENT) turns up in its movements, and then counts as accepted.
    """
    at = clock.now()
    late = read_session().execute(_late_submissions(at)).all()
    if not late:
        return False
    ids = [row.id for row in late]
    due_at = refusal_forwarding.renewal_due_at(Submission.due_at)
    expired = update(Submission).where(Submission.id.in_(ids), _may_expire(at))
    expired = expired.values(outcome=Outcome.EXPIRED, ended_at=at, bulk_id=None, due_at=due_at)
    db.session.execute(expired.execution_options(synchronize_session=False))
    verification.make_refusals_due(db.session, [row.consent_id for row in late], at)
    db.session.commit()
    log.warning("submissions.expired", count=len(ids))
    return True


def expire_parked_refusals() -> bool:
    """Expire parked refusals that are too late now, so that they are recorded anew; False if there are none."""
    at = clock.now()
    late, by_index = refusal_forwarding.is_parked_too_long(at), Submission.provider_id.in_(select(Provider.id))
    ids = read_session().scalars(select(Submission.id).where(by_index, late).limit(BATCH)).all()
    if not ids:
        return False
    refusal_forwarding.expire(db.session, at, Submission.id.in_(ids), late)
    db.session.commit()
    log.warning("submissions.expired", count=len(ids), parked=True)
    return True


def _late_submissions(at: datetime) -> Select[int, int]:
    by_index = (Submission.lenient_deadline < at, Submission.due_at.is_not(None))
    late = select(Submission.id, Submission.consent_id).where(*by_index, _may_expire(at))
    return late.order_by(Submission.lenient_deadline).limit(BATCH)


def _may_expire(at: datetime) -> ColumnElement[bool]:
    """Open, too late, not leased, and not in a list that may have been sent."""
    unsent = and_(BulkRequest.attempts == 0, BulkRequest.state.in_((BulkState.FORMED, BulkState.HELD)))
    is_unsent = and_(unsent, leases.is_free(BulkRequest, at))
    left = exists().where(BulkRequest.id == Submission.bulk_id, not_(is_unsent))
    never_left = and_(Submission.outcome.in_((Outcome.WAITING, Outcome.BLOCKED)), Submission.lenient_deadline < at)
    never_answered = and_(Submission.outcome == Outcome.SENT, Submission.lenient_deadline < at - GRACE)
    too_late = or_(never_left, never_answered)
    return and_(too_late, Submission.due_at.is_not(None), leases.is_free(Submission, at), not_(left))
