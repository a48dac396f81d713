"""Decorator of İYS's endpoints: rate limit, fault injection and the call counts of the ledger."""

from collections.abc import Callable
from functools import wraps

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from iys_sandbox import bulk_lists
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import Refused, error_answer
from iys_sandbox.faults import TrueAnswer, apply_fault
from portal.core.iys_protocol import IysProblem, Operation

# Lifts the limits: İYS's count an IP address, and many providers in sandbox mode share one.
SANDBOX_MODE_HEADER = "X-Sandbox-Mode"
SECONDS_PER_HOUR = 3600
COUNT_CALL = """INSERT INTO tally VALUES (?, 1, ?)
    ON CONFLICT (endpoint) DO UPDATE SET requests = requests + 1, failures = failures + excluded.failures"""
View = Callable[..., ResponseReturnValue]


def iys_endpoint(question: Operation) -> Callable[[View], View]:
    """Limit the rate of calls to this endpoint, apply faults, and count each call."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded_view(**path: str) -> Response:
            response, failed = _answer(question, lambda: _true_answer(view, path))
            with sandbox().store.transaction() as db:
                db.execute(COUNT_CALL, (question, int(failed)))
            return response

        return guarded_view

    return decorate


def check_hourly_limit(question: Operation, limit: int, code: str) -> None:
    """Refuse with this code a call beyond the caller's hourly limit."""
    if not is_within_hourly_limit(question, limit, restarts=False):
        raise Refused(IysProblem(code))


def is_within_hourly_limit(question: Operation, limit: int, *, restarts: bool) -> bool:
    """Count a call; False past the limit. Where the hour `restarts`, a refused call begins it anew (H084)."""
    if SANDBOX_MODE_HEADER in request.headers:
        return True
    caller, second = request.remote_addr or "", sandbox().second()
    with sandbox().store.transaction() as db:
        hour = db.execute("SELECT * FROM hour WHERE caller = ? AND endpoint = ?", (caller, question)).fetchone()
        if hour is None or second - hour["started_at"] >= SECONDS_PER_HOUR:
            db.execute("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, 1)", (caller, question, second))
            return True
        is_within = bool(hour["calls"] < limit)
        started_at = second if restarts and not is_within else hour["started_at"]
        update = "UPDATE hour SET started_at = ?, calls = calls + 1 WHERE caller = ? AND endpoint = ?"
        db.execute(update, (started_at, caller, question))
    return is_within


def _answer(question: Operation, true_answer: TrueAnswer) -> tuple[Response, bool]:
    if SANDBOX_MODE_HEADER not in request.headers and not sandbox().rate_limit.allows(request.remote_addr or "", now()):
        return make_response(error_answer("H124")), True
    fault = sandbox().faults.strike(question)
    if fault is None:
        response = true_answer()
        return response, response.status_code >= 400
    response = apply_fault(fault.kind, question, true_answer, fault.seconds)
    return response, response.status_code >= 400 or fault.spoils_the_answer


def _true_answer(view: View, path: dict[str, str]) -> Response:
    bulk_lists.judge_due_items(sandbox())
    try:
        return make_response(view(**path))
    except Refused as refused:
        return make_response(refused.answer())
