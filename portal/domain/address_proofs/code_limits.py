"""How many codes may be asked for: counted in rows, so that all processes count together and a restart forgets nothing.

Every proof counts, sent or not: what is refused tells nothing of who is known. docs/proofs.md has the odds.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.models import AddressProof, Purpose

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Limit(StrEnum):
    """What was asked for too often."""

    ADDRESS = "address"
    BLOCK = "block"  # Of numbers, or a mail domain.
    NETWORK = "network"
    BUDGET = "budget"  # A consent point's, of a day.


# (how many, within what): where that many were asked for, the next one waits until the oldest of them has gone by.
PER_ADDRESS = ((3, HOUR), (6, DAY))  # Over all purposes: a person's telephone rings no oftener, whoever asks.
PER_BLOCK = ((30, HOUR), (100, DAY))  # Who pumps SMS rents numbers in ranges, and is paid for each message there.
PER_MAIL_DOMAIN = ((1000, HOUR), (10_000, DAY))  # At consent points: a firm's mail server is not flooded through us.
PER_NETWORK = ((100, HOUR), (500, DAY))  # A /24 or /64; behind one of a mobile operator many thousand people sit.
# Within an hour: beyond so many codes that nobody answered rightly, new ones have two digits more. Whoever guesses then
# has a hundredth of the chance, and nobody is turned away.
UNANSWERED, UNANSWERED_WITHIN = 100, HOUR
DIGITS, MORE_DIGITS = 6, 8


class TooManyCodes(Exception):
    """Too many were asked for; from `again_at` on one more is sent. Refusing by a link needs none."""

    def __init__(self, limit: Limit, again_at: datetime):
        super().__init__(limit.value)
        self.limit, self.again_at = limit, again_at

    @property
    def told_at(self) -> datetime:
        """The same as people are told it: not a second too early, in whole minutes."""
        return self.again_at.replace(second=0, microsecond=0) + timedelta(minutes=1)


@dataclass(frozen=True)
class Rule:
    """Not more than `most` of these within a while."""

    limit: Limit
    whose: ColumnElement[bool]
    most: int
    within: timedelta

    @property
    def oldest(self):
        """When the oldest of the last `most` was asked for, as a part of a statement."""
        theirs = select(AddressProof.created_at).where(self.whose).order_by(AddressProof.created_at.desc())
        return theirs.limit(1).offset(self.most - 1).scalar_subquery()


def rules_of(proof: AddressProof, indexes: dict[str, bytes], budget: int | None) -> list[Rule]:
    """The rules for a proof that is about to be kept. Who floods one purpose does not shut the other."""
    per_block = PER_BLOCK if proof.kind == AddressKind.PHONE else PER_MAIL_DOMAIN
    if proof.kind == AddressKind.EMAIL and proof.purpose == Purpose.MINE:
        per_block = ()  # Unknown addresses get no mail, known ones have their own limit: nothing is left to guard.
    alike = AddressProof.purpose == proof.purpose
    block, network = (
        (AddressProof.prefix_digest == proof.prefix_digest) & alike,
        (AddressProof.network_digest == proof.network_digest) & alike,
    )
    rules = [Rule(Limit.ADDRESS, AddressProof.has_index(indexes), *each) for each in PER_ADDRESS]
    rules += [Rule(Limit.BLOCK, block, *each) for each in per_block]
    rules += [Rule(Limit.NETWORK, network, *each) for each in PER_NETWORK]
    if budget is not None:
        within = proof.created_at - _midnight(proof.created_at)
        rules.append(Rule(Limit.BUDGET, _of_the_day(proof), max(budget, 1), within))
    return rules


def used_today(session: Session, brand_id: int, campaign_id: int, kind: AddressKind, at: datetime) -> int:
    """How many codes a consent point has asked for since midnight, by SMS or by mail."""
    proof = AddressProof(brand_id=brand_id, campaign_id=campaign_id, kind=kind, created_at=at)
    return session.scalar(select(func.count()).select_from(AddressProof).where(_of_the_day(proof)))


def _of_the_day(proof: AddressProof) -> ColumnElement[bool]:
    """What counts for a point's budget. Each point has its own: who floods one poster does not shut a brand's other
    ones; and mail costs little: it goes on when there is no SMS any more."""
    return and_(
        AddressProof.brand_id == proof.brand_id,
        AddressProof.campaign_id == proof.campaign_id,
        AddressProof.kind == proof.kind,
        AddressProof.created_at >= _midnight(proof.created_at),
    )


def check(session: Session, rules: list[Rule], at: datetime) -> int:
    """How many digits the next code has, in one statement. Raises TooManyCodes."""
    unanswered = Rule(Limit.NETWORK, AddressProof.proved_at.is_(None), UNANSWERED, UNANSWERED_WITHIN)
    *times, unanswered_since = session.execute(select(*(rule.oldest for rule in [*rules, unanswered]))).one()
    for rule, oldest in zip(rules, times, strict=True):
        if oldest is not None and oldest > at - rule.within:
            next_day = _midnight(at) + DAY
            raise TooManyCodes(rule.limit, next_day if rule.limit == Limit.BUDGET else oldest + rule.within)
    is_guessed_at = unanswered_since is not None and unanswered_since > at - UNANSWERED_WITHIN
    return MORE_DIGITS if is_guessed_at else DIGITS


def take_turns(session: Session, proof: AddressProof, indexes: dict[str, bytes]) -> None:
    """Two who ask at once count one after the other: a lock for each thing that is counted, always in one order. Where
    only one writes at a time they do so anyway."""
    if session.get_bind(AddressProof).dialect.name == "sqlite":
        return
    counted = [*indexes.values(), proof.prefix_digest, proof.network_digest]
    if proof.brand_id is not None:
        counted.append(hashlib.sha256(b"brand %d" % proof.brand_id).digest())
    for key in sorted({int.from_bytes(each[:8], signed=True) for each in counted}):
        session.execute(select(func.pg_advisory_xact_lock(key)))


def _midnight(at: datetime) -> datetime:
    """The beginning of the day in Istanbul."""
    return clock.start_of_day(clock.day(at))
