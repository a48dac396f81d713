"""Read and fill in JSON values: pointers (RFC 6901), words that match patterns, placeholders in templates."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PLACEHOLDER = re.compile(r"\{\{([a-z_.]{1,60})\}\}")


def parse(text: str | bytes, *, in_lower_case: bool = False) -> Any:
    """Parse JSON, with names in lower case if wished: vendors' samples and pushes differ in it. Raises ValueError, also
    where it is nested too deeply."""
    try:
        hook = _in_lower_case if in_lower_case else None
        return json.loads(text, strict=False, object_pairs_hook=hook)  # Vendors leave line breaks as they are.
    except RecursionError:
        raise ValueError("nested too deeply") from None


def lower_names(value: Any) -> Any:
    if isinstance(value, dict):
        return _in_lower_case([(str(name), lower_names(each)) for name, each in value.items()])
    return [lower_names(each) for each in value] if isinstance(value, list) else value


def _in_lower_case(members: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """What stands under a name again stands beside it."""
    found: dict[str, Any] = {}
    for place, (name, each) in enumerate(members):
        is_other = found.get(name.lower(), each) != each
        found[f"{name.lower()}#{place}" if is_other else name.lower()] = each
    return found


def is_deeper(value: Any, levels: int) -> bool:
    """Whether values stand within each other more than so many times."""
    level = [value]
    for _level in range(levels):
        level = [
            inner
            for each in level
            for inner in (each.values() if isinstance(each, dict) else each if isinstance(each, list) else ())
        ]
    return bool(level)


def objects_with(value: Any, *names: str) -> Iterator[dict[str, Any]]:
    """The objects at any depth that have all of these names: some vendors do not say where their rows stand."""
    if isinstance(value, dict) and value.keys() >= set(names):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from objects_with(each, *names)


def strings(value: Any) -> Iterator[str]:
    """Every string at any depth."""
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from strings(each)


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value at any depth, after its pointer."""
    if not isinstance(value, dict | list):
        yield place, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from leaves(each, f"{place}/{str(name).replace('~', '~0').replace('/', '~1')}")


def listed(value: Any) -> Iterator[Any]:
    """What stands in lists of an object, at any depth."""
    if isinstance(value, dict):
        for each in value.values():
            yield from listed(each)
    yield from value if isinstance(value, list) else ()


def read(value: Any, pointers: str | Sequence[str]) -> Any:
    """What the first of the pointers that leads anywhere leads to, or None; "" is the whole value."""
    return find(value, pointers)[1]


def find(value: Any, pointers: str | Sequence[str]) -> tuple[str | None, Any]:
    """The first of the pointers that leads anywhere, and what to; or None for both."""
    for pointer in [pointers] if isinstance(pointers, str) else pointers:
        found = value
        for part in pointer.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdecimal() and len(name) < 9 and int(name) < len(found):
                found = found[int(name)]
            else:
                found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            return pointer, found
    return None, None


def read_text(value: Any, pointers: str | Sequence[str]) -> str:
    """The same as text: "" for what is missing or no single value."""
    found = read(value, pointers)
    if found is None or isinstance(found, (dict, list)):
        return ""
    return str(found).encode(errors="replace").decode().replace("\0", "").strip()


def matches(word: str, patterns: Sequence[Any]) -> bool:
    """Whether a word is one of these: literally, "#" for digits, or by its beginning ("HATA*"; "*" is any word)."""
    for pattern in map(str, patterns):
        if word == pattern or (pattern == "#" and word.isascii() and word.isdecimal()):
            return True
        if word and pattern.endswith("*") and word.startswith(pattern[:-1]):
            return True
    return False


def fill(template: Any, facts: Mapping[str, Any], items: Sequence[Mapping[str, Any]] = ()) -> Any:
    """Replace placeholders inside a parsed template; what is put in is never read as a template itself.

    A string that is one placeholder becomes the fact with its type, and a member whose fact is None is left out.
    {"$each": "items", "$item": …} becomes a list. Raises KeyError for an unknown placeholder.
    """
    if isinstance(template, str):
        whole = PLACEHOLDER.fullmatch(template)
        return facts[whole[1]] if whole else PLACEHOLDER.sub(lambda found: str(facts[found[1]]), template)
    if isinstance(template, dict) and "$each" in template:
        return [fill(template["$item"], {**facts, **item}) for item in items]
    if isinstance(template, dict):
        filled = {name: fill(each, facts, items) for name, each in template.items()}
        return {name: each for name, each in filled.items() if each is not None}
    return [fill(each, facts, items) for each in template] if isinstance(template, list) else template
