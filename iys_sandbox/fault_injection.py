"""Kinds of faults: what each does before the request is applied, after it, or to the connection."""

import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response, make_response, request

from iys_sandbox.errors import error_answer

TrueAnswer = Callable[[], Response]
Kind = Callable[[str, TrueAnswer, float], Response]  # (endpoint, true answer, seconds)
RESET_REQUESTED = "sandbox.reset"
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
