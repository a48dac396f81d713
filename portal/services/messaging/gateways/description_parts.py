"""A description taken apart for a form: what stands where in the call, and the places in a sample of an answer or push.

A place is a pointer in which "*" stands for any row of a list: "/jobs/*/id". A description keeps it in two: where the
rows stand ("/jobs"), and where in a row ("/id").
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from portal.services.messaging.gateways.described_call import parse_answer
from portal.services.messaging.gateways.push_document import parse_push
from portal.services.messaging.gateways.vendor_push import VendorPush

SECTIONS = ("query", "headers", "body")  # Of a call.
LEFT_OUT = object()  # In place of a part: the call goes without it.
MOST_PLACES, DEEPEST = 80, 15  # Of a sample.
ROW = "/*"


class NotInOneRow(ValueError):
    """Places that belong together do not stand in the same rows; `name` is that of the first one."""

    def __init__(self, name: str):
        super().__init__(name)
        self.name = name


def list_parts(call: Mapping[str, Any]) -> dict[str, Any]:
    """Each single value of a call by its place, such as "/body/messages/$item/to"."""
    found: dict[str, Any] = {}

    def note(place: str, value: Any) -> Any:
        found[place] = value
        return value

    replace_parts(call, note)
    return found


def replace_parts(call: Mapping[str, Any], change: Callable[[str, Any], Any]) -> dict[str, Any]:
    """A copy of a call with each single value replaced by what `change` makes of its place and value."""
    sections = {name: _replace_values(call[name], f"/{name}", change) for name in SECTIONS if name in call}
    kept = {name: each for name, each in call.items() if name not in SECTIONS}
    return kept | {name: each for name, each in sections.items() if each is not LEFT_OUT}


def _replace_values(value: Any, place: str, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, dict):
        inner = {
            name: each if name == "$each" else _replace_values(each, f"{place}/{_escape_name(name)}", change)
            for name, each in value.items()
        }
        return {name: each for name, each in inner.items() if each is not LEFT_OUT}
    if isinstance(value, list):
        rows = [_replace_values(each, f"{place}/{number}", change) for number, each in enumerate(value)]
        return [each for each in rows if each is not LEFT_OUT]
    return change(place, value)


def list_places(document: Any, *, is_xml: bool = False) -> dict[str, str]:
    """The single values of a sample by their places, as texts. In XML, where one row is no list, each element that
    holds others may be a row."""
    found: dict[str, str] = {}
    for place, value in _walk_places(document, "", is_xml):
        if len(found) < MOST_PLACES:
            found[place] = found.get(place) or str(value)
    return found


def answer_places(samples: Mapping[str, str], split: str) -> dict[str, str]:
    """Where something stands in the sample answers, with what; "" is the whole one."""
    found: dict[str, str] = {}
    for text in filter(None, (samples.get("answer"), samples.get("error"))):
        document = parse_answer(text, split)
        found = list_places(document) | found if isinstance(document, (dict, list)) else {"": str(document)} | found
    return found


def push_places(text: str) -> dict[str, str]:
    """The same of a sample push; nothing where it cannot be read."""
    try:
        return list_places(
            parse_push(VendorPush(text.strip().lstrip("?").encode())), is_xml=text.lstrip().startswith("<")
        )
    except ValueError:
        return {}


def _walk_places(value: Any, place: str, is_xml: bool) -> Iterator[tuple[str, Any]]:
    if place.count("/") > DEEPEST:
        return
    if isinstance(value, dict):
        is_row = is_xml and place.count("/") > 1 and not place.endswith(ROW) and ROW not in place
        for name, each in value.items():
            is_inner = isinstance(each, (dict, list))
            yield from _walk_places(
                each, f"{place}{ROW if is_row and not is_inner else ''}/{_escape_name(name)}", is_xml
            )
    elif isinstance(value, list):
        rows = [(f"{place}{ROW}", each) for each in value if isinstance(each, dict)]
        singles = [] if rows else [(f"{place}/{number}", each) for number, each in enumerate(value)]
        for inner, each in rows + singles:
            yield from _walk_places(each, inner, is_xml)
    elif value is not None:
        yield place, value


def rows_of(place: Any) -> str | None:
    """Where the rows stand that a place is in; None for one in no row, or no single place."""
    items, is_in_rows, _ = place.partition(ROW) if isinstance(place, str) else ("", "", "")
    return items if is_in_rows else None


def split_places(chosen: Mapping[str, str], of: str) -> dict[str, str]:
    """Places by name as a description has them: "items" where they stand in rows, those of `of`, and where in a row.
    Raises NotInOneRow."""
    items = rows_of(chosen[of])
    pointers = dict(chosen)
    if items is not None:
        wrong = [name for name, place in chosen.items() if rows_of(place) != items]
        if wrong:
            raise NotInOneRow(wrong[0])
        pointers = {"items": items, **{name: place.partition(ROW)[2] for name, place in chosen.items()}}
    return {name: pointer.replace(ROW, "/0") for name, pointer in pointers.items()}


def join_place(items: Any, pointer: Any) -> Any:
    """The place of a pointer within rows. A list of pointers stays one."""
    if not isinstance(items, str) or not isinstance(pointer, str):
        return pointer
    return f"{items}{ROW}{pointer}"


def _escape_name(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
