"""Hearing: what İYS tells of a brand's keys becomes movements here, and decisions where somebody else made them.

Whoever tells a movement first (pull, push, a day's file) is heard; told again it changes nothing. Nothing here commits:
a pull's cursor moves in the transaction that keeps its rows. Nothing heard is ever sent to İYS.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.core import addresses, iys_protocol
from portal.core.addresses import Address, AddressKind, BadAddress
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Actor, AuditEntry, Brand, Decision, DecisionOrigin, FeedSource, Movement, ReceivedVia
from portal.core.models.ids import new_id
from portal.core.vault import Vault
from portal.domain.consents import annulments, bulk_locking, drift, recipients, writer
from portal.domain.consents.bulk_locking import Head
from portal.domain.consents.verification import Ours, overtake, verify

LINE_CLOSED = "IYS_AHS_HAT_KAPATMA"  # The operator told İYS that a number is given up.
LONGEST_SOURCE, LONGEST_TRANSACTION = 30, 80


@dataclass(frozen=True)
class Told:
    """One movement as İYS tells it; a merchant's first record may have neither source nor date."""

    address: Address = field(repr=False)
    channel: Channel
    recipient_type: RecipientType
    status: Status
    source: str
    consent_date: datetime | None
    creation_date: datetime
    transaction_id: str


@dataclass(frozen=True)
class Taken:
    """What was new: movements, the decisions that they became, and submissions of ours among them."""

    new: int = 0
    decisions: int = 0
    verified: int = 0


def read_row(row: object) -> Told | None:
    """İYS's row of a movement (pull, push, a line of a day's file); None where it says nothing that we can use."""
    try:
        channel = Channel(row["type"])
        told = Told(
            address=addresses.parse(row["recipient"]),
            channel=channel,
            recipient_type=RecipientType(row.get("recipientType") or RecipientType.INDIVIDUAL),
            status=Status(row["status"]),
            source=_clean(row.get("source"))[:LONGEST_SOURCE],
            consent_date=_date_or_none(row.get("consentDate")),
            creation_date=iys_protocol.read_date(row["creationDate"]),
            transaction_id=_clean(row["transactionId"]),
        )
    except (TypeError, KeyError, ValueError, AttributeError, BadAddress):
        return None
    fits = (channel == Channel.EMAIL) == (told.address.kind == AddressKind.EMAIL)
    return told if fits and 0 < len(told.transaction_id) <= LONGEST_TRANSACTION else None


def hear(
    session: Session,
    vault: Vault,
    brand: Brand,
    told: list[Told],
    *,
    by: ReceivedVia,
    feed: FeedSource | None,
    at: datetime,
) -> Taken:
    """Keep the movements that are new, in this transaction; at most 2,000 at once.

    What a person did at İYS (IYS_*) and what another sender told İYS for the provider become decisions; a row of ours
    verifies its submission. A head moves where the decision is newer (effective_at: İYS's creationDate for what people
    do there, the consentDate for what a sender says; a refusal wins a tie), and what still waits behind it is
    overtaken, or void where the person may still take it back and refused. `feed` says whose a row is where its own
    source does not.
    """
    if not told:
        return Taken()
    known = recipients.gather(session, vault, brand.provider_id, [each.address for each in told], at)
    heads = bulk_locking.lock(session, brand, known.values())
    names = [(known[each.address.text], each.channel, each.recipient_type) for each in told]
    bulk_locking.add_missing(session, brand, heads, names)
    hearing = _Hearing(session, brand, heads, by=by, feed=feed, at=at)
    rows = [(heads[name], each) for name, each in zip(names, told, strict=True)]
    for head, each in sorted(rows, key=lambda row: (row[1].creation_date, row[1].status == Status.REFUSED)):
        hearing.take(head, each)
    return hearing.write()


