"""Faults that a tester activates: endpoint, kind, rate; in memory, and repeatable by their seed."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from iys_sandbox.fault_injection import KINDS, OF_AGREEMENT
from iys_sandbox.wire_types import JsonObject
from portal.core.iys_protocol import CODES, Operation

ENDPOINTS = tuple(str(question) for question in Operation)
CODE_KINDS = tuple(code for code in CODES if re.fullmatch(r"H\d+", code))

Number = TypeVar("Number", int, float)
Default = TypeVar("Default", int, float, None)


class UnknownFault(ValueError):
    """A fault that does not exist; the text says which do."""


@dataclass
class Fault:
    """A fault at one endpoint (or `*`); it strikes each request with probability `rate`, at most `count` times."""

    endpoint: str
    kind: str
    rate: float = 1.0
    seed: int = 0
    count: int | None = None
    seconds: float = 12.0
    struck: int = 0
    random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    @property
    def spoils_the_answer(self) -> bool:
        """Whether the caller is left without the true answer."""
        return self.kind not in ("slow", "drip", *OF_AGREEMENT)

    def would_strike(self, endpoint: str) -> bool:
        """Draw for a request; each request at a matching endpoint is one draw."""
        if self.endpoint not in ("*", endpoint):
            return False
        hits = self.random.random() < self.rate
        return hits and (self.count is None or self.struck < self.count)

    def as_json(self) -> JsonObject:
        names = ("endpoint", "kind", "rate", "seed", "count", "seconds", "struck")
        return {name: getattr(self, name) for name in names}


class Faults:
    """The active faults in the order they were added; the first that strikes a request wins."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def strike(self, endpoint: str) -> Fault | None:
        """The fault that strikes this request, if one does."""
        with self._lock:
            striking = [fault for fault in self._faults if fault.would_strike(endpoint)]
            if not striking:
                return None
            striking[0].struck += 1
            return striking[0]


def parse_fault(fields: Mapping[str, object]) -> Fault:
    """Parse the fields of a JSON object or a form. Raises UnknownFault, which says what would be right."""
    unknown = set(fields) - {"endpoint", "kind", "rate", "seed", "count", "seconds"}
    if unknown:
        raise UnknownFault(f"unknown keys {sorted(unknown)}; keys are endpoint, kind, rate, seed, count, seconds")
    endpoint, kind = str(fields.get("endpoint", "")), str(fields.get("kind", ""))
    if endpoint not in (*ENDPOINTS, "*"):
        raise UnknownFault(f"unknown endpoint {endpoint!r}; endpoints are {', '.join(ENDPOINTS)}, *")
    if kind not in KINDS and kind not in CODE_KINDS:
        raise UnknownFault(f"unknown kind {kind!r}; kinds are {', '.join([*KINDS, *CODE_KINDS])}")
    if kind in OF_AGREEMENT and endpoint != Operation.AGREEMENT:
        raise UnknownFault(f"{kind!r} is a fault of {Operation.AGREEMENT} alone")
    return Fault(
        endpoint,
        kind,
        rate=_parse_number(fields, "rate", float, 1.0, least=0, most=1),
        seed=_parse_number(fields, "seed", int, 0),
        count=_parse_number(fields, "count", int, None, least=0),
        seconds=_parse_number(fields, "seconds", float, 12.0, least=0, most=600),
    )


def _parse_number(
    fields: Mapping[str, object],
    name: str,
    kind: type[Number],
    default: Default,
    *,
    least: float = float("-inf"),
    most: float = float("inf"),
) -> Number | Default:
    value: Any = fields.get(name)
    if value is None or value == "":
        return default
    try:
        number: Number = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise UnknownFault(f"{name} is not a number: {value!r}") from None
    if not least <= number <= most:
        raise UnknownFault(f"{name} must be {least:g} to {most:g}, not {number:g}")
    return number
