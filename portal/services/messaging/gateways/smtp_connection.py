"""One connection to an SMTP server: over TLS, logged in, with a deadline for each reply; and one mail over it.

Failures are told in the terms of the protocol. A server's own words stay out of them: they may repeat an address or
the user name. Only what may be a person's goes along, without addresses (SendError.said).
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from portal.core.ssrf_guard import PrivateAddress, public_address
from portal.services.messaging.gateways import own_words
from portal.services.messaging.gateways.http_call import BAD_CERTIFICATE, NO_CONNECTION, NOT_ALLOWED
from portal.services.messaging.gateways.mail_status import enhanced_status, reason_of
from portal.services.messaging.gateways.mail_system_words import unfamiliar_answer
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError, Reason, SendError

TIMEOUT = 10.0  # Seconds for one command and its whole answer.
# For the answer to a mail's content: giving up early would send it twice (RFC 5321, 4.5.3.2.6).
VERDICT_TIMEOUT = 60.0
LOCALHOST = ("localhost", "127.0.0.1", "::1")
NO_MAILBOX = (550, 551, 553)  # Answers to a recipient, where no enhanced status says more.
LOGIN_NEEDED = (530, 534, 535, 538)
TOO_BIG, CLOSING = 552, 421


class Disconnected(GatewayError):
    """The connection is of no more use: other mails need another one."""


class SmtpConnection(smtplib.SMTP):
    """In clear until STARTTLS. A whole reply must come within its time: smtplib's own timeout is per read, so single
    bytes could hold us for ever."""

    awaits_verdict = False  # Whether a mail's content was begun, and not yet answered.

    def __init__(self, host: str, port: int, *, is_trusted: bool, **options: Any):
        self.is_trusted = is_trusted
        super().__init__(host, port, timeout=TIMEOUT, **options)

    def connect(self, host: str = "", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        """Connect to the very address that was checked; TLS still asks for the certificate of the name."""
        return super().connect(host if self.is_trusted else public_address(host, port), port, source_address)

    def getreply(self) -> tuple[int, bytes]:
        wait = VERDICT_TIMEOUT if self.awaits_verdict else TIMEOUT
        assert self.sock is not None
        self.sock.settimeout(wait)
        late = threading.Timer(wait, close_socket, [self.sock])
        late.daemon = True
        late.start()
        try:
            code, text = super().getreply()
        finally:
            late.cancel()
        self.awaits_verdict = code == 354
        return code, text


class TlsConnection(SmtpConnection, smtplib.SMTP_SSL):
    """TLS from the first byte."""


@contextmanager
def connect(url: str, name: str, *, is_trusted: bool) -> Iterator[SmtpConnection]:
    """Connect to smtp(s)://user:password@host:port and log in. Raises Disconnected.

    EHLO says `name`: smtplib would look up this machine's own name and send it. `is_trusted` allows private addresses:
    for a URL of the operator's. Localhost is the only one that needs no TLS.
    """
    try:
        server = _log_in(url, name, is_trusted)
    except (smtplib.SMTPException, OSError, ValueError, PrivateAddress) as failure:
        raise Disconnected(_connection_error(failure)) from None
    try:
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def deliver(server: SmtpConnection, sender: str, to: str, content: bytes, *, asks_reports: bool = False) -> None:
    """Send one mail to one address. Raises GatewayError, and Disconnected where the connection is lost.

    Reports of failures and delays, with the headers only, are asked for where the server offers that (RFC 3461).
    """
    if not (sender + to).isascii():
        raise GatewayError(SendError(ErrorClass.PERMANENT, Reason.BAD_ADDRESS, "not_ascii"))
    has_reports = asks_reports and server.has_extn("dsn")
    of_mail, of_recipient = (("RET=HDRS",), ("NOTIFY=FAILURE,DELAY",)) if has_reports else ((), ())
    try:
        server.sendmail(sender, [to], content, of_mail, of_recipient)
    except smtplib.SMTPRecipientsRefused as refusal:
        ((code, text),) = refusal.recipients.values()
        raise _refusal(server, code, text, Reason.BAD_ADDRESS if code in NO_MAILBOX else None) from None
    except smtplib.SMTPSenderRefused as refusal:
        reason = None if refusal.smtp_code == TOO_BIG else Reason.HEADER
        raise _refusal(server, refusal.smtp_code, refusal.smtp_error, reason) from None
    except smtplib.SMTPResponseException as refusal:
        raise _refusal(server, refusal.smtp_code, refusal.smtp_error, None) from None
    except (smtplib.SMTPException, OSError):
        error_class = ErrorClass.UNCERTAIN if server.awaits_verdict else ErrorClass.TEMPORARY
        raise Disconnected(SendError(error_class, Reason.UNAVAILABLE, "disconnected")) from None


def _log_in(url: str, name: str, is_trusted: bool) -> SmtpConnection:
    at, context = urlsplit(url), ssl.create_default_context()
    host = at.hostname or ""
    server: SmtpConnection
    if at.scheme == "smtps":
        server = TlsConnection(host, at.port or 465, is_trusted=is_trusted, local_hostname=name, context=context)
    else:
        server = SmtpConnection(host, at.port or 587, is_trusted=is_trusted, local_hostname=name)
    try:
        if at.scheme == "smtp" and host not in LOCALHOST:
            server.starttls(context=context)
        if at.username:
            server.login(unquote(at.username), unquote(at.password or ""))
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _connection_error(failure: Exception) -> SendError:
    if isinstance(failure, smtplib.SMTPResponseException):
        is_login = isinstance(failure, smtplib.SMTPAuthenticationError)
        reason = Reason.CREDENTIALS if is_login else Reason.NETWORK_ADDRESS
        is_final = failure.smtp_code >= 500
        return SendError(ErrorClass.CONFIG if is_final else ErrorClass.TEMPORARY, reason, str(failure.smtp_code))
    if isinstance(failure, PrivateAddress):
        return NOT_ALLOWED
    if isinstance(failure, ssl.SSLCertVerificationError):
        return BAD_CERTIFICATE
    is_answered = isinstance(failure, smtplib.SMTPException | ValueError)  # No TLS, no login, or not in ASCII.
    if is_answered and not isinstance(failure, smtplib.SMTPServerDisconnected):
        return SendError(ErrorClass.CONFIG, Reason.CREDENTIALS, "no_tls_or_login")
    return NO_CONNECTION


def _refusal(server: SmtpConnection, code: int, said: bytes | str, reason: Reason | None) -> GatewayError:
    """The error of a reply; `reason` is that of 5xx where no enhanced status says more. A refused sender is refused
    for everybody."""
    words = said.decode(errors="replace") if isinstance(said, bytes) else said
    status = enhanced_status(words)
    if code in LOGIN_NEEDED:
        error = SendError(ErrorClass.CONFIG, Reason.CREDENTIALS, str(code))
    elif code >= 500 and reason == Reason.HEADER:
        error = SendError(ErrorClass.CONFIG, Reason.HEADER, f"{code} {status}".strip())
    elif code >= 500:
        words = " ".join(words.split())
        has_left = own_words.refusing_diagnostic([words])
        why = Reason.BLOCKED_BY_VENDOR if has_left else reason_of(status) or reason or Reason.CONTENT
        said = "" if has_left else unfamiliar_answer(words)
        error = SendError(ErrorClass.PERMANENT, why, f"{code} {status}".strip(), said=said)
    elif code >= 400:
        error = SendError(ErrorClass.TEMPORARY, reason_of(status) or Reason.UNAVAILABLE, f"{code} {status}".strip())
    else:
        error = SendError(ErrorClass.UNCERTAIN, Reason.UNKNOWN, "not_smtp")
    return Disconnected(error) if server.sock is None or code == CLOSING else GatewayError(error)


def close_socket(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
