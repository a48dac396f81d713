"""How well a provider can prove a grant: it bears the burden of proof for whatever was not taken through İYS (checklist
C-9), and being registered at İYS is no proof of a consent (Board decision 2022/107).

One rule, for the recipient's page, exports and audiences. It says nothing of whether messages may be sent (may_send).
"""

from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, case, exists, or_, select

from portal.core.addresses import AddressKind
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import (
    PROVIDERS_RECORDS,
    Consent,
    Decision,
    DecisionOrigin,
    Message,
    MessageKind,
    MessageState,
    Outcome,
    ReceiptDecision,
    Submission,
    is_void,
)


class Strength(StrEnum):
    WEAK = "weak"
    FAIR = "fair"
    STRONG = "strong"


class Evidence(StrEnum):
    """What proves a grant."""

    AT_IYS = "at_iys"  # Given to İYS itself, which keeps the proof.
    CONFIRMED = "confirmed"  # Said on our page or by reply; the same day's confirmation reached the address (art. 7).
    UNCONFIRMED = "unconfirmed"  # The same, but the confirmation is not known to have arrived.
    PAPER = "paper"  # Of a file or the API, with its day and what proves it: a form, an order, a recording.
    BEFORE_2015 = "before_2015"  # Nothing but the provider's word that it is older than the law (HS_2015).
    LATE = "late"  # Of either, too old for İYS (H467): it was never registered, so it is invalid (art. 7/12).
    OTHER_SENDER = "other_sender"  # Told to İYS by another sender of the provider's: what proves it is not here.
    UNKNOWN = "unknown"  # Without its day or its source.

    @property
    def strength(self) -> Strength:
        return STRENGTHS[self]


STRENGTHS = {
    Evidence.AT_IYS: Strength.STRONG, Evidence.CONFIRMED: Strength.STRONG,
    Evidence.UNCONFIRMED: Strength.FAIR, Evidence.PAPER: Strength.FAIR,
    Evidence.BEFORE_2015: Strength.WEAK, Evidence.LATE: Strength.WEAK, Evidence.OTHER_SENDER: Strength.WEAK,
    Evidence.UNKNOWN: Strength.WEAK,
}  # fmt: skip
OWN_ORIGINS = (DecisionOrigin.LINK, DecisionOrigin.POINT, DecisionOrigin.MINE, DecisionOrigin.REPLY)


def evidence_column() -> ColumnElement[str]:
    """What proves a decision, as the value of an Evidence; null where it is no grant. The statement selects from
    Decision; of a consent, its current one."""
    is_of_file = Decision.origin.in_(PROVIDERS_RECORDS)
    is_at_iys = or_(Decision.origin == DecisionOrigin.AT_IYS, Decision.source.startswith("IYS_", autoescape=True))
    was_told = exists().where(Submission.decision_id == Decision.id, Submission.outcome != Outcome.EXPIRED)
    found = (
        (is_at_iys, Evidence.AT_IYS),
        (Decision.origin == DecisionOrigin.OTHER_SENDER, Evidence.OTHER_SENDER),
        (and_(is_of_file, Decision.source == Source.BEFORE_2015), Evidence.BEFORE_2015),
        (or_(Decision.consent_date.is_(None), Decision.source.is_(None)), Evidence.UNKNOWN),
        (and_(is_of_file, ~was_told.correlate(Decision)), Evidence.LATE),
        (is_of_file, Evidence.PAPER),
        (_was_confirmed(), Evidence.CONFIRMED),
        (Decision.origin.in_(OWN_ORIGINS), Evidence.UNCONFIRMED),
    )
    rules = [(and_(Decision.status == Status.GRANTED, condition), each.value) for condition, each in found]
    return case(*rules, (Decision.status == Status.GRANTED, Evidence.UNKNOWN.value))


def has_strength(strength: Strength) -> ColumnElement[bool]:
    """The condition that a decision is a grant of this strength; the statement selects from Decision."""
    return evidence_column().in_([each.value for each in Evidence if each.strength == strength])


def late_grants() -> Select[int, Channel]:
    """Recipient and channel of each grant of a file that came too late for İYS, where nothing else was said since."""
    submitted = exists().where(Submission.decision_id == Decision.id)
    return (
        select(Decision.recipient_id, Decision.channel)
        .join(Consent, Consent.id == Decision.consent_id)
        .where(
            Decision.batch_id.is_not(None), Decision.status == Status.GRANTED, Consent.status.is_(None), ~submitted,
            ~is_void(),
        )
    )  # fmt: skip


def _was_confirmed() -> ColumnElement[bool]:
    """A mail counts as arrived once its server took it and no bounce came; a phone reports it."""
    arrived = or_(
        Message.state == MessageState.DELIVERED,
        and_(Message.address_kind == AddressKind.EMAIL, Message.state == MessageState.ACCEPTED),
    )
    return (
        exists()
        .where(ReceiptDecision.decision_id == Decision.id, Message.receipt_id == ReceiptDecision.receipt_id)
        .where(Message.recipient_id == Decision.recipient_id, Message.kind == MessageKind.CONFIRMATION, arrived)
        .correlate(Decision)
    )
