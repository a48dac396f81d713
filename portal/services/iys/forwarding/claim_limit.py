"""How many claims of one provider a process holds at once: calls that hang leave threads to other providers."""

import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import TypeVar

from portal.core import clock
from portal.core.extensions import read_session
from portal.services.iys import circuit_breaker, egresses

T = TypeVar("T")


class ClaimLimit:
    """The claims of one loop, or of several that share them: at most so many of a provider, and one of each where more
    than that are in hand. Each egress has its own."""

    def __init__(self, most: int):
        self._most = most
        self._turns: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)
        self._claims: defaultdict[int, Counter[int]] = defaultdict(Counter)

    @property
    def turn(self) -> threading.Lock:
        """Threads of one process don't race for the same row; processes may."""
        return self._turns[egresses.in_use().id]

    def left_out(self) -> list[list[int]]:
        """The providers that looks for work leave out, look by look: those of HostState.left_out, and those of which no
        more is claimed now."""
        at, claims = clock.now(), dict(self._claims[egresses.in_use().id])
        most = self._most if sum(claims.values()) <= self._most else 1
        full = [provider_id for provider_id, count in claims.items() if count >= most]
        return [[*full, *failed] for failed in circuit_breaker.host_state(read_session(), at).left_out(at)]

    @contextlib.contextmanager
    def claim(
        self, claim: Callable[..., T | None], provider_of: Callable[[T], int | None] = attrgetter("provider_id")
    ) -> Iterator[T | None]:
        """Claim by a function that is told the providers to leave out (`but_of`); None where nothing is due. What it
        claims counts for its provider inside the block."""
        with self.turn:
            tries = (claim(but_of=left_out) for left_out in self.left_out())
            claimed = next((each for each in tries if each is not None), None)
            provider_id = None if claimed is None else provider_of(claimed)
            mine = Counter([] if provider_id is None else [provider_id])
            self._claims[egresses.in_use().id] += mine
        try:
            yield claimed
        finally:
            with self.turn:
                self._claims[egresses.in_use().id] -= mine
