"""XML as the values that JSON has, so that the same pointers and templates serve both.

An element is an object of its attributes ("@name"), its elements (a list where a name repeats) and its text ("#text");
or only its text where it has nothing else. Document types, and so entities, are refused.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, tostring  # nosec B405  # Writes only.

from defusedxml.ElementTree import fromstring

TEXT, ATTRIBUTE = "#text", "@"
DEEPEST = 30  # Elements within each other.


def parse(text: str, *, keeps_namespaces: bool = False) -> dict[str, Any]:
    """An object with the root element. Namespaces are left out of names unless they are kept. Raises ValueError."""
    try:
        root = fromstring(text, forbid_dtd=True)
        return {_name(root, keeps_namespaces): _value(root, keeps_namespaces, DEEPEST)}
    except ParseError:
        raise ValueError("no XML") from None


def write(value: Mapping[str, Any]) -> bytes:
    """The document of an object with one member, its root, in UTF-8."""
    ((name, inner),) = value.items()
    document: bytes = tostring(_element(name, inner), encoding="utf-8", xml_declaration=True)
    return document


def _value(element: Any, keeps_namespaces: bool, levels: int) -> Any:
    if not levels:
        raise ValueError("nested too deeply")
    text = (element.text or "").strip()
    if not len(element) and not element.attrib:
        return text
    inner: dict[str, list[Any]] = defaultdict(list)
    for each in element:
        inner[_name(each, keeps_namespaces)].append(_value(each, keeps_namespaces, levels - 1))
    members = {ATTRIBUTE + name: each for name, each in element.attrib.items()}
    members |= {name: found[0] if len(found) == 1 else found for name, found in inner.items()}
    return members | ({TEXT: text} if text else {})


def _name(element: Any, keeps_namespaces: bool) -> str:
    name: str = element.tag
    return name if keeps_namespaces else name.rpartition("}")[2]


def _element(name: str, value: Any) -> Element:
    element = Element(name)
    for member, each in value.items() if isinstance(value, dict) else [(TEXT, value)]:
        if member == TEXT:
            element.text = str(each)
        elif member.startswith(ATTRIBUTE):
            element.set(member.removeprefix(ATTRIBUTE), str(each))
        else:
            element.extend(_element(member, one) for one in (each if isinstance(each, list) else [each]))
    return element
