"""A whole file cut into pieces of lines as they stand in it; what it turned out to be is known at its end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from portal.imports.outline import Outline


@dataclass(frozen=True, slots=True)
class Cut:
    """Up to a thousand lines of one sheet, as store.pack() makes them."""

    sheet: int  # From 0.
    first_line: int
    lines: int
    packed: bytes


class Cutting:
    """A file while it is cut: iterate it once, then ask for its outline. Iterating raises Unreadable."""

    outline: Outline

    def __init__(self, open_bytes: Callable[[], Iterator[bytes]], name: str):
        self._open_bytes, self._name = open_bytes, name

    def __iter__(self) -> Iterator[Cut]:
        raise NotImplementedError


def cut(open_bytes: Callable[[], Iterator[bytes]], name: str) -> Cutting:
    """Make ready to cut a file whose bytes can be opened several times; nothing is read yet."""
    return Cutting(open_bytes, name)
