"""Plan a bulk import: what each entry comes to beside what is stored of its key. Writes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import chain

from sqlalchemy.orm import Session

from portal.core import business_days
from portal.core.addresses import Address
from portal.core.ids import new_ids
from portal.core.iys_protocol import NO_RETAILERS, Channel, RecipientType, Retailers, Source, Status
from portal.core.models import Brand, DecisionOrigin
from portal.core.models.recipient import is_of_present_holder
from portal.core.vault import Vault
from portal.domain.consents import import_snapshot, locking, recipients
from portal.domain.consents.import_snapshot import Fact, Snapshot
from portal.domain.consents.locking import MAX_CLOCK_SKEW, ConsentKey, LockedConsent
from portal.domain.consents.other_types import NewestRefusals
from portal.domain.consents.reassigned_addresses import KnownChanges, find_changes_for
from portal.domain.consents.recipients import Indexes


class Effect(StrEnum):
    GRANT = "grant"  # Written, and sent to İYS.
    LATE_MERCHANT = "late_merchant"  # A merchant's grant, sent although it is so old that İYS may refuse it (H467).
    REFUSAL = "refusal"  # Written and obeyed; İYS is told, where it holds a grant.
    FIRST_REFUSAL = "first_refusal"  # Obeyed here; İYS stores no refusal of somebody it does not know (H175).
    OLD_REFUSAL = "old_refusal"  # Obeyed here; too old for İYS (H467), which is told of it as HS_KARAR, dated then.
    LATE_GRANT = "late_grant"  # Kept as evidence only: older than three business days (H467).
    OLDER = "older"  # Kept as a fact: something newer is known of the key (H178).
    EARLIER_HOLDER = "earlier_holder"  # A grant kept as a fact: the address changed hands since (own_held_since).
    SAME = "same"  # Already the current status: a grant that İYS holds or is told, a refusal of this date or later.
    KNOWN = "known"  # This very decision was imported before.
    # İYS needs both for a key that it holds (H462, H463), so nothing is written of a merchant's grant without them:
    UNDATED = "date_missing"
    UNSOURCED = "source_missing"
    # Newer than the person's own refusal: nothing is written unless whoever brings the grant vouches for it.
    OVER_REFUSAL = "over_refusal"


GRANTS = (Effect.GRANT, Effect.LATE_MERCHANT)
REFUSALS = (Effect.REFUSAL, Effect.FIRST_REFUSAL, Effect.OLD_REFUSAL)
SENT = (*GRANTS, *REFUSALS)  # They move the consent and go to İYS.
KEPT = (Effect.LATE_GRANT, Effect.OLDER, Effect.EARLIER_HOLDER)  # They move nothing.
WRITTEN = (*SENT, *KEPT)

SPARE_IDS = 500  # Drawn at once.
A_SECOND = timedelta(seconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line says of one key. `consent_date` is aware, in whole seconds, and not in the future; where the line
    has none (`is_dated` is false), it is when we received it, which İYS is not told. A refusal by its day only has the
    last moment that it can mean. `is_vouched`: whoever brings the grant says that it is later than the person's own
    refusal."""

    line: int
    address: Address = field(repr=False)
    channel: Channel
    recipient_type: RecipientType
    status: Status
    source: Source | None
    consent_date: datetime
    is_dated: bool = True
    is_vouched: bool = False
    retailers: Retailers = NO_RETAILERS

    @property
    def weight(self) -> tuple[datetime, bool]:
        """Of one key's entries in a file the heaviest counts: the newest, a refusal at the same moment. A grant without
        a date withdraws no refusal."""
        is_refusal = self.status == Status.REFUSED
        return (self.consent_date if self.is_dated or is_refusal else LONG_AGO), is_refusal

    @property
    def key(self) -> tuple[str, Channel, RecipientType]:
        return self.address.text, self.channel, self.recipient_type

    @property
    def fact(self) -> Fact:
        return self.status, self.consent_date if self.is_dated else None, self.source


@dataclass(slots=True)
class KeyState:
    """What is known of a key beside its consent: its decisions, whether İYS is being told the current one, and whether
    that is a grant without a date, which is older than any refusal.

    `refused_at` is the newest refusal of the address on this channel, as whatever type: it applies to all of them; so
    does `is_own_refusal`, that the person said one, as far as is known also at İYS, and granted nothing since.
    `own_held_since` is since when the address belongs to who has it now, where it changed hands as the firm heard.
    """

    facts: set[Fact] | None = None
    is_coming: bool = False
    is_undated: bool = False
    refused_at: datetime | None = None
    is_own_refusal: bool = False
    own_held_since: datetime | None = None

    def is_earlier_holders(self, grant: Entry) -> bool:
        """Whether it is not known to be of who has the address now."""
        if self.own_held_since is None:
            return False
        return not grant.is_dated or not is_of_present_holder(grant.consent_date, self.own_held_since)


