"""What the columns of a sheet hold, as far as their blanks depend on it."""

from collections.abc import Iterable, Sequence

from portal.services.imports.layout.normalization import folded


class ColumnWords:
    """Of lines of data, from the first one on."""

    def __init__(self) -> None:
        self._words: dict[int, str] = {}  # By column: the first one.
        self._filled: dict[int, int] = {}  # By column: cells.
        self._varied, self._lines = set[int](), 0

    def add(self, lines: Iterable[Sequence[str]]) -> None:
        """Each with its cells."""
        rows = [*lines]
        self._lines += len(rows)
        for place in range(max(map(len, rows), default=0)):
            texts = [text for cells in rows if place < len(cells) and (text := cells[place].strip())]
            self._filled[place] = self._filled.get(place, 0) + len(texts)
            if place not in self._varied:
                words = map(folded, dict.fromkeys(texts))
                if any(word != self._words.setdefault(place, word) for word in words):
                    self._varied.add(place)

    @property
    def varied(self) -> tuple[int, ...]:
        """Columns with two different words."""
        return tuple(sorted(self._varied))

    @property
    def full(self) -> tuple[int, ...]:
        """Columns that are filled on most lines."""
        return tuple(place for place, filled in self._filled.items() if filled * 2 > self._lines)
