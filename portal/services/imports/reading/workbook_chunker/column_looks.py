"""Whether lines of a sheet look otherwise than others, column by column."""

from collections import defaultdict

FEWEST_BANDS = 4  # Lines that look alike by turns are bands, to be read more easily.


class ColumnLooks:
    """The last line of each look that cells of a column have, in lines with content; how letters look (after "*") only
    in lines that fill half of the widest one, as totals do not. `line` is the last line so far, `untouched` how a cell
    looks that nobody dressed."""

    def __init__(self, untouched: str = ""):
        self.untouched, self.line = untouched, 0
        self._lines = defaultdict[str, dict[str, int]](dict)  # By column.
        self._undressed_line, self._widest = 0, 0  # The last line of which all columns are untouched.
        self._bands, self._since = ("", ""), 0  # The looks of the last two lines, and since when every second is alike.

    def add_line(self, line: int, dressed: dict[str, str], filled: int) -> None:
        """One with so many cells of content, and those cells that somebody dressed."""
        self._widest = max(self._widest, filled)
        if 2 * filled < self._widest:
            without_letters = {column: look.partition("*")[0] for column, look in dressed.items()}
            dressed = {column: look for column, look in without_letters.items() if look != self.untouched}
        if dressed:
            for column in dressed.keys() - self._lines.keys():
                self._lines[column][self.untouched] = self.line
            for column, lines in self._lines.items():
                look = dressed.get(column, self.untouched)
                lines[look] = max(lines.get(look, 0), line)  # Some programs write the last line first.
        else:
            self._undressed_line = max(self._undressed_line, line)
        looks = {*dressed.values()}
        look = " ".join(looks)
        if dressed and (len(looks) > 1 or len(dressed) < filled):  # Not dressed as a whole.
            look, self._since = f"{line}", line + 1
        elif look != self._bands[0] or line != self.line + 1:
            self._since = max(self._since, self.line if line == self.line + 1 else line)
        self._bands, self.line = (self._bands[1], look), max(self.line, line)

    def last_difference(self) -> int:
        """The last line up to which cells of some column look otherwise than others below."""
        differences = [0]
        for lines in self._lines.values():
            lines[self.untouched] = max(lines.get(self.untouched, 0), self._undressed_line)
            differences += sorted(lines.values())[-2:-1]
        are_bands = self._since and self.line - self._since >= FEWEST_BANDS - 1
        return min(max(differences), self._since - 1) if are_bands else max(differences)
