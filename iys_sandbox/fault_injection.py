"""What each kind of fault does to an answer: before the request is applied, after it, or to the connection."""

import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Response, make_response, request

from iys_sandbox.errors import refusal

Truth = Callable[[], Response]
RESET = "sandbox.reset"
PROXY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def wreck(kind: str, endpoint: str, truth: Truth, seconds: float) -> Response:
    """The answer under a fault of this kind; `truth` applies the request and gives the true answer."""
    if kind in KINDS:
        return KINDS[kind](endpoint, truth, seconds)
    return make_response(refusal(kind))  # One of İYS's own codes.


def too_many_calls(endpoint: str) -> Response:
    """429: the token endpoint counts by the hour, and its body is flat."""
    if endpoint != "token":
        return make_response(refusal("H124"))
    body, status = refusal("H084")
    return make_response(body["errors"][0], status)


class ResetsConnections:
    """WSGI middleware that cuts the connection (RST) when a fault asked for it, below what Flask can answer."""

    def __init__(self, app: WSGIApplication):
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self._app(environ, start_response)
        if environ.get(RESET):
            _reset(environ.get("gunicorn.socket") or environ.get("werkzeug.socket"))
            raise ConnectionResetError(104, "reset on purpose")
        return answer


def _reset(connection: socket.socket | None) -> None:
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())  # Not close(): that waits for the server's own file objects.


def _reset_before(endpoint: str, truth: Truth, seconds: float) -> Response:
    request.environ[RESET] = True
    return Response()


def _reset_after(endpoint: str, truth: Truth, seconds: float) -> Response:
    truth()
    return _reset_before(endpoint, truth, seconds)


def _failure_after(endpoint: str, truth: Truth, seconds: float) -> Response:
    answer = truth()
    return make_response(refusal("H101")) if answer.status_code < 300 else answer


def _slow(endpoint: str, truth: Truth, seconds: float) -> Response:
    time.sleep(seconds)
    return truth()


def _cut(endpoint: str, truth: Truth, seconds: float) -> Response:
    answer = truth()
    whole = answer.get_data()
    answer.set_data(whole[: len(whole) // 2])
    return answer


def _drip(endpoint: str, truth: Truth, seconds: float) -> Response:
    whole = truth()
    body = whole.get_data() or b" "

    def drops() -> Iterator[bytes]:
        for position in range(len(body)):
            time.sleep(seconds / len(body))
            yield body[position : position + 1]

    headers = {name: value for name, value in whole.headers.items() if name != "Content-Length"}
    return Response(drops(), whole.status_code, headers)


def _hash_is(word: str) -> Callable[[str, Truth, float], Response]:
    def answer(endpoint: str, truth: Truth, seconds: float) -> Response:
        told = truth()
        if told.status_code != 200:
            return told
        body = {name: value for name, value in told.get_json().items() if name != "hashValue"}
        return make_response(body | {"processStatus": word})

    return answer


# A hash that is not made yet, or could not be: only the agreement has one.
OF_AGREEMENT: dict[str, Callable[[str, Truth, float], Response]] = {
    word: _hash_is(word) for word in ("queued", "inprogress", "error")
}
KINDS: dict[str, Callable[[str, Truth, float], Response]] = {
    "500": lambda endpoint, truth, seconds: make_response(refusal("H470")),
    "500-after-apply": _failure_after,
    "503": lambda endpoint, truth, seconds: make_response(refusal("H192")),
    "429": lambda endpoint, truth, seconds: too_many_calls(endpoint),
    "reset": _reset_before,
    "reset-after-apply": _reset_after,
    "slow": _slow,
    "empty": lambda endpoint, truth, seconds: Response(),
    "html": lambda endpoint, truth, seconds: Response(PROXY_PAGE, 502, content_type="text/html"),
    "cut": _cut,
    "drip": _drip,
    **OF_AGREEMENT,
}
