"""Annulling: a decision that nobody claimed for sending yet is void, and its key falls back to what stood before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Status
from portal.core.models import (
    Annulment,
    Consent,
    Decision,
    DecisionOrigin,
    Lane,
    Outcome,
    ReceiptDecision,
    Submission,
    is_void,
)
from portal.core.models.bulk_insert import load
from portal.domain.consents import bulk_locking
from portal.domain.consents.bulk_locking import MOST_AHEAD
from portal.domain.providers import sandbox_mode

WHOSE = (Decision.id, Decision.provider_id, Decision.recipient_id, Decision.consent_id)


def annul(
    session: Session, decision_ids: Sequence[int], user_id: int | None, at: datetime, *,
    stays: ColumnElement[bool] | None = None,
) -> list[int]:  # fmt: skip
    """Take back those of these decisions that İYS cannot have heard; which ones they were. Call with ≤ 5,000.

    What has been claimed for sending, or came to an end at İYS, stays; and so does what a person's receipt speaks of:
    who refused again was told that the first refusal stands. `stays` is a condition on decisions that stay besides; it
    is asked again under the locks. Nothing here commits.
    """
    may_go = and_(~is_void(), ~_is_spoken_of(), ~(false() if stays is None else stays))
    theirs = select(*WHOSE).where(Decision.id.in_(decision_ids), may_go)
    rows = {row.id: row for row in session.execute(theirs)}
    if not rows:
        return []
    bulk_locking.hold_recipients(session, sorted({row.recipient_id for row in rows.values()}))
    bulk_locking.hold(session, sorted({row.consent_id for row in rows.values()}))
    void = _take_back(session, select(Decision.id).where(Decision.id.in_(rows), may_go), at)
    load(session, Annulment, [_annulment(rows[each], user_id, at) for each in void])
    _fall_back(session, void, {rows[each].consent_id for each in void})
    return void


def undo(session: Session, receipt_ids: Sequence[int], at: datetime) -> list[int]:
    """Take back the grants that these receipts speak of, as long as they wait for that; which decisions they were.
    Again, it changes nothing. Nothing here commits."""
    theirs = (
        select(*WHOSE)
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .where(ReceiptDecision.receipt_id.in_(receipt_ids), Decision.status == Status.GRANTED, ~is_void())
    )
    rows = {row.id: row for row in session.execute(theirs)}
    if not rows:
        return []
    bulk_locking.hold_recipients(session, sorted({row.recipient_id for row in rows.values()}))
    bulk_locking.hold(session, sorted({row.consent_id for row in rows.values()}))
    void = _void_waiting(session, Submission.decision_id.in_(rows), at)
    load(session, Annulment, [_annulment(rows[each], None, at) for each in void])
    _fall_back(session, void, {rows[each].consent_id for each in void})
    return void


def overtake(session: Session, heads: Iterable[Consent | bulk_locking.Head], at: datetime) -> list[int]:
    """Void every grant of keys of one provider that are refused now, as long as it waits to be taken back: İYS hears
    only the refusal, which waits for none of them. Whichever way a refusal comes, whoever writes it calls this: with
    the recipients' rows held, before the heads are written. Two statements, however many they are; ≤ 5,000."""
    decided = [head for head in heads if head.decision_id is not None]
    if not decided:
        return []
    void = _void_waiting(session, Submission.consent_id.in_([head.id for head in decided]), at)
    facts = {"provider_id": decided[0].provider_id, "at": at, "user_id": None}
    load(session, Annulment, [{"decision_id": each, **facts} for each in void])
    return void


def may_be_undone(at: datetime) -> ColumnElement[bool]:
    """The condition that a submission is a person's grant, and waits so that it can be taken back."""
    return and_(Submission.lane == Lane.PEOPLE, undo_until() > at, is_untouched())


def undo_until() -> ColumnElement[datetime]:
    """When that wait is over. A grant of which nobody is told is never due; it ends as late as another would leave."""
    return func.coalesce(Submission.due_at, Submission.ended_at)


