"""HTTP to İYS and nothing else: one pooled session per thread, short timeouts, every answer in one shape."""

import json
import threading
from dataclasses import dataclass, field

import requests

from portal import registry
from portal.registry import Action, Status

TIMEOUT = (3.05, 9.0)  # Seconds to connect and to wait for bytes; together below a submission's lease.
NO_ANSWER = 0
LONGEST_CODE = 20


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status (0 when nothing did) and the raw body, which may hold an address."""

    status: int
    body: bytes = field(repr=False)

    @property
    def codes(self) -> list[str]:
        """Every error code of the answer, in its order."""
        return [error.code for error in registry.errors_in(self.status, self.body) if error.code]

    @property
    def code(self) -> str | None:
        """The first code, for people to read; what a proxy says in its place is cut to size."""
        return next((code.replace("\x00", "")[:LONGEST_CODE] for code in self.codes), None)

    @property
    def content(self) -> dict:
        """The parsed body of a success; {} where it is empty, cut or not an object."""
        try:
            content = json.loads(self.body) if self.status in (200, 202) else {}
        except ValueError:
            content = {}
        return content if isinstance(content, dict) else {}

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
        headers = {"Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            answer = self._session().post(
                self.base_url + path, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            )
            return Answer(answer.status_code, answer.content)
        except requests.RequestException:
            return Answer(NO_ANSWER, b"")

    def _session(self) -> requests.Session:
        if not hasattr(self._threads, "session"):
            self._threads.session = requests.Session()
            self._threads.session.trust_env = False  # No .netrc, no proxies of the machine.
        return self._threads.session
