"""The one way to İYS: each call passes the breaker, the budgets and the pace, bears a token, and is counted."""

from portal.iys import gate, token
from portal.iys.client import DEADLINE, Answer, Client
from portal.iys.gate import NotNow, depart, settle
from portal.registry import Action, Question

__all__ = ["NotNow", "ask", "depart", "settle"]


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
        raise NotNow(missing.until, missing.code) from missing
    departure = gate.depart(question)
    answer = client.ask(method, path, body=body, bearer=bearer, deadline=deadline)
    gate.settle(departure, answer)
    if answer.action() == Action.AUTH:
        token.forget(provider_id, bearer)
    return answer
