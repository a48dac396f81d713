"""Many keys of one brand at once, locked and held in memory, as a list of movements moves them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from sqlalchemy import Select, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Consent, Recipient, Submission
from portal.core.models.ids import new_id

MOST_AHEAD = timedelta(hours=1)  # Of İYS's clock before ours; a date beyond that says nothing.

Name = tuple[int, Channel, RecipientType]  # A key within its brand; the first is the recipient's id.


@dataclass
class Head:
    """The head of one key, as it stands and as it is about to stand."""

    id: int
    provider_id: int
    brand_id: int
    recipient_id: int
    channel: Channel
    recipient_type: RecipientType
    decision_id: int | None = None
    status: Status | None = None
    consent_date: datetime | None = None
    effective_at: datetime | None = None
    iys_status: str | None = None
    iys_as_of: datetime | None = None
    has_moved: bool = False
    has_learned: bool = False

    @property
    def agrees_again(self) -> bool:
        """Whether what was heard just now leaves İYS and us of one mind."""
        has_changed = self.has_moved or self.has_learned
        return has_changed and (self.status == Status.GRANTED) == (self.iys_status == Status.GRANTED)

    def yields_to(self, status: Status, effective_at: datetime) -> bool:
        """Whether a decision is newer than this head; at the same moment a refusal wins."""
        if self.effective_at is None or effective_at != self.effective_at:
            return self.effective_at is None or effective_at > self.effective_at
        return status == Status.REFUSED and self.status != Status.REFUSED

    def follow(self, decision: dict) -> None:
        """Stand where this decision leads. The next date must be later than every one İYS may have seen."""
        self.decision_id, self.status = decision["id"], decision["status"]
        self.effective_at = decision["effective_at"]
        dated = min(decision["consent_date"], decision["recorded_at"] + MOST_AHEAD)
        self.consent_date = max(filter(None, (self.consent_date, dated)))
        self.has_moved = True

    def learn(self, status: Status, as_of: datetime) -> None:
        """What İYS holds as of then, unless something newer was heard; of two at one moment a refusal is believed."""
        older = self.iys_as_of is None or as_of > self.iys_as_of
        if older or (as_of == self.iys_as_of and status == Status.REFUSED):
            self.iys_status, self.iys_as_of, self.has_learned = status.value, as_of, True


NAMES = [name for name in Head.__dataclass_fields__ if not name.startswith("has_")]
COLUMNS, OF_HEAD = [getattr(Consent, name) for name in NAMES], attrgetter(*NAMES)


def lock(session: Session, brand: Brand, recipient_ids: Iterable[int]) -> dict[Name, Head]:
    """The heads of these recipients at the brand. The recipients' rows are the locks, taken in one order."""
    ids = sorted(set(recipient_ids))
    hold_recipients(session, ids)
    found = [Head(*row) for row in session.execute(of_recipients(brand.id, ids))]
    return {(head.recipient_id, head.channel, head.recipient_type): head for head in found}


def hold_recipients(session: Session, ids: list[int]) -> None:
    """Lock recipients' rows: before any other row, and in one order. Where only one writes at a time he has them."""
    if session.get_bind(Recipient).dialect.name != "sqlite":
        theirs = select(Recipient.id).where(Recipient.id.in_(ids)).order_by(Recipient.id)
        session.execute(theirs.with_for_update()).all()


def of_recipients(brand_id: int, ids: list[int]) -> Select:
    """The heads of recipients at a brand, as Head takes them."""
    return select(*COLUMNS).where(Consent.brand_id == brand_id, Consent.recipient_id.in_(ids))


def add_missing(session: Session, brand: Brand, heads: dict[Name, Head], names: Iterable[Name]) -> None:
    """Make a head for each key that has none; its recipient is locked, so nobody else makes it."""
    missing = dict.fromkeys(name for name in names if name not in heads)
    made = [Head(new_id(), brand.provider_id, brand.id, *name) for name in missing]
    if made:
        session.execute(insert(Consent.__table__), [_identity(head) for head in made])
    heads.update(zip(missing, made, strict=True))


def hold(session: Session, consent_ids: Iterable[int]) -> None:
    """Lock what is on its way of these keys, and then their heads, as everybody who writes many of them does: in this
    order and by id, or two of them would wait for each other."""
    ids = list(consent_ids)
    if not ids or session.get_bind(Consent).dialect.name == "sqlite":
        return
    on_their_way = select(Submission.id).where(Submission.consent_id.in_(ids), Submission.due_at.is_not(None))
    session.execute(on_their_way.order_by(Submission.id).with_for_update()).all()
    heads = select(Consent.id).where(Consent.id.in_(ids)).order_by(Consent.id)
    session.execute(heads.with_for_update(key_share=True)).all()


def write(session: Session, heads: Iterable[Head]) -> None:
    """Keep what moved and what was learned. What a forwarder learned meanwhile is left where it is newer."""
    moved = [head for head in heads if head.has_moved]
    if moved:
        session.execute(MOVE, [_moved(head) for head in moved])
    learned = [head for head in heads if head.has_learned]
    if learned:
        session.execute(LEARN, [_learned(head) for head in learned])


TABLE = Consent.__table__
MOVE = update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(
    {name: bindparam(f"its_{name}") for name in ("decision_id", "status", "consent_date", "effective_at")}
)  # fmt: skip
LEARN = update(TABLE).where(
    TABLE.c.id == bindparam("its_id"),
    or_(TABLE.c.iys_as_of.is_(None), TABLE.c.iys_as_of <= bindparam("its_iys_as_of")),
).values({name: bindparam(f"its_{name}") for name in ("iys_status", "iys_as_of")})  # fmt: skip


def row(head: Head) -> dict:
    """A head that is no row yet, as it is about to stand."""
    return dict(zip(NAMES, OF_HEAD(head), strict=True))


def _identity(head: Head) -> dict:
    names = ("id", "provider_id", "brand_id", "recipient_id", "channel", "recipient_type")
    return {name: getattr(head, name) for name in names}


def _moved(head: Head) -> dict:
    names = ("id", "decision_id", "status", "consent_date", "effective_at")
    return {f"its_{name}": getattr(head, name) for name in names}


def _learned(head: Head) -> dict:
    return {f"its_{name}": getattr(head, name) for name in ("id", "iys_status", "iys_as_of")}
