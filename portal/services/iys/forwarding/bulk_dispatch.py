"""Send bulk lists. Invalid items are taken out before sending, and those that İYS rejects afterwards."""

import contextlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import bindparam, case

from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Action, Operation, Status
from portal.core.models import BulkState, Outcome, Submission
from portal.core.vault import KEY_WAIT, KeyMissing
from portal.domain.consents import verification
from portal.services.iys import calls, egresses, holds, response_values
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.forwarding import bulk_lists, claims, local_validation, outcomes
from portal.services.iys.forwarding.bulk_lists import ClaimedList, ListItem
from portal.services.iys.forwarding.local_validation import Failure
from portal.services.iys.response_values import JsonObject

log = structlog.get_logger()

Payloads = dict[ListItem, bytes]
ItemKey = tuple[str, object, object]  # Address, channel and recipient type, as İYS spells them.

RESULT_AFTER = timedelta(seconds=300)  # İYS wants no question before that.
DUPLICATE = "H194"  # One address twice in a list: it goes with the next one.

POLL_SECONDS = 0.05  # Between checks whether refusals are due.
PASSING_SECONDS = 2.0  # How long a list that is ready lets refusals pass; then it is postponed.

_list_turns: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)  # By egress.


@contextlib.contextmanager
def let_refusals_pass() -> Iterator[None]:
    """Held while a list waits for its egress's slot: one list at a time, and only while no refusal is due, so that a
    refusal waits for one list at most. Raises NotNow."""
    with _list_turns[egresses.in_use().id]:
        gives_up_at = time.monotonic() + PASSING_SECONDS
        while claims.are_refusals_due(clock.now()):
            if time.monotonic() > gives_up_at:
                raise calls.NotNow(clock.now() + timedelta(seconds=PASSING_SECONDS))
            time.sleep(POLL_SECONDS)
        yield


def send_next_list(client: Client) -> bool:
    """Send a list; False if there is none, or refusals go first."""
    at = clock.now()
    if claims.are_refusals_due(at, is_sandbox=client.is_sandbox):
        return False
    claim = partial(bulk_lists.claim_list_to_send, db.session, at, is_sandbox=client.is_sandbox)
    with bulk_lists.TO_SEND.claim(claim) as bulk:
        if bulk is None:
            return False
        try:
            _send_list(client, bulk)
        except calls.NotNow as not_now:
            _postpone_list(bulk, not_now.pause, not_now.code)
            return False
        except KeyMissing:
            db.session.rollback()
            _postpone_list(bulk, KEY_WAIT, None)
        return True


def _send_list(client: Client, bulk: ClaimedList) -> None:
    bulk_lists.remove_ended_items(db.session, bulk)
    payloads = open_payloads(bulk, bulk_lists.read_items(bulk))
    if not payloads:
        bulk_lists.release_list(db.session, bulk, state=BulkState.ENDED, due_at=None, ended_at=clock.now())
        db.session.commit()
        return
    body = iys_protocol.freeze_bulk_payload(payloads.values())
    answer = calls.ask(client, bulk.provider_id, Operation.BULK_ADD, bulk.endpoint, body=body, turn=let_refusals_pass())
    holds.note_answer(bulk.part, answer)
    _apply_answer(bulk, payloads, answer)


def open_payloads(bulk: ClaimedList, items: list[ListItem]) -> Payloads:
    """The decrypted payloads, in order. Invalid items leave the list, unless İYS may have the list already."""
    at = clock.now()
    sound: Payloads = {}
    bad: dict[ListItem, Failure] = {}
    for item in items:
        payload, failure = local_validation.open_payload(
            bulk.provider_id, item, at, may_be_there=item.outcome == Outcome.SENT, is_checked=bulk.attempts == 1
        )
        if failure:
            bad[item] = failure
        else:
            sound[item] = payload
    if bad:
        _remove_items(bulk, bad, at)
        db.session.commit()
    return sound


