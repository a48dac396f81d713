"""Lock consents, move them in memory and save them: the one way by which a consent comes to stand on another decision.

Everybody locks in one order, or two writers would wait for each other: recipients by id, then what is on its way to
İYS (submissions) by id, then consents by id. SQLite has a single writer, so no row lock is needed there.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, ColumnElement, Select, any_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.iys_protocol import CHANGES_WINDOW, Channel, RecipientType, Status
from portal.core.models import Consent, Recipient, Submission
from portal.core.models.inserts import insert_rows
from portal.core.models.link_context import LinkContext
from portal.core.prepared_select import PreparedSelect

SECOND = timedelta(seconds=1)
MAX_CLOCK_SKEW = timedelta(hours=1)  # Of another's clock before ours; a date beyond that says nothing.

ConsentKey = tuple[int, Channel, RecipientType]  # Within a brand; the first is the recipient's id.


class TooSoon(Exception):
    """The key was decided within the last second; a grant's date would run more than a second ahead of the clock."""


@dataclass
class LockedConsent:
    """A consent whose recipient is locked, as it was read or moved since; `save_consents` writes what changed."""

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
    is_new: bool = False  # No row yet.
    has_moved: bool = False
    has_learned: bool = False

    @property
    def key(self) -> ConsentKey:
        return self.recipient_id, self.channel, self.recipient_type

    @property
    def has_changed(self) -> bool:
        return self.has_moved or self.has_learned

    @property
    def agrees_again(self) -> bool:
        """Whether what was learned just now leaves İYS and us of one mind."""
        return self.has_changed and (self.status == Status.GRANTED) == (self.iys_status == Status.GRANTED)

    @property
    def is_refused_at_iys_only(self) -> bool:
        """Whether İYS holds a refusal, newer than what stands here, that no movement has explained yet.

        It is of this recipient type alone: İYS keeps those of one address apart, may hold ONAY of one beside RET of
        another, and a status query says neither when nor by whom that was. So may_send follows it for its own consent
        only, while a file's newer grants as any type wait (import_plan), and campaigns leave the person out
        (exclusion). A movement, or whoever takes İYS's word, makes a decision of it, which ends older grants of all.
        """
        return self.iys_status == Status.REFUSED and self.status != Status.REFUSED and self._is_iys_newer

    @property
    def is_granted_at_iys_since(self) -> bool:
        """Whether İYS was seen to hold a grant after what stands here was decided."""
        return self.iys_status == Status.GRANTED and self._is_iys_newer

    def is_granted_at_iys_after(self, moment: datetime) -> bool:
        """Whether a grant stands here that İYS holds, too, and is newer by its clock."""
        is_held = self.status == self.iys_status == Status.GRANTED
        return is_held and self.iys_as_of is not None and self.iys_as_of > moment

    @property
    def _is_iys_newer(self) -> bool:
        return self.iys_as_of is not None and (self.effective_at is None or self.iys_as_of > self.effective_at)

    def is_older_than(self, status: Status, effective_at: datetime) -> bool:
        """Whether a decision would take the place of the current one; at the same moment a refusal wins."""
        if self.effective_at is None or effective_at != self.effective_at:
            return self.effective_at is None or effective_at > self.effective_at
        return status == Status.REFUSED and self.status != Status.REFUSED

    def move_to(
        self, decision_id: int, status: Status, *, consent_date: datetime, effective_at: datetime
    ) -> None:  # fmt: skip
        """Stand on this decision. The next date must be later than every one that İYS may have seen."""
        self.decision_id, self.status, self.effective_at = decision_id, status, effective_at
        self.consent_date = max(self.consent_date or consent_date, consent_date)
        self.has_moved = True

    def fall_back(
        self, decision_id: int | None, status: Status | None, consent_date: datetime | None,
        effective_at: datetime | None,
    ) -> None:  # fmt: skip
        """Stand on an earlier decision again, or on none: what stood in between is void, and İYS never saw it."""
        self.decision_id, self.status = decision_id, status
        self.consent_date, self.effective_at = consent_date, effective_at
        self.has_moved = True

    def learn_iys_status(self, status: Status, as_of: datetime, at: datetime) -> None:
        """Note what İYS holds as of then, unless something newer is known; at the same moment a refusal is believed. Of
        a grant whose moment was forgotten, an old row says nothing: pulls do not tell any more what came after it."""
        is_forgotten = self.iys_as_of is None and self.iys_status == Status.GRANTED
        if is_forgotten and status == Status.GRANTED and as_of < at - CHANGES_WINDOW:
            return
        is_news = self.iys_as_of is None or as_of > self.iys_as_of
        if is_news or (as_of == self.iys_as_of and status == Status.REFUSED):
            self.iys_status, self.iys_as_of, self.has_learned = status.value, as_of, True


