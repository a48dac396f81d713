"""A mailbox into which bounces, complaints and refusals by mail come back, read over IMAP (RFC 9051) and TLS.

It is opened for reading only, so nothing in it is changed or deleted; how far it was read is a position that the caller
keeps. What the server says is bounded in time and in size. Of its folders the INBOX is read, and the one for spam: some
filters take refusals for it.
"""

import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from portal.core.ssrf_guard import PrivateAddress, public_address
from portal.services.messaging.gateways.bounces import MAX_BYTES
from portal.services.messaging.gateways.http_call import BAD_CERTIFICATE, NO_CONNECTION, NOT_ALLOWED
from portal.services.messaging.gateways.protocol import ErrorClass, GatewayError, Reason, SendError
from portal.services.messaging.gateways.smtp_connection import close_socket

PORT = 993
TIMEOUT, DEADLINE = 20.0, 120.0  # Seconds: of one read, and of a visit.
MOST_MAILS = 50  # In a visit.
MOST_BYTES = 2 * MOST_MAILS * MAX_BYTES  # That the server may say in a visit.
BAD_LOGIN = SendError(ErrorClass.CONFIG, Reason.CREDENTIALS, "imap_login")
NO_INBOX = SendError(ErrorClass.TEMPORARY, Reason.UNAVAILABLE, "inbox")
# A line of LIST's, up to the folder's name, which is a literal where nothing follows.
LISTED = re.compile(rb'\(([^()]*)\) (?:NIL|"\\?.") ("(?:[^"\\]|\\.)*"|[^\s"(){]+)?', re.IGNORECASE)

# The position up to which a folder was read; and since when mails of it are, without one.
Place = tuple[str | None, datetime]


@dataclass(frozen=True)
class FolderVisit:
    """Mails as they are, at most MAX_BYTES of each; the position after them, whether there may be more, and the UIDs of
    those that the server did not hand out."""

    mails: list[bytes]
    position: str
    is_full: bool
    passed_over: Sequence[int] = ()


@dataclass(frozen=True)
class MailboxVisit(FolderVisit):
    """Of the INBOX; and of the folder for spam, if there is one, or why it could not be read."""

    junk: FolderVisit | None = None
    junk_failure: str = ""


@dataclass(frozen=True)
class Mailbox:
    """An INBOX. `is_trusted` allows a private address: of the operator's."""

    host: str
    username: str
    password: str = field(repr=False)
    is_trusted: bool = False
    port: int = PORT

    def check(self) -> SendError | None:
        """Log in, and open the INBOX."""
        try:
            with self._open():
                return None
        except GatewayError as failure:
            return failure.error

    def read(self, position: str | None, since: datetime, junk: Place | None = None) -> MailboxVisit:
        """The next mails after a position; without one, or where the server counts anew, those since the day before,
        which may be that day at the server. With `junk`, the next of the folder for spam as well, as far as a visit
        reaches. Raises GatewayError, for the INBOX alone."""
        with self._open() as server:
            inbox = _read_folder(server, (position, since), MOST_MAILS)
            visit = MailboxVisit(inbox.mails, inbox.position, inbox.is_full, inbox.passed_over)
            room = MOST_MAILS - len(inbox.mails)
            if junk is None or not room:
                return visit
            try:
                name = server.find_junk()
                if name is None:
                    return visit
                server.open_folder(name)
                return replace(visit, junk=_read_folder(server, junk, room))
            except (imaplib.IMAP4.error, OSError, ValueError) as failure:
                return replace(visit, junk_failure=_error_of(failure).code)

    @contextmanager
    def _open(self) -> Iterator["_Connection"]:
        server = None
        try:
            server = _Connection(self.host, self.port, is_trusted=self.is_trusted)
            server.open_inbox(self.username, self.password)
            yield server
        except (imaplib.IMAP4.error, OSError, ValueError, PrivateAddress) as failure:
            raise GatewayError(_error_of(failure)) from None
        finally:
            if server is not None:
                server.end_session()


class _BadLogin(imaplib.IMAP4.error):
    """User name or password are wrong."""


