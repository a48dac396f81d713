"""Journal of every call to the fake vendors and of every push, without secrets and addresses; in memory."""

import json
from typing import Any

from flask import Response, request

from portal.core import addresses
from portal.services.messaging.fake_gateway.state import State, state

SECRETS = {"password", "hash", "key", "webhookurl"}
HIDDEN = "•••"
LONGEST = 2000  # Characters that are shown of a body; of a longer one than LONGEST_READ only its size.
LONGEST_READ = 50_000


def record_call(response: Response) -> Response:
    """Note a call and its answer; runs after each request of a vendor's."""
    raw = request.get_data() if response.status_code != 413 else b""  # Too much to read.
    entry = {
        "call": f"{request.method} {request.path}",
        "query": _shown(request.args.to_dict()) if request.args else "",
        "body": _shown_body(raw),
        "status": response.status_code,
        "answer": _shown_body(response.get_data()),
    }
    _add(state(), entry)
    return response


def record_push(here: State, body: object, status: int | None) -> None:
    """Note a push; `status` is None where nobody answered. Its URL is a secret."""
    _add(here, {"call": "push", "query": "", "body": _shown(body), "status": status or "–", "answer": ""})


def _add(here: State, entry: dict[str, object]) -> None:
    with here.lock:
        here.journal.appendleft({"at": here.now().isoformat(), **entry})


def _shown_body(raw: bytes) -> str:
    if len(raw) > LONGEST_READ:
        return f"({len(raw)} bytes)"
    try:
        return _shown(json.loads(raw)) if raw else ""
    except ValueError:
        text = raw.decode(errors="replace")
        return text[:LONGEST] if len(text) < 200 and "=" not in text else f"({len(raw)} bytes)"


def _shown(body: object) -> str:
    return addresses.redact_certain_addresses(json.dumps(_masked(body), ensure_ascii=False))[:LONGEST]


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: HIDDEN if str(name).lower() in SECRETS else _masked(each) for name, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list) else value