def _void_waiting(session: Session, whose: ColumnElement[bool], at: datetime) -> list[int]:
    """End those that wait; their decisions. Locked in one order, as forwarders do, or two would wait for each other."""
    waiting = select(Submission.id).where(whose, may_be_undone(at)).order_by(Submission.id).with_for_update()
    ended = (
        update(Submission)
        .where(Submission.id.in_(waiting))
        .values(outcome=Outcome.ANNULLED, due_at=None, ended_at=at)
        .returning(Submission.decision_id)
        .execution_options(synchronize_session=False)
    )
    return sorted(session.scalars(ended))


def is_untouched() -> ColumnElement[bool]:
    """The condition that nobody began to send a submission, or that it is sent to nobody."""
    never_claimed = and_(Submission.attempts == 0, Submission.lease_until.is_(None), Submission.bulk_id.is_(None))
    told_nobody = and_(
        Submission.outcome == Outcome.NOT_NEEDED, Submission.code.in_((sandbox_mode.EXEMPT, sandbox_mode.OVER))
    )
    return and_(never_claimed, or_(Submission.outcome == Outcome.WAITING, told_nobody))


def _is_spoken_of():
    spoken_of = select(ReceiptDecision.decision_id).where(ReceiptDecision.decision_id == Decision.id)
    return spoken_of.correlate(Decision).exists()


def _take_back(session: Session, left: Select, at: datetime) -> list[int]:
    """End the submissions that nobody claimed; the decisions that had none, or lose theirs now. `left` asks which may
    still go: some were annulled, told to a person or relied on while we waited for the locks."""
    ids = list(session.scalars(left.order_by(Decision.id)))
    told = set(session.scalars(select(Submission.decision_id).where(Submission.decision_id.in_(ids))))
    ended = (
        update(Submission)
        .where(Submission.decision_id.in_(ids), is_untouched())
        .values(outcome=Outcome.ANNULLED, due_at=None, ended_at=at)
        .returning(Submission.decision_id)
        .execution_options(synchronize_session=False)
    )
    taken = set(session.scalars(ended))
    return [each for each in ids if each not in told or each in taken]


def _annulment(decision: Row, user_id: int | None, at: datetime) -> dict:
    return {"decision_id": decision.id, "provider_id": decision.provider_id, "at": at, "user_id": user_id}


def _fall_back(session: Session, void: list[int], consent_ids: set[int]) -> None:
    """Keys whose head is void stand again as the newest decision says that is not; a refusal wins a tie."""
    fallen = select(Consent.id).where(Consent.id.in_(consent_ids), Consent.decision_id.in_(void))
    ids = sorted(session.scalars(fallen))
    if not ids:
        return
    left = defaultdict(list)
    for row in session.execute(_counting(ids)):
        left[row.consent_id].append(row)
    session.execute(FALL_BACK, [_head(consent_id, left[consent_id]) for consent_id in ids])


def _counting(consent_ids: Iterable[int]):
    """The decisions of keys that may be their head: a grant that was brought too late for İYS, or older than what was
    known then, never was one."""
    was_told = select(Submission.id).where(Submission.decision_id == Decision.id).correlate(Decision).exists()
    counts = or_(Decision.origin != DecisionOrigin.IMPORT, Decision.status == Status.REFUSED, was_told)
    columns = (Decision.id, Decision.consent_id, Decision.status, Decision.consent_date, Decision.effective_at)
    return select(*columns, Decision.recorded_at).where(Decision.consent_id.in_(list(consent_ids)), counts, ~is_void())


def _head(consent_id: int, left: list[Row]) -> dict:
    """What was void İYS never saw, so the next date need be later than that of the others only."""
    newest = max(left, key=lambda row: (row.effective_at, row.status == Status.REFUSED, row.id), default=None)
    dated = (min(row.consent_date, row.recorded_at + MOST_AHEAD) for row in left)
    return {
        "its_id": consent_id,
        "its_decision_id": newest.id if newest else None,
        "its_status": newest.status if newest else None,
        "its_consent_date": max(dated, default=None),
        "its_effective_at": newest.effective_at if newest else None,
    }


TABLE = Consent.__table__
NAMES = ("decision_id", "status", "consent_date", "effective_at")
FALL_BACK = update(TABLE).where(TABLE.c.id == bindparam("its_id")).values(
    {name: bindparam(f"its_{name}", type_=TABLE.c[name].type) for name in NAMES}
)  # fmt: skip
