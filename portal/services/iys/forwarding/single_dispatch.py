"""Send single submissions: claim, check, call, record. No transaction is open during a call."""

import json
from datetime import datetime
from typing import Any

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import Action, Operation, Status
from portal.core.models import Lane, Outcome
from portal.core.vault import KeyMissing
from portal.services.iys import calls, holds, response_values, unasked_channels
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.forwarding import claims, local_validation, outcomes, status_check
from portal.services.iys.forwarding.claims import ClaimedSubmission
from portal.services.iys.iys_clock import iys_clock
from portal.services.iys.rate_limit import Priority

UNKNOWN_RETAILER = "H180"
EQUAL_STATUS = "H174"  # İYS holds the status that it was told, it says.
NO_GRANT = (EQUAL_STATUS, "H175")  # İYS holds no grant that a refusal withdraws: a contradiction where it listed one.


def forward_next_refusal(client: Client) -> bool:
    """Send a due refusal: some threads do nothing else, so that they are never busy."""
    return forward_next(client, (Lane.REFUSALS,))


def forward_next(client: Client, lanes: tuple[Lane, ...] = claims.SINGLE_LANES) -> bool:
    """Send a due refusal, or else a person's grant; False if nothing may be sent now."""
    at = clock.now()
    with claims.claim_due_submissions(db.session, at, lanes, is_sandbox=client.is_sandbox) as claimed:
        if claimed is None:
            return False
        try:
            _forward_claimed(client, claimed)
        except calls.NotNow as not_now:
            outcomes.retry_later(claimed, not_now.pause, not_now.code, counts=False)
            return False
        except KeyMissing:
            outcomes.wait_for_key(claimed)
        return True


def _forward_claimed(client: Client, claimed: list[ClaimedSubmission]) -> None:
    if claimed and claimed[0].needs_no_question:
        _forward_single(client, claimed[0])
    elif claimed:
        unasked = status_check.end_if_not_granted(client, claimed)
        renewed = unasked and claims.renew_lease(db.session, unasked, clock.now())
        if renewed:
            _forward_single(client, renewed)


def _forward_single(client: Client, claimed: ClaimedSubmission) -> None:
    if claimed.outcome == Outcome.EXPIRED:
        return outcomes.renew_refusal(claimed)
    may_be_there = claimed.outcome == Outcome.SENT
    if clock.now() > claimed.lenient_deadline and not may_be_there:
        return outcomes.expire_submission(claimed, code=None)
    payload, failure = local_validation.open_payload(
        claimed.provider_id, claimed, clock.now(), may_be_there=may_be_there
    )
    if failure:
        return _apply_action(claimed, failure.action, failure.code)
    answer = _call_and_record(client, claimed, Operation.ADD, claimed.endpoint, payload)
    return _apply_answer(client, claimed, payload, answer)


def _call_and_record(
    client: Client, claimed: ClaimedSubmission, question: Operation, path: str, body: bytes
) -> IysAnswer:
    """Call İYS, and add the attempt to the transaction that records the outcome. Raises NotNow."""
    priority = Priority.REFUSALS if claimed.is_refusal else Priority.GRANTS
    answer = calls.ask(client, claimed.provider_id, question, path, body=body, priority=priority)
    holds.note_answer(claimed.part, answer)
    outcomes.record_attempts(question, answer.status, [(claimed.provider_id, claimed.id, answer.code, answer.body)])
    return answer


def _apply_answer(client: Client, claimed: ClaimedSubmission, payload: bytes, answer: IysAnswer) -> None:
    transaction_id = response_values.read_transaction_id(answer.content)
    if answer.status == 200 and transaction_id:
        if claimed.attempts == 1:  # A repeated request gets the creationDate of the first one.
            created_at = iys_protocol.read_wire_date(answer.content.get("creationDate"))
            iys_clock().learn(db.session, answer, created_at)
        return outcomes.accept_submission(claimed, transaction_id, answer.content.get("creationDate"))
    is_known = claimed.needs_no_question  # A grant that İYS lists, and takes no refusal of, is for a person.
    if not is_known and unasked_channels.is_not_taken(answer, json.loads(payload)["recipient"], claimed.channel):
        return outcomes.end_without_grant([claimed], None)
    action = answer.action(claimed.status)
    is_contradiction = answer.code in NO_GRANT and claimed.is_refusal and claimed.iys_status == Status.GRANTED
    if action == Action.RECONCILE or (action == Action.NOOP and is_contradiction):
        return _compare_with_iys(client, claimed, payload, answer)
    return _apply_action(claimed, action, answer.code, answer)


