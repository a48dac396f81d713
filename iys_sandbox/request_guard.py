"""What every call to İYS passes: its pace, the faults that were asked for, and the tally of the ledger."""

import sqlite3
from collections.abc import Callable
from functools import wraps

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from iys_sandbox import bulk_lists, limits
from iys_sandbox.context import box, now
from iys_sandbox.errors import Refused, refusal
from iys_sandbox.fault_injection import wreck
from portal.core.iys_protocol import Problem, Question

PRACTICE = "X-Practice"  # Says that a provider practises: İYS's limits count an address, behind which many do.
View = Callable[..., ResponseReturnValue]


def gate(question: Question) -> Callable[[View], View]:
    """Let calls to this endpoint through, unless they come too fast or a fault strikes; count each one."""

    def guard(view: View) -> View:
        @wraps(view)
        def pass_through(**path: str) -> Response:
            response, failed = _answer(question, lambda: _truthful(view, path))
            with box().store.transaction() as db:
                _count(db, question, failed)
            return response

        return pass_through

    return guard


def must_be_within_the_hour(question: Question, limit: int, code: str) -> None:
    """Refuse with this code past the caller's calls of an hour."""
    if not is_within_the_hour(question, limit, restarts=False):
        raise Refused(Problem(code))


def is_within_the_hour(question: Question, limit: int, *, restarts: bool) -> bool:
    """Count a call; False past the limit. Where the hour `restarts`, a refused call begins it anew (H084)."""
    if PRACTICE in request.headers:
        return True
    caller = request.remote_addr or ""
    with box().store.transaction() as db:
        return limits.within_the_hour(db, caller, question, now(), limit=limit, restarts=restarts)


def _answer(question: Question, truth: Callable[[], Response]) -> tuple[Response, bool]:
    if PRACTICE not in request.headers and not box().pace.allows(request.remote_addr or "", now()):
        return make_response(refusal("H124")), True
    fault = box().faults.strike(question)
    if fault is None:
        response = truth()
        return response, response.status_code >= 400
    response = wreck(fault.kind, question, truth, fault.seconds)
    return response, response.status_code >= 400 or fault.spoils_the_answer


def _truthful(view: View, path: dict[str, str]) -> Response:
    bulk_lists.judge_due(box())
    try:
        return make_response(view(**path))
    except Refused as refused:
        return make_response(refused.answer())


def _count(db: sqlite3.Connection, question: Question, failed: bool) -> None:
    upsert = "ON CONFLICT (endpoint) DO UPDATE SET requests = requests + 1, failures = failures + excluded.failures"
    db.execute(f"INSERT INTO tally VALUES (?, 1, ?) {upsert}", (question, int(failed)))  # nosec B608
