"""Decide what one entry of a file comes to beside what is stored of its key. Pure: the same in dry run and import."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from portal.core import business_days
from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.domain.consents.locking import LockedConsent


class Effect(StrEnum):
    """What comes of one entry of a file."""

    GRANT = "grant"  # Written, and sent to İYS.
    REFUSAL = "refusal"  # Written and obeyed; İYS is told, where it holds a grant.
    FIRST_REFUSAL = "first_refusal"  # Obeyed here; İYS stores no refusal of somebody it does not know (H175).
    OLD_REFUSAL = "old_refusal"  # Obeyed here; too old for İYS (H467), which is told of it as HS_KARAR, dated then.
    LATE_GRANT = "late_grant"  # Kept as evidence only: older than three business days (H467).
    OLDER = "older"  # Kept as a fact: something newer is known of the key (H178).
    SAME = "same"  # Already the current status (H174).
    KNOWN = "known"  # This very decision was imported before.
    UNDATED = "date_missing"  # A grant of a merchant who refused needs a date (H462): nothing is written.


REFUSALS = (Effect.REFUSAL, Effect.FIRST_REFUSAL, Effect.OLD_REFUSAL)
SENT = (Effect.GRANT, *REFUSALS)  # They move the consent and go to İYS.
WRITTEN = (*SENT, Effect.LATE_GRANT, Effect.OLDER)

A_SECOND = timedelta(seconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Fact = tuple[Status, datetime, str]  # Status, consent_date and source of a decision.


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line says of one key. `consent_date` is aware, in whole seconds, and not in the future; where the line
    has none (`is_dated` is false), it is when we received it."""

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
        """Of one key's entries in a file the heaviest counts: the newest, a refusal at the same moment. A grant without
        a date withdraws no refusal."""
        is_refusal = self.status == Status.REFUSED
        return (self.consent_date if self.is_dated or is_refusal else LONG_AGO), is_refusal

    @property
    def fact(self) -> Fact:
        return self.status, self.consent_date, self.source.value


@dataclass(slots=True)
class KeyState:
    """What is known of a key beside its consent: its decisions, and whether İYS is being told the current one.

    `refused_at` is the newest refusal of the address on this channel, as whatever type: it applies to all of them.
    """

    facts: set[Fact] | None = None
    is_coming: bool = False
    refused_at: datetime | None = None


def effect_of(consent: LockedConsent, state: KeyState, entry: Entry, at: datetime) -> Effect:
    """What comes of an entry. The newest wins, a refusal at the same moment; and what İYS is told of a key must be
    dated later than all before."""
    is_refusal, date = entry.status == Status.REFUSED, entry.consent_date
    if state.facts and _is_known(entry, state.facts):
        return Effect.KNOWN
    if consent.status == entry.status and (is_refusal or state.is_coming or consent.iys_status == Status.GRANTED):
        return Effect.SAME
    if not is_refusal and not entry.is_dated and _was_refused(consent, state):
        return Effect.UNDATED
    if not consent.is_older_than(entry.status, date):
        return Effect.OLDER
    if not is_refusal:
        is_passed = state.refused_at is not None and date <= state.refused_at
        if is_passed or (consent.consent_date is not None and date <= consent.consent_date):
            return Effect.OLDER
        return Effect.LATE_GRANT if is_too_old(entry, at) else Effect.GRANT
    if consent.status is None and consent.iys_status != Status.GRANTED:
        return Effect.FIRST_REFUSAL
    return Effect.OLD_REFUSAL if is_too_old(entry, at) else Effect.REFUSAL


def _was_refused(consent: LockedConsent, state: KeyState) -> bool:
    return Status.REFUSED in (consent.status, consent.iys_status) or state.refused_at is not None


def _is_known(entry: Entry, facts: set[Fact]) -> bool:
    """A refusal may have been dated a second later than it was said."""
    status, date, source = entry.fact
    return entry.fact in facts or (status == Status.REFUSED and (status, date + A_SECOND, source) in facts)


def has_time_limit(recipient_type: RecipientType, source: str) -> bool:
    """Whether İYS takes it for three business days only (H467)."""
    return recipient_type == RecipientType.INDIVIDUAL and source != Source.BEFORE_2015


def is_too_old(entry: Entry, at: datetime) -> bool:
    """Whether İYS takes it no more."""
    return (
        has_time_limit(entry.recipient_type, entry.source) and business_days.lenient_deadline(entry.consent_date) < at
    )