def effect_of(consent: LockedConsent, state: KeyState, entry: Entry, at: datetime) -> Effect:
    """What comes of an entry. The newest wins, a refusal at the same moment; and what İYS is told of a key must be
    dated later than all before."""
    is_refusal, date = entry.status == Status.REFUSED, entry.consent_date
    is_late = entry.source != Source.BEFORE_2015 and business_days.lenient_deadline(date) < at
    is_now = date >= at.replace(microsecond=0)  # A person's grant may be dated a second ahead, but was said before.
    is_undone = is_refusal and is_now and consent.status == Status.GRANTED  # By a grant of this very second.
    if state.facts and _is_known(entry, state.facts) and not is_undone:
        return Effect.KNOWN
    is_known_to_iys = state.is_coming or consent.iys_status == Status.GRANTED
    stands = not consent.is_older_than(entry.status, date) if is_refusal else is_known_to_iys
    if consent.status == entry.status and stands:
        return Effect.SAME
    if not is_refusal and state.is_earlier_holders(entry):
        return Effect.EARLIER_HOLDER
    was_refused = Status.REFUSED in (consent.status, consent.iys_status) or state.refused_at is not None
    if not is_refusal and (was_refused or consent.iys_status is not None) and not (entry.is_dated and entry.source):
        return Effect.UNSOURCED if entry.is_dated else Effect.UNDATED
    if not consent.is_older_than(entry.status, date) and not (is_refusal and (state.is_undated or is_now)):
        return Effect.OLDER
    if not is_refusal:
        return _effect_of_newer_grant(consent, state, entry, is_late=is_late)
    if consent.status is None and consent.iys_status != Status.GRANTED:
        return Effect.FIRST_REFUSAL
    is_too_old = is_late and entry.recipient_type == RecipientType.INDIVIDUAL
    return Effect.OLD_REFUSAL if is_too_old else Effect.REFUSAL


def _effect_of_newer_grant(consent: LockedConsent, state: KeyState, grant: Entry, *, is_late: bool) -> Effect:
    """What comes of a grant that is newer than the consent's decision; refusals of other types may be newer still."""
    date = grant.consent_date
    if (state.refused_at and date <= state.refused_at) or (consent.consent_date and date <= consent.consent_date):
        return Effect.OLDER
    if is_late and grant.recipient_type == RecipientType.INDIVIDUAL:
        return Effect.LATE_GRANT
    if state.is_own_refusal and not grant.is_vouched:
        return Effect.OVER_REFUSAL
    return Effect.LATE_MERCHANT if is_late else Effect.GRANT


def _is_known(entry: Entry, facts: set[Fact]) -> bool:
    """A refusal may have been dated a second later than it was said."""
    status, date, source = entry.fact
    later = (status, date + A_SECOND, source) if date and status == Status.REFUSED else entry.fact
    return entry.fact in facts or later in facts


@dataclass(slots=True)
class PlannedDecision:
    """A decision to be made. `is_named` says that a line names this very key: a refusal applies to other recipient
    types, too, which are no entries of the file."""

    decision_id: int
    consent: LockedConsent
    entry: Entry
    effect: Effect
    consent_date: datetime
    is_named: bool


@dataclass
class ImportPlan:
    """What comes of each entry, and what is to be written of it."""

    snapshot: Snapshot
    indexes: Indexes
    new: dict[str, tuple[int, Address]]  # Recipients to be made, by canonical address.
    changes: dict[str, KnownChanges]  # Of hands, of those.
    is_sent: bool  # Whether İYS is told.
    effects: list[Effect] = field(default_factory=list)
    consents: dict[ConsentKey, LockedConsent] = field(default_factory=dict)
    decisions: list[PlannedDecision] = field(default_factory=list)

    def consent_of(self, entry: Entry) -> LockedConsent:
        """What stands of an entry's key once all entries are planned."""
        its_id = self.snapshot.known.get(entry.address.text) or self.new[entry.address.text][0]
        return self.consents[its_id, entry.channel, entry.recipient_type]

    def is_granted(self, entry: Entry) -> bool:
        """Whether a grant of a known address on this channel, as whatever type, stands once all entries are planned."""
        its_id = self.snapshot.known.get(entry.address.text, 0)
        theirs = (self.consents.get((its_id, entry.channel, each)) for each in RecipientType)
        return any(each is not None and each.status == Status.GRANTED for each in theirs)


def plan_import(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], at: datetime, *, is_sent: bool,
    origin: DecisionOrigin, indexes: Indexes | None = None, locked: bool = False,
) -> ImportPlan:  # fmt: skip
    """Read what is stored of the entries' addresses and see what they come to. `is_sent`: İYS is told of the brand."""
    addresses = {entry.address.text: entry.address for entry in entries}
    if indexes is None:
        indexes = recipients.blind_indexes(vault, brand.provider_id, addresses)
    known = recipients.find_known_ids(session, vault, brand.provider_id, indexes)
    missing = [address for text, address in sorted(addresses.items()) if text not in known]
    new = {address.text: (its_id, address) for its_id, address in zip(new_ids(len(missing)), missing, strict=True)}
    changes = find_changes_for(session, vault, brand.provider_id, new)
    of_mail = (each.address.text for each in entries if each.status == Status.GRANTED and each.channel == Channel.EMAIL)
    mails = {text: indexes[text] for text in of_mail}
    snapshot = import_snapshot.read_snapshot(session, vault, brand, known, mails, at, origin=origin, locked=locked)
    plan = ImportPlan(snapshot, indexes, new, changes, is_sent)
    _Planner(plan, brand, entries, at).plan_all()
    return plan


