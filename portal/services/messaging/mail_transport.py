"""By which way a mail leaves: an SMTP server over TLS, or the demonstration's gateway."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import requests

TIMEOUT = 10.0  # Seconds, of one command and all of its answer.
GATEWAY_TIMEOUT = (3.05, 6.0)
ON_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class Blocked(Exception):
    """Nothing gets through now; it lies with the server or the way there."""


class Later(Exception):
    """The server takes this mail later, it says."""


class Refused(Exception):
    """The server will never take this mail."""


@dataclass(frozen=True)
class Letter:
    """One mail as it travels."""

    id: int
    to: str
    subject: str
    text: str
    language: str


def are_there(config: dict) -> bool:
    """Whether mails have a way at all."""
    return bool(config["SMTP_URL"] or _gateway(config))


@contextmanager
def opened(config: dict) -> Iterator["Smtp | Gateway"]:
    """The way, connected. Raises Blocked."""
    if config["SMTP_URL"]:
        with _connected(config["SMTP_URL"], config["MAIL_FROM"].rpartition("@")[2]) as server:
            yield Smtp(server, config["MAIL_FROM"])
    else:
        yield Gateway(_gateway(config))


class Smtp:
    """A server that is connected, and lets us in."""

    def __init__(self, server: smtplib.SMTP, sender: str):
        self.server, self.sender = server, sender

    def send(self, letter: Letter) -> None:
        """Give it a letter. Raises Blocked, Later and Refused."""
        try:
            self.server.send_message(self._message(letter))
        except smtplib.SMTPRecipientsRefused as refusal:
            ((code, _said),) = refusal.recipients.values()
            raise (Refused if code >= 500 else Later) from None
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as refusal:
            raise (Refused if refusal.smtp_code >= 500 else Later) from None
        except (smtplib.SMTPNotSupportedError, ValueError):  # Letters that this server, or no mail, can carry.
            raise Refused from None
        except (smtplib.SMTPException, OSError):
            raise Blocked from None

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = f"İzinlink <{self.sender}>"
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes come back.
        message.set_content(letter.text)
        message["Content-Language"] = letter.language
        return message


class Gateway:
    """The demonstration's: it shows what it is given."""

    def __init__(self, url: str):
        self.url = url

    def send(self, letter: Letter) -> None:
        """Give it a letter. Raises Blocked and Refused."""
        body = {"id": f"mail-{letter.id}", "to": letter.to, "subject": letter.subject, "text": letter.text}
        try:
            answer = requests.post(
                f"{self.url}/messages", json={"messages": [body]}, timeout=GATEWAY_TIMEOUT, allow_redirects=False
            )
        except requests.RequestException:
            raise Blocked from None
        if answer.status_code != 202:
            raise Refused if answer.status_code == 400 else Blocked


def _gateway(config: dict) -> str:
    """Mails hold keys to accounts: they go to the gateway of messages in a demonstration only."""
    return config["MESSAGE_GATEWAY_URL"] if config["DEVELOPMENT"] else ""


class Impatient:
    """A connection whose answers must come within TIMEOUT as a whole: a server that lets fall byte after byte keeps the
    library's own time limit, which is of each byte, and would hold us for ever."""

    def getreply(self):
        """The answer to a command, or none."""
        late = threading.Timer(TIMEOUT, _hang_up, [self.sock])
        late.daemon = True
        late.start()
        try:
            return super().getreply()
        finally:
            late.cancel()


class Plain(Impatient, smtplib.SMTP):
    """In the clear, until STARTTLS."""


class Secure(Impatient, smtplib.SMTP_SSL):
    """By TLS from its first byte on."""


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def _connected(url: str, name: str) -> Iterator[smtplib.SMTP]:
    try:
        server = _greeted(url, name)
    except (smtplib.SMTPException, OSError):
        raise Blocked from None  # What the server said may repeat the user name.
    try:
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _greeted(url: str, name: str) -> smtplib.SMTP:
    """Nothing is said to a server elsewhere before the line is private and its certificate was looked at. We greet by
    the domain that mails come from: this machine's own name would be looked up, and is nobody's business."""
    at, context = urlsplit(url), ssl.create_default_context()
    if at.scheme == "smtps":
        server = Secure(at.hostname, at.port or 465, local_hostname=name, timeout=TIMEOUT, context=context)
    else:
        server = Plain(at.hostname, at.port or 587, local_hostname=name, timeout=TIMEOUT)
    try:
        if at.scheme == "smtp" and at.hostname not in ON_THIS_MACHINE:
            server.starttls(context=context)
        if at.username:
            server.login(unquote(at.username), unquote(at.password or ""))
    except BaseException:
        server.close()
        raise
    return server
