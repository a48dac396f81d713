"""Fetch the results of bulk lists: asked for after five minutes, matched to items by subRequestId."""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import bindparam, or_, update

from portal.core import clock, iys_protocol
from portal.core.database import changed_rows
from portal.core.extensions import db
from portal.core.iys_protocol import Action, Operation, Status
from portal.core.models import BulkRequest, BulkState, Consent, Outcome, Submission
from portal.domain.consents import locking, verification
from portal.services.iys import calls, holds, response_values
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.forwarding import bulk_lists, claims, outcomes
from portal.services.iys.forwarding.bulk_dispatch import let_refusals_pass, sub_request_id_of
from portal.services.iys.forwarding.bulk_lists import ClaimedList, ListItem
from portal.services.iys.response_values import JsonObject

log = structlog.get_logger()

ASK_AGAIN = timedelta(minutes=1)
LONGEST_EMPTY = timedelta(days=1)  # İYS works within minutes; sent again, it still meets the three business days.
KEPT_FOR = timedelta(days=60)  # By İYS; after that every result is empty.
LOST = "lost"

Result = tuple[ListItem, JsonObject]


def fetch_next_result(client: Client) -> bool:
    """Ask for the result of a list; False if none is due, or refusals go first."""
    at = clock.now()
    if claims.are_refusals_due(at, is_sandbox=client.is_sandbox):
        return False
    claim = partial(bulk_lists.claim_list, db.session, at, (BulkState.SENT,), is_sandbox=client.is_sandbox)
    with bulk_lists.RESULTS.claim(claim) as bulk:
        return bulk is not None and _fetch_result(client, bulk)


def _fetch_result(client: Client, bulk: ClaimedList) -> bool:
    path = iys_protocol.bulk_result_path(*iys_protocol.codes_in_path(bulk.endpoint), bulk.request_id or "")
    try:
        turn = let_refusals_pass()
        answer = calls.ask(client, bulk.provider_id, Operation.BULK_RESULT, path, method="GET", turn=turn)
    except calls.NotNow as not_now:
        _ask_again(bulk, not_now.until)
        return False
    holds.note_answer(bulk.part, answer)
    _apply_answer(bulk, answer)
    return True


def _apply_answer(bulk: ClaimedList, answer: IysAnswer) -> None:
    if answer.listed is not None:
        return record_results(bulk, answer.listed)
    action, at = answer.action(), clock.now()
    if action == Action.CONFIG and answer.codes:
        return _ask_again(bulk, holds.hold(bulk.part, answer.code, at))
    if action == Action.FIX:  # İYS does not know its own requestId.
        return _give_up_result(bulk)
    return _ask_again(bulk, at + (outcomes.ORDER_WAIT if action in (Action.WAIT, Action.AUTH) else ASK_AGAIN))


def record_results(bulk: ClaimedList, listed: list[Any]) -> None:
    """Record the final result of each item; items without one are asked for again."""
    at, results = clock.now(), _match_items(bulk_lists.read_items(bulk), listed)
    if not bulk_lists.release_list(db.session, bulk, due_at=at + _pause_before_next(bulk, at), attempts=1):
        return db.session.rollback()
    accepted = [(item, result) for item, result in results if _is_stored(result)]
    failed = [(item, result) for item, result in results if result.get("status") == "failure"]
    locking.lock_submissions_and_consents(db.session, [item.consent_id for item, _ in accepted + failed])
    _accept_items(bulk, accepted, at)
    for item, result in failed:
        _fail_item(bulk, item, _error_code(result), at)
    final = accepted + failed
    bodies = ((bulk.provider_id, item.id, _error_code(result), json.dumps(result).encode()) for item, result in final)
    outcomes.record_attempts(Operation.BULK_RESULT, 200, bodies)
    if final:
        verification.make_refusals_due(db.session, [item.consent_id for item, _ in final], at)
    left = bulk_lists.count_open_items(db.session, bulk.id)
    if not left:
        ended = update(BulkRequest).where(BulkRequest.id == bulk.id)
        db.session.execute(ended.values(state=BulkState.ENDED, due_at=None, ended_at=at))
    db.session.commit()
    log.info("list.result", list=bulk.id, accepted=len(accepted), failed=len(failed), left=left)
    age = at - _sent_at(bulk)
    if left and (age > KEPT_FOR or (not listed and age > LONGEST_EMPTY)):
        _give_up_result(bulk)


def _sent_at(bulk: ClaimedList) -> datetime:
    assert bulk.sent_at is not None  # A list in state SENT has a time.
    return bulk.sent_at


