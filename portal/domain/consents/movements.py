"""Apply İYS's movements (changes of a brand's consents): keep them, and make decisions of those that are not ours.

Whichever way brings a movement first (pull, push, a day's file) counts; repeated it changes nothing. Nothing here
commits: a pull's cursor moves in the transaction that keeps its rows. No movement is ever sent back to İYS, but for a
refusal to the recipient types that it applies to, too.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import iys_clock_difference
from portal.core.address_holders import find_holders
from portal.core.iys_protocol import Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import Brand, Consent, Decision, DecisionOrigin, FeedSource, Movement, ReceivedVia
from portal.core.models.inserts import insert_rows
from portal.core.models.recipient import latest
from portal.core.vault import Vault
from portal.domain.consents import (
    annulments,
    drift,
    earlier_grants,
    locking,
    other_types,
    reassigned_addresses,
    recipients,
    writer,
)
from portal.domain.consents.locking import MAX_CLOCK_SKEW, LockedConsent
from portal.domain.consents.movement_rows import MovementRow, stored_row, told_name
from portal.domain.consents.refusal_forwarding import tell_after_movements
from portal.domain.consents.refusals_elsewhere import RefusalsElsewhere, read_refusals_elsewhere
from portal.domain.consents.verification import OurSubmissions, overtake, verify
from portal.domain.consents.writer import DecisionRows

Dates = tuple[datetime | None, datetime | None]  # creationDate and consentDate of an act.


@dataclass(frozen=True)
class AppliedMovements:
    """What was new: movements, the decisions that they became, and submissions of ours among them."""

    new: int = 0
    decisions: int = 0
    verified: int = 0


def apply_movements(
    session: Session, vault: Vault, brand: Brand, rows: Sequence[MovementRow], *, by: ReceivedVia,
    feed: FeedSource | None, at: datetime, user_id: int | None = None,
) -> AppliedMovements:  # fmt: skip
    """Keep the movements that are new, in this transaction; at most 2,000 at once.

    What a person did at İYS (IYS_*) and what another sender told İYS for the provider become decisions; a row of ours
    verifies its submission. A consent moves where the decision is newer (effective_at: İYS's creationDate for what
    people do there, the consentDate for what a sender says; a refusal wins a tie), and what still waits behind it is
    overtaken, or void where the person may still take it back and refused. A refusal that stands though İYS holds an
    older grant is told again. A closed line is closed at all firms, unless only a sandbox or a push says so, and ends
    what was granted before. A refusal ends older grants of every recipient type; newer ones that
    it would have held wait until more is heard (ended_grants). `feed` says whose a row is where its own source does
    not; `user_id` who takes a row of a day's file.
    """
    if not rows:
        return AppliedMovements()
    batch, pairs = _lock(session, vault, brand, rows, by=by, feed=feed, at=at, user_id=user_id)
    for consent, row in sorted(pairs, key=lambda pair: (pair[1].creation_date, pair[1].status == Status.REFUSED)):
        batch.apply(consent, row)
    reassigned_addresses.close_lines(session, vault, batch.note_closures())
    addresses = batch.addresses | {consent.recipient_id: row.address.text for consent, row in pairs}
    batch.end_further_grants(vault, addresses)
    return batch.write(vault, addresses)


def _lock(
    session: Session, vault: Vault, brand: Brand, rows: Sequence[MovementRow], *, by: ReceivedVia,
    feed: FeedSource | None, at: datetime, user_id: int | None,
) -> tuple["MovementBatch", list[tuple[LockedConsent, MovementRow]]]:  # fmt: skip
    is_for_all = by != ReceivedVia.PUSH and not brand.is_sandbox
    closed = {row.address.text: row.address for row in rows if row.source == LINE_CLOSED and is_for_all}
    holders = {text: {each.id for each in find_holders(session, vault, closed[text])} for text in closed}
    known = recipients.gather(session, vault, brand.provider_id, [row.address for row in rows], at)
    locking.lock_recipients(session, set(known.values()).union(*holders.values()))
    consents = locking.lock_consents(session, brand.id, known.values())
    keys = [(known[row.address.text], row.channel, row.recipient_type) for row in rows]
    for key in keys:
        if key not in consents:
            consents[key] = locking.new_consent(brand.provider_id, brand.id, key)
    theirs = list(consents.values())
    batch = MovementBatch(session, brand.id, theirs, holders, by=by, feed=feed, at=at, user_id=user_id)
    batch.refused_elsewhere = read_refusals_elsewhere(session, vault, brand, rows, known, at)
    pairs = [(consents[key], row) for key, row in zip(keys, rows, strict=True)]
    return batch, pairs


class MovementBatch:
    """One list of movements being applied: what is stored already, and what is to be written."""

    def __init__(
        self, session: Session, brand_id: int | None, consents: list[LockedConsent],
        holders: Mapping[str, Collection[int]], *, by: ReceivedVia, feed: FeedSource | None, at: datetime,
        user_id: int | None = None,
    ) -> None:  # fmt: skip
        self.session, self.consents, self.by, self.feed, self.at = session, consents, by, feed, at
        self.brand_id, self.user_id = brand_id, user_id  # None: movements of no brand, or taken by nobody.
        self.ahead = iys_clock_difference.ahead(session)
        self.holders = holders  # Recipients at all firms, by address whose line was closed.
        self.addresses = {holder_id: text for text, ids in holders.items() for holder_id in ids}
        ids = {consent.id for consent in consents}
        self.seen: dict[tuple[int, str, Status], list[Dates]] = defaultdict(list)  # Acts, by the name that İYS tells.
        dates = Movement.creation_date, Movement.consent_date
        stored = select(Movement.consent_id, Movement.transaction_id, Movement.status, *dates)
        for consent_id, name, status, *its in session.execute(stored.where(Movement.consent_id.in_(ids))):
            self.seen[consent_id, told_name(name), status].append((its[0], its[1]))
        self.ours = OurSubmissions(session, ids)
        self.refusals = other_types.newest_refusals(session, consents)
        self.refused_elsewhere = RefusalsElsewhere()
        self.movements: list[writer.Row] = []
        self.rows = DecisionRows()
        self.verified: dict[int, dict[str, Any]] = {}
        self.overtaken: set[int] = set()
        self.refused: dict[int, LockedConsent] = {}
        self.closures: list[tuple[LockedConsent, MovementRow]] = []

    def apply(self, consent: LockedConsent, row: MovementRow) -> None:
        """Apply one row; a repeated one is passed by. Another refusal under the name of an earlier one is a movement of
        its own: movements of one second share İYS's transactionId, and nothing says that others cannot."""
        if row.source == LINE_CLOSED:
            self.closures.append((consent, row))
        seen = self.seen[consent.id, row.transaction_id, row.status]
        if seen and not row.is_another_refusal(seen):
            return
        consent.learn_iys_status(row.status, min(row.creation_date, self.at), self.at)
        if self._origin_of(row) == FeedSource.PEOPLE:
            decision_id = self._closed_before(consent, row) or self._decide(consent, row, DecisionOrigin.AT_IYS)
            self.refused_elsewhere.note(row, self._effective_at(row))
        else:
            decision_id = self._verify(consent, row) or self._decide(consent, row, DecisionOrigin.OTHER_SENDER)
        kept = replace(row, transaction_id=next(iter(row.later_names), row.transaction_id)) if seen else row
        self.movements.append(stored_row(consent, kept, decision_id=decision_id, by=self.by, at=self.at))
        seen.append((row.creation_date, row.consent_date))

    def end_further_grants(self, vault: Vault, addresses: Mapping[int, str]) -> None:
        for consent, row in self.closures:
            self._close_line(consent, replace(row, consent_date=None))
        earlier = earlier_grants.refuse_earlier_grants(self.session, self.consents, self.rows, self.at)
        for consent in earlier:
            self._overtake_older(consent, consent.effective_at or self.at)
        made = other_types.refuse_other_types(
            self.session, vault, self.consents, self.refusals, self.rows, self.at, addresses
        )
        self.refused |= {consent.id: consent for consent in (*earlier, *made)}

    def refuse_ended_grants(self, vault: Vault, ended: Sequence[tuple[LockedConsent, int]]) -> None:
        """Refuse consents by these refusals, right after the grants that they stand on."""
        for consent in other_types.refuse_anew(self.session, vault, ended, self.rows, self.at, right_after_grants=True):
            self._overtake_older(consent, consent.effective_at or self.at)
            self.refused[consent.id] = consent

    def write(self, vault: Vault, addresses: Mapping[int, str]) -> AppliedMovements:
        locking.lock_submissions_and_consents(self.session, [each.id for each in self.consents if not each.is_new])
        agreeing = [consent.id for consent in self.consents if consent.agrees_again]
        annulments.void_waiting_grants(self.session, self.refused.values(), self.at)
        verify(self.session, self.verified, self.at)
        overtake(self.session, self.overtaken - self.verified.keys(), self.at)
        writer.write_decisions(self.session, self.consents, self.rows)
        told = tell_after_movements(self.session, vault, self.consents, self.at, addresses)
        writer.write_submissions(self.session, told)
        insert_rows(self.session, Movement, self.movements)
        drift.end_drifts(self.session, agreeing, self.at)
        made = Counter((decision["provider_id"], decision["brand_id"]) for decision in self.rows.decisions)
        for (provider_id, brand_id), decisions in made.items():
            verified = len(self.verified) if brand_id == self.brand_id else 0
            writer.write_audit_entry(
                self.session, "movements.heard", "brand", brand_id, provider_id=provider_id, at=self.at,
                facts={"by": self.by, "decisions": decisions, "verified": verified},
            )  # fmt: skip
        return AppliedMovements(len(self.movements), made.total(), len(self.verified))

    def _origin_of(self, row: MovementRow) -> FeedSource:
        """Sources are an open set; their first letters are not. A merchant's first record may have none."""
        named = (feed for feed in FeedSource if row.source.startswith(f"{feed}_"))
        return next(named, self.feed or FeedSource.PROVIDER)

    def _effective_at(self, row: MovementRow) -> datetime:
        is_of_people = self._origin_of(row) == FeedSource.PEOPLE
        return min(row.acted_at(self.ahead) if is_of_people else row.consent_date or row.creation_date, self.at)

    def _decide(self, consent: LockedConsent, row: MovementRow, origin: DecisionOrigin) -> int | None:
        """Nothing is effective later than we are told of it, however İYS's clock stands; and a grant that another
        sender told without a date, as İYS takes a merchant's first, is no later than the newest refusal. One that is
        older than the person's refusal elsewhere (RefusalsElsewhere) makes no decision."""
        date, is_anothers = row.consent_date or row.creation_date, origin == DecisionOrigin.OTHER_SENDER
        effective_at, is_grant = self._effective_at(row), row.status == Status.GRANTED
        own = self.refusals.refused_at(consent)
        elsewhere = self.refused_elsewhere.times.get((row.address.text, consent.channel))
        if row.consent_date is None and is_anothers and is_grant:
            effective_at = min(effective_at, latest(own, elsewhere) or effective_at)
        # A refusal by this very address, as another type, that is newer is told İYS, too.
        if is_grant and elsewhere and elsewhere >= effective_at and not (own and own >= effective_at):
            return None
        decision = writer.decision_row(
            consent, row.status, consent_date=row.consent_date if is_anothers else date, effective_at=effective_at,
            recorded_at=self.at, source=row.source or None, origin=origin,
            user_id=self.user_id if consent.brand_id == self.brand_id else None,  # Not at firms with the closed line.
        )  # fmt: skip
        decision_id: int = decision["id"]
        self.rows.add(decision)
        if row.status == Status.REFUSED:
            self.refusals.note(consent, effective_at, decision_id)
        is_told = not (is_grant or is_anothers) and effective_at > row.creation_date  # Anew, by refuse_other_types.
        is_told = is_told and consent.is_granted_at_iys_after(row.creation_date)
        if consent.is_older_than(row.status, effective_at) and not is_told:
            counted = min(date, self.at + MAX_CLOCK_SKEW)
            consent.move_to(decision_id, row.status, consent_date=counted, effective_at=effective_at)
            if row.status == Status.REFUSED:
                self.refused[consent.id] = consent
        # İYS may hold no refusal on this channel: ours is still sent.
        self._overtake_older(consent, effective_at, also_refusals=row.is_channel_told)
        return decision_id

    def _overtake_older(self, consent: LockedConsent, effective_at: datetime, *, also_refusals: bool = True) -> None:
        older = self.ours.older_than(consent.id, effective_at)  # At one moment a refusal of ours stands all the same.
        behind = [sent for sent in older if also_refusals or sent.status != Status.REFUSED]
        self.overtaken |= {sent.id for sent in behind if sent.decision_id != consent.decision_id}

    def _verify(self, consent: LockedConsent, row: MovementRow) -> int | None:
        """Our own submission's decision, if the row is ours."""
        told = row.consent_date if row.is_channel_told else None  # Two channels may have one date.
        sent = self.ours.match(consent.id, row.transaction_id, row.status, told)
        if sent is None:
            return None
        is_ours = row.is_same_as_ours(sent.accepted_at, sent.told_date)
        if not is_ours and consent.is_older_than(row.status, self._effective_at(row)):
            return None
        self.verified[sent.id] = {"transaction_id": row.transaction_id, "accepted_at": row.creation_date}
        decision_id: int = sent.decision_id
        return decision_id

    def note_closures(self) -> dict[str, datetime]:
        """Note since when the recipients' numbers may be somebody else's, and read their grants at all other brands;
        the closures that count for all firms, by address."""
        closed_at: dict[int, datetime] = {}
        for_all: dict[str, datetime] = {}
        for consent, row in self.closures:
            at, holders = min(row.creation_date, self.at), self.holders.get(row.address.text)
            for recipient_id in {consent.recipient_id, *(holders or ())}:
                closed_at[recipient_id] = max(at, closed_at.get(recipient_id, at))
            if holders is not None:
                for_all[row.address.text] = max(at, for_all.get(row.address.text, at))
        if closed_at:
            reassigned_addresses.note_closures(self.session, closed_at)
            elsewhere = Consent.recipient_id.in_(closed_at), Consent.brand_id != self.brand_id
            self.consents += locking.read_consents(self.session, *elsewhere, Consent.status == Status.GRANTED)
            self.ours = OurSubmissions(self.session, (each.id for each in self.consents))
        return for_all

    def _close_line(self, closed: LockedConsent, row: MovementRow) -> None:
        """A number that is given up may be somebody else's tomorrow: no channel of it keeps a grant from before at any
        brand, also where İYS does not list it."""
        whose = {closed.recipient_id, *self.holders.get(row.address.text, ())}
        for consent in self.consents:
            is_granted = consent.recipient_id in whose and consent.status == Status.GRANTED
            if is_granted and consent.is_older_than(Status.REFUSED, min(row.creation_date, self.at)):
                self._decide(consent, row, DecisionOrigin.AT_IYS)

    def _closed_before(self, consent: LockedConsent, row: MovementRow) -> int | None:
        """The decision that a closed line already became on this key, before İYS listed it."""
        is_current = consent.status == Status.REFUSED and consent.effective_at == row.creation_date
        if row.source != LINE_CLOSED or not is_current:
            return None
        closure = select(Decision.id).where(Decision.id == consent.decision_id, Decision.source == LINE_CLOSED)
        return self.session.scalar(closure)
