"""How many claims of one provider a process holds at once: calls that hang leave threads to other providers."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

from portal.core import clock
from portal.core.extensions import read_session
from portal.services.iys import circuit_breaker

T = TypeVar("T")


class ClaimLimit:
    """The claims of one loop, or of several that share them: at most so many of a provider, and one of each where more
    than that are in hand."""

    def __init__(self, most: int):
        self.turn = threading.Lock()  # Threads of one process don't race for the same row; processes may.
        self._most = most
        self._claims: Counter[int] = Counter()

    def left_out(self) -> list[list[int]]:
        """The providers that looks for work leave out, look by look: those of HostState.left_out, and those of which no
        more is claimed now."""
        at, claims = clock.now(), dict(self._claims)
        most = self._most if sum(claims.values()) <= self._most else 1
        full = [provider_id for provider_id, count in claims.items() if count >= most]
        return [[*full, *failed] for failed in circuit_breaker.host_state(read_session(), at).left_out(at)]

    @contextlib.contextmanager
    def claim(self, claim: Callable[[list[int]], tuple[int | None, T | None]]) -> Iterator[T | None]:
        """Claim by a function that is told the providers to leave out, and says whose it claimed; None where nothing is
        due. It counts for that provider inside the block."""
        with self.turn:
            tries = (claim(left_out) for left_out in self.left_out())
            provider_id, claimed = next((each for each in tries if each[1] is not None), (None, None))
            mine = Counter([provider_id] if provider_id is not None else [])
            self._claims += mine
        try:
            yield claimed
        finally:
            with self.turn:
                self._claims -= mine
