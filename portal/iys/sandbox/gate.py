"""What every call to İYS passes: its pace, the faults that were asked for, and the tally of the ledger."""

import sqlite3
from collections.abc import Callable
from functools import wraps

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from .box import box
from .refusals import Refused, refusal
from .wreckage import wreck

View = Callable[..., ResponseReturnValue]


def gate(endpoint: str) -> Callable[[View], View]:
    """Let calls to this endpoint through, unless they come too fast or a fault strikes; count each one."""

    def guard(view: View) -> View:
        @wraps(view)
        def pass_through(**path: str) -> Response:
            response, failed = _answer(endpoint, lambda: _truthful(view, path))
            with box().store.transaction() as db:
                _count(db, endpoint, failed)
            return response

        return pass_through

    return guard


def _answer(endpoint: str, truth: Callable[[], Response]) -> tuple[Response, bool]:
    if not box().pace.allows(request.remote_addr or "", box().clock()):
        return make_response(refusal("H124")), True
    fault = box().faults.strike(endpoint)
    if fault is None:
        response = truth()
        return response, response.status_code >= 400
    response = wreck(fault.kind, endpoint, truth, fault.seconds)
    return response, response.status_code >= 400 or fault.spoils_the_answer


def _truthful(view: View, path: dict[str, str]) -> Response:
    try:
        return make_response(view(**path))
    except Refused as refused:
        return make_response(refused.answer())


def _count(db: sqlite3.Connection, endpoint: str, failed: bool) -> None:
    upsert = "ON CONFLICT (endpoint) DO UPDATE SET requests = requests + 1, failures = failures + excluded.failures"
    db.execute(f"INSERT INTO tally VALUES (?, 1, ?) {upsert}", (endpoint, int(failed)))