def _remove_items(bulk: ClaimedList, bad: dict[ListItem, Failure], at: datetime) -> None:
    """Take items out of the list, each by the action of its code. Part of the caller's transaction."""
    by_failure: dict[Failure, list[ListItem]] = defaultdict(list)
    for item, failure in bad.items():
        by_failure[failure].append(item)
    for (code, action), items in by_failure.items():
        mine = bulk_lists.update_open_items(bulk.id).where(Submission.id.in_([item.id for item in items]))
        db.session.execute(mine.values(bulk_id=None, code=code, **_values_of_removed(action, code, at)))
        verification.make_refusals_due(db.session, [item.consent_id for item in items], at)
        log.warning("list.left", list=bulk.id, count=len(items), code=code)


def _values_of_removed(action: Action, code: str | None, at: datetime) -> dict[str, object]:
    if action == Action.EXPIRED:
        return {"outcome": Outcome.EXPIRED, "due_at": None, "ended_at": at}
    if action == Action.FIX and code != DUPLICATE:
        return {"outcome": Outcome.PARKED, "due_at": None, "ended_at": at}
    return {"due_at": at + outcomes.ORDER_WAIT}  # Back into the lane.


def _apply_answer(bulk: ClaimedList, payloads: Payloads, answer: IysAnswer) -> None:
    if answer.status in (200, 202) and response_values.read_name(answer.content.get("requestId")):
        return mark_sent(bulk, payloads, answer.content)
    action, named = answer.action(Status.GRANTED), _items_in_errors(payloads, answer)
    if action == Action.CONFIG:
        return _block_list(bulk, answer.code)
    if named:
        return _send_rest_again(bulk, payloads, named, answer)
    if action in (Action.FIX, Action.EXPIRED, Action.NOOP, Action.RECONCILE):
        return _park_list(bulk, answer.code)
    if action in (Action.WAIT, Action.AUTH):
        return _postpone_list(bulk, outcomes.ORDER_WAIT, answer.code)
    return _retry_list(bulk, answer)


def mark_sent(bulk: ClaimedList, payloads: Payloads, content: JsonObject) -> None:
    """İYS has the list; the result of each item is asked for later, by its subRequestId."""
    at, names = clock.now(), _sub_request_ids(content)
    request_id = response_values.read_name(content["requestId"])
    if not bulk_lists.release_list(
        db.session, bulk, state=BulkState.SENT, request_id=request_id, sent_at=at, code=None, due_at=at + RESULT_AFTER
    ):
        return db.session.rollback()
    mine = bulk_lists.update_open_item(bulk.id).values(
        outcome=Outcome.SENT, attempts=Submission.__table__.c.attempts + 1, code=None,
        sub_request_id=bindparam("its_name"), bulk_index=bindparam("its_place"),
    )  # fmt: skip
    named = {item.id: names.get(_item_key(json.loads(payload))) for item, payload in payloads.items()}
    places = {item.id: place for place, item in enumerate(payloads)}
    by_id = [{"its_id": its_id, "its_name": named[its_id], "its_place": places[its_id]} for its_id in sorted(named)]
    db.session.execute(mine, by_id)
    verification.make_refusals_due(db.session, [item.consent_id for item in payloads], at)
    db.session.commit()
    holds.end_holds(bulk.part)
    log.info("list.sent", list=bulk.id, size=len(payloads))


def _sub_request_ids(content: JsonObject) -> dict[ItemKey, str]:
    """İYS's name for each item, by its key, which a list holds once."""
    named = ((_item_key(each), sub_request_id_of(each)) for each in response_values.read_rows(content, "subRequests"))
    return {key: name for key, name in named if name}


def sub_request_id_of(item: JsonObject) -> str | None:
    """İYS spells the name in two ways, within one answer."""
    return response_values.read_name(item.get("subRequestId") or item.get("subrequestId")) or None


