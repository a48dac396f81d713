"""Sending lists: what would fail leaves a list first, and what İYS names as bad afterwards; the rest goes on."""

import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Row, bindparam, case, update

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Action, Operation, Status
from portal.core.models import BulkState, Lane, Outcome, Submission
from portal.core.vault import CannotOpen
from portal.services.iys import calls, response_values
from portal.services.iys.client import Answer, Client
from portal.services.iys.forwarding import attempts, bulk_lists, due_submissions, local_validation, outcomes
from portal.services.iys.forwarding.bulk_lists import ClaimedList
from portal.services.iys.forwarding.single_dispatch import QUOTA, is_host_resting, short_pause

log = structlog.get_logger()

RESULT_AFTER = timedelta(seconds=300)  # İYS asks for no question before that.
DUPLICATE = "H194"  # One address twice in a list: it goes with the next one.
UNREADABLE = None, Action.FIX

POLL_SECONDS = 0.05  # Seconds between looks whether refusals are on their way.
PASSING_SECONDS = 2.0  # Seconds for which a list that is ready lets refusals pass; then it is put back.


@contextlib.contextmanager
def let_refusals_pass() -> Iterator[None]:
    """Where a list that is ready waits for its slot: one at a time, and only while no refusal could take it, so that no
    refusal waits for more than one list. Raises NotNow."""
    with _list_turn:
        gives_up_at = time.monotonic() + PASSING_SECONDS
        while are_refusals_due(clock.now()):
            if time.monotonic() > gives_up_at:
                raise calls.NotNow(clock.now() + timedelta(seconds=PASSING_SECONDS))
            time.sleep(POLL_SECONDS)
        yield


_list_turn = threading.Lock()


def send_next_list(client: Client) -> bool:
    """Send a list; False when there is none, or refusals are to go first."""
    at = clock.now()
    if is_host_resting(client, at) or are_refusals_due(at, is_sandbox=client.is_sandbox):
        return False
    bulk = bulk_lists.claim_list_to_send(db.session, at, is_sandbox=client.is_sandbox)
    if bulk is None:
        return False
    try:
        _send_list(client, bulk)
    except calls.NotNow as not_now:
        _postpone_list(bulk, max(not_now.until - clock.now(), timedelta(0)), not_now.code)
        return False
    return True


def are_refusals_due(at: datetime, *, is_sandbox: bool = False) -> bool:
    """Whether a refusal could leave now: then no slot is taken from it."""
    return due_submissions.oldest_due(read_session(), at, Lane.REFUSALS, is_sandbox=is_sandbox) is not None


def _send_list(client: Client, bulk: ClaimedList) -> None:
    bulk_lists.remove_ended_items(db.session, bulk)
    payloads = _open_payloads(bulk, bulk_lists.read_items(bulk))
    if not payloads:
        bulk_lists.release_list(db.session, bulk, state=BulkState.ENDED, due_at=None, ended_at=clock.now())
        db.session.commit()
        return
    body = iys_protocol.freeze_bulk_payload(payloads.values())
    answer = calls.ask(client, bulk.provider_id, Operation.BULK_ADD, bulk.endpoint, body=body, turn=let_refusals_pass())
    _apply_answer(bulk, payloads, answer)


def _open_payloads(bulk: ClaimedList, items: list[Row]) -> dict[Row, bytes]:
    """The payloads in clear, in their order. What would fail leaves the list, unless İYS may have that list already."""
    at, sound, bad = clock.now(), {}, {}
    for item in items:
        try:
            payload = vault().open(item.payload, Submission.PLACE, bulk.provider_id, item.id)
        except CannotOpen:  # Damaged, or its key is gone: a person must look.
            bad[item] = UNREADABLE
            continue
        is_first = bulk.attempts == 1
        failing = (
            local_validation.find_failure(payload, at, may_be_there=item.outcome == Outcome.SENT) if is_first else None
        )
        if failing:
            bad[item] = failing
        else:
            sound[item] = payload
    if bad:
        _remove_items(bulk, bad, at)
        db.session.commit()
    return sound


