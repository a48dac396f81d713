"""HTTP client for İYS: one pooled session per thread, short timeouts, one type of answer."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, NamedTuple

import requests
import structlog
from urllib3.exceptions import NewConnectionError

from portal.core import clock, iys_protocol
from portal.core.failure_causes import cause_of
from portal.core.http_deadline import Adapter, answer_within
from portal.core.iys_protocol import Action, Status
from portal.services.iys import egresses
from portal.services.iys.response_values import JsonObject

CONNECT_SECONDS = 2.0  # Seconds.
DEADLINE = 9.0  # Seconds for a whole answer, however slowly it comes; shorter than a submission's lease.
SILENT_SHARE = 2 / 3  # Of the deadline, for which İYS may send nothing at all.
CHUNK = 64 * 1024
MAX_BODY = 256 * 1024 * 1024  # Bytes: a day's file of more than a million movements.
NO_ANSWER = 0
OF_THE_CALLER = (401, 403, 408, 429)  # Statuses that say nothing of the question, whatever the body is.
NOT_OFFERED = 501
LONGEST_READING = timedelta(seconds=2)  # A slower answer's Date says too little of İYS's clock.
log = structlog.get_logger()
SANDBOX_HEADER = {"X-Sandbox-Mode": "1"}  # Tells a sandbox to apply no limits: many providers share one address.


class ClockReading(NamedTuple):
    """İYS's time (of its Date header, cut to the second), and ours before and after it."""

    asked_at: datetime
    answered_at: datetime
    iys_at: datetime


@dataclass(frozen=True)
class IysAnswer:
    """The HTTP status (0: none, or not in time) and the raw body, which may hold an address."""

    status: int
    body: bytes = field(repr=False)
    reached: bool = True  # False: no connection was made, so İYS cannot have received the call.
    retry_after: int | None = None  # Seconds; İYS documents no such header.
    clock_reading: ClockReading | None = None

    @cached_property
    def errors(self) -> list[iys_protocol.WireError]:
        """All errors of the answer, in order."""
        return iys_protocol.parse_errors(self.status, self.body)

    @property
    def codes(self) -> list[str]:
        """All error codes of the answer, in order."""
        return [error.code for error in self.errors if error.code]

    @property
    def code(self) -> str | None:
        return next(iter(self.codes), None)

    @cached_property
    def parsed(self) -> object:
        """The JSON of a success; None where it is empty, cut or no success."""
        try:
            return json.loads(self.body) if self.status in (200, 201, 202) else None
        except (ValueError, RecursionError):
            return None

    @property
    def content(self) -> JsonObject:
        """The parsed body of a success; {} where it is not an object."""
        return self.parsed if isinstance(self.parsed, dict) else {}

    @property
    def listed(self) -> list[Any] | None:
        """The parsed body of a success that is a bare list (bulk result, brands); None where it is not."""
        return self.parsed if isinstance(self.parsed, list) else None

    @property
    def is_a_page(self) -> bool:
        """Whether a proxy's or maintenance page, or its plain text, came instead of İYS's answer."""
        first = self.body[:100].lstrip()[:1]
        is_text = self.status >= 400 and self.status not in OF_THE_CALLER and first not in (b"", b"{", b"[")
        return first == b"<" or is_text

    @property
    def is_refused_without_code(self) -> bool:
        """Whether a 4xx names no code of İYS: it does not know the question, or a proxy does not let it pass."""
        return 400 <= self.status < 500 and self.status not in OF_THE_CALLER and not self.codes

    @property
    def is_question_unknown(self) -> bool:
        """Whether İYS does not know or offer the question, or a proxy does not let it pass."""
        return self.is_refused_without_code or self.status == NOT_OFFERED

    def action(self, decided: Status | None = None) -> Action:
        """The action that the code table asks for; an unusable success is retried."""
        if 200 <= self.status < 300:
            return Action.RETRY
        return iys_protocol.action_of(self.status, self.codes, decided=decided)


class Client:
    """A client of one İYS, or of the sandbox for providers in sandbox mode. Its failures become answers of status 0."""

    def __init__(self, base_url: str, *, is_sandbox: bool = False):
        self.base_url = base_url
        self.is_sandbox = is_sandbox
        self._threads = threading.local()

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, bearer: str | None = None,
        deadline: float = DEADLINE,
    ) -> IysAnswer:  # fmt: skip
        """One request, answered within `deadline` seconds or not at all; `body` is JSON, sent exactly as given.

        Looking up the host's name is not bounded by it: no system call for that can be.
        """
        headers = {"Content-Type": "application/json"} | (SANDBOX_HEADER if self.is_sandbox else {})
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        asked_at = clock.now()
        try:
            with (
                answer_within(deadline),
                self.session().request(
                    method, self.base_url + path, data=body, headers=headers,
                    timeout=(CONNECT_SECONDS, deadline * SILENT_SHARE), allow_redirects=False, stream=True,
                ) as answer,
            ):  # fmt: skip
                reading = _read_clock(answer.headers, asked_at, clock.now())
                return IysAnswer(answer.status_code, _read_body(answer), True, _retry_after(answer.headers), reading)
        except (requests.RequestException, _BodyTooLarge) as failure:
            log.warning("iys.no_answer", cause=cause_of(failure), sandbox=self.is_sandbox)
            return IysAnswer(NO_ANSWER, b"", reached=_may_have_reached(failure))

    def session(self) -> requests.Session:
        """This thread's pooled connections from the egress in use; calls to the sandbox leave by any address."""
        source_ip = None if self.is_sandbox else egresses.in_use().source_ip
        sessions: dict[str | None, requests.Session] = self._threads.__dict__.setdefault("sessions", {})
        if source_ip not in sessions:
            session = sessions[source_ip] = requests.Session()
            session.trust_env = False  # No .netrc, no proxies of the machine.
            for scheme in ("https://", "http://"):
                session.mount(scheme, Adapter(source_ip))
        return sessions[source_ip]


class _BodyTooLarge(Exception):
    """The body is larger than any answer of İYS."""


def _read_body(answer: requests.Response) -> bytes:
    chunks, size = [], 0
    for chunk in answer.iter_content(CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise _BodyTooLarge
    return b"".join(chunks)


def _retry_after(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Retry-After", "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None


def _read_clock(headers: Mapping[str, str], asked_at: datetime, answered_at: datetime) -> ClockReading | None:
    try:
        iys_at = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, OverflowError):
        return None
    is_usable = iys_at.tzinfo is not None and timedelta(0) <= answered_at - asked_at <= LONGEST_READING
    return ClockReading(asked_at, answered_at, iys_at) if is_usable else None


def _may_have_reached(failure: Exception) -> bool:
    """False only where no connection was made, so that İYS cannot have counted the call."""
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    return not isinstance(failure, requests.ConnectTimeout) and not isinstance(reason, NewConnectionError)
