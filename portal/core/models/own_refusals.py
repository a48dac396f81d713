"""What people refused themselves, as conditions; of e-mail it counts for a mailbox, however it is spelled."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, SQLColumnExpression, and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased

from portal.core.addresses import AddressKind
from portal.core.iys_protocol.enums import Channel, Source, Status
from portal.core.models.decision import PROVIDERS_RECORDS, Decision, DecisionOrigin, is_void
from portal.core.models.recipient import MOST_SPELLINGS, Consent, Recipient, other_spellings
from portal.core.models.submission import Outcome, Submission
from portal.core.models.trial_refusals import has_unrepeated

# By these a provider states what somebody refused; by all others the person does. A renewal is neither: what it renews
# is a decision of the same consent.
STATED = (*PROVIDERS_RECORDS, DecisionOrigin.OTHER_SENDER, DecisionOrigin.RENEWAL)
# Made once: each costs as much as the rest of a statement.
GRANT, REFUSAL, RENEWAL = aliased(Decision), aliased(Decision), aliased(Decision)
HELD, OWN = aliased(Consent), aliased(Consent)


def was_current(decision: type[Decision] = Decision) -> ColumnElement[bool]:
    """The condition that a consent stands on a decision, or stood: it is not void, and no grant that was imported
    too late for İYS, or older than what was known then."""
    was_sent = exists().where(Submission.decision_id == decision.id).correlate(decision)
    counts = or_(decision.origin.not_in(PROVIDERS_RECORDS), decision.status == Status.REFUSED, was_sent)
    return and_(counts, ~is_void(decision))


def is_own_word(decision: type[Decision] = Decision) -> ColumnElement[bool]:
    """The condition that a decision was told as the person's own; no HS_KARAR."""
    return and_(decision.origin.not_in(STATED), decision.source.is_distinct_from(Source.PROVIDER_DECISION))


def may_be_taken_back(decision: type[Decision], at: datetime | None) -> ColumnElement[bool]:
    """The condition that a grant may still become void: it waits for İYS and nobody began to send it. Where İYS is told
    of none, a file's may be taken back for ever, a person's until its submission ended; without `at` that is over."""
    undone_until = false() if at is None else Submission.ended_at > at
    told_nobody = and_(Submission.is_told_nobody(), or_(decision.origin == DecisionOrigin.IMPORT, undone_until))
    is_open = or_(Submission.outcome == Outcome.WAITING, told_nobody)
    return exists().where(Submission.decision_id == decision.id, Submission.is_unclaimed(), is_open).correlate(decision)


def is_own_refusal(
    decision: type[Decision] = Decision, at: datetime | None = None, *, also: Collection[DecisionOrigin] = ()
) -> ColumnElement[bool]:
    """The condition that the person refused by a decision, or a provider said so by one of the origins `also`, and that
    nothing of its consent was granted since, at least nothing that may be taken back (may_be_taken_back): who writes a
    grant because of that says `at` which moment. Nor does a grant count that the refusal ended, since it was heard only
    afterwards (late_refusals): its renewal says so, also where a restored database lacked what it renewed."""
    renews_unknown = and_(RENEWAL.origin == DecisionOrigin.RENEWAL, RENEWAL.renews_id.is_(None))
    was_ended = exists().where(
        RENEWAL.consent_id == GRANT.consent_id, RENEWAL.effective_at > GRANT.effective_at,
        or_(RENEWAL.renews_id == decision.id, renews_unknown),
    ).correlate(GRANT, decision)  # fmt: skip
    granted_since = exists().where(
        GRANT.consent_id == decision.consent_id, GRANT.status == Status.GRANTED,
        GRANT.effective_at > decision.effective_at, was_current(GRANT), ~may_be_taken_back(GRANT, at), ~was_ended,
    )  # fmt: skip
    stated = [origin for origin in STATED if origin not in also]
    is_own = and_(decision.status == Status.REFUSED, decision.origin.not_in(stated))
    return and_(is_own, ~is_void(decision), ~granted_since.correlate(decision))


def mailbox_refused_at(
    recipient_id: SQLColumnExpression[int], brand_id: Any, at: datetime | None = None
) -> ScalarSelect[datetime]:  # fmt: skip
    """When a person last refused a brand by an e-mail address so that it holds at spellings of the mailbox that the
    provider gets later; null where they did not, or granted since. What the provider decides itself is of the one
    address. `at` as is_own_refusal()'s. As a scalar, so that databases look at nobody else's consents."""
    refused_at = select(func.max(REFUSAL.effective_at)).where(
        HELD.recipient_id == recipient_id, HELD.brand_id == brand_id, REFUSAL.consent_id == HELD.id,
        is_own_refusal(REFUSAL, at), is_own_word(REFUSAL),
    )  # fmt: skip
    return refused_at.correlate_except(HELD, REFUSAL).scalar_subquery()


def has_mailbox_refusal(recipient: type[Recipient], brand_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that nothing of a brand was decided by an e-mail address yet, and that the person refused it by
    another spelling of the mailbox: also before the admission, where that is not repeated there yet."""
    refused: list[ColumnElement[bool]] = []
    for each in other_spellings(recipient):
        # Each by itself, so that databases read no more of a mailbox than the bound.
        spelled = each.limit(MOST_SPELLINGS).subquery()
        at_brand = mailbox_refused_at(spelled.c.id, brand_id).is_not(None)
        is_refused = or_(at_brand, has_unrepeated(brand_id, spelled.c.id, [Channel.EMAIL]))
        refused.append(exists().where(is_refused).select_from(spelled).correlate_except(spelled))
    decided = exists().where(OWN.recipient_id == recipient.id, OWN.brand_id == brand_id, OWN.status.is_not(None))
    return and_(recipient.kind == AddressKind.EMAIL, ~decided.correlate_except(OWN), or_(*refused))
