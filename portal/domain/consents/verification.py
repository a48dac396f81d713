"""Match İYS's movements with our submissions: mark those that İYS lists verified, and those it has newer ones for."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.iys_protocol import Status
from portal.core.models import OPEN_OUTCOMES, BulkRequest, BulkState, Decision, Lane, Outcome, Submission

ABSENT = "absent"  # Our own code: multi-status did not list the address.
NO_GRANT_CODES = ("H174", "H175", ABSENT)  # İYS holds no grant to withdraw.
MAY_BE_OVERTAKEN = (*OPEN_OUTCOMES, Outcome.PARKED)  # Of what is parked nothing is left to mend.
COLUMNS = "id consent_id decision_id status consent_date outcome transaction_id accepted_at attempts bulk_id"
Sent = Row[*tuple[Any, ...]]  # These columns of a submission of ours, and the date that İYS was told.


class OurSubmissions:
    """The submissions of some consents, to be found by the movement that each one became."""

    def __init__(self, session: Session, consent_ids: Iterable[int]) -> None:
        columns = (TABLE.c[name] for name in COLUMNS.split())
        mine = select(*columns, Decision.consent_date.label("told_date")).join(
            Decision, Decision.id == TABLE.c.decision_id
        )
        mine = mine.where(TABLE.c.consent_id.in_(set(consent_ids))).order_by(TABLE.c.id)
        self._by_key: dict[int, list[Sent]] = defaultdict(list)
        for row in session.execute(mine):
            self._by_key[row.consent_id].append(row)

    def match(self, consent_id: int, transaction_id: str, status: Status, consent_date: datetime | None) -> Sent | None:
        """Ours with this transactionId (movements of one second share it, so the status counts as well); or, where
        İYS's answer was lost, the one that was sent with this status and date."""
        its = (sent for sent in self._by_key[consent_id] if sent.outcome != Outcome.ANNULLED)  # Those never left.
        theirs = [sent for sent in its if sent.status == status]
        named = (sent for sent in theirs if sent.transaction_id == transaction_id)
        unnamed = (sent for sent in theirs if not sent.transaction_id and sent.told_date == consent_date)
        lost = (sent for sent in unnamed if sent.attempts or sent.bulk_id or sent.outcome != Outcome.WAITING)
        return next(named, None) or next(lost, None)

    def older_than(self, consent_id: int, effective_at: datetime) -> list[Sent]:
        """Those still on their way, or parked, that a decision of this moment leaves behind."""
        waiting = (sent for sent in self._by_key[consent_id] if sent.outcome in MAY_BE_OVERTAKEN)
        return [sent for sent in waiting if sent.consent_date <= effective_at]


def verify(session: Session, listed: dict[int, dict[str, Any]], at: datetime) -> None:
    """Mark submissions verified that İYS lists: {id: {transaction_id, accepted_at}}. Whatever we believed of them until
    now, waiting or given up, İYS has them."""
    if listed:
        rows = (
            {f"its_{name}": value for name, value in (*listed[each].items(), ("id", each))} for each in sorted(listed)
        )
        session.execute(VERIFY, [row | {"at": at} for row in rows])
        make_refusals_due(session, select(TABLE.c.consent_id).where(TABLE.c.id.in_(listed)), at)


def make_refusals_due(session: Session, consent_ids: Collection[int] | Select[int], at: datetime) -> None:
    """Make refusals due that waited for a grant of their key to end, or to reach İYS."""
    waiting = update(Submission).where(
        Submission.consent_id.in_(consent_ids),
        Submission.lane == Lane.REFUSALS,
        Submission.due_at > at,
        Submission.code.in_(NO_GRANT_CODES),
        leases.is_free(Submission, at),
    )
    session.execute(waiting.values(due_at=at).execution_options(synchronize_session=False))


def overtake(session: Session, submission_ids: Iterable[int], at: datetime) -> None:
    """End submissions that İYS holds something newer for. A list that was sent tells what became of its own."""
    ids = sorted(set(submission_ids))
    if ids:
        values = {"outcome": Outcome.OVERTAKEN, "due_at": None, "lease_until": None, "ended_at": at}
        session.execute(OVERTAKEABLE.where(TABLE.c.id.in_(ids)).values(values))


def overtake_older(session: Session, consent_id: int, consent_date: datetime, at: datetime) -> None:
    """End what is still here of a key and older than what İYS took just now, but what another has locked: it may be
    about to send that, and the caller holds a row that this other one may wait for."""
    older = (TABLE.c.consent_id == consent_id, TABLE.c.consent_date < consent_date, TABLE.c.due_at.is_not(None))
    overtake(session, session.scalars(select(TABLE.c.id).where(*older).with_for_update(skip_locked=True)), at)


TABLE = Submission.__table__
AT = bindparam("at", type_=TABLE.c.ended_at.type)
ACCEPTED_AT = bindparam("its_accepted_at", type_=TABLE.c.accepted_at.type)
VERIFY = update(TABLE).where(TABLE.c.id == bindparam("its_id"), TABLE.c.verified_at.is_(None)).values(
    outcome=Outcome.VERIFIED, code=None, due_at=None, lease_until=None,
    transaction_id=bindparam("its_transaction_id"),
    accepted_at=func.coalesce(ACCEPTED_AT, TABLE.c.accepted_at),  # İYS's date: an answer without one was dated by us.
    verified_at=AT, ended_at=func.coalesce(TABLE.c.ended_at, AT),
)  # fmt: skip
LISTS_SENT = select(BulkRequest.id).where(or_(BulkRequest.state == BulkState.SENT, BulkRequest.attempts > 0))
# The lease goes too: whoever has one in hand finds it taken, and what İYS answered is kept as an attempt.
OVERTAKEABLE = update(TABLE).where(
    TABLE.c.outcome.in_(MAY_BE_OVERTAKEN), or_(TABLE.c.bulk_id.is_(None), TABLE.c.bulk_id.not_in(LISTS_SENT))
)
