"""What the views share that write: each act is done once per Idempotency-Key, is noted in
the audit log, and names the page where only a person may go on."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from typing import Any, NoReturn

import flask
from flask import abort, g, request
from sqlalchemy.exc import OperationalError

from portal.api.v1.schemas import WriteHeaders
from portal.core import clock
from portal.core.database import DEADLOCK_TRIES, is_deadlock, one_list_at_a_time
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id, parse_id
from portal.domain import audit
from portal.domain.identity import api_keys
from portal.domain.identity.api_keys import Caller
from portal.services import consent_requests
from portal.services.consent_requests import Incoming, KeyReused
from portal.web.shared import problems
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.problems import ApiProblem

LONG_LIST = 500  # Rows: shorter ones hold SQLite's writer for a moment only.
# Writes into db.session; its answer, or None where another has done it by now. Commits only what may be done twice.
Act = Callable[[datetime], dict[str, Any] | None]
ActAgain = Callable[[dict[str, Any]], Act | None]


def answer_once(
    headers: WriteHeaders, act: Act, *, body: bytes | None = None, request_id: int | None = None, rows: int = 1,
    status_of: Callable[[dict[str, Any]], int] = lambda _: 200, act_again: ActAgain = lambda _: None,
) -> dict[str, Any]:  # fmt: skip
    """Do what a request asks for and commit it with its answer; or answer as when the same request came before, unless
    `act_again` finds by that answer what is to be done anew.

    `body` stands for one that is too large to be kept, `request_id` is the id of what it makes, where that is known.
    Lists that hold the same addresses in another order may lock each other out: then it is done again.
    """
    caller: Caller = g.caller
    path = flask.url_for(str(request.endpoint), **{"brandCode": g.brand.brand_code, **(request.view_args or {})})
    given = request.get_data() if body is None else body
    first_key_id = api_keys.find_first_id(read_session(), caller)
    incoming = Incoming(caller.provider_id, first_key_id, headers.IdempotencyKey, path, given, clock.now())
    answered = find_answer(incoming)
    if answered:
        again = act_again(answered)
        if again is None:
            return answered
        act = again
    with one_list_at_a_time(db.session) if rows > LONG_LIST else nullcontext():
        for tries_left in reversed(range(DEADLOCK_TRIES)):
            try:
                answer = act(incoming.at)
                if answer is None:
                    db.session.rollback()
                elif not consent_requests.commit_request(
                    db.session, vault(), g.brand, incoming, request_id or new_id(), status_of(answer), answer,
                    rows=rows, is_again=answered is not None,
                ):  # fmt: skip
                    answer = None
                break
            except OperationalError as error:
                db.session.rollback()
                if not tries_left or not is_deadlock(error):
                    raise
    return answer or find_answer(incoming) or abort(problems.problem_response(ApiProblem.SERVER_ERROR))


def find_answer(incoming: Incoming) -> dict[str, Any] | None:
    """What this request was answered before, if it was."""
    try:
        found: dict[str, Any] | None = consent_requests.find_answer(read_session(), vault(), incoming)
    except KeyReused:
        abort(problems.problem_response(ApiProblem.IDEMPOTENCY_KEY_REUSED))
    return found


def record_audit(act: str, subject: str, subject_id: int, **facts: Any) -> None:
    """Add an audit entry of the caller's program to this transaction."""
    audit.note(
        db.session, act, subject, subject_id, provider_id=g.caller.provider_id, at=clock.now(),
        facts={"from": "api", "key": g.caller.hint, **facts},
    )  # fmt: skip


def refuse(found: problems.ExplainedProblem, **members: Any) -> NoReturn:
    """End the request with this problem; nothing is written."""
    db.session.rollback()
    abort(problems.problem_response(found, **members))


def refuse_program(endpoint: str, errors: list[dict[str, str]] | None = None, **values: object) -> NoReturn:
    """Say that a person must look and confirm, and on which page."""
    refuse(ApiProblem.PERSON_NEEDED, page=absolute_url(endpoint, **values), errors=errors)


def id_or_404(text: str) -> int:
    """The id in a URL; of none that a row could have, nothing is found."""
    found = parse_id(text)
    return refuse(ApiProblem.NOT_FOUND) if found is None else found