class _Hearing:
    """One list being heard: what stands already, and what is to be written."""

    def __init__(self, session: Session, brand: Brand, heads: dict[bulk_locking.Name, Head], *, by, feed, at):
        self.session, self.brand, self.heads, self.by, self.feed, self.at = session, brand, heads, by, feed, at
        ids = {head.id for head in heads.values()}
        self.seen = set(map(tuple, session.execute(_movements_of(ids))))
        self.ours = Ours(session, ids)
        self.movements, self.decisions, self.verified, self.overtaken = [], [], {}, set()
        self.refused: dict[int, Head] = {}
        self.closures = []

    def take(self, head: Head, told: Told) -> None:
        """One row; a repeated one is passed by."""
        name = (head.id, told.transaction_id, told.status)
        if name in self.seen:
            return
        self.seen.add(name)
        head.learn(told.status, min(told.creation_date, self.at))
        if self._whose(told) == FeedSource.PEOPLE:
            decision_id = self._closed_before(head, told) or self._decide(head, told, DecisionOrigin.AT_IYS)
        else:
            decision_id = self._verified(head, told) or self._decide(head, told, DecisionOrigin.OTHER_SENDER)
        self.movements.append(self._movement(head, told, decision_id))
        if told.source == LINE_CLOSED:
            self.closures.append((head, told))

    def write(self) -> Taken:
        """All of it."""
        for head, told in self.closures:
            self._close_line(head, replace(told, consent_date=None))
        bulk_locking.hold(self.session, [head.id for head in self.heads.values()])
        annulments.overtake(self.session, self.refused.values(), self.at)
        verify(self.session, self.verified, self.at)
        overtake(self.session, self.overtaken - self.verified.keys(), self.at)
        writer.insert_decisions(self.session, self.decisions)
        if self.movements:
            self.session.execute(insert(Movement.__table__), self.movements)
        bulk_locking.write(self.session, self.heads.values())
        drift.heal(self.session, [head.id for head in self.heads.values() if head.agrees_again], self.at)
        if self.decisions:
            self.session.execute(insert(AuditEntry.__table__), self._audit())
        return Taken(len(self.movements), len(self.decisions), len(self.verified))

    def _whose(self, told: Told) -> FeedSource:
        """Sources are an open set; their first letters are not. A merchant's first record may have none."""
        for feed in FeedSource:
            if told.source.startswith(f"{feed}_"):
                return feed
        return self.feed or FeedSource.PROVIDER

    def _decide(self, head: Head, told: Told, origin: DecisionOrigin) -> int:
        """Nothing is effective later than we hear of it, however İYS's clock stands."""
        said = told.consent_date or told.creation_date
        effective_at = min(told.creation_date if origin == DecisionOrigin.AT_IYS else said, self.at)
        decision = writer.decision(
            head, told.status, consent_date=said, effective_at=effective_at, recorded_at=self.at,
            source=told.source or self._whose(told).value, origin=origin,
        )  # fmt: skip
        self.decisions.append(decision)
        if head.yields_to(told.status, effective_at):
            head.follow(decision)
            if told.status == Status.REFUSED:
                self.refused[head.id] = head
        self.overtaken |= {sent.id for sent in self.ours.older_than(head.id, effective_at)}
        return decision["id"]

    def _verified(self, head: Head, told: Told) -> int | None:
        """Our own submission's decision, if the row is ours."""
        sent = self.ours.match(head.id, told.transaction_id, told.status, told.consent_date)
        if sent is None:
            return None
        self.verified[sent.id] = {"transaction_id": told.transaction_id, "accepted_at": told.creation_date}
        return sent.decision_id

    def _close_line(self, closed: Head, told: Told) -> None:
        """A number that is given up may be somebody else's tomorrow: no channel of it keeps a grant from before, also
        where İYS does not list it."""
        for head in self.heads.values():
            grants = head.recipient_id == closed.recipient_id and head.status == Status.GRANTED
            if grants and head.yields_to(Status.REFUSED, min(told.creation_date, self.at)):
                self._decide(head, told, DecisionOrigin.AT_IYS)

    def _closed_before(self, head: Head, told: Told) -> int | None:
        """The decision that a closed line already became on this key, before İYS listed it."""
        if told.source != LINE_CLOSED or head.status != Status.REFUSED or head.effective_at != told.creation_date:
            return None
        return self.session.scalar(
            select(Decision.id).where(Decision.id == head.decision_id, Decision.source == LINE_CLOSED)
        )

    def _movement(self, head: Head, told: Told, decision_id: int) -> dict:
        return {
            "id": new_id(),
            "provider_id": head.provider_id,
            "brand_id": head.brand_id,
            "consent_id": head.id,
            "status": told.status,
            "source": told.source or self._whose(told).value,
            "consent_date": told.consent_date,
            "creation_date": told.creation_date,
            "transaction_id": told.transaction_id,
            "received_at": self.at,
            "received_via": self.by,
            "decision_id": decision_id,
        }

    def _audit(self) -> dict:
        return {
            "id": new_id(),
            "provider_id": self.brand.provider_id,
            "at": self.at,
            "actor": Actor.SYSTEM,
            "act": "movements.heard",
            "subject": "brand",
            "subject_id": self.brand.id,
            "facts": {"by": self.by, "decisions": len(self.decisions), "verified": len(self.verified)},
        }


def _movements_of(consent_ids: Iterable[int]):
    columns = (Movement.consent_id, Movement.transaction_id, Movement.status)
    return select(*columns).where(Movement.consent_id.in_(consent_ids))


def _clean(text: object) -> str:
    """A word of İYS's; ValueError for what is no text, or no database keeps."""
    if text is None:
        return ""
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("not a word")
    text.encode()  # UnicodeEncodeError, a ValueError, for half a character.
    return text.strip()


def _date_or_none(text: object) -> datetime | None:
    """A date that cannot be read takes nothing from what was decided."""
    try:
        return iys_protocol.read_date(text)
    except (TypeError, ValueError):
        return None
