"""Transports of mails: an SMTP server over TLS, or the demo gateway."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

TIMEOUT = 10.0  # Seconds for one command and its whole answer.
GATEWAY_TIMEOUT = (3.05, 6.0)
LOCALHOST = ("localhost", "127.0.0.1", "::1")


class Unavailable(Exception):
    """Nothing gets through now: the server or the network is at fault."""


class TemporaryFailure(Exception):
    """The server asks to retry this mail later (4xx)."""


class PermanentFailure(Exception):
    """The server will never take this mail (5xx)."""


@dataclass(frozen=True)
class OutgoingMail:
    id: int
    to: str
    subject: str
    text: str
    language: str


def is_configured(config: Mapping[str, Any]) -> bool:
    return bool(config["SMTP_URL"] or _gateway_url(config))


@contextmanager
def open_transport(config: Mapping[str, Any]) -> Iterator["SmtpTransport | GatewayTransport"]:
    """Connect. Raises Unavailable."""
    if config["SMTP_URL"]:
        with _connect(config["SMTP_URL"], config["MAIL_FROM"].rpartition("@")[2]) as server:
            yield SmtpTransport(server, config["MAIL_FROM"])
    else:
        yield GatewayTransport(_gateway_url(config))


class SmtpTransport:
    """An SMTP server, connected and logged in."""

    def __init__(self, server: smtplib.SMTP, sender: str):
        self.server, self.sender = server, sender

    def send(self, mail: OutgoingMail) -> None:
        """Raises Unavailable, TemporaryFailure and PermanentFailure."""
        try:
            self.server.send_message(self._message(mail))
        except smtplib.SMTPRecipientsRefused as refusal:
            ((code, _said),) = refusal.recipients.values()
            raise (PermanentFailure if code >= 500 else TemporaryFailure) from None
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as refusal:
            raise (PermanentFailure if refusal.smtp_code >= 500 else TemporaryFailure) from None
        except (smtplib.SMTPNotSupportedError, ValueError):  # Characters that this server, or no mail, can carry.
            raise PermanentFailure from None
        except (smtplib.SMTPException, OSError):
            raise Unavailable from None

    def _message(self, mail: OutgoingMail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = f"İzinlink <{self.sender}>"
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Message-ID"] = f"<{mail.id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes come back.
        message.set_content(mail.text)
        message["Content-Language"] = mail.language
        return message


class GatewayTransport:
    """The demo gateway."""

    def __init__(self, url: str):
        self.url = url

    def send(self, mail: OutgoingMail) -> None:
        """Raises Unavailable and PermanentFailure."""
        body = {"id": f"mail-{mail.id}", "to": mail.to, "subject": mail.subject, "text": mail.text}
        try:
            answer = requests.post(
                f"{self.url}/messages", json={"messages": [body]}, timeout=GATEWAY_TIMEOUT, allow_redirects=False
            )
        except requests.RequestException:
            raise Unavailable from None
        if answer.status_code != 202:
            raise PermanentFailure if answer.status_code == 400 else Unavailable


def _gateway_url(config: Mapping[str, Any]) -> str:
    """Mails hold links that open accounts: only in development do they go to the message gateway."""
    return config["MESSAGE_GATEWAY_URL"] if config["DEVELOPMENT"] else ""


class SmtpConnection(smtplib.SMTP):
    """In clear until STARTTLS. A whole reply must come within TIMEOUT: smtplib's own timeout is per read, so single
    bytes could hold us for ever."""

    def getreply(self) -> tuple[int, bytes]:
        late = threading.Timer(TIMEOUT, _hang_up, [self.sock])
        late.daemon = True
        late.start()
        try:
            return super().getreply()
        finally:
            late.cancel()


class TlsConnection(SmtpConnection, smtplib.SMTP_SSL):
    """TLS from the first byte."""


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _connect(url: str, name: str) -> Iterator[smtplib.SMTP]:
    try:
        server = _log_in(url, name)
    except (smtplib.SMTPException, OSError):
        raise Unavailable from None  # The server's words may repeat the user name.
    try:
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _log_in(url: str, name: str) -> smtplib.SMTP:
    """Connect and log in; over TLS with a checked certificate, except on localhost. EHLO names the domain of MAIL_FROM:
    smtplib would look up this machine's own name and send it."""
    at, context = urlsplit(url), ssl.create_default_context()
    host = at.hostname or ""
    server: smtplib.SMTP
    if at.scheme == "smtps":
        server = TlsConnection(host, at.port or 465, local_hostname=name, timeout=TIMEOUT, context=context)
    else:
        server = SmtpConnection(host, at.port or 587, local_hostname=name, timeout=TIMEOUT)
    try:
        if at.scheme == "smtp" and host not in LOCALHOST:
            server.starttls(context=context)
        if at.username:
            server.login(unquote(at.username), unquote(at.password or ""))
    except BaseException:
        server.close()
        raise
    return server
