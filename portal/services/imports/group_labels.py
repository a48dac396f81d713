"""Labels of groups of lines in place of addresses, as a compact pivot table has them."""

from collections.abc import Collection, Iterator, Sequence

from portal.core.iys_protocol import Status
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.layout.normalization import folded, is_sign


class GroupLabels:
    """Finds lines with nothing but a status, a digit or a sign in a column of `addresses`, and numbers beside it. One
    label alone, of a whole sheet, is a number that is missing."""

    def __init__(self, meanings: Meanings, addresses: Collection[int]):
        self._meanings, self._addresses = meanings, addresses
        self._found: dict[int, dict[str, int]] = {}  # By sheet and label: the first line that has it.

    def add(self, number: int, cells: Sequence[str], sheet: int) -> None:
        text = " ".join(filter(None, (cells[place].strip() for place in self._addresses if place < len(cells))))
        if not text or "@" in text or (len(text) > 1 and text[-1].isdigit()):  # Found fast, since nearly all are.
            return
        others = "".join(cell for place, cell in enumerate(cells) if place not in self._addresses)
        label = folded(text)
        is_label = len(label) == 1 or is_sign(label) or isinstance(self._meanings.status(label), Status)
        if is_label and (others.strip() or "0").isdigit():
            self._found.setdefault(sheet, {}).setdefault(label, number)

    def take(self) -> Iterator[tuple[int, int]]:
        """The first line of each label, and its sheet, where there are several."""
        for sheet, labels in self._found.items():
            yield from ((number, sheet) for number in labels.values() if len(labels) > 1)
        self._found = {}
