"""Labels of groups of lines in place of addresses, as a compact pivot table has them."""

from collections.abc import Collection, Iterator, Sequence

from portal.core.iys_protocol import Status
from portal.services.imports.address_cells import is_none
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.layout.normalization import folded, is_sign


class GroupLabels:
    """Finds lines with nothing but a status, a digit or a sign in a column of `addresses`, and numbers beside it, or in
    several of these columns. One label alone, of a whole sheet, is a number that is missing."""

    def __init__(self, meanings: Meanings, addresses: Collection[int]):
        self._meanings, self._addresses = meanings, addresses
        self._found: dict[int, dict[str, int]] = {}  # By sheet and label: the first line that has it.

    def add(self, number: int, cells: Sequence[str], sheet: int) -> None:
        texts = [text for place in self._addresses if place < len(cells) and (text := cells[place].strip())]
        if not texts or any("@" in text or (len(text) > 1 and text[-1].isdigit()) for text in texts):  # Found fast.
            return
        others = "".join(cell for place, cell in enumerate(cells) if place not in self._addresses).strip()
        are_alone = (others or "0").isdigit() if len(texts) == 1 else not all(map(is_none, texts))
        if are_alone and all(map(self._is_label, texts)):
            for text in texts:
                self._found.setdefault(sheet, {}).setdefault(folded(text), number)

    def take(self) -> Iterator[tuple[int, int]]:
        """The first line of each label, and its sheet, where there are several."""
        for sheet, labels in self._found.items():
            yield from ((number, sheet) for number in sorted({*labels.values()}) if len(labels) > 1)
        self._found = {}

    def _is_label(self, text: str) -> bool:
        label = folded(text)
        return len(label) == 1 or is_sign(label) or isinstance(self._meanings.status(label), Status)
