"""Comparing a message with the refusal and its term: whether it came after the refusal had to be obeyed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import address_holders, business_days
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import PROVIDERS_RECORDS, Complaint, Consent, Decision, Finding, Recipient, is_void
from portal.core.models.recipient import is_of_present_holder
from portal.domain.complaints.queries import acted_at, case_may_be_anothers, held_until


@dataclass(frozen=True)
class Comparison:
    """What was found, and the refusal that the message was compared with, if any."""

    finding: Finding
    decision_id: int | None = None  # Its last refusal, which İYS was told last.
    refused_at: datetime | None = None
    obeyed_by: datetime | None = None  # The last moment of the three business days (Law 6563, art. 8/3).
    was_allowed: bool = False  # Apart from the refusal: by a known grant, or as a merchant (art. 6/2).

    @property
    def is_without_consent(self) -> bool:
        """Whether no consent is known that would have allowed the message; said to the person as it is to the desk."""
        return self.finding != Finding.AFTER_REFUSAL and not self.was_allowed


@dataclass(frozen=True)
class _RefusedPeriod:
    """A period in which a key was refused, from the first of consecutive refusals on."""

    decision_id: int | None  # The last of them. None: an earlier holder's.
    since: datetime
    until: datetime | None


WORST_FIRST = (Finding.AFTER_REFUSAL, Finding.WITHIN_TERM, Finding.BEFORE_REFUSAL, Finding.NO_REFUSAL)


def compare_with_refusal(
    session: Session, recipient: Recipient, *, brand_id: int, channel: Channel, came_at: datetime, held_at: datetime,
    is_to_second: bool = False,
) -> Comparison:  # fmt: skip
    """Compare a message that came at a moment with the recipient's decisions for this brand and channel.

    Only with those of who had the address at `held_at` or, where the message came after they had it no more, of who
    has it now. Nothing is told of what an earlier holder decided, nor of which channels a closed line ended.

    The shorter reading of the term counts, in which half days are business days. Of the minute that people report, the
    last second counts; `is_to_second` says that a system reported it. If an address is held as two recipient types, the
    finding that is worst for the sender counts.
    """
    until = held_until(session, recipient, held_at)
    until = until if until and came_at < until else None
    came_at = came_at if is_to_second else max(came_at, came_at.replace(second=59))
    since = recipient.own_held_since if recipient.changed_hands_after(held_at) else recipient.held_since
    decisions: Iterable[Decision] = session.scalars(
        select(Decision)
        .where(
            Decision.recipient_id == recipient.id, Decision.brand_id == brand_id, Decision.channel == channel,
            ~is_void(),
        )
        .order_by(Decision.recipient_type, Decision.effective_at, Decision.status, Decision.id)  # A refusal wins a tie.
    )  # fmt: skip
    decisions = _without_ended_grants(list(decisions))
    if until:  # What was decided after is another's.
        decisions, since = [decision for decision in decisions if decision.effective_at < until], None
    decisions = [decision for decision in decisions if decision.was_made_since(since)]
    if since is not None:  # A refusal is of every type that is held, which may be an earlier holder's.
        theirs = {each.recipient_type for each in decisions if each.status == Status.GRANTED}
        theirs.add(RecipientType.INDIVIDUAL)
        decisions = [decision for decision in decisions if decision.recipient_type in theirs]
    keys = groupby(decisions, key=lambda decision: decision.recipient_type)
    found = [_compare_key(list(of_key), recipient_type, came_at, since) for recipient_type, of_key in keys]
    return min(found, key=lambda each: WORST_FIRST.index(each.finding), default=Comparison(Finding.NO_REFUSAL))


def compare_case(session: Session, case: Complaint) -> Comparison | None:
    """Compare the message of a case with what is known today: İYS may have reported an earlier refusal since. None for
    a request for erasure, which names no message."""
    if case.brand_id is None or case.channel is None or case.came_at is None:
        return None
    recipient = session.get_one(Recipient, case.recipient_id)
    return compare_with_refusal(
        session, recipient, brand_id=case.brand_id, channel=case.channel, came_at=case.came_at,
        held_at=acted_at(session, case),
    )  # fmt: skip


def compare_for_person(session: Session, case: Complaint) -> Comparison | None:
    """The same for the page of a case; None also where it may be another's than the present holder's."""
    return None if case_may_be_anothers(session, case) else compare_case(session, case)


def has_refused(
    session: Session, *, recipient_id: int, brand_id: int, channel: Channel, held_since: datetime | None
) -> bool:
    """Whether every recipient type that is held is refused now, by the own word of who has held the address since
    `held_since`: what an earlier holder refused is told to nobody, and what a firm states gives way to its next one."""
    held = session.execute(
        select(Consent.id, Consent.status).where(
            Consent.recipient_id == recipient_id, Consent.brand_id == brand_id, Consent.channel == channel,
            Consent.status.is_not(None),
        )
    ).all()  # fmt: skip
    refused = address_holders.find_own_refused_ids(session, {recipient_id: held_since})
    return bool(held) and all(each.status == Status.REFUSED and each.id in refused for each in held)


def _without_ended_grants(decisions: Sequence[Decision]) -> list[Decision]:
    """Without a provider's grants that an earlier refusal ended, as İYS told it only afterwards (late_refusals): a
    renewal of it says so. They end no refused period. Ids are in the order in which decisions were made."""
    by_id = {decision.id: decision for decision in decisions}
    renewed = [(by_id[each.renews_id], each) for each in decisions if each.renews_id in by_id]

    def was_ended(grant: Decision) -> bool:
        return any(
            renewal.consent_id == grant.consent_id and refusal.id > grant.id
            and refusal.effective_at < grant.effective_at < renewal.effective_at
            for refusal, renewal in renewed
        )  # fmt: skip

    return [
        each for each in decisions
        if each.status != Status.GRANTED or each.origin not in PROVIDERS_RECORDS or not was_ended(each)
    ]  # fmt: skip


def _refused_periods(decisions: Iterable[Decision], held_since: datetime | None) -> Iterator[_RefusedPeriod]:
    """Those that reach into the time since when the address is held."""
    for period in _all_refused_periods(decisions):
        if held_since is None or is_of_present_holder(period.since, held_since):
            yield period
        elif period.until is None or period.until > held_since:
            yield _RefusedPeriod(None, held_since, period.until)


def _all_refused_periods(decisions: Iterable[Decision]) -> Iterator[_RefusedPeriod]:
    refusals: list[Decision] = []
    for decision in decisions:
        if decision.status == Status.REFUSED:
            refusals.append(decision)
        elif refusals:
            yield _RefusedPeriod(refusals[-1].id, refusals[0].effective_at, decision.effective_at)
            refusals = []
    if refusals:
        yield _RefusedPeriod(refusals[-1].id, refusals[0].effective_at, None)


def _compare_key(
    decisions: list[Decision], recipient_type: RecipientType, came_at: datetime, held_since: datetime | None
) -> Comparison:
    own = [decision for decision in decisions if decision.was_made_since(held_since)]
    for period in _refused_periods(decisions, held_since):
        obeyed_by = business_days.safe_deadline(period.since)
        if came_at < period.since:
            allowed = _was_allowed(own, recipient_type, came_at)
            return Comparison(Finding.BEFORE_REFUSAL, period.decision_id, period.since, obeyed_by, allowed)
        if period.until is None or came_at < period.until:
            finding = Finding.AFTER_REFUSAL if came_at > obeyed_by else Finding.WITHIN_TERM
            allowed = _was_allowed(own, recipient_type, period.since)
            return Comparison(finding, period.decision_id, period.since, obeyed_by, allowed)
    return Comparison(Finding.NO_REFUSAL, was_allowed=_was_allowed(own, recipient_type, came_at))


def _was_allowed(decisions: list[Decision], recipient_type: RecipientType, at: datetime) -> bool:
    """Whether messages were allowed just before a moment."""
    before = [decision.status for decision in decisions if decision.effective_at < at]
    if recipient_type == RecipientType.MERCHANT:
        return Status.REFUSED not in before[-1:]
    return before[-1:] == [Status.GRANTED]