TABLE = Consent.__table__
NAMES = [name for name in LockedConsent.__dataclass_fields__ if not name.startswith(("is_", "has_"))]
COLUMNS = [getattr(Consent, name) for name in NAMES]
VALUES_OF = attrgetter(*NAMES)
MOVES = ("decision_id", "status", "consent_date", "effective_at")
MOVE, LEARN = (
    update(TABLE).where(TABLE.c.id == bindparam("its_id")).values({name: bindparam(f"its_{name}") for name in names})
    for names in (MOVES, ("iys_status", "iys_as_of"))
)
# What a forwarder learned meanwhile is left where it is newer.
LEARN = LEARN.where(or_(TABLE.c.iys_as_of.is_(None), TABLE.c.iys_as_of <= bindparam("its_iys_as_of")))
FORGET = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("its_id"), TABLE.c.iys_as_of < bindparam("before"))
    .where(or_(TABLE.c.status.is_(None), TABLE.c.status == Status.GRANTED), TABLE.c.iys_status == Status.GRANTED.value)
    .values(iys_as_of=None)
)


def read_consents(session: Session, *conditions: ColumnElement[bool]) -> list[LockedConsent]:
    """Consents by id, whose recipients the caller locked, or which are only looked at."""
    return [LockedConsent(*row) for row in session.execute(select_consents(*conditions))]


