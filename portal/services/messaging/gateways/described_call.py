"""One call as a description has it: its placeholders replaced, and what its answer holds."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from portal.services.messaging.gateways import http_call, json_values, xml_values
from portal.services.messaging.gateways.json_values import fill


def fill_call(
    request: Mapping[str, Any], facts: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A call of a description with its placeholders replaced, as http_call takes it but for the path."""
    body, body_type = fill(request.get("body"), facts, items), request.get("body_type", "json")
    return {
        "method": request.get("method", "POST"),
        "path": request["url"],
        "query": fill(request.get("query", {}), facts),
        "headers": fill(request.get("headers", {}), facts),
        "seconds": request.get("timeout_s", http_call.SECONDS),
        body_type: xml_values.write(body) if body_type == "xml" else body,
    }


def parse_answer(text: str, split: str = "") -> Any:
    """What an answer holds: JSON, XML or else text. Where a sign between words is known, each by its number, and all
    by an empty name."""
    text = text.strip()
    if split:
        return {"": text} | {str(number): word for number, word in enumerate(text.split(split))}
    with suppress(ValueError):
        return xml_values.parse(text) if text.startswith("<") else json_values.parse(text)
    return text
