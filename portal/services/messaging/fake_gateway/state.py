"""What the fake vendors know: accounts, messages, replies, block lists, and a clock that a tester moves.

It lives in memory and is gone after a restart, since it holds addresses in clear; the phone's file has none.
"""

import copy
import itertools
import random
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from flask import current_app

from portal.core import clock
from portal.services.messaging.fake_gateway.accounts import FakeAccount
from portal.services.messaging.fake_gateway.phone import Phone

REPORT_DELAY = 2.0  # Seconds from acceptance to the result.
HANG_SECONDS = 35.0  # How long an answer that gets lost keeps its caller waiting: longer than any client's time-out.
LONGEST_HANG = 120.0


class DeliveryOutcome(StrEnum):
    """What becomes of a message, before a vendor puts it in its own words."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    FAILED = "failed"
    BLOCKED_BY_IYS = "blocked_by_iys"
    ON_BLOCK_LIST = "on_block_list"
    DUPLICATE = "duplicate"
    ODD = "odd"  # A state word that no document has.


@dataclass(eq=False, slots=True)
class SentMessage:
    """A message that a vendor accepted. Its result is known from `due_at` on; None is never."""

    id: int
    account: FakeAccount
    batch_id: int
    custom_id: str  # The caller's id of the batch.
    own_id: str  # The caller's id of the message.
    to: str  # Canonical, in clear.
    header: str
    text: str = field(repr=False)
    parts: int
    outcome: DeliveryOutcome
    word: tuple[str, str] | None  # The vendor's state and error as a tester wants them.
    sent_at: datetime
    due_at: datetime | None

    def result(self, at: datetime) -> DeliveryOutcome:
        """What the vendor knows of it at that time."""
        return self.outcome if self.due_at is not None and self.due_at <= at else DeliveryOutcome.PENDING

    def words(self, at: datetime, table: Mapping[DeliveryOutcome, tuple[str, str]]) -> tuple[str, str]:
        """The vendor's state and error at that time, or what a tester wants instead of the result."""
        result = self.result(at)
        return self.word if self.word and result != DeliveryOutcome.PENDING else table[result]


@dataclass(frozen=True)
class Reply:
    """What somebody wrote back."""

    id: int
    account: FakeAccount
    sender: str  # Canonical, in clear.
    text: str = field(repr=False)
    at: datetime
    network: str = "TURKCELL"


@dataclass(frozen=True)
class Blocked:
    """An entry of an account's block list."""

    account: FakeAccount
    number: str
    at: datetime
    source: str


@dataclass(frozen=True)
class Dialect:
    """How a vendor pushes; each body is one request."""

    tries: int  # Five minutes apart; then it is silent.
    report_bodies: Callable[[list[SentMessage]], list[object]]
    reply_body: Callable[[Reply], object] | None = None


class State:
    """Everything that the fake vendors know, behind one lock."""

    def __init__(
        self,
        phone: Phone,
        accounts: list[FakeAccount],
        dialects: Mapping[str, Dialect],
        real_now: Callable[[], datetime] = clock.now,
    ):
        self.phone = phone
        self._real_now = real_now
        self.dialects = dialects
        self.lock = threading.RLock()
        self._first_accounts = accounts
        self.clear()

    def clear(self) -> None:
        """Forget everything but the phone's messages; accounts are as at the start."""
        self.accounts = copy.deepcopy(self._first_accounts)
        self.ahead = timedelta(0)
        self.settings = {"report_delay": REPORT_DELAY, "hang_seconds": HANG_SECONDS, "copies": 1.0, "newest_first": 0.0}
        self.ids = itertools.count(13_582_302)
        self.batch_ids = itertools.count(20_212)
        self.batches: dict[int, list[SentMessage]] = {}
        self.replies: list[Reply] = []
        self.listed_replies: set[int] = set()  # NetGSM lists each once, when asked without dates.
        self.blocked: dict[tuple[str, str, str], Blocked] = {}
        self.words: dict[str, tuple[str, str]] = {}  # By number, as a tester wants them.
        self.repeats: dict[tuple[object, ...], datetime] = {}
        self.busy: dict[tuple[str, str], int] = defaultdict(int)
        self.calls: dict[tuple[object, ...], deque[datetime]] = defaultdict(deque)
        self.results: list[tuple[datetime, int, SentMessage]] = []  # Heaps, soonest first.
        self.pushes: list[tuple[datetime, int, Any]] = []
        self.faults: list[Fault] = []
        self.journal: deque[dict[str, object]] = deque(maxlen=500)

    def now(self) -> datetime:
        """The time of the vendors: the real one, moved on by a tester."""
        return self._real_now() + self.ahead

    def move_forward(self, seconds: float) -> None:
        with self.lock:
            self.ahead += timedelta(seconds=seconds)

    def account(self, vendor: str, username: object, password: object) -> FakeAccount | None:
        """The account with these credentials."""
        shown = (vendor, username, password)
        return next((each for each in self.accounts if (each.vendor, each.username, each.password) == shown), None)

    def is_over_limit(self, most: int, *what: object) -> bool:
        """Whether `what` was done `most` times within this minute; counts it otherwise."""
        with self.lock:
            recent, at = self.calls[what], self.now()
            while recent and at - recent[0] >= timedelta(minutes=1):
                recent.popleft()
            if len(recent) < most:
                recent.append(at)
                return False
            return True

    def is_blocked(self, account: FakeAccount, number: str) -> bool:
        return (*account.key, number) in self.blocked

    def block(self, account: FakeAccount, number: str, source: str) -> None:
        """Put a number on the account's block list, once."""
        with self.lock:
            self.blocked.setdefault((*account.key, number), Blocked(account, number, self.now(), source))

    def block_list(self, account: FakeAccount) -> list[Blocked]:
        """The account's block list, oldest first."""
        with self.lock:
            return [each for each in self.blocked.values() if each.account is account]

    def replies_to(self, account: FakeAccount) -> list[Reply]:
        """What people wrote to the account, oldest first."""
        with self.lock:
            return [each for each in self.replies if each.account is account]


@dataclass
class Fault:
    """An answer that the next calls of a vendor get. `code` is the vendor's own, an HTTP status of 400 or more, "lost"
    (accepted, but no answer) or "hang" (neither)."""

    vendor: str
    code: str
    times: int = 1
    rate: float = 1.0
    seed: int = 0
    any_call: bool = False  # Otherwise only sends.

    def __post_init__(self) -> None:
        self.code, self.times, self.rate = str(self.code), int(self.times), float(self.rate)
        self._random = random.Random(self.seed)

    def strikes(self) -> bool:
        """Whether it hits this call; it is used up after `times`."""
        if self.times <= 0 or self._random.random() >= self.rate:
            return False
        self.times -= 1
        return True


def state() -> State:
    """The state of the current app."""
    return cast(State, current_app.extensions["fake_gateway"])