def _apply_action(
    claimed: ClaimedSubmission, action: Action, code: str | None, answer: IysAnswer | None = None
) -> None:
    if action == Action.NOOP:
        return outcomes.end_without_grant([claimed], code)
    if action == Action.EXPIRED:
        return outcomes.expire_submission(claimed, code)
    if action == Action.CONFIG:
        return outcomes.block_submissions([claimed], code)
    if code == UNKNOWN_RETAILER and claimed.is_refusal:  # It counts without the retailer, whoever mediated it.
        return outcomes.expire_submission(claimed, code, renew_after=claimed.consent_date)
    if action == Action.FIX:
        unknown_as_of = clock.now() if code in iys_protocol.OF_GRANTS else None
        return outcomes.end_submission(claimed, Outcome.PARKED, code=code, as_of=unknown_as_of)
    if action == Action.WAIT:
        return outcomes.retry_later([claimed], outcomes.ORDER_WAIT, code, counts=False)
    pause = outcomes.backoff(claimed.attempts, answer)
    return outcomes.retry_later([claimed], pause, code, unsure=action == Action.RETRY)


def _compare_with_iys(client: Client, claimed: ClaimedSubmission, payload: bytes, refused: IysAnswer) -> None:
    """İYS says that it holds something newer, or no grant (which contradicts what it said before): ask what it holds,
    and record that."""
    renewed = claims.renew_lease(db.session, claimed, clock.now())
    if renewed is None:
        return None
    claimed = renewed
    question = json.loads(payload)
    body = {name: question[name] for name in ("recipient", "recipientType", "type")}
    path = iys_protocol.single_status_path(*iys_protocol.codes_in_path(claimed.endpoint))
    asked_at = clock.now()
    try:
        answer = _call_and_record(client, claimed, Operation.STATUS, path, json.dumps(body).encode())
    except calls.NotNow as not_now:  # The hourly budget is spent: meanwhile nothing is sent that İYS would reject.
        return outcomes.retry_later([claimed], not_now.pause, refused.code, counts=False)
    if answer.status == 429:
        return outcomes.retry_later([claimed], outcomes.ORDER_WAIT, answer.code, counts=False)
    return _apply_status(claimed, question, refused.code, answer, asked_at)


def _apply_status(
    claimed: ClaimedSubmission, question: dict[str, Any], code: str | None, answer: IysAnswer, asked_at: datetime
) -> None:
    """A refusal is renewed but where İYS's grant is dated later: by a date that cannot be true nobody can say so.
    By NO_GRANT after a listed grant it ends only where a status is told: a 404 may be a proxy's, or of the brand."""
    theirs = answer.content
    held, dated = theirs.get("status"), _read_second(theirs.get("consentDate"), asked_at)
    if held == question["status"] and dated and dated == iys_protocol.read_wire_date(question.get("consentDate")):
        transaction_id = response_values.read_transaction_id(theirs) or None
        return outcomes.accept_submission(claimed, transaction_id, theirs.get("creationDate"))
    is_equal = code == EQUAL_STATUS
    if code in NO_GRANT and claimed.is_refusal:
        if held == Status.REFUSED:
            return outcomes.end_without_grant([claimed], EQUAL_STATUS)
        code = None  # By such a code it would wait for grants, and be woken, as one that İYS holds no grant of.
    if held not in tuple(Status):
        return outcomes.retry_later([claimed], outcomes.backoff(claimed.attempts, answer), code)
    if claimed.is_refusal and held == Status.GRANTED:
        behind = iys_clock().behind(read_session(), asked_at)
        if dated is None or dated <= claimed.consent_date + behind:  # İYS's date of what came before ours.
            # It stands, and İYS takes it renewed only: a day later, or where our clock has passed İYS's date.
            renew_after = dated if dated and dated > claimed.consent_date else None
            return outcomes.expire_submission(claimed, code, renew_after=renew_after)
    outcome = Outcome.NOT_NEEDED if is_equal and held == question["status"] else Outcome.OVERTAKEN
    return outcomes.end_submission(claimed, outcome, code=code, iys_status=Status(held), as_of=asked_at)


def _read_second(consent_date: object, asked_at: datetime) -> datetime | None:
    """İYS's date, cut as those that it is told; None where it cannot be true."""
    read = iys_protocol.read_consent_date(consent_date, asked_at)
    return read.replace(microsecond=0) if read else None
