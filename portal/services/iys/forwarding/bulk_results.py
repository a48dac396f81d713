"""Results of lists: asked for after five minutes, matched by İYS's name of each item, kept as far as they are there."""

import json
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Row, bindparam, or_, update

from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Action, Operation
from portal.core.models import BulkState, Consent, Outcome, Submission
from portal.domain.consents import locking
from portal.services.iys import calls, response_values
from portal.services.iys.client import Answer, Client
from portal.services.iys.forwarding import attempts, bulk_lists, outcomes
from portal.services.iys.forwarding.bulk_dispatch import are_refusals_due, let_refusals_pass, sub_request_id_of
from portal.services.iys.forwarding.bulk_lists import ClaimedList
from portal.services.iys.forwarding.single_dispatch import QUOTA, is_host_resting, short_pause

log = structlog.get_logger()

ASK_AGAIN = timedelta(minutes=1)
LONGEST_EMPTY = timedelta(
    days=1
)  # İYS works within minutes: sent again it still arrives within the three business days.
KEPT_FOR = timedelta(days=60)  # By İYS; after that every result is empty.
LOST = "lost"


def fetch_next_result(client: Client) -> bool:
    """Ask for the result of a list; False when none is due, or refusals are to go first."""
    at = clock.now()
    if is_host_resting(client, at) or are_refusals_due(at, is_sandbox=client.is_sandbox):
        return False
    bulk = bulk_lists.claim_list(db.session, at, (BulkState.SENT,), is_sandbox=client.is_sandbox)
    if bulk is None:
        return False
    path = iys_protocol.bulk_result_path(*iys_protocol.codes_in_path(bulk.endpoint), bulk.request_id)
    try:
        answer = calls.ask(
            client, bulk.provider_id, Operation.BULK_RESULT, path, method="GET", turn=let_refusals_pass()
        )
    except calls.NotNow as not_now:
        _ask_again(bulk, max(not_now.until - clock.now(), timedelta(0)))
        return False
    _apply_answer(bulk, answer)
    return True


def _apply_answer(bulk: ClaimedList, answer: Answer) -> None:
    if answer.listed is not None:
        return _record_results(bulk, answer)
    action = answer.action()
    if action == Action.CONFIG and answer.codes:
        until = clock.now() + outcomes.BLOCK
        outcomes.block_provider(bulk.provider_id, answer.code, blocked_until=until)
        return _ask_again(bulk, outcomes.BLOCK)
    if action == Action.FIX:  # İYS does not know its own name for the list.
        return _give_up_result(bulk)
    return _ask_again(bulk, short_pause() if action in (Action.WAIT, Action.AUTH) else ASK_AGAIN)


def _record_results(bulk: ClaimedList, answer: Answer) -> None:
    """Write down what İYS says of each item; what it says nothing final of is asked again."""
    at, told = clock.now(), _match_items(bulk_lists.read_items(bulk), answer.listed)
    if not bulk_lists.release_list(db.session, bulk, due_at=at + _pause_before_next(bulk, at), attempts=1):
        return db.session.rollback()
    accepted = [(item, said) for item, said in told if _is_stored(said)]
    failed = [(item, said) for item, said in told if said.get("status") == "failure"]
    locking.lock_submissions_and_consents(db.session, [item.consent_id for item, _ in accepted + failed])
    _accept_items(bulk, accepted, at)
    for item, said in failed:
        _fail_item(bulk, item, _error_code(said), at)
    _keep(bulk, accepted + failed)
    if accepted or failed:
        outcomes.wake_refusals([item.consent_id for item, _ in accepted + failed], at)
    left = bulk_lists.count_open_items(db.session, bulk.id)
    if not left:
        _end_list(bulk, at)
    db.session.commit()
    log.info("list.result", list=bulk.id, accepted=len(accepted), failed=len(failed), left=left)
    age = at - bulk.sent_at
    if left and (age > KEPT_FOR or (not answer.listed and age > LONGEST_EMPTY)):
        _give_up_result(bulk)


def _match_items(items: list[Row], listed: list) -> list[tuple[Row, dict]]:
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
    return said.get("status") == "success" and bool(response_values.read_transaction_id(said))


