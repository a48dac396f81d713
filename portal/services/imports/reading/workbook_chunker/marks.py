"""What a sheet says beside the values of its cells, whatever the file's format."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

LONGEST_TEXT, MOST_TEXTS = 301, 20  # Characters (a text is plain up to 300), and texts of a sheet.
# Named to the author.
COMMENT, STRUCK = "Hücre notu:\n", "Üstü çizili"
BENEATH, UNTYPED = "Birleştirilmiş hücrenin altında:\n", "Türü yazılmamış hücre:\n"
HIDDEN = "Gizli ya da süzülmüş satırlar"
SHAPE, CONDITION, TAB = "Çizilmiş şekil", "Koşullu biçim", "Renkli sayfa sekmesi"
FORMULA = "Hesaplanmamış olabilecek formül: Excel'de açıp kaydedin"
PLACEHOLDER = re.compile(r"[0.,]*|false", re.I)  # In place of a result.
MORE = "Başka yazılar da var"

Range = tuple[tuple[int, int], tuple[int, int]]  # Row and column of the first cell and of the last, from 0.
Notes = defaultdict[int, list[str]]  # By the number of the line; 0 of what has none.


@dataclass
class SheetLooks:
    """The last lines up to which looks differ in some column, and a format writes words; whether anything is struck
    through; texts beside the cells; the colour of the tab, and the last line."""

    colours: int = 0
    formats: int = 0
    struck: int = 0
    texts: list[str] = field(default_factory=list)
    tab: str = ""
    line: int = 0

    def packed(self) -> bytes:
        """As JSON: the three numbers, and the texts."""
        texts = list(dict.fromkeys(each[:LONGEST_TEXT] for each in self.texts if each.strip()))
        texts[MOST_TEXTS:] = [MORE] if len(texts) > MOST_TEXTS else []
        return json.dumps([[self.colours, self.formats, self.struck], texts]).encode()


@dataclass
class Marks:
    """Of a sheet: its looks, notes, numbers of hidden lines, and merged cells that the reader of cells does not tell;
    by column of formulas whether one of them came to other than 0 or nothing."""

    looks: SheetLooks = field(default_factory=SheetLooks)
    notes: Notes = field(default_factory=lambda: defaultdict(list))
    hidden: set[int] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)
    results: dict[str, bool] = field(default_factory=dict)

    def add_result(self, column: str, result: str) -> None:
        """Of a formula."""
        self.results[column] = self.results.get(column, False) or not PLACEHOLDER.fullmatch(result)

    def are_computed(self, *, is_said: bool) -> bool:
        """Whether the file says that a program computes, and each column came to something: a program that fills a
        template only keeps what is said there."""
        return not self.results or (is_said and all(self.results.values()))


def name_tabs(sheets: Iterable[SheetLooks]) -> None:
    """Name coloured tabs, where those of sheets with lines differ."""
    filled = [each for each in sheets if each.line]
    for each in filled if len({each.tab for each in filled}) > 1 else ():
        each.texts += [TAB] if each.tab else []
