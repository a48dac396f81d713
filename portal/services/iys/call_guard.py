"""What each call to İYS passes on its way out (breaker, budgets, pace), and what its answer teaches all others."""

import random
import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import current_app

from portal.core import clock, iys_protocol
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.services.iys import circuit_breaker, hourly_budgets, rate_limit
from portal.services.iys.circuit_breaker import AdmittedCall
from portal.services.iys.client import Answer

log = structlog.get_logger()

LONGEST_WAIT = timedelta(seconds=3)  # For a slot: with a call's deadline it stays below every lease.
PAUSE_SECONDS = 1.0  # Seconds nobody calls after İYS said "too many this second", and up to half as long again.
MAX_RETRY_AFTER = 60  # Seconds for which all calls together are held; H084 and its like have an hour of their own.
FAILURE_STATUSES = (400, 401, 403, 404, 422)  # What İYS counts as failed.
PLAIN_CODE = re.compile(r"[A-Z]{1,4}[-A-Z0-9]{1,16}", re.ASCII)  # Cannot hold an address.


class NotNow(Exception):
    """No call may leave now; ask again at `until`. `code` is İYS's, if it gave one."""

    def __init__(self, until: datetime, code: str | None = None):
        self.until = until
        self.code = code


@dataclass(frozen=True)
class StartedCall:
    """A call that left."""

    question: Operation
    at: datetime  # In whose five minutes it was counted.
    admitted: AdmittedCall


def start_call(question: Operation) -> StartedCall:
    """Wait for a slot of the pace, and count the call. Raises NotNow. Commits; no transaction is open afterwards.

    The row of the pace is locked by take_slot first, so that two never take the last of a budget or the one probe.
    """
    at, per_second = clock.now(), current_app.config["IYS_REQUESTS_PER_SECOND"]
    slot = rate_limit.take_slot(db.session, at, per_second)
    if slot > at + LONGEST_WAIT:
        return _refuse_call(slot)
    if spent := hourly_budgets.spent_until(db.session, question, at):
        return _refuse_call(spent, question)
    admitted = circuit_breaker.admit_call(db.session, at)
    if admitted is None:
        return _refuse_call(circuit_breaker.host_state(db.session, at).until)
    rate_limit.add_to_tally(db.session, question, at, calls=1)
    db.session.commit()
    time.sleep(max(0.0, (slot - clock.now()).total_seconds()))
    rate_limit.process_limiter.leave(per_second)
    return StartedCall(question, at, admitted)


def finish_call(departure: StartedCall, answer: Answer) -> None:
    """Count what İYS counts as failed, slow down where it says so, and remember whether its host answers. Commits."""
    at = clock.now()
    wrote = [  # Rows are locked in the order of a departure: pace, host, tally.
        _hold_calls(departure.question, answer, at),
        circuit_breaker.record_answer(db.session, departure.admitted, answer, at),
        _count_call(departure, answer),
    ]
    if any(wrote):
        db.session.commit()


def _refuse_call(until: datetime, spent: Operation | None = None) -> None:
    db.session.rollback()
    if spent is not None:  # Held as if İYS had said so: whoever looks for work sees it without asking.
        rate_limit.hold_calls(db.session, until, spent)
        db.session.commit()
    raise NotNow(until)


def _count_call(departure: StartedCall, answer: Answer) -> bool:
    question, unknown = departure.question, [code for code in answer.codes if code not in iys_protocol.CODES]
    if not answer.reached:
        rate_limit.add_to_tally(db.session, question, departure.at, calls=-1)
    if answer.status in FAILURE_STATUSES:
        rate_limit.add_to_tally(db.session, question, departure.at, failures=1)
    if unknown:
        rate_limit.add_to_tally(db.session, rate_limit.UNKNOWN_CODE, departure.at, calls=len(unknown))
        plain = [code for code in unknown if PLAIN_CODE.fullmatch(code)]
        log.warning("iys.unknown_code", question=question.value, status=answer.status, codes=plain)
    return bool(not answer.reached or answer.status in FAILURE_STATUSES or unknown)


def _hold_calls(question: Operation, answer: Answer, at: datetime) -> bool:
    """After a 429: an hour without calls of a spent kind, or a breath for everybody.

    A token's 429 in words we cannot read is taken for H084, since calling within its hour starts the hour anew.
    """
    if answer.status != 429:
        return False
    spent = next(
        (hourly_budgets.BUDGET_OF_CODE[code] for code in answer.codes if code in hourly_budgets.BUDGET_OF_CODE), None
    )
    if spent is None and question == Operation.TOKEN and not {"H083", "H124"} & set(answer.codes):
        spent = Operation.TOKEN
    if spent is not None:
        rate_limit.hold_calls(db.session, at + hourly_budgets.HOUR, spent)
    else:
        seconds = max(PAUSE_SECONDS, min(answer.retry_after or 0, MAX_RETRY_AFTER))
        rate_limit.hold_calls(db.session, at + timedelta(seconds=seconds + random.random() / 2))
    return True
