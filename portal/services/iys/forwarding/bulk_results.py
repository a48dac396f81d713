"""Results of lists: asked for after five minutes, matched by İYS's name of each item, kept as far as they are there."""

import json
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Row, bindparam, or_, update

from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Action, Operation
from portal.core.models import BulkState, Consent, Outcome, Submission
from portal.domain.consents import bulk_locking
from portal.services.iys import calls, response_values
from portal.services.iys.client import Answer, Client
from portal.services.iys.forwarding import attempts, bulk_lists, outcomes
from portal.services.iys.forwarding.bulk_dispatch import refusals_are_due, slow_lane, sub_request_id_of
from portal.services.iys.forwarding.bulk_lists import Bulk
from portal.services.iys.forwarding.single_dispatch import QUOTA, breath, rests

log = structlog.get_logger()

ASK_AGAIN = timedelta(minutes=1)
EMPTY_FOR = timedelta(days=1)  # İYS works within minutes: sent again it still arrives within the three business days.
KEPT_FOR = timedelta(days=60)  # By İYS; after that every result is empty.
LOST = "lost"


def step(client: Client) -> bool:
    """Ask for the result of a list; False when none is due, or refusals are to go first."""
    at = clock.now()
    if rests(client, at) or refusals_are_due(at, is_sandbox=client.is_sandbox):
        return False
    bulk = bulk_lists.claim(db.session, at, (BulkState.SENT,), is_sandbox=client.is_sandbox)
    if bulk is None:
        return False
    path = iys_protocol.bulk_result_path(*iys_protocol.codes_in_path(bulk.endpoint), bulk.request_id)
    try:
        answer = calls.ask(client, bulk.provider_id, Operation.BULK_RESULT, path, method="GET", turn=slow_lane())
    except calls.NotNow as not_now:
        _again(bulk, max(not_now.until - clock.now(), timedelta(0)))
        return False
    _settle(bulk, answer)
    return True


def _settle(bulk: Bulk, answer: Answer) -> None:
    if answer.listed is not None:
        return _take(bulk, answer)
    action = answer.action()
    if action == Action.CONFIG and answer.codes:
        until = clock.now() + outcomes.BLOCK
        outcomes.block_provider(bulk.provider_id, answer.code, blocked_until=until)
        return _again(bulk, outcomes.BLOCK)
    if action == Action.FIX:  # İYS does not know its own name for the list.
        return _lose(bulk)
    return _again(bulk, breath() if action in (Action.WAIT, Action.AUTH) else ASK_AGAIN)


def _take(bulk: Bulk, answer: Answer) -> None:
    """Write down what İYS says of each item; what it says nothing final of is asked again."""
    at, told = clock.now(), _told(bulk_lists.items(bulk), answer.listed)
    if not bulk_lists.let_go(db.session, bulk, due_at=at + _pause(bulk, at), attempts=1):
        return db.session.rollback()
    accepted = [(item, said) for item, said in told if _is_stored(said)]
    failed = [(item, said) for item, said in told if said.get("status") == "failure"]
    bulk_locking.hold(db.session, [item.consent_id for item, _ in accepted + failed])
    _accept(bulk, accepted, at)
    for item, said in failed:
        _fail(bulk, item, _code_of(said), at)
    _keep(bulk, accepted + failed)
    if accepted or failed:
        outcomes.wake_refusals([item.consent_id for item, _ in accepted + failed], at)
    left = bulk_lists.how_many(db.session, bulk.id)
    if not left:
        _end(bulk, at)
    db.session.commit()
    log.info("list.result", list=bulk.id, accepted=len(accepted), failed=len(failed), left=left)
    age = at - bulk.sent_at
    if left and (age > KEPT_FOR or (not answer.listed and age > EMPTY_FOR)):
        _lose(bulk)


def _told(items: list[Row], listed: list) -> list[tuple[Row, dict]]:
    """What İYS says, beside the item that it says it of: by its name, or by its place where İYS gave no names."""
    by_name = {item.sub_request_id: item for item in items if item.sub_request_id}
    by_place = {} if by_name else {str(place): item for place, item in enumerate(items)}
    told = {}
    for said in listed:
        if isinstance(said, dict):
            item = by_name.get(sub_request_id_of(said)) or by_place.get(str(said.get("index")))
            if item is not None and item.due_at is not None:
                told[item] = said
    return list(told.items())


def _is_stored(said: dict) -> bool:
    """Only a transactionId proves it."""
    return said.get("status") == "success" and bool(response_values.transaction_id(said))


def _accept(bulk: Bulk, accepted: list[tuple[Row, dict]], at: datetime) -> None:
    if not accepted:
        return
    rows = [
        {
            "its_id": item.id,
            "its_key": item.consent_id,
            "its_transaction": response_values.transaction_id(said),
            "its_date": outcomes.read_date(said.get("creationDate")),
            "its_status": item.status.value,
        }
        for item, said in accepted
    ]
    db.session.execute(
        ACCEPT, [row | {"its_list": bulk.id, "at": at} for row in sorted(rows, key=lambda r: r["its_id"])]
    )
    db.session.execute(NOW_HOLDS, sorted(rows, key=lambda row: row["its_key"]))
    outcomes.unblock(bulk.provider_id)


