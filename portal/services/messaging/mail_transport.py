"""Transports of mails: an SMTP server over TLS, or the demo gateway."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import requests

from portal.services.messaging.gateways import smtp_connection
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError

GATEWAY_TIMEOUT = (3.05, 6.0)


class Unavailable(Exception):
    """Nothing gets through now: the server or the network is at fault."""


class TemporaryFailure(Exception):
    """The server asks to retry this mail later (4xx)."""


class PermanentFailure(Exception):
    """The server will never take this mail (5xx)."""


FAILURES = {ErrorClass.TEMPORARY: TemporaryFailure, ErrorClass.PERMANENT: PermanentFailure}


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
    if not config["SMTP_URL"]:
        yield GatewayTransport(_gateway_url(config))
        return
    try:
        domain = config["MAIL_FROM"].rpartition("@")[2]
        with smtp_connection.connect(config["SMTP_URL"], domain, is_trusted=True) as server:
            yield SmtpTransport(server, config["MAIL_FROM"])
    except GatewayError:
        raise Unavailable from None


class SmtpTransport:
    """An SMTP server, connected and logged in."""

    def __init__(self, server: smtp_connection.SmtpConnection, sender: str):
        self.server, self.sender = server, sender

    def send(self, mail: OutgoingMail) -> None:
        """Raises Unavailable, TemporaryFailure and PermanentFailure."""
        try:
            content = self._message(mail).as_bytes(policy=SMTP)
            smtp_connection.deliver(self.server, self.sender, mail.to, content)
        except ValueError:  # Characters that no mail can carry.
            raise PermanentFailure from None
        except GatewayError as failure:
            is_of_mail = type(failure) is GatewayError
            raise FAILURES.get(failure.error.error_class, Unavailable) if is_of_mail else Unavailable from None

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
