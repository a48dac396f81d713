"""The words of a file that only its owner can explain."""

from collections import Counter
from collections.abc import Iterable

from portal.services.imports.layout import Field
from portal.services.imports.layout.normalization import folded
from portal.services.imports.row_parser import RowParser
from portal.services.imports.store import Line

# The names that Layout.words has for the columns of words.
WORDS_OF = {
    Field.CHANNEL: "channel", Field.STATUS: "status", Field.STATUS_SMS: "status", Field.STATUS_CALL: "status",
    Field.STATUS_EMAIL: "status", Field.TYPE: "type", Field.SOURCE: "source",
}  # fmt: skip
MOST_WORDS = 200  # A column with more holds no words of this kind: another one was meant.
LONGEST_WORD = 80


def unknown_words(lines: Iterable[Line], looker: RowParser) -> dict[str, dict[str, int]]:
    """Words that nothing explains: {"status": {"Beklemede": 12}, "source": {…}, …}, by the names that Layout.words
    has, and in how many cells each stands, the most frequent first."""
    counts: dict[str, Counter[str]] = {}
    spelt: dict[tuple[str, str], str] = {}
    sayings = looker.sayings
    for cells in filter(None, map(looker.cells_of, lines)):
        for field, column in sayings.columns.items():
            if sayings.means(field, cells[column]) is None:
                kind, word = WORDS_OF[field], folded(cells[column])
                spelt.setdefault((kind, word), cells[column].strip()[:LONGEST_WORD])
                counts.setdefault(kind, Counter())[word] += 1
    return {
        kind: {spelt[kind, word]: words[word] for word in sorted(words, key=words.get, reverse=True)[:MOST_WORDS]}
        for kind, words in counts.items()
    }
