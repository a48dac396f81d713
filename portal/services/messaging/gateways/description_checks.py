"""Check a description of a gateway before it is stored: whatever passes cannot fail while messages are sent."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from portal.core.lazy_text import N_
from portal.services.messaging.gateways import json_values
from portal.services.messaging.gateways.json_values import PLACEHOLDER
from portal.services.messaging.gateways.protocol import ErrorClass, Reason, ReportState

MISSING, UNKNOWN_NAME = N_("Bu alan gerekli."), N_("Böyle bir alan yok.")
BAD_VALUE, UNKNOWN_PLACEHOLDER = N_("Bu değer buraya yazılamaz."), N_("Böyle bir yer tutucu yok.")
LONGEST, LONGEST_SAMPLE = 50_000, 5_000  # Characters.
DEEPEST = 20
LONGEST_CALL = 60  # Seconds.
OF_CALL = frozenset({"header", "batch_id", "callback_url", "valid_for", "starts_at", "ends_at"})
OF_MESSAGE = frozenset({"to", "to_number", "text", "item_id"})
HTTP_STATUS = re.compile(r"[1-5](?:[0-9][0-9]|xx)")
FACTS = {"gsm", "turkish", "unicode"}, {"none", "BIREYSEL", "TACIR"}  # One of a kind chooses.

# A name with "?" may be missing. A leaf is an enumeration, a set of values or the name of a rule below.
SUCCESS = {"http?": "statuses", "codes?": "words"}
CALL = {
    "url": "path", "method?": {"POST", "PUT", "GET"}, "query?": "texts", "headers?": "texts",
    "timeout_s?": "seconds", "body_type?": {"json", "form", "xml"}, "body?": "template",
}  # fmt: skip
ERROR = {"http?": "statuses", "codes?": "words", "class": ErrorClass, "reason?": Reason, "retry_after_s?": "count"}
ROWS = {"items?": "pointer", "where?": "where", "to?": "pointer", "at?": "pointer", "zone?": {"UTC", "Europe/Istanbul"}}
DESCRIPTION = {
    "name?": "text",
    "base_url": "url",
    "most_messages": "count",
    "number_format?": {"5", "05", "905", "+905", "00905"},
    "basic?": "text",
    "choices?": "choices",
    "life?": {"least_minutes": "count", "most_minutes": "count", "date_format?": "text"},
    "send": CALL,
    "answer": {
        "split?": "text",
        "code?": "pointer",
        "success": SUCCESS,
        "id": {
            "scope?": {"batch", "item"}, "pointer": "pointer", "items?": "pointer", "code?": "pointer",
            "success?": SUCCESS,
        },
        "errors": [ERROR],
    },
    "report_push?": ROWS | {
        "state": "pointer", "states": [{"words": "words", "state": ReportState, "reason?": Reason}],
        "item_id?": "pointer", "ref?": "pointer", "parts?": "pointer", "cost?": "pointer", "detail?": "pointer",
        "details?": [{"words": "words", "reason": Reason}], "may_refuse?": "words", "text?": "pointer",
    },
    "inbound_push?": ROWS | {"id?": "pointer", "from": "pointer", "keyword?": "pointer", "text": "pointer"},
    "samples?": {f"{name}?": "sample" for name in ("answer", "error", "faults", "report", "states", "reply")},
}  # fmt: skip


class BadDescription(ValueError):
    """A description that cannot be used: where (a pointer), and a msgid that says why."""

    def __init__(self, pointer: str, problem: str):
        super().__init__(pointer)
        self.pointer, self.problem = pointer, problem


def parse_description(text: str) -> dict[str, Any]:
    """Parse and check a description. Raises BadDescription."""
    try:
        description: Any = json_values.parse(text) if len(text) <= LONGEST else None
    except ValueError:
        raise BadDescription("", BAD_VALUE) from None
    if json_values.is_deeper(description, DEEPEST):
        raise BadDescription("", BAD_VALUE)
    _check_value(description, DESCRIPTION, "")
    if description["answer"]["id"].get("scope") == "item":
        _require_names(description["answer"]["id"], ("items", "success"), "/answer/id")
    if description["send"].get("body_type") == "form":
        _check_value(description["send"].get("body"), "texts", "/send/body")
    if description["send"].get("body_type") == "xml":
        _check_value(description["send"].get("body"), "root", "/send/body")
    known = OF_CALL | description.get("choices", {}).keys()
    _check_placeholders(description.get("basic"), "/basic", ())
    _check_placeholders(
        description["send"], "/send", known | OF_MESSAGE if description["most_messages"] == 1 else known
    )
    return dict(description)


def secret_names(description: Mapping[str, Any]) -> list[str]:
    """What a form must ask for: the names of {{secret.…}}, in their order."""
    texts = [text for section in ("basic", "send") for text in json_values.strings(description.get(section))]
    found = (name for text in texts for name in PLACEHOLDER.findall(text) if name.startswith("secret."))
    return list(dict.fromkeys(name.removeprefix("secret.") for name in found))


def _check_value(value: Any, schema: Any, pointer: str) -> None:
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            raise BadDescription(pointer, BAD_VALUE)
        _require_names(value, [name for name in schema if not name.endswith("?")], pointer)
        for name, each in value.items():
            inner = schema.get(name, schema.get(f"{name}?"))
            if inner is None:
                raise BadDescription(f"{pointer}/{name}", UNKNOWN_NAME)
            _check_value(each, inner, f"{pointer}/{name}")
    elif isinstance(schema, list):
        if not isinstance(value, list):
            raise BadDescription(pointer, BAD_VALUE)
        for number, each in enumerate(value):
            _check_value(each, schema[0], f"{pointer}/{number}")
    elif not (_RULES[schema](value) if isinstance(schema, str) else _is_text(value) and value in _values(schema)):
        raise BadDescription(pointer, BAD_VALUE)


def _values(schema: Any) -> Collection[str]:
    return schema if isinstance(schema, set) else {each.value for each in schema}


def _require_names(value: Mapping[str, Any], names: Collection[str], pointer: str) -> None:
    for name in names:
        if name not in value:
            raise BadDescription(f"{pointer}/{name}", MISSING)


def _check_placeholders(template: Any, pointer: str, known: Collection[str]) -> None:
    """Those of one message may stand within $item only, unless each call has one message."""
    if isinstance(template, dict):
        inside = {*known, *OF_MESSAGE} if "$each" in template else known
        for name, each in template.items():
            _check_placeholders(each, f"{pointer}/{name}", inside)
    elif isinstance(template, list):
        for number, each in enumerate(template):
            _check_placeholders(each, f"{pointer}/{number}", known)
    elif isinstance(template, str):
        unknown = [name for name in PLACEHOLDER.findall(template) if name not in known]
        if any(not name.startswith("secret.") for name in unknown):
            raise BadDescription(pointer, UNKNOWN_PLACEHOLDER)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


def _are_all(rule: Any, value: Any) -> bool:
    return isinstance(value, list) and all(map(rule, value))


def _is_word(value: Any) -> bool:
    return isinstance(value, (str, int))


def _is_pointer(value: Any) -> bool:
    return isinstance(value, str) and (value == "" or value.startswith("/"))


def _is_choice(value: Any) -> bool:
    """Each alphabet, or each kind of message, has its value."""
    scalar = (str, int, float, type(None))
    return (
        isinstance(value, dict) and value.keys() in FACTS and all(isinstance(each, scalar) for each in value.values())
    )


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_template(value: Any) -> bool:
    """Every list made with $each has its $item."""
    return all("$item" in each for each in json_values.objects_with(value, "$each"))


_RULES: dict[str, Callable[[Any], bool]] = {
    "text": _is_text,
    "texts": _are_texts,
    "url": lambda value: _is_text(value) and value.startswith(("https://", "http://")),
    "path": lambda value: value == "" or (_is_text(value) and value[0] in "/?"),
    "count": lambda value: type(value) is int and 1 <= value <= 100_000,
    "seconds": lambda value: type(value) is int and 1 <= value <= LONGEST_CALL,
    "words": lambda value: _are_all(_is_word, value),
    "statuses": lambda value: _are_all(lambda each: HTTP_STATUS.fullmatch(str(each)) is not None, value),
    "pointer": lambda value: _is_pointer(value) or (value != [] and _are_all(_is_pointer, value)),
    "where": lambda value: (
        isinstance(value, dict)
        and all(_is_pointer(name) and _are_all(_is_word, words) for name, words in value.items())
    ),
    "choices": lambda value: isinstance(value, dict) and all(map(_is_choice, value.values())),
    "template": _is_template,
    "root": lambda value: isinstance(value, dict) and len(value) == 1 and "$each" not in value,
    "sample": lambda value: isinstance(value, str) and len(value) <= LONGEST_SAMPLE,
}