def _accept_items(bulk: ClaimedList, accepted: list[tuple[Row, dict]], at: datetime) -> None:
    if not accepted:
        return
    rows = [
        {
            "its_id": item.id,
            "its_key": item.consent_id,
            "its_transaction": response_values.read_transaction_id(said),
            "its_date": outcomes.read_creation_date(said.get("creationDate")),
            "its_status": item.status.value,
        }
        for item, said in accepted
    ]
    db.session.execute(
        ACCEPT, [row | {"its_list": bulk.id, "at": at} for row in sorted(rows, key=lambda r: r["its_id"])]
    )
    db.session.execute(NOW_HOLDS, sorted(rows, key=lambda row: row["its_key"]))
    outcomes.unblock_provider(bulk.provider_id)


def _fail_item(bulk: ClaimedList, item: Row, code: str | None, at: datetime) -> None:
    """One item that İYS did not store; by the code table, and like a single one as far as that is possible."""
    action = iys_protocol.action_of(400, [code] if code else [], decided=item.status)
    values = {"outcome": Outcome.PARKED, "due_at": None, "ended_at": at}
    if action in (Action.NOOP, Action.RECONCILE):
        same = code != "H178"
        values["outcome"] = Outcome.NOT_NEEDED if same else Outcome.OVERTAKEN
        _update_iys_status(item, same, bulk.sent_at)
    elif action == Action.EXPIRED:
        values["outcome"] = Outcome.EXPIRED
    elif action == Action.CONFIG:
        until = at + outcomes.BLOCK
        values = {"outcome": Outcome.BLOCKED, "due_at": until, "bulk_id": None}
        what = "grants_blocked_until" if code == QUOTA else "blocked_until"
        outcomes.block_provider(bulk.provider_id, code, **{what: until})
    elif action in (Action.RETRY, Action.WAIT, Action.AUTH):  # Final for this list: it goes with another.
        values = {"outcome": Outcome.WAITING, "due_at": at + ASK_AGAIN, "bulk_id": None}
    mine = bulk_lists.update_open_items(bulk.id).where(Submission.id == item.id)
    db.session.execute(mine.values(code=code, **values))


def _update_iys_status(item: Row, same: bool, sent_at: datetime) -> None:
    """İYS held the same when it looked, at the soonest when it was sent; or something newer, unknown until a feed tells
    what."""
    if same:
        return outcomes.record_iys_status(item.consent_id, item.status, sent_at)
    not_newer = or_(Consent.iys_as_of.is_(None), Consent.iys_as_of <= item.consent_date)
    unknown = update(Consent).where(Consent.id == item.consent_id, not_newer)
    db.session.execute(unknown.values(iys_status=None).execution_options(synchronize_session=False))


def _keep(bulk: ClaimedList, told: list[tuple[Row, dict]]) -> None:
    answers = ((bulk.provider_id, item.id, _error_code(said), json.dumps(said).encode()) for item, said in told)
    attempts.record_attempts(db.session, Operation.BULK_RESULT, 200, answers)


def _error_code(said: dict) -> str | None:
    return next((error.code for error in iys_protocol.parse_errors(200, said) if error.code), None)


def _pause_before_next(bulk: ClaimedList, at: datetime) -> timedelta:
    """A minute at first; the older a list, the more seldom, up to an hour."""
    return min(max(ASK_AGAIN, (at - bulk.sent_at) / 10), timedelta(hours=1))


def _ask_again(bulk: ClaimedList, after: timedelta) -> None:
    bulk_lists.release_list(db.session, bulk, due_at=clock.now() + after, attempts=1)
    db.session.commit()


def _end_list(bulk: ClaimedList, at: datetime) -> None:
    ended = update(bulk_lists.BulkRequest).where(bulk_lists.BulkRequest.id == bulk.id)
    db.session.execute(ended.values(state=BulkState.ENDED, due_at=None, ended_at=at))


def _give_up_result(bulk: ClaimedList) -> None:
    """Its result will not come any more. What is left goes with other lists; İYS stores nothing twice (V2)."""
    at = clock.now()
    bulk_lists.release_list(db.session, bulk)
    ended = update(bulk_lists.BulkRequest).where(
        bulk_lists.BulkRequest.id == bulk.id, bulk_lists.BulkRequest.state == BulkState.SENT
    )
    if db.session.execute(ended.values(state=BulkState.ENDED, due_at=None, ended_at=at, code=LOST)).rowcount == 1:
        db.session.execute(bulk_lists.update_open_items(bulk.id).values(bulk_id=None, due_at=at))
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
