"""What the columns of a sheet hold, as far as their blanks depend on it."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from zlib import crc32

from portal.services.imports.layout.normalization import folded

SEVERAL = -1


class ColumnWords:
    """Of lines of data, from the first one on: by column its only word, made a number; 0 where there is none, SEVERAL
    where there are different ones."""

    def __init__(self) -> None:
        self.words: list[int] = []

    def add(self, lines: Iterable[Sequence[str]]) -> None:
        """Each with its cells."""
        for place, cells in enumerate(zip_longest(*lines, fillvalue="")):
            self.words += [0] * (place + 1 - len(self.words))
            if self.words[place] != SEVERAL:
                texts = {*map(str.strip, cells)} - {""}
                numbers = (crc32(folded(text).encode()) or 1 for text in texts)
                only = self.words[place] or next(numbers, 0)
                self.words[place] = only if all(number == only for number in numbers) else SEVERAL


def words_of_pages(pages: Iterable[Sequence[int]]) -> list[int]:
    """Those of the pages of one table together."""
    columns = ([*{*words} - {0}] for words in zip_longest(*pages, fillvalue=0))
    return [SEVERAL if len(words) > 1 else sum(words) for words in columns]
