"""A plan of what many entries come to: made from what stands, and good for as long as that stands. Writes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.addresses import Address
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Decision, Submission, is_void
from portal.core.models.ids import new_ids
from portal.core.vault import Vault
from portal.domain.consents import bulk_locking, recipients
from portal.domain.consents.bulk_locking import Head, Name
from portal.domain.consents.bulk_rows import Move
from portal.domain.consents.effects import (
    A_SECOND,
    MOVE_THE_HEAD,
    REFUSALS,
    WRITTEN,
    Effect,
    Entry,
    Fact,
    Standing,
    effect_of,
)

SPARE = 500  # Ids drawn at once.


@dataclass
class Ground:
    """What stands of the addresses of some entries, as it was read."""

    known: dict[str, int]  # Recipient ids by canonical address.
    heads: list[tuple] = field(default_factory=list)
    coming: set[int] = field(default_factory=set)  # Decisions that are on their way to İYS.
    facts: set[tuple[int, Status, datetime, str]] = field(default_factory=set)  # The first is the key.


@dataclass
class Plan:
    """What comes of each entry, and what is to be written of it."""

    ground: Ground
    indexes: dict[str, dict[str, bytes]]
    new: dict[str, tuple[int, Address]]  # Recipients to be made, by canonical address.
    effects: list[Effect] = field(default_factory=list)
    heads: dict[Name, Head] = field(default_factory=dict)
    made: set[Name] = field(default_factory=set)  # Heads that are no rows yet.
    moves: list[Move] = field(default_factory=list)


def read(session: Session, brand: Brand, known: dict[str, int], *, locked: bool = False) -> Ground:
    """What stands of these recipients at the brand; `locked`: and stays so until this transaction ends."""
    ground, ids = Ground(known), sorted(known.values())
    if not ids:
        return ground
    if locked:
        bulk_locking.hold_recipients(session, ids)
    ground.heads = sorted(map(tuple, session.execute(bulk_locking.of_recipients(brand.id, ids))))
    consent_ids = [head[0] for head in ground.heads]
    if not consent_ids:
        return ground
    open_ones = select(Submission.decision_id).where(
        Submission.consent_id.in_(consent_ids), Submission.due_at.is_not(None)
    )
    ground.coming = set(session.scalars(open_ones))
    told = select(Decision.consent_id, Decision.status, Decision.consent_date, Decision.source)
    ground.facts = set(map(tuple, session.execute(told.where(Decision.consent_id.in_(consent_ids), ~is_void()))))
    return ground


def plan(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], at: datetime, *, is_heard: bool,
    indexes: dict[str, dict[str, bytes]] | None = None, locked: bool = False,
) -> Plan:  # fmt: skip
    """Read what stands of the entries' addresses and see what they come to. `is_heard`: İYS hears of the brand."""
    addresses = {entry.address.text: entry.address for entry in entries}
    if indexes is None:
        indexes = recipients.indexes_of(vault, brand.provider_id, addresses)
    known = recipients.known(session, vault, brand.provider_id, indexes)
    missing = [address for text, address in sorted(addresses.items()) if text not in known]
    new = {address.text: (its_id, address) for its_id, address in zip(new_ids(len(missing)), missing, strict=True)}
    made = Plan(read(session, brand, known, locked=locked), indexes, new)
    _Planning(made, brand, entries, at, is_heard).go()
    return made


class _Planning:
    """The entries of one call, one after the other by date; a refusal comes last of those of one moment."""

    def __init__(self, its: Plan, brand: Brand, entries: Sequence[Entry], at: datetime, is_heard: bool):
        self.plan, self.brand, self.entries, self.at, self.is_heard = its, brand, entries, at, is_heard
        self.ids = its.ground.known | {text: recipient_id for text, (recipient_id, _) in its.new.items()}
        self.spare = chain.from_iterable(iter(partial(new_ids, SPARE), None))
        its.heads = {head[3:6]: Head(*head) for head in its.ground.heads}
        self.facts: dict[int, set[Fact]] = defaultdict(set)
        self.refused: dict[tuple[int, Channel], datetime] = {}  # The newest, of any type.
        for head in its.heads.values():
            self._note_refusal(head)
        for consent_id, *fact in its.ground.facts:
            self.facts[consent_id].add(tuple(fact))

    def go(self) -> None:
        effects: list[Effect | None] = [None] * len(self.entries)
        for place in sorted(range(len(self.entries)), key=self._when):
            entry = self.entries[place]
            effects[place] = self._take(entry, self._head(entry))
            if entry.status == Status.REFUSED and effects[place] != Effect.KNOWN:
                self._refuse_others(entry)
        self.plan.effects = effects

    def _when(self, place: int) -> tuple[datetime, bool]:
        entry = self.entries[place]
        return entry.consent_date, entry.status == Status.REFUSED

    def _head(self, entry: Entry) -> Head:
        name = (self.ids[entry.address.text], entry.channel, entry.recipient_type)
        head = self.plan.heads.get(name)
        if head is None:
            head = Head(next(self.spare), self.brand.provider_id, self.brand.id, *name)
            self.plan.heads[name] = head
            self.plan.made.add(name)
        return head

    def _take(self, entry: Entry, head: Head, *, is_of_line: bool = True) -> Effect:
        effect = effect_of(head, self._standing(head), entry, self.at)
        if effect in WRITTEN:
            self._write(entry, head, effect, is_of_line)
        return effect

    def _standing(self, head: Head) -> Standing:
        """Where nobody hears of the brand, everything is told that ever will be."""
        is_coming = not self.is_heard or head.decision_id in self.plan.ground.coming or head.has_moved
        return Standing(self.facts.get(head.id), is_coming, self.refused.get((head.recipient_id, head.channel)))

    def _note_refusal(self, head: Head) -> None:
        if head.status == Status.REFUSED:
            key = (head.recipient_id, head.channel)
            self.refused[key] = max(head.effective_at, self.refused.get(key, head.effective_at))

    def _write(self, entry: Entry, head: Head, effect: Effect, is_of_line: bool) -> None:
        """A refusal of the very second of what it withdraws is dated one second later, or İYS would not take it."""
        date = entry.consent_date.astimezone(UTC)
        if effect in REFUSALS and head.consent_date is not None:
            date = max(date, head.consent_date + A_SECOND)
        move = Move(next(self.spare), head, entry, effect, date, is_of_line)
        self.plan.moves.append(move)
        self.facts[head.id].add(entry.fact)
        if effect in MOVE_THE_HEAD:
            head.follow(
                {
                    "id": move.decision_id,
                    "status": entry.status,
                    "consent_date": date,
                    "effective_at": date,
                    "recorded_at": self.at,
                }
            )
            self._note_refusal(head)

    def _refuse_others(self, entry: Entry) -> None:
        """A refusal applies to every recipient type that is held for the address and channel."""
        for other in RecipientType:
            name = (self.ids[entry.address.text], entry.channel, other)
            head = self.plan.heads.get(name) if other != entry.recipient_type else None
            if head is not None:
                theirs = replace(entry, recipient_type=other)
                if effect_of(head, self._standing(head), theirs, self.at) in (Effect.REFUSAL, Effect.OLD_REFUSAL):
                    self._take(theirs, head, is_of_line=False)
