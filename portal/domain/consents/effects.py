"""What comes of one fact that a provider brings, seen beside what stands of its key. Pure: the same in rehearsal and in
earnest."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from portal.core import business_days
from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.domain.consents.bulk_locking import Head


class Effect(StrEnum):
    """What comes of one entry of a file."""

    GRANT = "grant"  # Written, and told to İYS.
    REFUSAL = "refusal"  # Written and obeyed; İYS is told, where it holds a grant.
    FIRST_REFUSAL = "first_refusal"  # Obeyed here; İYS stores no refusal of somebody it does not know (H175).
    OLD_REFUSAL = "old_refusal"  # Obeyed here; too old for İYS (H467), which is told of it as HS_KARAR, dated then.
    LATE_GRANT = "late_grant"  # Kept as evidence only: older than three business days (H467).
    OLDER = "older"  # Kept as a fact: something newer is known of the key (H178).
    SAME = "same"  # It stands so already (H174).
    KNOWN = "known"  # This very fact was brought before.
    UNDATED = "date_missing"  # Of a merchant who is no stranger, and so needs a date (H462): nothing is written.


REFUSALS = (Effect.REFUSAL, Effect.FIRST_REFUSAL, Effect.OLD_REFUSAL)
MOVE_THE_HEAD = (Effect.GRANT, *REFUSALS)  # And go to İYS.
WRITTEN = (*MOVE_THE_HEAD, Effect.LATE_GRANT, Effect.OLDER)

A_SECOND = timedelta(seconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Fact = tuple[Status, datetime, str]  # Status, consent_date and source of a decision.


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line says of one key. `consent_date` is aware, whole seconds, and not to come; where the line says none
    (`is_dated`), it is the moment at which we were told."""

    line: int
    address: Address = field(repr=False)
    channel: Channel
    recipient_type: RecipientType
    status: Status
    source: Source
    consent_date: datetime
    is_dated: bool = True

    @property
    def weight(self) -> tuple[datetime, bool]:
        """Of the entries of a file the newest counts, a refusal at the same moment. A grant of which nobody knows when
        it was given withdraws no refusal."""
        is_refusal = self.status == Status.REFUSED
        return (self.consent_date if self.is_dated or is_refusal else LONG_AGO), is_refusal

    @property
    def fact(self) -> Fact:
        return self.status, self.consent_date, self.source.value


@dataclass(slots=True)
class Standing:
    """What stands of a key beside its head: the facts that are known of it, and whether İYS is being told its head.

    `refused_at` is the newest refusal of the address on this channel, as whatever type: it applies to all of them.
    """

    facts: set[Fact] | None = None
    is_coming: bool = False
    refused_at: datetime | None = None


def effect_of(head: Head, standing: Standing, entry: Entry, at: datetime) -> Effect:
    """What comes of an entry. The newest wins, a refusal at the same moment; and what İYS is told of a key must be
    dated later than all before."""
    is_refusal, date = entry.status == Status.REFUSED, entry.consent_date
    if standing.facts and _is_known(entry, standing.facts):
        return Effect.KNOWN
    if head.status == entry.status and (is_refusal or standing.is_coming or head.iys_status == Status.GRANTED):
        return Effect.SAME
    if not is_refusal and not entry.is_dated and _was_refused(head, standing):
        return Effect.UNDATED
    if not head.yields_to(entry.status, date):
        return Effect.OLDER
    if not is_refusal:
        is_passed = standing.refused_at is not None and date <= standing.refused_at
        if is_passed or (head.consent_date is not None and date <= head.consent_date):
            return Effect.OLDER
        return Effect.LATE_GRANT if is_too_old(entry, at) else Effect.GRANT
    if head.status is None and head.iys_status != Status.GRANTED:
        return Effect.FIRST_REFUSAL
    return Effect.OLD_REFUSAL if is_too_old(entry, at) else Effect.REFUSAL


def _was_refused(head: Head, standing: Standing) -> bool:
    return Status.REFUSED in (head.status, head.iys_status) or standing.refused_at is not None


def _is_known(entry: Entry, facts: set[Fact]) -> bool:
    """A refusal may have been dated a second later than it was said."""
    status, date, source = entry.fact
    return entry.fact in facts or (status == Status.REFUSED and (status, date + A_SECOND, source) in facts)


def is_bound(recipient_type: RecipientType, source: str) -> bool:
    """Whether İYS takes it for three business days only (H467)."""
    return recipient_type == RecipientType.INDIVIDUAL and source != Source.BEFORE_2015


def is_too_old(entry: Entry, at: datetime) -> bool:
    """Whether İYS takes it no more."""
    return is_bound(entry.recipient_type, entry.source) and business_days.lenient_deadline(entry.consent_date) < at