class _Planner:
    """Plans the entries of one call, one after the other by date; a refusal comes last of those of one moment."""

    def __init__(self, plan: ImportPlan, brand: Brand, entries: Sequence[Entry], at: datetime) -> None:
        self.plan, self.brand, self.entries, self.at = plan, brand, entries, at
        self.ids = plan.snapshot.known | {text: recipient_id for text, (recipient_id, _) in plan.new.items()}
        of_new = {self.ids[text]: since for text, each in plan.changes.items() if (since := each.own_held_since)}
        self.own_held_since = plan.snapshot.own_held_since | of_new
        self.spare_ids = chain.from_iterable(iter(partial(new_ids, SPARE_IDS), None))
        for values in plan.snapshot.consents:
            consent = LockedConsent(*values)
            plan.consents[consent.key] = consent
        own = plan.snapshot.own_refusals
        theirs = (each for each in plan.consents.values() if each.id in own or each.is_refused_at_iys_only)
        self.own_refusals = {(each.recipient_id, each.channel) for each in theirs}
        self.facts: dict[int, set[Fact]] = defaultdict(set)
        self.refusals = NewestRefusals(plan.snapshot.refusals)
        for (text, channel), refused_at in plan.snapshot.refused_elsewhere.items():
            self.own_refusals.add((self.ids[text], channel))
            self.refusals.note_at((brand.id, self.ids[text], channel), refused_at)
        for consent_id, fact in plan.snapshot.facts.values():
            self.facts[consent_id].add(fact)

    def plan_all(self) -> None:
        effects: dict[int, Effect] = {}
        in_time = sorted(enumerate(self.entries), key=lambda it: (it[1].consent_date, it[1].status == Status.REFUSED))
        for place, entry in in_time:
            effects[place] = self._plan_entry(entry, self._consent(entry))
            if entry.status == Status.REFUSED and effects[place] != Effect.KNOWN:
                self._refuse_other_types(entry)
        self.plan.effects = [effects[place] for place in range(len(self.entries))]

    def _consent(self, entry: Entry) -> LockedConsent:
        key = (self.ids[entry.address.text], entry.channel, entry.recipient_type)
        consent = self.plan.consents.get(key)
        if consent is None:
            consent = locking.new_consent(self.brand.provider_id, self.brand.id, key, next(self.spare_ids))
            self.plan.consents[key] = consent
        return consent

    def _plan_entry(self, entry: Entry, consent: LockedConsent, *, is_named: bool = True) -> Effect:
        effect = effect_of(consent, self._state(consent), entry, self.at)
        if effect in WRITTEN:
            self._plan_decision(entry, consent, effect, is_named)
        return effect

    def _state(self, consent: LockedConsent) -> KeyState:
        """Where İYS is not told of the brand, everything is told that ever will be."""
        snapshot, key = self.plan.snapshot, (consent.recipient_id, consent.channel)
        is_coming = not self.plan.is_sent or consent.has_moved or consent.decision_id in snapshot.on_their_way
        _, current = snapshot.facts.get(consent.decision_id or 0, (0, None))
        is_undated = current is not None and current[:2] == (Status.GRANTED, None)
        return KeyState(
            self.facts.get(consent.id), is_coming, is_undated, refused_at=self.refusals.refused_at(consent),
            is_own_refusal=key in self.own_refusals, own_held_since=self.own_held_since.get(consent.recipient_id),
        )  # fmt: skip

    def _plan_decision(self, entry: Entry, consent: LockedConsent, effect: Effect, is_named: bool) -> None:
        """A refusal of the very second of what it withdraws is dated one second later, or İYS would not take it."""
        date = entry.consent_date.astimezone(UTC)
        if effect in REFUSALS and consent.consent_date is not None:
            date = max(date, consent.consent_date + A_SECOND)
        decision_id = next(self.spare_ids)
        self.plan.decisions.append(PlannedDecision(decision_id, consent, entry, effect, date, is_named))
        self.facts[consent.id].add(entry.fact)
        if entry.status == Status.REFUSED:
            self.refusals.note(consent, date, decision_id)
        if effect in SENT:
            counted = min(date, self.at + MAX_CLOCK_SKEW)
            consent.move_to(decision_id, entry.status, consent_date=counted, effective_at=date)

    def _refuse_other_types(self, entry: Entry) -> None:
        """A refusal applies to every recipient type that is held for the address and channel."""
        for other in RecipientType:
            key = (self.ids[entry.address.text], entry.channel, other)
            consent = self.plan.consents.get(key) if other != entry.recipient_type else None
            if consent is not None:
                theirs = replace(entry, recipient_type=other)
                effect = effect_of(consent, self._state(consent), theirs, self.at)
                if effect in (Effect.REFUSAL, Effect.OLD_REFUSAL):
                    self._plan_entry(theirs, consent, is_named=False)
