"""Why nobody answered, in a word for logs and for the doctor: no address, name or server's own text is in it."""

import smtplib
import socket
import ssl
from collections.abc import Iterator

# The first that fits; a subclass stands before its class.
CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (ConnectionRefusedError, "refused"),
    (ConnectionResetError, "reset"),
    (TimeoutError, "timeout"),
    (smtplib.SMTPAuthenticationError, "login"),
    (smtplib.SMTPNotSupportedError, "no_tls_or_login"),
)


def cause_of(failure: BaseException) -> str:
    """One of CAUSES, found also inside what libraries wrap it in; otherwise the name of the outermost exception."""
    inside = list(_unwrap(failure, set()))
    found = (word for kind, word in CAUSES for each in inside if isinstance(each, kind))
    return next(found, type(failure).__name__)


def _unwrap(failure: object, seen: set[int]) -> Iterator[BaseException]:
    if not isinstance(failure, BaseException) or id(failure) in seen:
        return
    seen.add(id(failure))
    yield failure
    for inner in (failure.__cause__, failure.__context__, getattr(failure, "reason", None), *failure.args):
        yield from _unwrap(inner, seen)
