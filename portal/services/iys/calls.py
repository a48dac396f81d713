"""The only way to call İYS: with a token, through call_guard.

A path with a sandbox code is sent to the sandbox, whoever asks: nothing of a provider in sandbox mode reaches İYS.
"""

import contextlib
import time
from datetime import timedelta

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.iys_protocol import Action, Operation
from portal.core.models import EgressState
from portal.domain.providers import sandbox_mode
from portal.services.iys import call_guard, egresses, sandbox_access, tokens
from portal.services.iys.call_guard import NotNow
from portal.services.iys.client import DEADLINE, Client, IysAnswer
from portal.services.iys.rate_limit import Priority

__all__ = ["NotNow", "ask"]

SPARE_SECONDS = 5.0  # For a token and a slot, besides the deadline: together less than any lease.
LATER = timedelta(minutes=10)
SHORTEST_CALL = call_guard.LONGEST_WAIT.total_seconds() + 3.0  # Seconds: with less left, the call is not made now.


def ask(
    client: Client, provider_id: int, question: Operation, path: str, *, body: bytes | None = None,
    method: str = "POST", deadline: float = DEADLINE, turn: contextlib.AbstractContextManager[None] | None = None,
    partner_id: int | None = None, priority: Priority = Priority.GRANTS, of_path: str = "",
) -> IysAnswer:  # fmt: skip
    """Call İYS for a provider, from its egress. Raises NotNow.

    Call it with no transaction open: it commits short ones of its own, and none is open during the call. A 401 is an
    ordinary answer; the next call fetches a fresh token. It lasts no longer than `deadline` and SPARE_SECONDS: where
    the token took long, the answer has less time, or NotNow is raised. `turn` is held while the call waits for its
    slot. `partner_id` is the partner's credential, where a partner asks. `of_path` names the provider where `path`
    names nobody.
    """
    if sandbox_mode.is_sandbox_path(of_path or path):
        return sandbox_access.ask(provider_id, path, body=body, method=method)
    if sandbox_mode.is_exempt_path(of_path or path):
        raise NotNow(clock.now() + LATER, sandbox_mode.EXEMPT)
    egress = egresses.of_provider(read_session(), provider_id)
    if egress.state == EgressState.OFF:
        raise NotNow(clock.now() + LATER)
    with egresses.using(egress):
        ends = time.monotonic() + deadline + SPARE_SECONDS
        try:
            bearer = tokens.access_token(client, provider_id, partner_id, priority)
        except tokens.NoToken as missing:
            raise NotNow(missing.until, missing.code) from missing
        if ends - time.monotonic() < SHORTEST_CALL:
            raise NotNow(clock.now())
        with turn or contextlib.nullcontext():
            started = call_guard.start_call(question, provider_id, priority)
        left = max(1.0, ends - time.monotonic())
        answer = client.ask(method, path, body=body, bearer=bearer, deadline=min(deadline, left))
        call_guard.finish_call(started, answer)
        if answer.action() == Action.AUTH:
            tokens.forget_token(provider_id, bearer, partner_id)
        return answer
