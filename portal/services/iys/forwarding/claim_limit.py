"""How many claims of one provider a process holds at once: calls that hang leave a thread to other providers."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")


class ClaimLimit:
    """The claims of one loop, or of several that share them: at most so many of a provider."""

    def __init__(self, most: int):
        self.turn = threading.Lock()  # Threads of one process don't race for the same row; processes may.
        self._most = most
        self._claims: Counter[int] = Counter()

    def full(self) -> list[int]:
        """The providers of which no more is claimed now."""
        return [provider_id for provider_id, count in list(self._claims.items()) if count >= self._most]

    @contextlib.contextmanager
    def claim(self, claim: Callable[[list[int]], tuple[int | None, T]]) -> Iterator[T]:
        """Claim by a function that is told the providers to leave out, and says whose it claimed. It counts for that
        provider inside the block."""
        with self.turn:
            provider_id, claimed = claim(self.full())
            providers = {provider_id: 1} if provider_id is not None else {}
            self._claims.update(providers)
        try:
            yield claimed
        finally:
            with self.turn:
                self._claims.subtract(providers)
