"""HTTP to İYS and nothing else: one pooled session per thread, short timeouts, every answer in one shape."""

import json
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property

import requests

from portal import registry
from portal.registry import Action, Status

CONNECT, READ = 2.0, 6.0  # Seconds to connect, and to wait for the next bytes.
DEADLINE = 9.0  # Seconds for a whole answer, however it drips; below a submission's lease.
PIECE = 64 * 1024
NO_ANSWER = 0
LONGEST_CODE = 20


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status (0: nothing, or not in time) and the raw body, which may hold an address."""

    status: int
    body: bytes = field(repr=False)

    @cached_property
    def errors(self) -> list[registry.WireError]:
        """Every error of the answer, in its order."""
        return registry.errors_in(self.status, self.body)

    @property
    def codes(self) -> list[str]:
        """Every error code of the answer, in its order."""
        return [error.code for error in self.errors if error.code]

    @property
    def code(self) -> str | None:
        """The first code, for people to read; what a proxy says in its place is cut to size."""
        return next((code.replace("\x00", "")[:LONGEST_CODE] for code in self.codes), None)

    @cached_property
    def parsed(self) -> object:
        """The JSON of a success, whatever it is; None where it is empty, cut or no success."""
        try:
            return json.loads(self.body) if self.status in (200, 201, 202) else None
        except (ValueError, RecursionError):
            return None

    @property
    def content(self) -> dict:
        """The parsed body of a success; {} where it is not an object."""
        return self.parsed if isinstance(self.parsed, dict) else {}

    @property
    def listed(self) -> list | None:
        """The parsed body of a success that is a bare list (bulk result, brands); None where it is not."""
        return self.parsed if isinstance(self.parsed, list) else None

    @property
    def is_a_page(self) -> bool:
        """Whether a proxy or a maintenance page answered in İYS's place."""
        return self.body[:100].lstrip()[:1] == b"<"

    def action(self, decided: Status | None = None) -> Action:
        """What the answer asks of us; a success that says nothing usable is asked again."""
        if 200 <= self.status < 300:
            return Action.RETRY
        return registry.action_of(self.status, self.codes, decided=decided)


class Client:
    """Calls one İYS. Its failures become answers with status 0."""

    def __init__(self, base_url: str):
        self.base_url = base_url
        self._threads = threading.local()

    def post(self, path: str, body: bytes, bearer: str | None = None) -> Answer:
        """POST JSON bytes exactly as given."""
        return self.ask("POST", path, body=body, bearer=bearer)

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, bearer: str | None = None, deadline=DEADLINE
    ) -> Answer:
        """One request, answered within `deadline` seconds or not at all; `body` is JSON, sent exactly as given."""
        headers = {"Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        ends = time.monotonic() + deadline
        try:
            with self._session().request(
                method, self.base_url + path, data=body, headers=headers, timeout=(CONNECT, READ),
                allow_redirects=False, stream=True,
            ) as answer:  # fmt: skip
                return Answer(answer.status_code, _whole(answer, ends))
        except (requests.RequestException, _TooSlow):
            return Answer(NO_ANSWER, b"")

    def _session(self) -> requests.Session:
        if not hasattr(self._threads, "session"):
            self._threads.session = requests.Session()
            self._threads.session.trust_env = False  # No .netrc, no proxies of the machine.
        return self._threads.session


class _TooSlow(Exception):
    """The answer did not come to its end in time."""


def _whole(answer: requests.Response, ends: float) -> bytes:
    pieces = []
    for piece in answer.iter_content(PIECE):
        pieces.append(piece)
        if time.monotonic() > ends:
            raise _TooSlow
    return b"".join(pieces)
