"""Bulk lists of grants: formed per brand and channel from waiting submissions, oldest first, and claimed by lease."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, Update, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.database import changed_rows
from portal.core.extensions import read_session
from portal.core.ids import new_id
from portal.core.iys_protocol import MAX_LIST_SIZE, Channel, Status
from portal.core.models import BulkRequest, BulkState, Connection, Consent, Lane, Outcome, Submission
from portal.services.iys import holds, success_rate
from portal.services.iys.forwarding import active_providers, claims
from portal.services.iys.forwarding.claim_limit import ClaimLimit
from portal.services.iys.holds import Part

log = structlog.get_logger()

LONGEST_SINGLE_WAIT = timedelta(seconds=60)  # A person's grant that waited so long goes in a list.
DUE_WITHOUT_RESULT = timedelta(days=61)  # İYS keeps a result for 60 days; after that an item is sent by itself.
HELD_FOR = timedelta(minutes=1)  # Then the success rate is checked again.
FEWEST = 10  # Grants of a list; fewer go singly.
MOST_SET_ASIDE = 5  # Lists in one step: a few dozen milliseconds each.
LIST_SUFFIX = "/request"  # Appended to İYS's path for one consent, it is the path for a list.

NEVER_SENT = (Submission.attempts == 0, Submission.code.is_(None), Submission.outcome == Outcome.WAITING)

TO_SEND, RESULTS = ClaimLimit(most=2), ClaimLimit(most=1)  # One less than their loops' threads.


@dataclass(frozen=True)
class ClaimedList:
    """A leased list. `attempts` counts this one: with 1 it is sent for the first time."""

    id: int
    provider_id: int
    brand_id: int
    channel: Channel | None
    endpoint: str
    request_id: str | None
    sent_at: datetime | None
    attempts: int
    lease_until: datetime

    @property
    def part(self) -> Part:
        """What a hold on it would cover."""
        lane = holds.RESULTS if self.request_id else Lane.BULK
        return Part(self.provider_id, self.brand_id, self.channel, lane, self.lease_until)


@dataclass(frozen=True, eq=False)
class ListItem:
    """A submission of a list; its payload is sealed."""

    id: int
    consent_id: int
    status: Status
    consent_date: datetime
    payload: bytes = field(repr=False)
    outcome: Outcome
    bulk_index: int | None
    sub_request_id: str | None
    due_at: datetime | None


LIST_COLUMNS = [getattr(BulkRequest, name) for name in ClaimedList.__dataclass_fields__]
ITEM_COLUMNS = [getattr(Submission, name) for name in ListItem.__dataclass_fields__]


def claim_list_to_send(
    session: Session, at: datetime, *, is_sandbox: bool = False, but_of: Sequence[int] = ()
) -> ClaimedList | None:
    """Claim the next list to send: one formed earlier, or else a new one. Commits.

    Of a provider that makes the success rate low, only lists that a person released are sent.
    """
    if not is_sandbox:
        success_rate.pause_failing_providers(at)
    paused = success_rate.paused_providers(read_session(), at)
    _hold_due_lists(session, at, paused)
    states = (BulkState.FORMED, BulkState.HELD)
    formed = claim_list(session, at, states, is_sandbox=is_sandbox, but_of=but_of)
    return formed or _form_list(session, at, paused, is_sandbox, but_of)


def claim_list(
    session: Session, at: datetime, states: Sequence[BulkState], *, is_sandbox: bool = False,
    but_of: Sequence[int] = (),
) -> ClaimedList | None:  # fmt: skip
    """Claim the list in one of these states that has been due longest. Commits."""
    if not leases.is_any_due(read_session(), BulkRequest, at):
        return None
    lane = Lane.REFUSALS if BulkState.SENT in states else Lane.BULK  # Asking for a result needs no quota.
    may_go = (BulkRequest.state.in_(states), leases.is_due(BulkRequest, at))
    is_writer = Connection.provider_id == BulkRequest.provider_id
    may_write = active_providers.provider_ids(at, lane, is_sandbox=is_sandbox).where(is_writer).exists()
    due = select(BulkRequest.id).where(*may_go, may_write, BulkRequest.provider_id.not_in(but_of))
    seen = read_session().scalar(due.order_by(BulkRequest.due_at).limit(1))
    if seen is None:
        return None
    state = {} if BulkState.SENT in states else {"state": BulkState.FORMED}
    taken = leases.claim(
        session, BulkRequest, BulkRequest.id == seen, *may_go, at=at, lease=claims.LEASE, returning=LIST_COLUMNS,
        attempts=BulkRequest.attempts + 1, **state,
    )  # fmt: skip
    session.commit()
    bulk = ClaimedList(*taken[0]) if taken else None
    if bulk and (until := holds.claim_or_held_until(bulk.part, at)):
        release_list(session, bulk, due_at=until, attempts=bulk.attempts - 1)
        session.commit()
        holds.put_off_lists(bulk.part, may_go, until)
        return None
    return bulk


def remove_ended_items(session: Session, bulk: ClaimedList) -> None:
    """Take submissions that ended meanwhile out of a list before it is first sent. Commits.

    From then on the list stays the same however often it is sent and whatever becomes of its items.
    """
    if bulk.attempts == 1:
        ended = update(Submission).where(Submission.bulk_id == bulk.id, Submission.due_at.is_(None))
        session.execute(ended.values(bulk_id=None).execution_options(synchronize_session=False))
        session.commit()


def read_items(bulk: ClaimedList) -> list[ListItem]:
    """The items of a list, in its order."""
    rows = select(*ITEM_COLUMNS).where(Submission.bulk_id == bulk.id).order_by(Submission.bulk_index)
    return [ListItem(*row) for row in read_session().execute(rows)]


def release_list(session: Session, bulk: ClaimedList, **values: object) -> bool:
    """Write the outcome of a list and release it; False where the lease was lost. Call it first in a transaction."""
    return bool(leases.release(session, BulkRequest, [bulk], **values))


def update_open_items(bulk_id: int) -> Update:
    """An UPDATE of the items of a list that are still open."""
    mine = update(Submission).where(Submission.bulk_id == bulk_id, Submission.due_at.is_not(None))
    return mine.execution_options(synchronize_session=False)


def update_open_item(bulk_id: int) -> Update:
    """An UPDATE of one item by `its_id`, for many at once. Not by `==`: of a list that its statistics do not know
    PostgreSQL would expect one item, and read all of them for each."""
    table = Submission.__table__
    is_open = (table.c.bulk_id.is_not_distinct_from(bulk_id), table.c.due_at.is_not(None))
    return update(table).where(table.c.id == bindparam("its_id"), *is_open)


def count_open_items(session: Session, bulk_id: int) -> int:
    mine = select(func.count()).where(Submission.bulk_id == bulk_id, Submission.due_at.is_not(None))
    return session.scalars(mine).one()


def _hold_due_lists(session: Session, at: datetime, paused: set[int]) -> None:
    """Hold due lists of these providers that nobody released, until the success rate is checked again."""
    due = (
        BulkRequest.state.in_((BulkState.FORMED, BulkState.HELD)), BulkRequest.provider_id.in_(paused),
        BulkRequest.due_at <= at, BulkRequest.released_at.is_(None),
    )  # fmt: skip
    if not paused or read_session().scalar(select(BulkRequest.id).where(*due).limit(1)) is None:
        return
    free = select(BulkRequest.id).where(*due, leases.is_free(BulkRequest, at))
    ids = session.scalars(free.order_by(BulkRequest.id).with_for_update(skip_locked=True)).all()
    held = update(BulkRequest).where(BulkRequest.id.in_(ids)).values(state=BulkState.HELD, due_at=at + HELD_FOR)
    session.execute(held.execution_options(synchronize_session=False))
    session.commit()


def _form_list(
    session: Session, at: datetime, paused: set[int], is_sandbox: bool, but_of: Sequence[int]
) -> ClaimedList | None:
    """A new list to send. Grants that must wait are set aside in lists meanwhile, since a provider may have hundreds of
    thousands: one of each such provider, so that the others need not wait behind them."""
    move_waiting_people(session, at, is_sandbox)
    but_of = list(but_of)
    for _ in range(MOST_SET_ASIDE):
        oldest = claims.oldest_due(read_session(), at, Lane.BULK, is_sandbox=is_sandbox, but_of=but_of)
        if oldest is None:
            break
        facts = select(Submission.provider_id, Consent.brand_id, Consent.channel, Submission.endpoint)
        facts = facts.join(Consent, Consent.id == Submission.consent_id).where(Submission.id == oldest)
        bulk = ClaimedList(new_id(), *read_session().execute(facts).one(), None, None, 1, at + claims.LEASE)
        is_paused = bulk.provider_id in paused
        until = at + HELD_FOR if is_paused else holds.claim_or_held_until(bulk.part, at)
        if until is None:
            few_go_singly = _move_few_to_singles(session, bulk, at, is_sandbox)
            return None if few_go_singly or not _write_list(session, bulk, at) else bulk
        if is_paused or len(_first_few(session, bulk, at)) == FEWEST:
            state = BulkState.HELD if is_paused else BulkState.FORMED
            _write_list(session, bulk, at, state=state, attempts=0, lease_until=None, due_at=until)
        else:
            holds.put_off(bulk.part, oldest, until, at)
        but_of.append(bulk.provider_id)
    return None


def _write_list(session: Session, bulk: ClaimedList, at: datetime, **values: object) -> int:
    """Write a list and put its grants in; how many. 0 where another process was quicker. Commits."""
    row = {
        "id": bulk.id, "provider_id": bulk.provider_id, "brand_id": bulk.brand_id, "channel": bulk.channel,
        "endpoint": bulk.endpoint, "size": 0, "attempts": bulk.attempts, "created_at": at, "due_at": at,
        "state": BulkState.FORMED, "lease_until": bulk.lease_until,
    }  # fmt: skip
    session.execute(insert(BulkRequest.__table__), row | values)
    size = _fill_list(session, bulk, at)
    if not size:
        session.rollback()
        return 0
    session.execute(update(BulkRequest).where(BulkRequest.id == bulk.id).values(size=size))
    session.commit()
    log.info("list.formed", list=bulk.id, size=size, waits=bool(values))
    return size


def _fill_list(session: Session, bulk: ClaimedList, at: datetime) -> int:
    """Put the oldest waiting submissions into a list, one per key; how many. Later ones of a key wait for the first."""
    oldest = _waiting_for(bulk, at).add_columns(Submission.due_at).limit(MAX_LIST_SIZE).subquery()
    place = func.row_number().over(order_by=(oldest.c.due_at, oldest.c.id)).label("place")
    # Chosen once: where statistics are old, PostgreSQL might choose anew for each row.
    chosen = select(oldest.c.id, place).cte().prefix_with("MATERIALIZED")
    still = (Submission.lane == Lane.BULK, Submission.due_at <= at)  # As another process may have left it.
    put = update(Submission).where(Submission.id == chosen.c.id, *still)
    put = put.values(
        bulk_id=bulk.id, bulk_index=chosen.c.place - 1, sub_request_id=None, due_at=at + DUE_WITHOUT_RESULT
    )
    return changed_rows(session, put.execution_options(synchronize_session=False))


def _waiting_for(bulk: ClaimedList, at: datetime) -> Select[int]:
    """The oldest first, as the index has them: grants of an import are all due at once, and to put them in the order of
    their ids, too, would take PostgreSQL through all that wait."""
    due = (claims.is_due(at, Lane.BULK, bulk.provider_id), Submission.endpoint == bulk.endpoint)
    of_channel = Consent.channel == bulk.channel
    return (
        select(Submission.id)
        .join(Consent, Consent.id == Submission.consent_id)
        .where(*due, of_channel)
        .order_by(Submission.due_at)
    )


def move_waiting_people(session: Session, at: datetime, is_sandbox: bool = False) -> None:
    """Move people's grants that waited too long, and were never sent, into the lane of lists, if a list has enough."""
    if not claims.is_any_open(read_session(), Lane.PEOPLE):
        return
    long_due = (
        Submission.lane == Lane.PEOPLE,
        Submission.provider_id.in_(
            active_providers.provider_ids(at, Lane.BULK, is_sandbox=is_sandbox, waiting_in=Lane.PEOPLE)
        ),
        Submission.due_at <= at - LONGEST_SINGLE_WAIT,
        leases.is_free(Submission, at),
        *NEVER_SENT,
    )
    beside = func.count().over(partition_by=(Submission.endpoint, Consent.channel)).label("beside")
    waiting = (
        select(Submission.id, beside).join(Consent, Consent.id == Submission.consent_id).where(*long_due).subquery()
    )
    enough = select(waiting.c.id).where(waiting.c.beside >= FEWEST).limit(MAX_LIST_SIZE)
    seen = read_session().scalars(enough).all()
    if not seen:
        return
    still = select(Submission.id).where(Submission.id.in_(seen), *long_due).with_for_update(skip_locked=True)
    moved = update(Submission).where(Submission.id.in_(session.scalars(still).all()))
    moved = moved.values(lane=Lane.BULK, endpoint=Submission.endpoint + LIST_SUFFIX)
    session.execute(moved.execution_options(synchronize_session=False))
    session.commit()
    log.info("people.moved_to_lists", count=len(seen))


def _first_few(session: Session, bulk: ClaimedList, at: datetime) -> Sequence[int]:
    return session.scalars(_waiting_for(bulk, at).limit(FEWEST)).all()


def _move_few_to_singles(session: Session, bulk: ClaimedList, at: datetime, is_sandbox: bool) -> bool:
    """Move grants that came within a minute into the lane of single ones, if a list would hold few of them and nobody
    waits there: a list costs two calls, and its result takes five minutes."""
    ids = _first_few(session, bulk, at)
    if len(ids) == FEWEST or claims.oldest_due(read_session(), at, Lane.PEOPLE, is_sandbox=is_sandbox):
        return False
    fresh = (Submission.lane == Lane.BULK, Submission.due_at > at - LONGEST_SINGLE_WAIT, *NEVER_SENT)
    moved = update(Submission).where(Submission.id.in_(ids), *fresh)
    moved = moved.values(lane=Lane.PEOPLE, endpoint=func.replace(Submission.endpoint, LIST_SUFFIX, ""))
    count = changed_rows(session, moved.execution_options(synchronize_session=False))
    session.commit()
    return count > 0
