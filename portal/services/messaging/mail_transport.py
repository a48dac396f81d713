"""Transports of mails: an SMTP server over TLS, or the demo gateway.

Both raise GatewayError for a mail, and Disconnected where nothing gets through now.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from typing import Any

import requests

from portal.services.messaging.gateways import demo, smtp_connection
from portal.services.messaging.gateways.http_call import NO_CONNECTION
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError, Reason, SendError
from portal.services.messaging.gateways.smtp_connection import Disconnected

REFUSED = SendError(ErrorClass.PERMANENT, Reason.CONTENT)


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
def open_transport(config: Mapping[str, Any]) -> Iterator[Callable[[OutgoingMail], None]]:
    """Connect; what sends one mail."""
    if not config["SMTP_URL"]:
        yield partial(_send_to_gateway, _gateway_url(config))
        return
    sender = config["MAIL_FROM"]
    with smtp_connection.connect(config["SMTP_URL"], sender.rpartition("@")[2], is_trusted=True) as server:
        yield partial(_send_by_smtp, server, sender)


def _send_by_smtp(server: smtp_connection.SmtpConnection, sender: str, mail: OutgoingMail) -> None:
    try:
        content = _message(sender, mail).as_bytes(policy=SMTP)
    except ValueError:  # Characters that no mail can carry.
        raise GatewayError(REFUSED) from None
    smtp_connection.deliver(server, sender, mail.to, content)


def _message(sender: str, mail: OutgoingMail) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"İzinlink <{sender}>"
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes come back.
    message.set_content(mail.text)
    message["Content-Language"] = mail.language
    return message


def _send_to_gateway(url: str, mail: OutgoingMail) -> None:
    body = {"id": f"mail-{mail.id}", "to": mail.to, "subject": mail.subject, "text": mail.text}
    try:
        status = demo.post_messages(url, [body])
    except requests.RequestException:
        raise Disconnected(NO_CONNECTION) from None
    if status != 202:
        raise GatewayError(REFUSED) if status == 400 else Disconnected(NO_CONNECTION)


def _gateway_url(config: Mapping[str, Any]) -> str:
    """Mails hold links that open accounts: only in development do they go to the message gateway."""
    return config["MESSAGE_GATEWAY_URL"] if config["DEVELOPMENT"] else ""
