"""What is stored of the addresses of a file's entries, read at once before they are planned."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, Submission, is_own_refusal, is_void
from portal.core.models.own_refusals import may_be_taken_back
from portal.core.vault import Vault
from portal.domain.consents import locking, other_types, reassigned_addresses
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.other_types import NewestRefusals
from portal.domain.consents.recipients import Indexes
from portal.domain.consents.refusals_elsewhere import RefusalTimes, find_refusal_times

Fact = tuple[Status, datetime | None, str | None]  # Status, consent_date and source of a decision.


@dataclass
class Snapshot:
    """What is stored of the addresses of some entries, as it was read."""

    known: dict[str, int]  # Recipient ids by canonical address.
    mails: Indexes  # Of the addresses whose e-mail is granted.
    refused_elsewhere: RefusalTimes = field(default_factory=dict)  # By another spelling where this one grants nothing.
    consents: list[tuple[Any, ...]] = field(default_factory=list)  # The values of LockedConsent, by id.
    on_their_way: set[int] = field(default_factory=set)  # Decisions that İYS is still to be told.
    facts: dict[int, tuple[int, Fact]] = field(default_factory=dict)  # By decision, with the consent's id.
    own_held_since: dict[int, datetime] = field(default_factory=dict)  # By recipient id, of mail for all spellings.
    refusals: NewestRefusals = field(default_factory=NewestRefusals)
    # Consents that the person refused and did not grant since; for a file also what a program told, as it was said.
    own_refusals: set[int] = field(default_factory=set)


def read_snapshot(
    session: Session, vault: Vault, brand: Brand, known: dict[str, int], mails: Indexes, at: datetime, *,
    origin: DecisionOrigin, locked: bool = False,
) -> Snapshot:  # fmt: skip
    """What is stored of these recipients at the brand then, for decisions of this origin; `locked`: and stays so until
    this transaction ends."""
    snapshot, ids = Snapshot(known, mails), sorted(known.values())
    if locked and ids:
        locking.lock_recipients(session, ids)
    if ids:
        changes = reassigned_addresses.find_own_changes(session, ids, [brand.provider_id] if mails else [])
        snapshot.own_held_since = {each: since for each, its in changes.items() if (since := its.own_held_since)}
        of_recipients = is_one_of(session, Consent.recipient_id, ids)
        theirs = session.connection().execute(locking.select_consents(Consent.brand_id == brand.id, of_recipients))
        snapshot.consents = [tuple(row) for row in theirs]
    consents = [LockedConsent(*values) for values in snapshot.consents]
    granted = _find_granted(session, consents, at) if mails else set()
    ungranted = {text: its for text, its in mails.items() if known.get(text) not in granted}
    snapshot.refused_elsewhere = find_refusal_times(session, vault, brand, ungranted, known, at)
    if not consents:
        return snapshot
    consent_ids = [consent.id for consent in consents]
    open_ones = select(Submission.decision_id).where(
        is_one_of(session, Submission.consent_id, consent_ids), Submission.due_at.is_not(None)
    )
    snapshot.on_their_way = set(session.scalars(open_ones))
    facts = select(Decision.id, Decision.consent_id, Decision.status, Decision.consent_date, Decision.source)
    snapshot.facts = {
        decision_id: (consent_id, (status, date, source)) for decision_id, consent_id, status, date, source
        in session.execute(facts.where(is_one_of(session, Decision.consent_id, consent_ids), ~is_void()))
    }  # fmt: skip
    snapshot.refusals = other_types.newest_refusals(session, consents)
    decided = [consent.id for consent in consents if consent.status is not None]
    is_own = is_own_refusal(at=at, also=[DecisionOrigin.API] if origin == DecisionOrigin.IMPORT else [])
    own = select(Decision.consent_id).where(is_one_of(session, Decision.consent_id, decided), is_own)
    snapshot.own_refusals = set(session.scalars(own)) if decided else set()
    return snapshot


def _find_granted(session: Session, consents: Collection[LockedConsent], at: datetime) -> set[int]:
    """The recipients of these consents whose e-mail is granted as any type, by what can be taken back no more."""
    granted = {
        each.decision_id: each.recipient_id for each in consents
        if each.channel == Channel.EMAIL and each.status == Status.GRANTED
    }  # fmt: skip
    if not granted:
        return set()
    unsure = select(Decision.id).where(is_one_of(session, Decision.id, granted), may_be_taken_back(Decision, at))
    return {granted[each] for each in granted.keys() - set(session.scalars(unsure))}
