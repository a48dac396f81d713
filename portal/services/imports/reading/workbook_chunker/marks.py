"""What a sheet says beside the values of its cells, whatever the file's format."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

LONGEST_TEXT, MOST_TEXTS = 301, 20  # Characters (a text is plain up to 300), and texts of a sheet.
# Named to the author.
COMMENT, STRUCK = "Hücre notu:\n", "Üstü çizili"
BENEATH, UNTYPED = "Birleştirilmiş hücrenin altında:\n", "Türü yazılmamış hücre:\n"
HIDDEN = "Gizli ya da süzülmüş satırlar"
SHAPE, CONDITION, TAB = "Çizilmiş şekil", "Koşullu biçim", "Renkli sayfa sekmesi"
FORMULA = "Hesaplanmamış olabilecek formül: Excel'de açıp kaydedin"
ONE_RESULT = "Bütün satırlarda aynı sonucu veren formül: eski bir sonuç olabilir, Excel'de bakın"
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
    by column of formulas up to two of their results, and how often."""

    looks: SheetLooks = field(default_factory=SheetLooks)
    notes: Notes = field(default_factory=lambda: defaultdict(list))
    hidden: set[int] = field(default_factory=set)
    merged: list[Range] = field(default_factory=list)
    results: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add_result(self, column: str, result: str) -> None:
        """Of a formula."""
        found = self.results[column]
        if len(found) < 2:
            found["" if PLACEHOLDER.fullmatch(result) else result.casefold()] += 1

    def name_formulas(self, *, are_computed: bool) -> None:
        """Name those that no program computed, by what the file says; and of a column all of which came to the same: a
        program that fills a template keeps what is said there."""
        if self.results and not are_computed:
            self.looks.texts.append(FORMULA)
        elif any(len(found) == 1 and (found.total() > 1 or "" in found) for found in self.results.values()):
            self.looks.texts.append(ONE_RESULT)


def name_tabs(sheets: Iterable[SheetLooks]) -> None:
    """Name coloured tabs, where those of sheets with lines differ."""
    filled = [each for each in sheets if each.line]
    for each in filled if len({each.tab for each in filled}) > 1 else ():
        each.texts += [TAB] if each.tab else []