def _fail(bulk: Bulk, item: Row, code: str | None, at: datetime) -> None:
    """One item that İYS did not store; by the code table, and like a single one as far as that is possible."""
    action = iys_protocol.action_of(400, [code] if code else [], decided=item.status)
    values = {"outcome": Outcome.PARKED, "due_at": None, "ended_at": at}
    if action in (Action.NOOP, Action.RECONCILE):
        same = code != "H178"
        values["outcome"] = Outcome.NOT_NEEDED if same else Outcome.OVERTAKEN
        _learn(item, same, bulk.sent_at)
    elif action == Action.EXPIRED:
        values["outcome"] = Outcome.EXPIRED
    elif action == Action.CONFIG:
        until = at + outcomes.BLOCK
        values = {"outcome": Outcome.BLOCKED, "due_at": until, "bulk_id": None}
        what = "grants_blocked_until" if code == QUOTA else "blocked_until"
        outcomes.block_provider(bulk.provider_id, code, **{what: until})
    elif action in (Action.RETRY, Action.WAIT, Action.AUTH):  # Final for this list: it goes with another.
        values = {"outcome": Outcome.WAITING, "due_at": at + ASK_AGAIN, "bulk_id": None}
    mine = bulk_lists.open_items(bulk.id).where(Submission.id == item.id)
    db.session.execute(mine.values(code=code, **values))


def _learn(item: Row, same: bool, sent_at: datetime) -> None:
    """İYS held the same when it looked, at the soonest when it was sent; or something newer, unknown until a feed tells
    what."""
    if same:
        return outcomes.now_holds(item.consent_id, item.status, sent_at)
    not_newer = or_(Consent.iys_as_of.is_(None), Consent.iys_as_of <= item.consent_date)
    unknown = update(Consent).where(Consent.id == item.consent_id, not_newer)
    db.session.execute(unknown.values(iys_status=None).execution_options(synchronize_session=False))


def _keep(bulk: Bulk, told: list[tuple[Row, dict]]) -> None:
    answers = ((bulk.provider_id, item.id, _code_of(said), json.dumps(said).encode()) for item, said in told)
    attempts.keep(db.session, Operation.BULK_RESULT, 200, answers)


def _code_of(said: dict) -> str | None:
    return next((error.code for error in iys_protocol.parse_errors(200, said) if error.code), None)


def _pause(bulk: Bulk, at: datetime) -> timedelta:
    """A minute at first; the older a list, the more seldom, up to an hour."""
    return min(max(ASK_AGAIN, (at - bulk.sent_at) / 10), timedelta(hours=1))


def _again(bulk: Bulk, after: timedelta) -> None:
    bulk_lists.let_go(db.session, bulk, due_at=clock.now() + after, attempts=1)
    db.session.commit()


def _end(bulk: Bulk, at: datetime) -> None:
    ended = update(bulk_lists.BulkRequest).where(bulk_lists.BulkRequest.id == bulk.id)
    db.session.execute(ended.values(state=BulkState.ENDED, due_at=None, ended_at=at))


def _lose(bulk: Bulk) -> None:
    """Its result will not come any more. What is left goes with other lists; İYS stores nothing twice (V2)."""
    at = clock.now()
    bulk_lists.let_go(db.session, bulk)
    ended = update(bulk_lists.BulkRequest).where(
        bulk_lists.BulkRequest.id == bulk.id, bulk_lists.BulkRequest.state == BulkState.SENT
    )
    if db.session.execute(ended.values(state=BulkState.ENDED, due_at=None, ended_at=at, code=LOST)).rowcount == 1:
        db.session.execute(bulk_lists.open_items(bulk.id).values(bulk_id=None, due_at=at))
    db.session.commit()
    log.warning("list.lost", list=bulk.id)


SUBMISSIONS, CONSENTS = Submission.__table__, Consent.__table__
DATE = bindparam("its_date", type_=SUBMISSIONS.c.accepted_at.type)
ACCEPT = update(SUBMISSIONS).where(
    SUBMISSIONS.c.id == bindparam("its_id"),
    SUBMISSIONS.c.bulk_id == bindparam("its_list"),
    SUBMISSIONS.c.due_at.is_not(None),
).values(
    outcome=Outcome.ACCEPTED, due_at=None, code=None, transaction_id=bindparam("its_transaction"), accepted_at=DATE,
    ended_at=bindparam("at", type_=SUBMISSIONS.c.ended_at.type),
)  # fmt: skip
NOW_HOLDS = update(CONSENTS).where(
    CONSENTS.c.id == bindparam("its_key"), or_(CONSENTS.c.iys_as_of.is_(None), CONSENTS.c.iys_as_of <= DATE)
).values(iys_status=bindparam("its_status"), iys_as_of=DATE)  # fmt: skip
