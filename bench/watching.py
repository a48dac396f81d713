"""People who ask for their page and decide, a few a second, while something else goes on; how long they wait."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import quantiles

import requests

from bench.load import Request, WrongAnswer

PAGES_A_SECOND, DECISIONS_A_SECOND = 20, 3
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Waits:
    """What people saw, in milliseconds, and what came of that which went on."""

    p99_get: float
    longest_post: float
    result: object


class People:
    """Their pages in turn, and a decision of each once."""

    def __init__(self, web: str, codes: Sequence[str], posts: Sequence[Request]):
        self._web, self._pages, self._posts = web, cycle(codes), iter(posts)

    def watched(self, act: Callable[[], object]) -> Waits:
        """Do it while people come by. Raises WrongAnswer where one of them was not served."""
        ended = threading.Event()
        gets, posts = Waiting(PAGES_A_SECOND, self._get, ended), Waiting(DECISIONS_A_SECOND, self._post, ended)
        try:
            result = act()
        finally:
            ended.set()
        return Waits(quantiles(gets.waited(), n=100)[-1], max(posts.waited()), result)

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


class Waiting:
    """One thread that asks at a steady pace; a late answer does not make the next one later than it must be."""

    def __init__(self, a_second: int, ask: Callable[[requests.Session], None], ended: threading.Event):
        self._pause, self._ask, self._ended = 1 / a_second, ask, ended
        self._waits: list[float] = []
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._go)
        self._thread.start()

    def waited(self) -> list[float]:
        """Milliseconds of each answer, once it ended."""
        self._thread.join()
        if self._failure:
            raise self._failure
        return self._waits

    def _go(self) -> None:
        session = requests.Session()
        session.trust_env = False
        try:
            for moment in self._moments():
                if self._ended.wait(max(0.0, moment - time.perf_counter())):
                    return
                began = time.perf_counter()
                self._ask(session)
                self._waits.append(1000 * (time.perf_counter() - began))
        except Exception as failure:  # Told by whoever asks for the waits.
            self._failure = failure

    def _moments(self) -> Iterator[float]:
        moment = time.perf_counter()
        while True:
            yield moment
            moment = max(moment + self._pause, time.perf_counter())
