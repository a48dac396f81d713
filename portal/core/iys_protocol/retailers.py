"""İYS's field rules for a retailer (bayi), checked before it is added; problems are İYS's codes, all at once."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from portal.core.addresses import is_phone
from portal.core.iys_protocol.validation import MISSING, IysProblem
from portal.core.tax_ids import BadNumber, parse_mersis, parse_tax_number

RETAILER_FIELDS = ("title", "name", "tckn", "tin", "city", "town", "mersis", "alias", "mobile", "status")
RETAILER_STATES = ("active", "passive", "suspended")
MAX_RETAILER_TEXT = 255  # Characters; İYS names it for `title` only.
REQUIRED = {"title": "H214", "name": "H215", "tckn": "H216", "tin": "H288", "city": "H217", "town": "H220"}
PLACES = {"city": {"code": "H218", "name": "H219"}, "town": {"code": "H221", "name": "H222"}}
PUNCTUATION = " .,&'’()/+-"  # Besides letters and digits; İYS only says "alfanümerik", and firms are named so.


class NumberRule(NamedTuple):
    """How long a number may be, İYS's codes for another length and for wrong digits, and what raises BadNumber."""

    lengths: tuple[int, ...]
    wrong_length: str
    wrong: str
    parse: Callable[[str], str]


NUMBERS = {
    "tckn": NumberRule((11,), "H226", "H225", parse_tax_number),
    "tin": NumberRule((10, 11), "H244", "H243", parse_tax_number),
    "mersis": NumberRule((16,), "H228", "H227", parse_mersis),
}


def validate_retailer(body: object) -> list[IysProblem]:
    """The errors İYS would answer to this parsed body of a new retailer, as far as they don't depend on the others."""
    return list(_problems(body)) if isinstance(body, dict) else [IysProblem("H016")]


def _problems(body: dict[str, Any]) -> Iterator[IysProblem]:
    yield from (IysProblem("H016", [key], value) for key, value in body.items() if key not in RETAILER_FIELDS)
    empty = {field for field in REQUIRED if body.get(field) in (None, "", {})}
    yield from (IysProblem(REQUIRED[field], [field]) for field in REQUIRED if field in empty)
    given = {field: value for field, value in body.items() if field not in empty}
    for field in ("title", "name", "alias"):
        yield from _text_problems([field], given.get(field, MISSING))
    for field, rule in NUMBERS.items():
        if field in given and (code := _number_code(given[field], rule)):
            yield IysProblem(code, [field], given[field])
    for field in PLACES:
        if field in given:
            yield from _place_problems(field, given[field])
    if "mobile" in given and not (isinstance(given["mobile"], str) and is_phone(given["mobile"])):
        yield IysProblem("H224", ["mobile"], given["mobile"])
    if "status" in given and given["status"] not in RETAILER_STATES:
        yield IysProblem("H201", ["status"], given["status"])


def _text_problems(location: list[str | int], value: object) -> Iterator[IysProblem]:
    if value is MISSING:
        return
    text = value if isinstance(value, str) else ""
    if len(text) > MAX_RETAILER_TEXT:
        yield IysProblem("H017", location, value)
    elif not any(map(str.isalnum, text)) or not all(each.isalnum() or each in PUNCTUATION for each in text):
        yield IysProblem("H229", location, value, f"{location[-1]} alfanümerik olmalıdır.")


def _number_code(value: object, rule: NumberRule) -> str | None:
    if not isinstance(value, str) or len(value) not in rule.lengths:
        return rule.wrong_length
    try:
        return rule.wrong if rule.parse(value) != value else None
    except BadNumber:
        return rule.wrong


def _place_problems(field: str, value: object) -> Iterator[IysProblem]:
    place = value if isinstance(value, dict) else {}
    yield from (IysProblem("H016", [field, key], place[key]) for key in place if key not in PLACES[field])
    for key, code in PLACES[field].items():
        if not isinstance(place.get(key), str) or not place[key].strip():
            yield IysProblem(code, [field, key])
        else:
            yield from _text_problems([field, key], place[key])
