"""One submission at a time: claim, look before leaping, call, record. No transaction is open over a call."""

import json
import random
from datetime import datetime, timedelta

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Action, Operation, Status
from portal.core.models import Lane, Outcome, Submission
from portal.core.vault import CannotOpen
from portal.services.iys import calls, circuit_breaker, response_values, sandbox_access
from portal.services.iys.client import Answer, Client
from portal.services.iys.forwarding import attempts, claims, local_validation, outcomes, status_check
from portal.services.iys.forwarding.claims import Claimed

QUOTA = "H525"
NEVER_WAITED = timedelta(0)


def step(client: Client) -> bool:
    """Take a due refusal, or else a person's grant, as far as it goes now; False when nothing may leave."""
    return _step(client, claims.SINGLES)


def refusals(client: Client) -> bool:
    """The same for refusals alone, so that some threads are never busy with anything else."""
    return _step(client, (Lane.REFUSALS,))


def _step(client: Client, lanes: tuple[Lane, ...]) -> bool:
    at = clock.now()
    if rests(client, at):
        return False
    taken = claims.claim(db.session, at, lanes, is_sandbox=client.is_sandbox)
    if taken is None:
        return False
    try:
        _forward(client, taken)
    except calls.NotNow as not_now:
        _put_off(taken, not_now, not_now.code)
        return False
    return True


def _put_off(these: list[Claimed], not_now: calls.NotNow, code: str | None) -> None:
    outcomes.again(these, max(not_now.until - clock.now(), NEVER_WAITED), code, counts=False)


def rests(client: Client, at: datetime) -> bool:
    """Whether the host is given a rest now; then nothing need be taken in hand."""
    if client.is_sandbox:
        return sandbox_access.rests()
    state = circuit_breaker.state(read_session(), at)
    return state.resting and state.until > at


def _forward(client: Client, taken: list[Claimed]) -> None:
    if not taken:
        return None
    if not taken[0].may_be_held:
        taken = _renewed(status_check.ask(client, taken))  # What İYS cannot be asked about is told outright.
        if not taken:
            return None
    (claimed,) = taken
    if claimed.outcome == Outcome.EXPIRED:
        return outcomes.renew(claimed)
    may_be_there = claimed.outcome == Outcome.SENT
    if clock.now() > claimed.lenient_deadline and not may_be_there:
        return outcomes.expire(claimed, code=None)
    try:
        payload = vault().open(claimed.payload, Submission.PLACE, claimed.provider_id, claimed.id)
    except CannotOpen:  # Damaged, or its key is gone: a person must look, and the others go on.
        return outcomes.end(claimed, Outcome.PARKED, code=None)
    if failing := local_validation.failing(payload, clock.now(), may_be_there=may_be_there):
        return _react(claimed, failing.action, failing.code)
    answer = _call(client, claimed, Operation.ADD, claimed.endpoint, payload)
    return _settle(client, claimed, payload, answer)


def _renewed(taken: list[Claimed]) -> list[Claimed]:
    """The same with a full lease again, for the call that follows; without those that somebody else has by now."""
    kept = [claims.renew_lease(db.session, claimed, clock.now()) for claimed in taken]
    db.session.commit()
    return [claimed for claimed in kept if claimed]


def _call(client: Client, claimed: Claimed, question: Operation, path: str, body: bytes) -> Answer:
    """One call for the provider, kept as an attempt in the transaction that settles it. Raises NotNow."""
    answer = calls.ask(client, claimed.provider_id, question, path, body=body)
    attempts.keep(db.session, question, answer.status, [(claimed.provider_id, claimed.id, answer.code, answer.body)])
    return answer


def _settle(client: Client, claimed: Claimed, payload: bytes, answer: Answer) -> None:
    """Bring an answer to an add into the submission's outcome, by the code table."""
    transaction_id = response_values.transaction_id(answer.content)
    if answer.status == 200 and transaction_id:
        return outcomes.accept(claimed, transaction_id, answer.content.get("creationDate"))
    action = answer.action(claimed.status)
    if action == Action.RECONCILE:
        return _reconcile(client, claimed, payload, answer)
    return _react(claimed, action, answer.code)


def _react(claimed: Claimed, action: Action, code: str | None) -> None:
    """Do what the code table says."""
    if action == Action.NOOP:
        return outcomes.nothing_to_withdraw([claimed], code)
    if action == Action.EXPIRED:
        return outcomes.expire(claimed, code)
    if code == QUOTA and claimed.status == Status.GRANTED:
        return outcomes.put_off_grants([claimed], code)
    if action == Action.CONFIG:
        return outcomes.block([claimed], code)
    if action == Action.FIX:
        return outcomes.end(claimed, Outcome.PARKED, code=code)
    if action == Action.WAIT:
        return outcomes.again([claimed], breath(), code, counts=False)
    return outcomes.again([claimed], outcomes.backoff(claimed.attempts), code, unsure=action == Action.RETRY)


def _reconcile(client: Client, claimed: Claimed, payload: bytes, refused: Answer) -> None:
    """İYS says it holds something newer or the same: ask which, and believe it."""
    kept = _renewed([claimed])
    if not kept:
        return None
    (claimed,) = kept
    question = json.loads(payload)
    body = {name: question[name] for name in ("recipient", "recipientType", "type")}
    path = iys_protocol.single_status_path(*iys_protocol.codes_in_path(claimed.endpoint))
    asked_at = clock.now()
    try:
        answer = _call(client, claimed, Operation.STATUS, path, json.dumps(body).encode())
    except calls.NotNow as not_now:  # The hour's budget is spent: nothing is told meanwhile that İYS would refuse.
        return _put_off([claimed], not_now, refused.code)
    held = answer.content
    if answer.status == 429:
        return outcomes.again([claimed], breath(), answer.code, counts=False)
    if answer.status != 200 or held.get("status") not in tuple(Status):
        return outcomes.again([claimed], outcomes.backoff(claimed.attempts), refused.code)
    if (held["status"], held.get("consentDate")) == (question["status"], question["consentDate"]):
        return outcomes.accept(claimed, response_values.transaction_id(held) or None, held.get("creationDate"))
    same = refused.code == "H174" and held["status"] == question["status"]
    outcome = Outcome.NOT_NEEDED if same else Outcome.OVERTAKEN
    return outcomes.end(claimed, outcome, code=refused.code, iys_status=held["status"], as_of=asked_at)


def breath() -> timedelta:
    """A moment, after İYS said that it has too much to do; never quite the same for all."""
    return timedelta(seconds=1 + random.random())
