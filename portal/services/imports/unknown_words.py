"""The words of a file that only its owner can explain."""

from collections import Counter
from collections.abc import Iterable

from portal.services.imports.layout import Field
from portal.services.imports.layout.normalization import folded
from portal.services.imports.row_parser import RowParser
from portal.services.imports.store import Line

# The names that Layout.words has for the word columns.
WORDS_OF = {Field.CHANNEL: "channel", Field.TYPE: "type", Field.SOURCE: "source"}  # All others: "status".
MOST_WORDS = 200  # A column with more holds no such words: the wrong column was chosen.
LONGEST_WORD = 80


def unknown_words(lines: Iterable[Line], parser: RowParser) -> dict[str, dict[str, int]]:
    """The words without a known meaning and the number of their cells, the most frequent first.

    By the names that Layout.words has: {"status": {"Beklemede": 12}, "source": {…}, …}.
    """
    counts: dict[str, Counter[str]] = {}
    spelt: dict[tuple[str, str], str] = {}
    reader = parser.values
    for cells in filter(None, map(parser.cells_of, lines)):
        for field, column in reader.columns.items():
            if not reader.is_known(field, cells[column]):
                kind, word = WORDS_OF.get(field, "status"), folded(cells[column])
                spelt.setdefault((kind, word), cells[column].strip()[:LONGEST_WORD])
                counts.setdefault(kind, Counter())[word] += 1
    return {
        kind: {spelt[kind, word]: count for word, count in words.most_common(MOST_WORDS)}
        for kind, words in counts.items()
    }