def select_consents(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The statement that reads consents by id, as the values of LockedConsent."""
    return select(*COLUMNS).where(*conditions).order_by(Consent.id)


# Made once: both are part of every decision.
IDS: BindParameter[int] = bindparam("ids", expanding=True)
ALL_IDS = any_(bindparam("ids", type_=ARRAY(BigInteger)))  # One parameter, of PostgreSQL only.
RECIPIENTS = PreparedSelect(
    select(Recipient.id).where(Recipient.id == ALL_IDS).order_by(Recipient.id).with_for_update(key_share=True)
)
RECIPIENT = PreparedSelect(select(Recipient.id).where(Recipient.id == bindparam("id")).with_for_update(key_share=True))
HOLDER = PreparedSelect(
    select(Recipient.reassigned_at, Recipient.closed_at, Recipient.reassigned_anywhere_at).where(
        Recipient.id == bindparam("id")
    )
)
OF_BRAND = Consent.brand_id == bindparam("brand_id")
OF_RECIPIENT = PreparedSelect(select_consents(OF_BRAND, Consent.recipient_id == bindparam("id")))
OF_RECIPIENTS = select_consents(OF_BRAND, Consent.recipient_id.in_(IDS))


def lock_recipients(session: Session, recipient_ids: Iterable[int]) -> None:
    """Lock recipients' rows: before any other row. Who holds one is alone in making or moving its consents. Rows that
    only refer to recipients, such as messages, are written beside that, in whichever order."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return
    session.flush()
    ids = list(set(recipient_ids))
    if len(ids) == 1:
        RECIPIENT.all_within(connection, id=ids[0])  # psycopg looks long for what an array holds.
    else:
        RECIPIENTS.all_within(connection, ids=ids)


def has_changed_hands(session: Session, context: LinkContext) -> bool:
    """Whether a locked address passed to somebody else since the context of its link was read."""
    [holder] = HOLDER.all_within(session.connection(), id=context.recipient_id)
    return tuple(holder) != (context.reassigned_at, context.closed_at, context.reassigned_anywhere_at)


def lock_recipient_of(session: Session, consent_id: int) -> None:
    """Lock the recipient of a consent, as deciding does: before any other row."""
    lock_recipients(session, session.scalars(select(Consent.recipient_id).where(Consent.id == consent_id)))


def lock_consents(session: Session, brand_id: int, recipient_ids: Iterable[int]) -> dict[ConsentKey, LockedConsent]:
    """Lock these recipients and read their consents at the brand."""
    ids = list(set(recipient_ids))
    lock_recipients(session, ids)
    session.flush()
    connection = session.connection()
    rows = (
        OF_RECIPIENT.all_within(connection, brand_id=brand_id, id=ids[0])
        if len(ids) == 1
        else connection.execute(OF_RECIPIENTS, {"brand_id": brand_id, "ids": ids})
    )
    return {consent.key: consent for consent in (LockedConsent(*row) for row in rows)}


def lock_channels(
    session: Session, provider_id: int, brand_id: int, recipient_id: int, channels: Collection[Channel]
) -> tuple[list[LockedConsent], bool]:
    """Lock one address and read its consents at the brand for these channels, with a new one for an individual who has
    none; and whether it had any there, of whichever channel. One address decides one act at a time, whichever channels
    a form names."""
    locked = lock_consents(session, brand_id, [recipient_id])
    had_any = bool(locked)
    for channel in channels:
        key = (recipient_id, channel, RecipientType.INDIVIDUAL)
        if key not in locked:
            locked[key] = new_consent(provider_id, brand_id, key)
    return [consent for consent in locked.values() if consent.channel in channels], had_any


def new_consent(provider_id: int, brand_id: int, key: ConsentKey, consent_id: int | None = None) -> LockedConsent:
    """A consent that is no row yet, of a recipient that is locked."""
    return LockedConsent(consent_id or new_id(), provider_id, brand_id, *key, is_new=True)


def lock_submissions_and_consents(session: Session, consent_ids: Iterable[int]) -> None:
    """Lock what is on its way of these consents and then their rows, as everybody who writes many of them does."""
    ids = list(consent_ids)
    if not ids or session.get_bind(Consent).dialect.name == "sqlite":
        return
    on_their_way = select(Submission.id).where(Submission.consent_id.in_(ids), Submission.due_at.is_not(None))
    session.execute(on_their_way.order_by(Submission.id).with_for_update()).all()
    consents = select(Consent.id).where(Consent.id.in_(ids)).order_by(Consent.id)
    session.execute(consents.with_for_update(key_share=True)).all()


def insert_new_consents(session: Session, consents: Iterable[LockedConsent]) -> None:
    """Insert those of these consents that are no rows yet, as they are about to stand."""
    new = [consent for consent in consents if consent.is_new]
    insert_rows(session, Consent, [dict(zip(NAMES, VALUES_OF(consent), strict=True)) for consent in new])
    for consent in new:
        consent.is_new = consent.has_moved = consent.has_learned = False


def save_consents(session: Session, consents: Iterable[LockedConsent]) -> None:
    """Update the rows that moved or of which something was learned, by id."""
    by_id = sorted(consents, key=lambda consent: consent.id)
    moved = [consent for consent in by_id if consent.has_moved]
    if moved:
        session.execute(MOVE, [{f"its_{name}": getattr(each, name) for name in ("id", *MOVES)} for each in moved])
    learned = (consent for consent in by_id if consent.has_learned)
    save_iys_statuses(session, {each.id: (each.iys_status, each.iys_as_of) for each in learned})


def save_iys_statuses(session: Session, statuses: Mapping[int, tuple[str | None, datetime | None]]) -> None:
    """Save what İYS holds, by consent id: its status, and as of when. What is newer is left."""
    if statuses:
        names = ("its_id", "its_iys_status", "its_iys_as_of")
        session.execute(LEARN, [dict(zip(names, (each, *statuses[each]), strict=True)) for each in sorted(statuses)])


def forget_iys_statuses(session: Session, consent_ids: Collection[int], before: datetime) -> None:
    """Of these, let grants of which İYS told nothing since then be known as of no moment: may_send's NOT_PULLED."""
    if consent_ids:
        session.execute(FORGET, [{"its_id": each, "before": before} for each in sorted(consent_ids)])


def next_consent_date(
    last: datetime | None, at: datetime, *, is_refusal: bool = False, chosen_at: datetime | None = None
) -> datetime:
    """The date of a key's next decision: that of the choice, to the second, but strictly later than the last (İYS:
    H178, and one movement of a key per second). Raises TooSoon where a grant's would run more than a second ahead of
    the clock (H162).

    A refusal never fails: it is obeyed at once, and told when its date has come."""
    whole = (chosen_at or at).replace(microsecond=0)
    date = max(whole, last + SECOND) if last else whole
    if date > at + SECOND and not is_refusal:
        raise TooSoon
    return date


def is_too_soon(last: datetime | None, at: datetime) -> bool:
    """Whether a grant must wait a moment for its date."""
    return last is not None and last > at
