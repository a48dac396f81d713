"""One POST to an endpoint of a provider: to a public address only, without redirects, within a deadline.

Neither the URL nor the answer's body is logged or stored: of the answer only its status and three headers are used.
Connections are kept for the next request, to the address that was checked when each was made.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import urllib3
from requests import certs
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Timeout

from portal.core import http_deadline
from portal.core.public_addresses import PrivateAddress, Resolve, guarded_pool

CONNECT_SECONDS = 5.0
SECONDS = 15.0  # For the whole answer; Standard Webhooks recommends 15 to 30.
SHORT = 4096  # Bytes of an answer's body that are read, so that the connection can be used again.
MOST_HOSTS = 500  # To which connections are kept.
HEADERS = {"Content-Type": "application/json", "User-Agent": "Izinlink-Webhooks/1 (+https://www.standardwebhooks.com)"}


class Failure(StrEnum):
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
class Answer:
    """What came of an attempt."""

    status: int | None = None
    failure: Failure | None = None
    control: Control | None = None
    retry_after: timedelta | None = None
    milliseconds: int = 0

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more."""
        return self.status == 410 or self.control == Control.DISABLE


class Transport:
    """Makes the requests of one process. Without `resolve` it connects to wherever a URL leads: in development."""

    def __init__(self, resolve: Resolve | None, *, ca_file: str = "", seconds: float = SECONDS):
        self._seconds = seconds
        self._pools = urllib3.PoolManager(
            num_pools=MOST_HOSTS, maxsize=4, retries=False, cert_reqs="CERT_REQUIRED", ca_certs=ca_file or certs.where()
        )
        guarded: dict[str, type[HTTPConnectionPool]] = {"https": guarded_pool(resolve)} if resolve else {}
        self._pools.pool_classes_by_scheme = guarded or http_deadline.Adapter.pools

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a body and wait for the answer. Never raises for what the other side does."""
        began = time.monotonic()
        try:
            with http_deadline.answer_within(CONNECT_SECONDS + self._seconds):
                answer = self._call(url, body, headers)
        except (HTTPError, OSError, ValueError, KeyError, PrivateAddress) as failed:
            answer = Answer(failure=_failure_of(failed))
        return Answer(answer.status, answer.failure, answer.control, answer.retry_after, _milliseconds_since(began))

    def _call(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        response = self._pools.request(
            "POST", url, body=body, headers={**HEADERS, **headers}, redirect=False, preload_content=False,
            timeout=Timeout(connect=CONNECT_SECONDS, read=self._seconds),
        )  # fmt: skip
        try:
            if len(response.read(SHORT + 1, decode_content=False)) > SHORT:
                response.close()  # Not read to its end: the connection is of no use.
        except (HTTPError, OSError):
            response.close()  # The status says it all.
        finally:
            response.release_conn()
        return Answer(response.status, None, _control(response.headers), _retry_after(response.headers))


def _control(headers: Mapping[str, str]) -> Control | None:
    asked = headers.get("webhook-delivery", "").strip().lower()
    return Control(asked) if asked in list(Control) else None


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    text = headers.get("Retry-After", "").strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _milliseconds_since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _failure_of(failed: Exception) -> Failure:
    if isinstance(failed, PrivateAddress | KeyError):  # Another scheme than https has no pool.
        return Failure.NOT_PUBLIC
    if isinstance(failed, NameResolutionError):
        return Failure.NO_ADDRESS
    if isinstance(failed, SSLError) and any(isinstance(each, ssl.SSLCertVerificationError) for each in failed.args):
        return Failure.BAD_CERTIFICATE
    if isinstance(failed, NewConnectionError | ConnectTimeoutError | SSLError | LocationValueError):
        return Failure.NO_CONNECTION
    return Failure.TOO_SLOW if isinstance(failed, ReadTimeoutError) else Failure.NO_ANSWER
