"""The one way to İYS: each call passes the breaker, the budgets and the pace, bears a token, and is counted."""

import time
from datetime import datetime, timedelta

from flask import current_app

from portal import clock
from portal.extensions import db
from portal.iys import pace, token
from portal.iys.client import DEADLINE, Answer, Client
from portal.registry import Action, Question

TOKEN_WAIT = timedelta(seconds=5)


class NotNow(Exception):
    """No call may leave now; ask again at `until`. `code` is İYS's, if it gave one."""

    def __init__(self, until: datetime, code: str | None = None):
        self.until = until
        self.code = code


def ask(
    client: Client, provider_id: int, question: Question, path: str, *, body: bytes | None = None,
    method: str = "POST", deadline: float = DEADLINE,
) -> Answer:  # fmt: skip
    """Ask İYS for a provider, when its turn comes. Raises NotNow.

    Call it with no transaction open: it ends short ones of its own, and none while it calls. A 401 is an answer
    like others; the next call bears a fresh token.
    """
    try:
        bearer = token.bearer(client, provider_id)
    except token.NoToken as missing:
        raise NotNow(clock.now() + TOKEN_WAIT, missing.code) from missing
    depart(question)
    answer = client.ask(method, path, body=body, bearer=bearer, deadline=deadline)
    settle(question, answer)
    if answer.action() == Action.AUTH:
        token.forget(provider_id, bearer)
    return answer


def depart(question: Question) -> None:
    """Wait for a slot of the pace, and count the call. Commits."""
    at = clock.now()
    slot = pace.take_slot(db.session, at, current_app.config["IYS_REQUESTS_PER_SECOND"])
    pace.count(db.session, question, at, calls=1)
    db.session.commit()
    time.sleep(max(0.0, (slot - clock.now()).total_seconds()))


def settle(question: Question, answer: Answer) -> None:
    """Count what İYS counts as failed (400, 401, 403, 404, 422), and slow down where it says so. Commits."""
    if answer.status in FAILURES:
        pace.count(db.session, question, clock.now(), failures=1)
        db.session.commit()


FAILURES = (400, 401, 403, 404, 422)
