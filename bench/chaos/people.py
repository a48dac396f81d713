"""People who decide by their links, change their minds, and press again where no answer came; each remembers what was
confirmed. What they see is counted, and kept where nobody should see it."""

import heapq
import itertools
import math
import random
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from tests.stories.crowd import BREATH, FORM, OFFERED, TIRED, WAYS
from tests.stories.machines import SHORT

AT_ONCE = 12
PATIENCE = 100.0  # Seconds until a browser gives up; longer than the proxy waits for an answer.
PAUSE = (0.5, 2.0)  # Seconds before somebody presses again.
CHANGE = (BREATH, 15.0)  # Seconds after which somebody changes their mind.
TROUBLE = re.compile(rb"Traceback|Internal Server Error|Werkzeug|gunicorn|<center>nginx|psycopg|sqlalchemy", re.I)
HONEST = re.compile(rb"<html[^>]+lang=.*<h1", re.S)


@dataclass
class Person:
    """Their link, what they choose in which order, and the acts that were confirmed: (choices, code of the receipt)."""

    code: str
    ways: list[list[str]]
    acts: list[tuple[dict[str, str], str]] = field(default_factory=list)


class Crowd:
    """Everybody with a link; they come one after the other, all within that many seconds at the earliest."""

    def __init__(self, codes: list[str], seconds: float, port: int, certificate: Path):
        self.people = [Person(code, way) for code, way in zip(codes, itertools.cycle(WAYS), strict=False)]
        random.Random(len(codes)).shuffle(self.people)
        self._pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1", port, server_hostname=SHORT, assert_hostname=SHORT, ca_certs=str(certificate),
            headers={"Host": SHORT}, retries=False, timeout=PATIENCE, maxsize=AT_ONCE,
        )  # fmt: skip
        self.during, self.decided, self.limit = "nothing", 0, math.inf  # Nobody new comes beyond that many decisions.
        self.answers: dict[str, Counter] = defaultdict(Counter)  # By what was wrong at that time.
        self.longest: dict[str, float] = defaultdict(float)  # Seconds from opening the page to the receipt.
        self.wrong: list[str] = []
        self._lock, self._come, self._numbers = threading.Lock(), 0, itertools.count()
        self._again: list[tuple[float, int, Person]] = []  # Who will change their mind, and when.
        self._pause, self._began = seconds / len(self.people), time.monotonic()
        self._threads = [threading.Thread(target=self._live, daemon=True) for _ in range(AT_ONCE)]
        for thread in self._threads:
            thread.start()

    @property
    def is_there(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _live(self) -> None:
        while (person := self._next()) is not None:
            try:
                self._act(person)
            except Exception as failure:  # A fault of this program must not pass for silence.
                self.wrong.append(f"{self.during}: {type(failure).__name__}: {failure}")
                continue
            if len(person.acts) < len(person.ways):
                with self._lock:
                    due = time.monotonic() + random.uniform(*CHANGE)
                    heapq.heappush(self._again, (due, next(self._numbers), person))

    def _next(self) -> Person | None:
        """Who changes their mind now, or the next one who opens a link; None once nobody is left."""
        while True:
            with self._lock:
                if self._again and self._again[0][0] <= time.monotonic():
                    return heapq.heappop(self._again)[2]
                if self._come == len(self.people) and not self._again:
                    return None
                came = min(len(self.people), (time.monotonic() - self._began) / self._pause)
                if self._come < came and self.decided < self.limit:
                    self._come += 1
                    return self.people[self._come - 1]
            time.sleep(0.05)

    def _act(self, person: Person) -> None:
        """Open the page, choose, press until there is a receipt, and read that."""
        way, began, during = person.ways[len(person.acts)], time.monotonic(), self.during
        receipt = None
        while receipt is None:  # A page that has grown old is opened anew.
            page = self._answer("GET", f"/{person.code}", 200).data.decode()
            chosen = {channel: way[min(place, len(way) - 1)] for place, channel in enumerate(OFFERED.findall(page))}
            filled = {"form": FORM.findall(page)[0], **chosen}
            answer = self._answer("POST", f"/{person.code}", 303, 409, 422, fields=filled, encode_multipart=False)
            receipt = answer.headers.get("Location")
            if time.monotonic() > began + TIRED:
                raise TimeoutError(f"no receipt after {TIRED:.0f} s, the last answer being {answer.status}")
        self._answer("GET", receipt, 200)
        with self._lock:
            person.acts.append((chosen, receipt.rpartition("/")[2].partition("?")[0]))
            self.decided += len(chosen)
            self.longest[during] = max(self.longest[during], time.monotonic() - began)

    def _answer(self, method: str, path: str, *wanted: int, **more) -> urllib3.BaseHTTPResponse:
        """Ask until the answer is one that people look at; they wait a little before they ask again."""
        while True:
            during = self.during
            try:
                answer = self._pool.request(method, path, redirect=False, **more)
                status, said = answer.status, f"{method} {answer.status}"
                is_honest = status < 400 or HONEST.search(answer.data)
                if TROUBLE.search(answer.data) or not is_honest or status == 404:
                    self.wrong.append(f"{during}: {said}: {answer.data[:200]!r}")
            except urllib3.exceptions.HTTPError as failure:
                status, said = 0, f"{method} {type(failure).__name__}"
            with self._lock:
                self.answers[during][said] += 1
            if status != 303 and (method, status) != ("GET", 200):
                time.sleep(random.uniform(*PAUSE))
            if status in wanted:
                return answer
