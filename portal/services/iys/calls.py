"""The one way to İYS: each call passes the breaker, the budgets and the pace, bears a token, and is counted.

A path that names a code of the sandbox leads there, whoever asks: nothing of a practising provider's reaches İYS.
"""

import contextlib
import time
from datetime import timedelta

from portal.core import clock
from portal.core.iys_protocol import Action, Operation
from portal.domain.providers import sandbox_mode
from portal.services.iys import call_guard, sandbox_access, tokens
from portal.services.iys.call_guard import NotNow, finish_call, start_call
from portal.services.iys.client import DEADLINE, Answer, Client

__all__ = ["NotNow", "ask", "start_call", "finish_call"]

SPARE_SECONDS = (
    5.0  # Seconds beside the deadline for fetching a token and waiting for a slot: together less than any lease.
)
LATER = timedelta(minutes=10)
SHORTEST_CALL = call_guard.LONGEST_WAIT.total_seconds() + 3.0  # With less than this left, a call had better begin anew.


def ask(
    client: Client, provider_id: int, question: Operation, path: str, *, body: bytes | None = None,
    method: str = "POST", deadline: float = DEADLINE, turn: contextlib.AbstractContextManager | None = None,
    partner_id: int | None = None,
) -> Answer:  # fmt: skip
    """Ask İYS for a provider, when its turn comes. Raises NotNow.

    Call it with no transaction open: it ends short ones of its own, and none while it calls. A 401 is an answer
    like others; the next call bears a fresh token. All together lasts no longer than the deadline and SPARE: where the
    token took long, the answer has less time, or (NotNow at once) the caller takes its work in hand anew.
    `turn` is held while the call waits for its slot. `partner_id` is a partner's credential, where that one asks.
    """
    if sandbox_mode.is_sandbox_path(path):
        return sandbox_access.ask(provider_id, path, body=body, method=method)
    if sandbox_mode.is_exempt_path(path):
        raise NotNow(clock.now() + LATER, sandbox_mode.EXEMPT)
    ends = time.monotonic() + deadline + SPARE_SECONDS
    try:
        bearer = tokens.access_token(client, provider_id, partner_id)
    except tokens.NoToken as missing:
        raise NotNow(missing.until, missing.code) from missing
    if ends - time.monotonic() < SHORTEST_CALL:
        raise NotNow(clock.now())
    with turn or contextlib.nullcontext():
        departure = call_guard.start_call(question)
    left = max(1.0, ends - time.monotonic())
    answer = client.ask(method, path, body=body, bearer=bearer, deadline=min(deadline, left))
    call_guard.finish_call(departure, answer)
    if answer.action() == Action.AUTH:
        tokens.forget_token(provider_id, bearer, partner_id)
    return answer
