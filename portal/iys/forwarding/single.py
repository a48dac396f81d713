"""Outbox to İYS: claim, call, record. No transaction is open while a call is under way."""

import json
import random
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, update

from portal import clock, registry
from portal.extensions import db, reading, vault
from portal.iys import calls, pace
from portal.iys.client import Answer, Client
from portal.iys.forwarding import claiming as claims
from portal.iys.forwarding import outcomes
from portal.iys.forwarding.claiming import Claimed
from portal.models import Attempt, Outcome, Submission
from portal.models.ids import new_id
from portal.registry import Action, Question, Status
from portal.vault import CannotOpen

ORDER_WAIT = timedelta(seconds=2)
STATUS_WAIT = timedelta(hours=1)  # H086: İYS counts single status by the hour.
QUOTA = "H525"
NOT_OFFERED = (404, 405, 501)


def step(client: Client) -> bool:
    """Take one due submission as far as it goes now; False when nothing is due."""
    at = clock.now()
    if not any(reading().execute(claims.due(at, lane)).first() for lane in claims.Lane):
        return False
    claimed = claims.claim(db.session, at)
    db.session.commit()
    if claimed is not None:
        try:
            _forward(client, claimed)
        except calls.NotNow as not_now:
            outcomes.again(claimed, max(not_now.until - clock.now(), timedelta(0)), not_now.code, counts=False)
            return False
    return True


def _forward(client: Client, claimed: Claimed) -> None:
    if clock.now() > claimed.lenient_deadline:
        return outcomes.end(claimed, Outcome.EXPIRED, code=None)
    try:
        claimed = claims.opened(vault(), claimed)
    except CannotOpen:  # Damaged, or its key is gone: a person must look, and the others go on.
        return outcomes.end(claimed, Outcome.PARKED, code=None)
    if claimed.status == Status.REFUSED and claimed.iys_status != Status.GRANTED:
        claimed = _unless_nothing_to_withdraw(client, claimed)
        if claimed is None:
            return None
    answer = _call(client, claimed, Question.ADD, claimed.endpoint, claimed.payload)
    return _settle(client, claimed, answer)


def _unless_nothing_to_withdraw(client: Client, claimed: Claimed) -> Claimed | None:
    """Ask multi-status first: it lists only ONAY and answers 200, so that a "no" never counts as a failure at İYS."""
    recipient = json.loads(claimed.payload)["recipient"]
    path = registry.multi_status_path(*registry.codes_of(claimed.endpoint), claimed.recipient_type, claimed.channel)
    answer = _call(client, claimed, Question.MULTI_STATUS, path, json.dumps({"recipients": [recipient]}).encode())
    granted = answer.content.get("list")
    if isinstance(granted, list):
        if recipient.lower() in (str(each).lower() for each in granted):
            return _renewed(claimed)
        return _nothing_to_withdraw(claimed, None)
    if answer.status in NOT_OFFERED and not answer.codes:  # This İYS does not know the question: tell it outright.
        return _renewed(claimed)
    return _settle(client, claimed, answer)


def _renewed(claimed: Claimed) -> Claimed | None:
    """A second call needs a full lease of its own; None where the lease was lost meanwhile. Commits."""
    lease_until = clock.now() + claims.LEASE
    mine = update(Submission).where(Submission.id == claimed.id, Submission.lease_until == claimed.lease_until)
    kept = db.session.execute(mine.values(lease_until=lease_until)).rowcount == 1
    db.session.commit()
    return replace(claimed, lease_until=lease_until) if kept else None


def _call(client: Client, claimed: Claimed, question: Question, path: str, body: bytes) -> Answer:
    """One call for the provider, kept as an attempt. Raises NotNow."""
    answer = calls.ask(client, claimed.provider_id, question, path, body=body)
    _keep_attempt(claimed, question, answer)
    return answer


def _keep_attempt(claimed: Claimed, question: Question, answer: Answer) -> None:
    attempt_id = new_id()
    db.session.execute(
        insert(Attempt.__table__),
        {
            "id": attempt_id,
            "provider_id": claimed.provider_id,
            "submission_id": claimed.id,
            "at": clock.now(),
            "question": question,
            "http_status": answer.status,
            "code": answer.code,
            "answer": vault().seal(answer.body[:20_000], Attempt.PLACE, claimed.provider_id, attempt_id),
        },
    )


def _settle(client: Client, claimed: Claimed, answer: Answer) -> None:
    """Bring an answer to an add into the submission's outcome, by the code table."""
    transaction_id = answer.content.get("transactionId")
    if answer.status == 200 and transaction_id:
        return outcomes.accept(claimed, str(transaction_id), answer.content.get("creationDate"))
    action = answer.action(claimed.status)
    if action == Action.NOOP:
        return _nothing_to_withdraw(claimed, answer.code)
    if action == Action.RECONCILE:
        return _reconcile(client, claimed, answer)
    if action == Action.EXPIRED:
        return outcomes.end(claimed, Outcome.EXPIRED, code=answer.code)
    if answer.code == QUOTA and claimed.status == Status.GRANTED:
        return outcomes.put_off_grants(claimed, answer.code)
    if action == Action.CONFIG:
        return outcomes.block(claimed, answer.code)
    if action == Action.FIX:
        return outcomes.end(claimed, Outcome.PARKED, code=answer.code)
    if action == Action.WAIT:
        breath = timedelta(seconds=1 + random.random())
        pace.hold(db.session, clock.now() + breath)
        return outcomes.again(claimed, breath, answer.code, counts=False)
    return outcomes.again(claimed, outcomes.backoff(claimed.attempts), answer.code, unsure=action == Action.RETRY)


def _nothing_to_withdraw(claimed: Claimed, code: str | None) -> None:
    """İYS holds no ONAY. Done, unless our own earlier grant is on its way or came meanwhile: then it goes again."""
    if claims.grant_may_follow(db.session, claimed):
        return outcomes.again(claimed, ORDER_WAIT, code or claims.ABSENT, counts=False)
    iys_status = Status.REFUSED if code == "H174" else None
    return outcomes.end(claimed, Outcome.NOT_NEEDED, code=code, iys_status=iys_status)


def _reconcile(client: Client, claimed: Claimed, refusal: Answer) -> None:
    """İYS says it holds something newer or the same: ask which, and believe it."""
    claimed = _renewed(claimed)
    if claimed is None:
        return None
    question = json.loads(claimed.payload)
    body = {name: question[name] for name in ("recipient", "recipientType", "type")}
    path = registry.single_status_path(*registry.codes_of(claimed.endpoint))
    answer = _call(client, claimed, Question.STATUS, path, json.dumps(body).encode())
    held = answer.content
    if answer.status == 429:
        return outcomes.again(claimed, STATUS_WAIT, answer.code, counts=False)
    if answer.status != 200 or "status" not in held:
        return outcomes.again(claimed, outcomes.backoff(claimed.attempts), refusal.code)
    if (held["status"], held.get("consentDate")) == (question["status"], question["consentDate"]):
        return outcomes.accept(claimed, str(held.get("transactionId", "")), held.get("creationDate"))
    same = refusal.code == "H174" and held["status"] == question["status"]
    outcome = Outcome.NOT_NEEDED if same else Outcome.OVERTAKEN
    return outcomes.end(claimed, outcome, code=refusal.code, iys_status=str(held["status"])[:10])