class _Connection(imaplib.IMAP4):
    """TLS from the first byte, to the very address that was checked; TLS still asks for the certificate of the name."""

    def __init__(self, host: str, port: int, *, is_trusted: bool):
        self._is_trusted, self._left = is_trusted, MOST_BYTES
        super().__init__(host, port, TIMEOUT)

    def open(self, host: str = "", port: int = PORT, timeout: float | None = TIMEOUT) -> None:
        address = host if self._is_trusted else public_address(host, port)
        line = socket.create_connection((address, port), timeout)
        context = ssl.create_default_context()
        self.host, self.port = host, port
        self.sock = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        self._late = threading.Timer(DEADLINE, close_socket, [self.sock])
        self._late.daemon = True
        self._late.start()
        self.sock.do_handshake()
        self.file = self.sock.makefile("rb")

    def open_inbox(self, username: str, password: str) -> None:
        try:
            self.login(username, password)
        except self.abort:
            raise
        except self.error:
            raise _BadLogin from None
        self.open_folder("INBOX")

    def open_folder(self, name: str) -> None:
        if self.select(name, readonly=True)[0] != "OK":
            raise self.error("no such folder")

    def find_junk(self) -> str | None:
        """The name, as commands take it, of the folder for spam (RFC 6154). Some servers tell what folders are for only
        where they are asked for it."""
        try:
            for pattern in ('"*"', '"*" RETURN (SPECIAL-USE)'):
                if found := next(filter(None, map(_name_of_junk, self.list(pattern=pattern)[1])), None):
                    return found
        except self.abort:
            raise
        except self.error:  # It has no such command.
            pass
        return None

    def end_session(self) -> None:
        for end in (self.logout, self.shutdown):
            with suppress(imaplib.IMAP4.error, OSError):
                end()
        self._late.cancel()

    def read(self, size: int) -> bytes:
        self._count_bytes(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._count_bytes(len(line))
        return line

    def _count_bytes(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort("it says too much")


def _read_folder(server: _Connection, place: Place, most: int) -> FolderVisit:
    """Of the folder that is open."""
    position, since = place
    epoch, _, last = (position or "").partition(":")
    now = _number(server.response("UIDVALIDITY")[1])
    if epoch != now:
        last = ""
    day = "-".join(format_datetime(since - timedelta(days=1)).split()[1:4])
    wanted = f"UID {int(last) + 1}:*" if last else f"SINCE {day}"
    uids = [uid for uid in _uids(server.uid("SEARCH", wanted)) if not last or uid > int(last)]
    some = uids[:most]
    found = _bodies_by_uid(server, some) if some else {}
    if some and not found:  # It may be the server's fault: nothing is passed over.
        raise imaplib.IMAP4.error("no FETCH")
    read = some[: some.index(max(found)) + 1] if found else []
    passed_over = [uid for uid in read if uid not in found]
    return FolderVisit(list(found.values()), f"{now}:{read[-1] if read else last}", len(uids) > most, passed_over)


def _name_of_junk(line: Any) -> str | None:
    """If a line of LIST's tells of the folder for spam."""
    told, literal = line if isinstance(line, tuple) else (line, b"")
    listed = LISTED.match(told or b"")
    if listed is None or b"\\junk" not in listed[1].lower().split():
        return None
    name = listed[2] or b'"%s"' % re.sub(rb'(["\\])', rb"\\\1", literal)
    return str(name.decode("ascii"))


def _uids(answer: tuple[str, list[Any]]) -> list[int]:
    state, lines = answer
    if state != "OK":
        raise imaplib.IMAP4.error("no SEARCH")
    return sorted(int(uid) for line in lines if line for uid in line.split())


def _bodies(server: _Connection, uids: list[int]) -> list[bytes] | None:
    """None where the server does not hand out all of them."""
    server.response("FETCH")  # Forget what came before a refusal.
    try:
        state, parts = server.uid("FETCH", ",".join(map(str, uids)), f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
    except server.abort:
        raise
    except server.error:
        return None
    found = [part[1] for part in parts if isinstance(part, tuple)]
    return found if state == "OK" and len(found) == len(uids) else None


def _bodies_by_uid(server: _Connection, uids: list[int]) -> dict[int, bytes]:
    """Of those that the server hands out, by ever smaller groups around the others."""
    if (bodies := _bodies(server, uids)) is not None:
        return dict(zip(uids, bodies, strict=True))
    if len(uids) == 1:
        return {}
    half = len(uids) // 2
    return _bodies_by_uid(server, uids[:half]) | _bodies_by_uid(server, uids[half:])


def _number(said: list[Any] | None) -> str:
    """Of the server's counting: UIDs stay the same as long as it does."""
    text = bytes((said or [b""])[-1] or b"").decode("ascii", "replace")
    return text if text.isdecimal() and len(text) <= 10 else "0"


def _error_of(failure: Exception) -> SendError:
    if isinstance(failure, _BadLogin):
        return BAD_LOGIN
    error = NO_CONNECTION if isinstance(failure, OSError) else NO_INBOX
    if isinstance(failure, PrivateAddress | ssl.SSLCertVerificationError):
        error = NOT_ALLOWED if isinstance(failure, PrivateAddress) else BAD_CERTIFICATE
    return replace(error, code=f"imap_{error.code}")  # No word of the SMTP server's.
