"""What a vendor is asked and answers, for whoever sets up or tries an account: without its secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from portal.services.messaging.gateways.described_call import fill_call, parse_answer
from portal.services.messaging.gateways.generic_http import NOT_UNDERSTOOD, GenericHttpGateway
from portal.services.messaging.gateways.http_call import HttpAnswer
from portal.services.messaging.gateways.json_values import read, read_text
from portal.services.messaging.gateways.protocol import Batch, OutgoingMessage, SendResult

MASK = "•••"
LONGEST, SHORTEST = 3000, 4  # Characters: shown of an answer; of a secret that is looked for in it.


@dataclass(frozen=True)
class CallTrace:
    """A call and its answer as texts; and what was found in the answer: the vendor's word, and its id."""

    call: str
    status: int | None  # None: no answer.
    answer: str
    word: str
    ref: str

    def hide(self, text: str) -> CallTrace:
        """The same without a text of the message."""
        return replace(self, call=self.call.replace(text, MASK), answer=self.answer.replace(text, MASK))


def trace_call(gateway: GenericHttpGateway, batch: Batch) -> CallTrace:
    """The call that the gateway made for this batch, as its last one."""
    call, answer, rules = call_text(gateway, batch), gateway.last_answer, gateway.description["answer"]
    if answer is None:
        return CallTrace(call, None, "", "", "")
    text = answer.body.decode(errors="replace")
    document, where = parse_answer(text, rules.get("split", "")), rules["id"]
    rows = read(document, where["items"]) if "items" in where else document
    row = rows[0] if "items" in where and isinstance(rows, list) and rows else rows
    word = read_text(document, rules.get("code", "/ ")) or read_text(row, where.get("code", "/ "))
    shown = _masked(gateway, text)[:LONGEST]
    return CallTrace(call, answer.status, shown, _masked(gateway, word)[:80], read_text(row, where["pointer"])[:80])


def read_sample(gateway: GenericHttpGateway, text: str, status: int | None = None) -> SendResult:
    """How an answer of a vendor's documents would be read; without a status, with that of a success."""
    rules = gateway.description["answer"]
    status = status or int(str((rules["success"].get("http") or [200])[0]).replace("x", "0"))
    document = parse_answer(text, rules.get("split", ""))
    rows = read(document, rules["id"]["items"]) if "items" in rules["id"] else None
    messages = [OutgoingMessage(number, "", "") for number in range(len(rows) if isinstance(rows, list) else 1)]
    answer = HttpAnswer(status, text.encode())
    results = gateway.read_answer(Batch(0, "", messages), answer, document)
    return results[0] if results else SendResult(0, error=NOT_UNDERSTOOD)


def call_text(gateway: GenericHttpGateway, batch: Batch) -> str:
    """The call that the gateway would make for a batch."""
    facts, items = gateway.facts(batch)
    call = fill_call(gateway.description["send"], {**dict.fromkeys(gateway.secrets, MASK), **facts}, items)
    query = "&".join(f"{name}={each}" for name, each in call["query"].items())
    headers = call["headers"] | ({"Authorization": f"Basic {MASK}"} if gateway.description.get("basic") else {})
    address = gateway.base_url + call["path"] + (f"?{query}" if query else "")
    lines = [f"{call['method']} {address}", *(f"{name}: {each}" for name, each in headers.items())]
    return "\n".join([*lines, "", _body_text(call)]).strip()


def _body_text(call: dict[str, Any]) -> str:
    if xml := call.get("xml"):
        return str(xml.decode())
    if form := call.get("form"):
        return "\n".join(f"{name}={each}" for name, each in form.items())
    return json.dumps(call["json"], ensure_ascii=False, indent=1) if call.get("json") is not None else ""


def _masked(gateway: GenericHttpGateway, text: str) -> str:
    for secret in gateway.secrets.values():
        text = text.replace(secret, MASK) if len(secret) >= SHORTEST else text
    return text
