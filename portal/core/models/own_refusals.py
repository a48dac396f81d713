"""What people refused themselves, as conditions on decisions."""

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import aliased

from portal.core.iys_protocol.enums import Status
from portal.core.models.decision import PROVIDERS_RECORDS, Decision, DecisionOrigin, is_void
from portal.core.models.submission import Submission

# By these a provider states what somebody refused; by all others the person does. A renewal is neither: what it renews
# is a decision of the same consent.
STATED = (*PROVIDERS_RECORDS, DecisionOrigin.OTHER_SENDER, DecisionOrigin.RENEWAL)


def was_current(decision: type[Decision] = Decision) -> ColumnElement[bool]:
    """The condition that a consent stands on a decision, or stood: it is not void, and no grant that was imported
    too late for İYS, or older than what was known then."""
    was_sent = exists().where(Submission.decision_id == decision.id).correlate(decision)
    counts = or_(decision.origin.not_in(PROVIDERS_RECORDS), decision.status == Status.REFUSED, was_sent)
    return and_(counts, ~is_void(decision))


def is_own_refusal(decision: type[Decision] = Decision) -> ColumnElement[bool]:
    """The condition that the person refused by a decision, and granted nothing of its consent since."""
    grant = aliased(Decision)
    granted_since = exists().where(
        grant.consent_id == decision.consent_id, grant.status == Status.GRANTED,
        grant.effective_at > decision.effective_at, was_current(grant),
    )  # fmt: skip
    is_own = and_(decision.status == Status.REFUSED, decision.origin.not_in(STATED))
    return and_(is_own, ~is_void(decision), ~granted_since.correlate(decision))