def _remove_items(bulk: ClaimedList, bad: dict[Row, tuple[str | None, Action]], at: datetime) -> None:
    """Take items out of the list, each by what its code asks. Part of the caller's transaction."""
    alike = defaultdict(list)
    for item, why in bad.items():
        alike[why].append(item)
    for (code, action), these in alike.items():
        mine = bulk_lists.update_open_items(bulk.id).where(Submission.id.in_([item.id for item in these]))
        db.session.execute(mine.values(bulk_id=None, code=code, **_values_of_removed(action, code, at)))
        outcomes.wake_refusals([item.consent_id for item in these], at)
        log.warning("list.left", list=bulk.id, count=len(these), code=code)


def _values_of_removed(action: Action, code: str | None, at: datetime) -> dict:
    if action == Action.EXPIRED:
        return {"outcome": Outcome.EXPIRED, "due_at": None, "ended_at": at}
    if action == Action.FIX and code != DUPLICATE:
        return {"outcome": Outcome.PARKED, "due_at": None, "ended_at": at}
    return {"due_at": at + outcomes.ORDER_WAIT}  # Back into the lane.


def _apply_answer(bulk: ClaimedList, payloads: dict[Row, bytes], answer: Answer) -> None:
    """Bring İYS's answer to a list into the list, by the code table."""
    if answer.status in (200, 202) and response_values.read_name(answer.content.get("requestId")):
        return _mark_sent(bulk, payloads, answer.content)
    action, named = answer.action(Status.GRANTED), _items_in_errors(payloads, answer)
    if action == Action.CONFIG:
        return _block_list(bulk, answer.code)
    if named:
        return _send_rest_again(bulk, payloads, named, answer)
    if action in (Action.FIX, Action.EXPIRED, Action.NOOP, Action.RECONCILE):
        return _park_list(bulk, answer.code)
    if action in (Action.WAIT, Action.AUTH):
        return _postpone_list(bulk, short_pause(), answer.code)
    return _retry_list(bulk, answer.code)


def _mark_sent(bulk: ClaimedList, payloads: dict[Row, bytes], content: dict) -> None:
    """İYS has it; what becomes of each item is asked later, by the name that İYS gave to it."""
    at, names = clock.now(), _sub_request_ids(content.get("subRequests"))
    if not bulk_lists.release_list(
        db.session,
        bulk,
        state=BulkState.SENT,
        request_id=response_values.read_name(content["requestId"]),
        sent_at=at,
        code=None,
        due_at=at + RESULT_AFTER,
    ):
        return db.session.rollback()
    table = Submission.__table__
    mine = update(table).where(
        table.c.id == bindparam("its_id"), table.c.bulk_id == bulk.id, table.c.due_at.is_not(None)
    )
    mine = mine.values(
        outcome=Outcome.SENT, attempts=table.c.attempts + 1, code=None, sub_request_id=bindparam("its_name")
    )
    told = sorted((item.id, names.get(_item_key(json.loads(payload)))) for item, payload in payloads.items())
    db.session.execute(mine, [{"its_id": submission_id, "its_name": name} for submission_id, name in told])
    outcomes.unblock_provider(bulk.provider_id)
    db.session.commit()
    log.info("list.sent", list=bulk.id, size=len(payloads))


def _sub_request_ids(sub_requests: object) -> dict[tuple, str]:
    """İYS's name for each item by its key, which a list holds once."""
    listed = sub_requests if isinstance(sub_requests, list) else []
    return {
        _item_key(each): sub_request_id_of(each)
        for each in listed
        if isinstance(each, dict) and sub_request_id_of(each)
    }


