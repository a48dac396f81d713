"""One request to an endpoint of a provider: to a public address only, without redirects, within a deadline.

Neither the URL nor the answer's body is logged or stored: of the answer to a POST only its status and three headers are
used.
Connections are kept for the next request, to the address that was checked when each was made.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse
from urllib.parse import urlsplit

from requests import certs
from urllib3.util.wait import wait_for_read

from portal.core import http_deadline
from portal.core.ssrf_guard import PrivateAddress, Resolve

CONNECT_SECONDS = 5.0
SECONDS = 15.0  # For the whole answer; Standard Webhooks recommends 15 to 30.
SHORT = 4096  # Bytes of an answer's body that are read, so that the connection can be used again.
MOST_IDLE = 300  # Connections that are kept,
LONGEST_KEPT = 60.0  # and for how many seconds: then the name is asked for its address again.
HEADERS = {"Content-Type": "application/json", "User-Agent": "Izinlink-Webhooks/1 (+https://www.standardwebhooks.com)"}

Place = tuple[str, str]  # Scheme, and host with port.


class DeliveryFailure(StrEnum):
    """Why there was no answer."""

    NOT_PUBLIC = "not_public"  # The host's address is not on the public internet: nothing was connected to.
    NO_ADDRESS = "no_address"
    NO_CONNECTION = "no_connection"
    BAD_CERTIFICATE = "bad_certificate"
    TOO_SLOW = "too_slow"
    NO_ANSWER = "no_answer"
    UNREADABLE = "unreadable"  # What is stored of the endpoint or of the event cannot be opened.


class Control(StrEnum):
    """What a receiver may ask for in the header `webhook-delivery`."""

    DISABLE = "disable"
    ABORT = "abort-message"


@dataclass(frozen=True)
class WebhookAnswer:
    """What came of an attempt."""

    status: int | None = None
    failure: DeliveryFailure | None = None
    control: Control | None = None
    retry_after: timedelta | None = None
    milliseconds: int = 0
    body: bytes = field(default=b"", repr=False)  # Of one that is no longer than SHORT.

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more."""
        return self.status == 410 or self.control == Control.DISABLE


class CannotConnect(OSError):
    """No connection was made."""


class _Connection(HTTPConnection):
    """Connects to the address that `resolve` allows; TLS still asks for the certificate of the name."""

    response_class = http_deadline.Response

    def __init__(self, netloc: str, resolve: Resolve | None, tls: ssl.SSLContext | None):
        self.default_port = 443 if tls else 80  # Which `Host` does not name.
        super().__init__(netloc, timeout=CONNECT_SECONDS)
        self.made = time.monotonic()
        self._resolve, self._tls = resolve, tls

    def connect(self) -> None:
        address = self._resolve(self.host, self.port) if self._resolve else self.host
        try:
            self.sock = socket.create_connection((address, self.port), CONNECT_SECONDS)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)
        except (ssl.SSLCertVerificationError, socket.gaierror):
            raise
        except OSError as failed:
            raise CannotConnect from failed


class Transport:
    """Makes the requests of one process. Without `resolve` it connects to wherever a URL leads: in development."""

    def __init__(self, resolve: Resolve | None, *, ca_file: str = "", seconds: float = SECONDS):
        self._resolve, self._seconds = resolve, seconds
        self._tls = ssl.create_default_context(cafile=ca_file or certs.where())
        self._idle: list[tuple[Place, _Connection]] = []  # The one that was used last is the last.
        self._lock = threading.Lock()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
        """Send a body and wait for the answer. Never raises for what the other side does."""
        return self._call("POST", url, body, headers)

    def get(self, url: str, headers: Mapping[str, str]) -> WebhookAnswer:
        """The same, without a body."""
        return self._call("GET", url, b"", headers)

    def _call(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
        began = time.monotonic()
        try:
            with http_deadline.answer_within(CONNECT_SECONDS + self._seconds):
                answer = self._call_in_time(method, url, body, headers)
        except (HTTPException, OSError, ValueError, PrivateAddress) as failed:
            answer = WebhookAnswer(failure=_failure_of(failed))
        return replace(answer, milliseconds=int((time.monotonic() - began) * 1000))

    def _call_in_time(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> WebhookAnswer:
        parts = urlsplit(url)
        if self._resolve and parts.scheme != "https":
            raise PrivateAddress
        place, path = (parts.scheme, parts.netloc), (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if (kept := self._take(place)) is not None:
            with suppress(ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):  # It was just closed: once more.
                return self._request(kept, place, method, path, body, headers)
        return self._request(self._connect(*place), place, method, path, body, headers)

    def _request(
        self, connection: _Connection, place: Place, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> WebhookAnswer:  # fmt: skip
        is_reusable = False
        try:
            connection.request(method, path, body, {**HEADERS, **headers})
            response = connection.getresponse()
            text = _read_short(response)
            is_reusable = text is not None and not response.will_close
            control, retry_after = _control(response.headers), _retry_after(response.headers)
            return WebhookAnswer(response.status, None, control, retry_after, body=text or b"")
        finally:
            self._keep(place, connection) if is_reusable else connection.close()

    def _connect(self, scheme: str, netloc: str) -> _Connection:
        connection = _Connection(netloc, self._resolve, self._tls if scheme == "https" else None)
        connection.connect()
        connection.sock.settimeout(self._seconds)
        return connection

    def _take(self, place: Place) -> _Connection | None:
        """One that nobody uses, that the other side has not closed and that is not too old."""
        with self._lock:
            found = next((each for each in reversed(self._idle) if each[0] == place), None)
            if found is None:
                return None
            self._idle.remove(found)
        connection = found[1]
        if time.monotonic() - connection.made < LONGEST_KEPT and not wait_for_read(connection.sock, timeout=0):
            return connection
        connection.close()
        return None

    def _keep(self, place: Place, connection: _Connection) -> None:
        """Keep a connection; beyond MOST_IDLE, close the one that was not used for longest."""
        with self._lock:
            self._idle.append((place, connection))
            surplus = self._idle.pop(0)[1] if len(self._idle) > MOST_IDLE else None
        if surplus is not None:
            surplus.close()


def _read_short(response: HTTPResponse) -> bytes | None:
    """A short body, read to its end, so that the connection can be used again; None where it is not. The status says it
    all, whatever becomes of the body."""
    try:
        text = response.read(SHORT + 1)
    except (HTTPException, OSError):
        return None
    return text if len(text) <= SHORT and response.isclosed() else None


def _control(headers: HTTPMessage) -> Control | None:
    asked = headers.get("webhook-delivery", "").strip().lower()
    return Control(asked) if asked in list(Control) else None


def _retry_after(headers: HTTPMessage) -> timedelta | None:
    text = headers.get("Retry-After", "").strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _failure_of(failed: Exception) -> DeliveryFailure:
    if isinstance(failed, PrivateAddress):
        return DeliveryFailure.NOT_PUBLIC
    if isinstance(failed, socket.gaierror):
        return DeliveryFailure.NO_ADDRESS
    if isinstance(failed, ssl.SSLCertVerificationError):
        return DeliveryFailure.BAD_CERTIFICATE
    if isinstance(failed, CannotConnect):
        return DeliveryFailure.NO_CONNECTION
    return DeliveryFailure.TOO_SLOW if isinstance(failed, TimeoutError) else DeliveryFailure.NO_ANSWER
