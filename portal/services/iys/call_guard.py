"""Guard each call to İYS by rate limit, hourly budgets and circuit breaker, and update them from its answer."""

import random
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import structlog

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import Operation
from portal.services.iys import circuit_breaker, egresses, rate_limit, success_rate
from portal.services.iys.client import IysAnswer
from portal.services.iys.iys_clock import iys_clock
from portal.services.iys.rate_limit import Priority

log = structlog.get_logger()

LONGEST_WAIT = timedelta(seconds=3)  # For a slot: together with a call's deadline it is shorter than every lease.
PAUSE_SECONDS = 1.0  # Nobody calls after "too many this second", and up to half as long again.
MAX_RETRY_AFTER = 60  # Seconds, for all calls; H084 and its like pause one kind for an hour.
FAILURE_STATUSES = (400, 401, 403, 404, 422)  # These İYS counts as failed.
PLAIN_CODE = re.compile(r"[A-Z]{1,4}[-A-Z0-9]{1,16}", re.ASCII)  # Cannot hold an address.


class NotNow(Exception):
    """No call may be made before `until`. `code` is İYS's, if it gave one."""

    def __init__(self, until: datetime, code: str | None = None):
        self.until = until
        self.code = code

    @property
    def pause(self) -> timedelta:
        """How long to wait from now."""
        return max(self.until - clock.now(), timedelta(0))


@dataclass(frozen=True)
class StartedCall:
    """A call that was counted."""

    question: Operation
    provider_id: int  # NO_PROVIDER for a partner's token.
    at: datetime  # Its span in the tallies.
    is_probe: bool


def start_call(question: Operation, provider_id: int, priority: Priority = Priority.GRANTS) -> StartedCall:
    """Wait for a slot of the rate limit, and count the call. Raises NotNow. Commits.

    take_slot locks the row of the rate limit first, so that two never take the last of a budget or the one probe.
    """
    at, egress = clock.now(), egresses.in_use()
    slot = rate_limit.take_slot(db.session, at, egress.pace, priority)
    if slot > at + LONGEST_WAIT:
        _refuse_call(slot)
    if spent := rate_limit.spent_until(db.session, question, at, priority):
        _refuse_call(spent, rate_limit.budget_name(question, priority))
    is_probe = circuit_breaker.admit_call(db.session, provider_id, at)
    if is_probe is None:
        _refuse_call(circuit_breaker.host_state(db.session, at).until or at)
    rate_limit.add_to_tally(db.session, question, at, calls=1)
    success_rate.count_call(db.session, provider_id, at, calls=1)
    db.session.commit()
    time.sleep(max(0.0, (slot - clock.now()).total_seconds()))
    rate_limit.process_limiters[egress.id].wait_for_turn(egress.pace)
    return StartedCall(question, provider_id, at, is_probe)


def finish_call(call: StartedCall, answer: IysAnswer) -> None:
    """Count a failed call, pause calls after a 429, read İYS's clock, and tell the circuit breaker. Commits."""
    at = clock.now()
    wrote = [  # Rows are locked in the order of start_call: rate limit, host, tally.
        _pause_calls(call.question, answer, at),
        iys_clock().learn(db.session, answer),
        _tell_breaker(call, answer, at),
        _count_call(call, answer),
    ]
    if any(wrote):
        db.session.commit()


def _refuse_call(until: datetime, spent: str | None = None) -> NoReturn:
    db.session.rollback()
    if spent is not None:  # Paused as if İYS had said so, for whoever looks for work.
        rate_limit.pause_calls(db.session, until, spent)
        db.session.commit()
    raise NotNow(until)


def _tell_breaker(call: StartedCall, answer: IysAnswer, at: datetime) -> bool:
    if circuit_breaker.is_host_failure(answer):
        circuit_breaker.record_failure(db.session, call.provider_id, at, is_probe=call.is_probe)
        return True
    if not circuit_breaker.host_state(read_session(), at).failures:
        return False
    circuit_breaker.record_success(db.session, at)
    return True


def _count_call(call: StartedCall, answer: IysAnswer) -> bool:
    question, unknown = call.question, [code for code in answer.codes if code not in iys_protocol.CODES]
    if not answer.reached:
        rate_limit.add_to_tally(db.session, question, call.at, calls=-1)
        success_rate.count_call(db.session, call.provider_id, call.at, calls=-1)
    if answer.status in FAILURE_STATUSES:
        rate_limit.add_to_tally(db.session, question, call.at, failures=1)
        success_rate.count_call(db.session, call.provider_id, call.at, failures=1)
    if unknown:
        rate_limit.add_to_tally(db.session, rate_limit.UNKNOWN_CODE, call.at, calls=len(unknown))
        plain = [code for code in unknown if PLAIN_CODE.fullmatch(code)]
        log.warning("iys.unknown_code", question=question.value, status=answer.status, codes=plain)
    return bool(not answer.reached or answer.status in FAILURE_STATUSES or unknown)


def _pause_calls(question: Operation, answer: IysAnswer, at: datetime) -> bool:
    """After a 429: an hour without calls of a spent kind, or a short pause for all calls.

    A 429 of a token call without a known code counts as H084, since calling within its hour restarts the hour.
    """
    if answer.status != 429:
        return False
    budgets = rate_limit.BUDGET_OF_CODE
    spent = next((budgets[code] for code in answer.codes if code in budgets), None)
    if spent is None and question == Operation.TOKEN and not {"H083", "H124"} & set(answer.codes):
        spent = Operation.TOKEN
    if spent is not None:
        rate_limit.pause_calls(db.session, at + rate_limit.HOUR, spent)
    else:
        seconds = max(PAUSE_SECONDS, min(answer.retry_after or 0, MAX_RETRY_AFTER))
        rate_limit.pause_calls(db.session, at + timedelta(seconds=seconds + random.random() / 2))
    return True
