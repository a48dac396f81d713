"""A small IMAP server over TLS with two folders, as much of RFC 9051 as reading takes; it remembers what was asked."""

import contextlib
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.mail_server import certificate

USERNAME, PASSWORD = "donus", "secret"


class ImapServer:
    """Its INBOX holds `mails` by their UID; of those in `broken` it refuses whatever call asks for them. Its `junk` is
    the folder that LIST's answer names, `listed` or, where special uses are asked for, `told`; without any, it knows no
    LIST."""

    def __init__(self):
        self.mails, self.junk = dict[int, bytes](), dict[int, bytes]()
        self.listed, self.told = list[bytes](), list[bytes]()
        self.junk_name, self.opened = "Junk", self.mails
        self.epoch, self.asked, self.flood = 7, [], b""
        self.broken, self.refusal = set[int](), "NO [SERVERBUG] Internal error"
        self.port = 0

    def receive(self, mail: bytes, *, is_spam: bool = False) -> None:
        folder = self.junk if is_spam else self.mails
        folder[max(folder, default=0) + 1] = mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    def answer(self, words: list[str]) -> tuple[list[bytes], str]:
        """Untagged lines, and how a command ended."""
        command = words[0].upper()
        self.asked.append(" ".join(words))
        if command == "LOGIN":
            is_right = words[1:] == [USERNAME, f'"{PASSWORD}"']
            return [], "OK done" if is_right else "NO [AUTHENTICATIONFAILED] wrong"
        if command == "CAPABILITY":
            return [b"CAPABILITY IMAP4rev1"], "OK done"
        if command == "LIST":
            listed = self.told if words[-1] == "(SPECIAL-USE)" else self.listed
            return listed, "OK done" if listed else "BAD unknown"
        if command == "EXAMINE":
            return self._open(" ".join(words[1:]).strip('"'))
        if words[:2] == ["UID", "SEARCH"]:
            return [b"SEARCH " + b" ".join(b"%d" % uid for uid in self._found(words[2:]))], "OK done"
        if words[:2] == ["UID", "FETCH"]:
            most = int(re.search(r"<0\.(\d+)>", words[3])[1])
            wanted = {int(uid) for uid in words[2].split(",")}
            told = [self._fetched(uid, most) for uid in sorted(wanted - self.broken)]
            return told, self.refusal if wanted & self.broken else "OK done"
        return ([b"BYE"] if command == "LOGOUT" else []), "OK done"

    def _open(self, name: str) -> tuple[list[bytes], str]:
        if name not in ("INBOX", self.junk_name):
            return [], "NO [NONEXISTENT] no such folder"
        is_inbox = name == "INBOX"
        self.opened, epoch = (self.mails, self.epoch) if is_inbox else (self.junk, 2 * self.epoch)
        return [self.flood or b"%d EXISTS" % len(self.opened), b"OK [UIDVALIDITY %d] ok" % epoch], "OK done"

    def _found(self, criterion: list[str]) -> list[int]:
        """All that are new enough; with "n:*" the last one at any rate, as servers do."""
        if criterion[0] == "SINCE":
            return list(self.opened)
        first = min(int(criterion[1].partition(":")[0]), max(self.opened, default=0))
        return [uid for uid in self.opened if uid >= first]

    def _fetched(self, uid: int, most: int) -> bytes:
        body = self.opened[uid][:most]
        return b"1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)" % (uid, len(body), body)


@contextlib.contextmanager
def listening(server: ImapServer, folder: Path) -> Iterator[ImapServer]:
    """Let it answer at 127.0.0.1; `folder` gets its certificate (both.pem)."""
    context = certificate(folder)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                self.wfile.write(b"* OK ready\r\n")
                for line in self.rfile:
                    tag, *words = line.decode().split()
                    lines, end = server.answer(words)
                    self.wfile.write(b"".join(b"* %s\r\n" % each for each in lines) + f"{tag} {end}\r\n".encode())

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def get_request(self):
            line, address = super().get_request()
            return context.wrap_socket(line, server_side=True), address

        def handle_error(self, request, client_address) -> None:
            """A client that hangs up is none of the test's business."""

    with contextlib.suppress(ssl.SSLError), Listener(("127.0.0.1", 0), Handler) as listener:
        server.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
