"""The words of a file that nobody explained."""

from collections import Counter
from collections.abc import Iterable

from portal.services.imports.layout import Field
from portal.services.imports.layout.normalization import key_of
from portal.services.imports.reading import Line
from portal.services.imports.row_parser import RowParser

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
        for wanted, column in reader.columns.items():
            if not reader.is_known(wanted, cells[column]):
                text = reader.word_of(wanted, cells[column][:LONGEST_WORD])
                kind, word = WORDS_OF.get(wanted, "status"), key_of(text)
                spelt.setdefault((kind, word), text)
                counts.setdefault(kind, Counter())[word] += 1
    return {
        kind: {spelt[kind, word]: count for word, count in words.most_common(MOST_WORDS)}
        for kind, words in counts.items()
    }