def sub_request_id_of(item: dict) -> str | None:
    """İYS spells it in two ways, within one answer."""
    return response_values.read_name(item.get("subRequestId") or item.get("subrequestId")) or None


def _item_key(consent: dict) -> tuple:
    return str(consent.get("recipient", "")).lower(), consent.get("type"), consent.get("recipientType")


def _items_in_errors(payloads: dict[Row, bytes], answer: Answer) -> dict[Row, tuple[str, Action]]:
    """The items that İYS's errors point at, by their place in what was sent."""
    items, codes = list(payloads), defaultdict(list)
    for error in answer.errors:
        if error.code and error.index is not None and 0 <= error.index < len(items):
            codes[items[error.index]].append(error.code)
    return {item: (theirs[0], iys_protocol.action_of(answer.status, theirs)) for item, theirs in codes.items()}


def _send_rest_again(
    bulk: ClaimedList, payloads: dict[Row, bytes], named: dict[Row, tuple[str, Action]], answer: Answer
) -> None:
    """İYS took nothing of the list: what it names leaves, and the rest goes at once."""
    at, rest = clock.now(), len(payloads) - len(named)
    ends = {} if rest else {"state": BulkState.ENDED, "ended_at": at}
    values = {"attempts": 0, "size": rest, "code": answer.code, "due_at": at if rest else None} | ends
    if not bulk_lists.release_list(db.session, bulk, **values):
        return db.session.rollback()
    _keep(bulk, answer, ((item, code) for item, (code, _) in named.items()))
    _remove_items(bulk, named, at)
    db.session.commit()


def _keep(bulk: ClaimedList, answer: Answer, codes: Iterable[tuple[Row, str]]) -> None:
    told = ((bulk.provider_id, item.id, code, json.dumps({"code": code}).encode()) for item, code in codes)
    attempts.record_attempts(db.session, Operation.BULK_ADD, answer.status, told)


def _park_list(bulk: ClaimedList, code: str | None) -> None:
    """İYS takes this list in no way and does not say which item is at fault: a person must look."""
    at = clock.now()
    if bulk_lists.release_list(db.session, bulk, state=BulkState.ENDED, due_at=None, ended_at=at, code=code):
        parked = bulk_lists.update_open_items(bulk.id).values(
            outcome=Outcome.PARKED, due_at=None, ended_at=at, code=code
        )
        db.session.execute(parked)
    db.session.commit()
    log.error("list.parked", list=bulk.id, code=code)


def _block_list(bulk: ClaimedList, code: str | None) -> None:
    """Rights or subscription stop the provider, the quota its grants; the list waits as it is."""
    until = clock.now() + outcomes.BLOCK
    if bulk_lists.release_list(db.session, bulk, due_at=until, code=code, attempts=bulk.attempts - 1):
        waits = case((Submission.outcome == Outcome.SENT, Outcome.SENT), else_=Outcome.BLOCKED)
        db.session.execute(bulk_lists.update_open_items(bulk.id).values(outcome=waits, code=code))
        what = "grants_blocked_until" if code == QUOTA else "blocked_until"
        outcomes.block_provider(bulk.provider_id, code, **{what: until})
    db.session.commit()


def _postpone_list(bulk: ClaimedList, after: timedelta, code: str | None) -> None:
    """İYS heard nothing of it: the same again in a moment."""
    values = {"code": code} if code else {}
    bulk_lists.release_list(db.session, bulk, due_at=clock.now() + after, attempts=bulk.attempts - 1, **values)
    db.session.commit()


def _retry_list(bulk: ClaimedList, code: str | None) -> None:
    """İYS may have it, under a name that we did not hear: the same bytes again, and its result names the first."""
    due_at = clock.now() + outcomes.backoff(bulk.attempts)
    if bulk_lists.release_list(db.session, bulk, due_at=due_at, code=code):
        db.session.execute(bulk_lists.update_open_items(bulk.id).values(outcome=Outcome.SENT))
    db.session.commit()
