"""A vendor's push as one document, whatever it came as."""

import re
from contextlib import suppress
from typing import Any

from portal.services.messaging.gateways import json_values, push_text, xml_values
from portal.services.messaging.gateways.vendor_push import VendorPush
from portal.services.messaging.gateways.vendor_rows import Mapped, read_reply

DEEPEST = 50  # Levels.
NAME = re.compile(r"[\w.:\[\]-]{1,60}")  # Of a form's field.
FIELDS = re.compile(r"[A-Za-z_]{1,40}=[^&\s]*&[A-Za-z_]{1,40}=")


def parse_push(push: VendorPush, inbound: Mapped | None = None) -> Any:
    """What a push holds, with names in lower case: JSON, also in lines or in strings, XML, or the fields of a form; and
    those of the query. Raises ValueError.

    `inbound` is the mapping of replies: what somebody wrote is not opened, whatever it looks like.
    """
    text, rows = push_text.decode(push.body, push.content_type).strip(), list[Any]()
    if text.startswith("<") or push.body.lstrip().startswith(b"<"):
        document = json_values.lower_names(xml_values.parse(text))
    elif text and ("json" in push.content_type or text[0] in "{["):
        try:
            document = json_values.parse(text, in_lower_case=True)
        except ValueError:
            document = [json_values.parse(line, in_lower_case=True) for line in text.splitlines() if line.strip()]
    else:
        document, *rows = json_values.lower_names(push_text.read_rows(push.body.strip()))
        if text and (not any(map(NAME.fullmatch, document)) or push.content_type.startswith("multipart/")):
            raise ValueError("no form")
    if json_values.is_deeper(document, DEEPEST):
        raise ValueError("nested too deeply")
    document = _with_query(document, json_values.lower_names(dict(push.query)))
    return _open_strings([document, *rows] if rows else document, inbound or {})


def _with_query(document: Any, query: dict[str, str]) -> Any:
    """What the body and the query say of the same name stands apart."""
    if isinstance(document, dict):
        lost = {name: each for name, each in query.items() if document.get(name, each) != each}
        return query | document | ({"query": lost} if lost else {})
    rows = document if isinstance(document, list) else [] if document is None else [document]
    return [*rows, query] if query else document


def _open_strings(value: Any, inbound: Mapped, written: str = "", levels: int = 2) -> Any:
    """A value with the objects that stand in its strings as JSON, as XML, or as fields; not those in what somebody has
    `written`, nor where that is repeated."""
    if isinstance(value, dict):
        written = read_reply(inbound, value).text or written
        return {name: _open_strings(each, inbound, written, levels) for name, each in value.items()}
    if isinstance(value, list):
        return [_open_strings(each, inbound, written, levels) for each in value]
    with suppress(ValueError):
        is_open = levels and isinstance(value, str) and json_values.read_text([value], "/0") not in written
        found = _open_string(value) if is_open else None
        if any(json_values.objects_with(found)) and not json_values.is_deeper(found, DEEPEST):
            return _open_strings(found, inbound, written, levels - 1)
    return value


def _open_string(text: str) -> Any:
    if text.startswith("<"):
        return json_values.lower_names(xml_values.parse(text))
    if FIELDS.match(text):
        return json_values.lower_names(push_text.read_rows(text.encode(errors="replace")))
    return json_values.parse(text, in_lower_case=True) if text.startswith(("{", "[")) else None
