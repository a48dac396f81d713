"""Faults that a tester activates, in memory and repeatable by their seed, and what each kind does.

A kind acts before the request is applied, after it, or on the connection.
"""

import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response, make_response, request

from iys_sandbox.errors import JsonObject, error_answer
from portal.core.iys_protocol import CODES, Operation

TrueAnswer = Callable[[], Response]
Kind = Callable[[str, TrueAnswer, float], Response]  # (endpoint, true answer, seconds)
RESET_REQUESTED = "sandbox.reset"
ENDPOINTS = tuple(str(question) for question in Operation)
CODE_KINDS = tuple(code for code in CODES if re.fullmatch(r"H\d+", code))
Number = TypeVar("Number", int, float)
Default = TypeVar("Default", int, float, None)
PROXY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def apply_fault(kind: str, endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
    """The answer under a fault of this kind; `true_answer` applies the request and gives the true answer."""
    if kind in KINDS:
        return KINDS[kind](endpoint, true_answer, seconds)
    return make_response(error_answer(kind))  # One of İYS's own codes.


def too_many_calls(endpoint: str) -> Response:
    """429: the token endpoint counts by the hour, and its body is flat."""
    if endpoint != "token":
        return make_response(error_answer("H124"))
    body, status = error_answer("H084")
    return make_response(body["errors"][0], status)


class ConnectionResetter:
    """WSGI middleware that cuts the connection (RST) when a fault asked for it, below what Flask can answer."""

    def __init__(self, app: WSGIApplication):
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self._app(environ, start_response)
        if environ.get(RESET_REQUESTED):
            _reset_connection(environ.get("gunicorn.socket") or environ.get("werkzeug.socket"))
            raise ConnectionResetError(104, "reset on purpose")
        return answer


def _reset_connection(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())  # Not close(): that waits for the server's own file objects.


def _reset_before(endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
    request.environ[RESET_REQUESTED] = True
    return Response()


def _reset_after_apply(endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
    true_answer()
    return _reset_before(endpoint, true_answer, seconds)


def _fail_after_apply(endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
    answer = true_answer()
    return make_response(error_answer("H101")) if answer.status_code < 300 else answer


def _answer_late(endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
    time.sleep(seconds)
    return true_answer()


def _cut_answer(endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
    answer = true_answer()
    whole = answer.get_data()
    answer.set_data(whole[: len(whole) // 2])
    return answer


def _drip_answer(endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
    whole = true_answer()
    body = whole.get_data() or b" "

    def drops() -> Iterator[bytes]:
        for position in range(len(body)):
            time.sleep(seconds / len(body))
            yield body[position : position + 1]

    headers = {name: value for name, value in whole.headers.items() if name != "Content-Length"}
    return Response(drops(), whole.status_code, headers)


def _unfinished_hash(word: str) -> Kind:
    def answer(endpoint: str, true_answer: TrueAnswer, seconds: float) -> Response:
        found = true_answer()
        if found.status_code != 200:
            return found
        body = {name: value for name, value in found.get_json().items() if name != "hashValue"}
        return make_response(body | {"processStatus": word})

    return answer


# A hash that is not made yet, or could not be: only the agreement has one.
OF_AGREEMENT: dict[str, Kind] = {word: _unfinished_hash(word) for word in ("queued", "inprogress", "error")}
KINDS: dict[str, Kind] = {
    "500": lambda endpoint, true_answer, seconds: make_response(error_answer("H470")),
    "500-after-apply": _fail_after_apply,
    "503": lambda endpoint, true_answer, seconds: make_response(error_answer("H192")),
    "429": lambda endpoint, true_answer, seconds: too_many_calls(endpoint),
    "reset": _reset_before,
    "reset-after-apply": _reset_after_apply,
    "slow": _answer_late,
    "empty": lambda endpoint, true_answer, seconds: Response(),
    "html": lambda endpoint, true_answer, seconds: Response(PROXY_PAGE, 502, content_type="text/html"),
    "cut": _cut_answer,
    "drip": _drip_answer,
    **OF_AGREEMENT,
}


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