def _item_key(consent: JsonObject) -> ItemKey:
    return str(consent.get("recipient", "")).lower(), consent.get("type"), consent.get("recipientType")


def _items_in_errors(payloads: Payloads, answer: IysAnswer) -> dict[ListItem, Failure]:
    """The items that İYS's errors point at, by their index in the list."""
    items = list(payloads)
    codes: dict[ListItem, list[str]] = defaultdict(list)
    for error in answer.errors:
        if error.code and error.index is not None and 0 <= error.index < len(items):
            codes[items[error.index]].append(error.code)
    return {item: Failure(theirs[0], iys_protocol.action_of(answer.status, theirs)) for item, theirs in codes.items()}


def _send_rest_again(bulk: ClaimedList, payloads: Payloads, bad: dict[ListItem, Failure], answer: IysAnswer) -> None:
    """İYS took nothing of the list: the items it rejects leave, and the rest is sent at once."""
    at, rest = clock.now(), len(payloads) - len(bad)
    ends = {} if rest else {"state": BulkState.ENDED, "ended_at": at}
    values = {"attempts": 0, "size": rest, "code": answer.code, "due_at": at if rest else None} | ends
    if not bulk_lists.release_list(db.session, bulk, **values):
        return db.session.rollback()
    bodies = ((bulk.provider_id, item.id, code, json.dumps({"code": code}).encode()) for item, (code, _) in bad.items())
    outcomes.record_attempts(Operation.BULK_ADD, answer.status, bodies)
    _remove_items(bulk, bad, at)
    db.session.commit()


def _park_list(bulk: ClaimedList, code: str | None) -> None:
    """İYS rejects the list without naming the items at fault: a person must look."""
    at = clock.now()
    if bulk_lists.release_list(db.session, bulk, state=BulkState.ENDED, due_at=None, ended_at=at, code=code):
        parked = bulk_lists.update_open_items(bulk.id)
        db.session.execute(parked.values(outcome=Outcome.PARKED, due_at=None, ended_at=at, code=code))
    db.session.commit()
    log.error("list.parked", list=bulk.id, code=code)


def _block_list(bulk: ClaimedList, code: str | None) -> None:
    """Rights, subscription or quota hold what the code concerns; the list waits unchanged.

    A list of several channels, as older ones are, is dissolved where İYS refuses one of them.
    """
    at = clock.now()
    if code in holds.CHANNEL_CODES and bulk.channel is None:
        if bulk_lists.release_list(db.session, bulk, state=BulkState.ENDED, due_at=None, ended_at=at, code=code):
            db.session.execute(bulk_lists.update_open_items(bulk.id).values(bulk_id=None, due_at=at))
        return db.session.commit()
    until = holds.hold(bulk.part, code, at)
    if bulk_lists.release_list(db.session, bulk, due_at=until, code=code, attempts=bulk.attempts - 1):
        waits = case((Submission.outcome == Outcome.SENT, Outcome.SENT), else_=Outcome.BLOCKED)
        db.session.execute(bulk_lists.update_open_items(bulk.id).values(outcome=waits, code=code))
    db.session.commit()


def _postpone_list(bulk: ClaimedList, after: timedelta, code: str | None) -> None:
    """İYS has not received it: send the same again in a moment."""
    values = {"code": code} if code else {}
    bulk_lists.release_list(db.session, bulk, due_at=clock.now() + after, attempts=bulk.attempts - 1, **values)
    db.session.commit()


def _retry_list(bulk: ClaimedList, answer: IysAnswer) -> None:
    """İYS may have it, but its requestId did not reach us: send the same bytes again."""
    due_at = clock.now() + outcomes.backoff(bulk.attempts, answer)
    if bulk_lists.release_list(db.session, bulk, due_at=due_at, code=answer.code):
        db.session.execute(bulk_lists.update_open_items(bulk.id).values(outcome=Outcome.SENT))
    db.session.commit()
