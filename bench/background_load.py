"""Background load: people open their page and decide, a few a second, while something else is measured."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles
from typing import Any

import requests

from bench.load import Request, WrongAnswer

PAGES_A_SECOND, DECISIONS_A_SECOND = 20, 3
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class ResponseTimes:
    """Response times in milliseconds, and the result of what was measured."""

    p99_get: float
    longest_post: float
    result: Any


class BackgroundLoad:
    """Opens the pages in turn, and posts each decision once."""

    def __init__(self, web: str, codes: Sequence[str], posts: Sequence[Request]):
        self._web, self._pages, self._posts = web, cycle(codes), iter(posts)

    def run_during(self, act: Callable[[], object]) -> ResponseTimes:
        """Run `act` under load. Raises WrongAnswer where a request was not served."""
        ended = threading.Event()
        gets, posts = (
            SteadyRequests(PAGES_A_SECOND, self._get, ended),
            SteadyRequests(DECISIONS_A_SECOND, self._post, ended),
        )
        try:
            result = act()
        finally:
            ended.set()
        return ResponseTimes(quantiles(gets.milliseconds(), n=100)[-1], max(posts.milliseconds()), result)

    def _get(self, session: requests.Session) -> None:
        answer = session.get(f"{self._web}/k/{next(self._pages)}", timeout=60)
        if answer.status_code != 200:
            raise WrongAnswer(f"A page was answered {answer.status_code}.")

    def _post(self, session: requests.Session) -> None:
        post = next(self._posts, None)
        if post is None:  # Everybody has decided.
            return
        url = f"{self._web}{post.path}"
        answer = session.post(url, data=post.body, headers=FORM, timeout=60, allow_redirects=False)
        if answer.status_code != 303:
            raise WrongAnswer(f"A decision was answered {answer.status_code}.")


class SteadyRequests:
    """One thread that sends requests at a steady rate; a late answer delays the next request no longer than needed."""

    def __init__(self, a_second: int, ask: Callable[[requests.Session], None], ended: threading.Event):
        self._pause, self._ask, self._ended = 1 / a_second, ask, ended
        self._times: list[float] = []
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._send_requests)
        self._thread.start()

    def milliseconds(self) -> list[float]:
        """Milliseconds of each answer, once it ended."""
        self._thread.join()
        if self._failure:
            raise self._failure
        return self._times

    def _send_requests(self) -> None:
        session = requests.Session()
        session.trust_env = False
        try:
            for moment in self._moments():
                if self._ended.wait(max(0.0, moment - time.perf_counter())):
                    return
                began = time.perf_counter()
                self._ask(session)
                self._times.append(1000 * (time.perf_counter() - began))
        except Exception as failure:  # Told by whoever asks for the waits.
            self._failure = failure

    def _moments(self) -> Iterator[float]:
        moment = time.perf_counter()
        while True:
            yield moment
            moment = max(moment + self._pause, time.perf_counter())
