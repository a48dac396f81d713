"""One guarded HTTP call to a vendor: https to a public address, no redirects, a short answer within a deadline.

Whose URL it is may be a provider's own choice, so it leads to public addresses only. Bodies and queries hold passwords
and addresses: none is logged, and no exception carries them.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import requests
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError, SSLError

from portal.core import http_deadline
from portal.core.ssrf_guard import GuardedPool, PrivateAddress
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError, Reason, SendError

CONNECT_SECONDS = 5.0
SECONDS = 30.0  # For the whole answer, unless said otherwise.
LONGEST_ANSWER = 256 * 1024  # Bytes, unless said otherwise.
CHUNK = 16 * 1024
NO_CONNECTION = SendError(ErrorClass.TEMPORARY, Reason.UNAVAILABLE, "no_connection")
NO_ANSWER = SendError(ErrorClass.UNCERTAIN, Reason.UNAVAILABLE, "no_answer")
ANSWER_TOO_LONG = SendError(ErrorClass.UNCERTAIN, Reason.UNKNOWN, "answer_too_long")
BAD_REQUEST = SendError(ErrorClass.CONFIG, Reason.UNKNOWN, "bad_request")  # A URL or header that HTTP cannot carry.
NOT_ALLOWED = SendError(ErrorClass.CONFIG, Reason.UNKNOWN, "url_not_allowed")
BAD_CERTIFICATE = SendError(ErrorClass.CONFIG, Reason.UNAVAILABLE, "bad_certificate")


@dataclass(frozen=True)
class HttpAnswer:
    """A vendor's answer of any status."""

    status: int
    body: bytes = field(repr=False)
    retry_after: timedelta | None = None


def call(
    method: str, url: str, *, query: Mapping[str, str] | None = None, json: Any = None,
    form: Mapping[str, str] | None = None, xml: bytes = b"", headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS, longest: int = LONGEST_ANSWER, is_trusted: bool = False,
) -> HttpAnswer:  # fmt: skip
    """Make one call, and read an answer of up to `longest` bytes. `is_trusted` allows http and private addresses: in
    development, and for a URL of the operator's.

    Raises GatewayError: TEMPORARY where no connection was made, UNCERTAIN where the vendor may have read the request.
    """
    if not is_trusted and not url.startswith("https://"):
        raise GatewayError(NOT_ALLOWED)
    own_headers = {"Content-Type": "text/xml; charset=utf-8"} if xml else {}
    with requests.Session() as session:
        session.trust_env = False  # No .netrc, no proxies of the machine.
        session.mount(url.partition("://")[0] + "://", http_deadline.Adapter() if is_trusted else _GuardedAdapter())
        try:
            with (
                http_deadline.answer_within(seconds),
                session.request(
                    method, url, params=query, json=json, data=xml or form,
                    headers={**own_headers, **(headers or {})},
                    timeout=(CONNECT_SECONDS, seconds), allow_redirects=False, stream=True,
                ) as answer,
            ):  # fmt: skip
                return HttpAnswer(answer.status_code, _read_body(answer, longest), _retry_after(answer.headers))
        except (requests.RequestException, ValueError, PrivateAddress) as failure:
            raise GatewayError(_error_of(failure)) from None


class _GuardedAdapter(http_deadline.Adapter):
    pools: ClassVar[dict[str, type[HTTPConnectionPool]]] = {"https": GuardedPool}


class _AnswerTooLong(requests.RequestException):
    """More than is read."""


def _read_body(answer: requests.Response, longest: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(CHUNK):
        body += chunk
        if len(body) > longest:
            raise _AnswerTooLong
    return bytes(body)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    text = headers.get("Retry-After", "").strip()
    return timedelta(seconds=int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _error_of(failure: Exception) -> SendError:
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    if isinstance(failure, PrivateAddress):
        return NOT_ALLOWED
    if isinstance(failure, ValueError):
        return BAD_REQUEST
    if isinstance(failure, _AnswerTooLong):
        return ANSWER_TOO_LONG
    if isinstance(reason, SSLError) and isinstance(reason.args[0], ssl.SSLCertVerificationError):
        return BAD_CERTIFICATE
    if isinstance(failure, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return NO_CONNECTION
    return NO_ANSWER