def _match_items(items: list[ListItem], listed: list[Any]) -> list[Result]:
    """The open items with their results: by subRequestId, or by place in what was sent where İYS gave no names."""
    by_name = {item.sub_request_id: item for item in items if item.sub_request_id}
    by_index = {} if by_name else {str(item.bulk_index): item for item in items if item.due_at is not None}
    results = {}
    for result in listed:
        if isinstance(result, dict):
            item = by_name.get(sub_request_id_of(result) or "") or by_index.get(str(result.get("index")))
            if item is not None and item.due_at is not None:
                results[item] = result
    return list(results.items())


def _is_stored(result: JsonObject) -> bool:
    """Only a transactionId proves it."""
    return result.get("status") == "success" and bool(response_values.read_transaction_id(result))


def _accept_items(bulk: ClaimedList, accepted: list[Result], at: datetime) -> None:
    if not accepted:
        return
    by_id = sorted(accepted, key=lambda pair: pair[0].id)
    dates = {item: iys_protocol.read_wire_date(result.get("creationDate")) for item, result in by_id}
    rows = [
        {
            "its_id": item.id,
            "its_transaction": response_values.read_transaction_id(result),
            "its_date": dates[item] or at,
        }
        for item, result in by_id
    ]
    ours = bulk_lists.update_open_item(bulk.id).values(
        outcome=Outcome.ACCEPTED, due_at=None, code=None, transaction_id=bindparam("its_transaction"),
        accepted_at=bindparam("its_date"), ended_at=at, sub_request_id=None,  # It stands in the answer, which is kept.
    )  # fmt: skip
    db.session.execute(ours, rows)
    for status in Status:
        known = {item.consent_id: dated for item, dated in dates.items() if item.status == status}
        outcomes.record_iys_status(known, status, at)


def _fail_item(bulk: ClaimedList, item: ListItem, code: str | None, at: datetime) -> None:
    """Record an item that İYS did not store, by the code table."""
    action = iys_protocol.action_of(
        400, [code or ""], decided=item.status
    )  # Of itself İYS says it, with or without one.
    values: dict[str, object] = {"outcome": Outcome.PARKED, "due_at": None, "ended_at": at}
    if item.status == Status.GRANTED and code in iys_protocol.OF_GRANTS:
        outcomes.record_iys_status({item.consent_id: None}, None, _sent_at(bulk))
    elif action in (Action.NOOP, Action.RECONCILE):
        same = code != "H178"
        values["outcome"] = Outcome.NOT_NEEDED if same else Outcome.OVERTAKEN
        _update_iys_status(item, same, _sent_at(bulk))
    elif action == Action.EXPIRED:
        values["outcome"] = Outcome.EXPIRED
    elif action == Action.CONFIG:
        until = holds.hold(bulk.part, code, at)
        values = {"outcome": Outcome.BLOCKED, "due_at": until, "bulk_id": None}
    elif action in (Action.RETRY, Action.WAIT, Action.AUTH):  # Final for this list: it goes with another.
        values = {"outcome": Outcome.WAITING, "due_at": at + ASK_AGAIN, "bulk_id": None}
    mine = bulk_lists.update_open_items(bulk.id).where(Submission.id == item.id)
    db.session.execute(mine.values(code=code, **values))


def _update_iys_status(item: ListItem, same: bool, sent_at: datetime) -> None:
    """İYS held the same status some time after `sent_at`; or a newer one, which is unknown until a feed brings it."""
    if same:
        return outcomes.record_iys_status({item.consent_id: None}, item.status, sent_at)
    not_newer = or_(Consent.iys_as_of.is_(None), Consent.iys_as_of <= item.consent_date)
    unknown = update(Consent).where(Consent.id == item.consent_id, not_newer)
    db.session.execute(unknown.values(iys_status=None).execution_options(synchronize_session=False))


def _error_code(result: JsonObject) -> str | None:
    return next((error.code for error in iys_protocol.parse_errors(200, result) if error.code), None)


def _pause_before_next(bulk: ClaimedList, at: datetime) -> timedelta:
    """A tenth of the list's age: a minute at first, an hour at most."""
    return min(max(ASK_AGAIN, (at - _sent_at(bulk)) / 10), timedelta(hours=1))


def _ask_again(bulk: ClaimedList, due_at: datetime) -> None:
    bulk_lists.release_list(db.session, bulk, due_at=due_at, attempts=1)
    db.session.commit()


def _give_up_result(bulk: ClaimedList) -> None:
    """No result will come any more: the open items go with other lists. İYS stores nothing twice (V2)."""
    at = clock.now()
    bulk_lists.release_list(db.session, bulk)
    ended = update(BulkRequest).where(BulkRequest.id == bulk.id, BulkRequest.state == BulkState.SENT)
    if changed_rows(db.session, ended.values(state=BulkState.ENDED, due_at=None, ended_at=at, code=LOST)) == 1:
        db.session.execute(bulk_lists.update_open_items(bulk.id).values(bulk_id=None, due_at=at))
    db.session.commit()
    log.warning("list.lost", list=bulk.id)
