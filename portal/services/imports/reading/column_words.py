"""What the columns of a sheet hold, as far as the meaning of their blanks and codes depends on it."""

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from string import ascii_lowercase
from zlib import crc32

from portal.services.imports.layout.cell_words import STATUSES, Y
from portal.services.imports.layout.normalization import folded, key_of

SEVERAL, CODED = -1, -2
_CODE = re.compile(r"[a-z]|[0-9]{1,3}")
LONGEST_CODE = 5  # Characters, with blanks.


class ColumnWords:
    """Of lines of data, from the first one on: by column its only word, made a number; 0 where there is none, SEVERAL
    where there are different ones, and CODED where one of these is a letter or number that nobody knows as a status."""

    def __init__(self) -> None:
        self.words: list[int] = []

    def add(self, lines: Iterable[Sequence[str]]) -> None:
        """Each with its cells."""
        for place, cells in enumerate(zip_longest(*lines, fillvalue="")):
            self.words += [0] * (place + 1 - len(self.words))
            said = self.words[place]
            if said != CODED:
                looked_at = (each for each in cells if len(each) <= LONGEST_CODE) if said == SEVERAL else cells
                numbers = map(_number, {*map(str.strip, looked_at)} - {""})
                self.words[place] = _together({said, *numbers})


def words_of_pages(pages: Iterable[Sequence[int]]) -> list[int]:
    """Those of the pages of one table together."""
    return [_together({*words}) for words in zip_longest(*pages, fillvalue=0)]


def is_code(cell: str) -> bool:
    """Whether it is a letter or a number."""
    return _CODE.fullmatch(key_of(cell)) is not None


def _number(text: str) -> int:
    return crc32(folded(text).encode()) or 1


_CODES = {*ascii_lowercase, *map(str, range(1000))} - {*STATUSES, Y}
_UNKNOWN = {CODED, *map(_number, _CODES)}


def _together(words: set[int]) -> int:
    found = words - {0}
    if len(found) < 2:
        return sum(found)
    return SEVERAL if found.isdisjoint(_UNKNOWN) else CODED
