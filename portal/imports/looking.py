"""What each line of a file says: its entries, or why there is none."""

from datetime import datetime

from portal.consents.bringing import Entry
from portal.imports.layout import Layout
from portal.imports.store import Line


class Looker:
    """Reads the lines of one sheet by a layout. `at` is now; what stands up to `header_line` is no data."""

    def __init__(self, layout: Layout, *, at: datetime, header_line: int | None):
        self.layout, self.at, self.header_line = layout, at, header_line or 0

    def look(self, line: Line) -> list[tuple[int, Entry | str]]:
        """Of each slot that the line speaks of: its number, and the entry or the word of what is wrong with it.

        Every line of data that holds anything has at least one.
        """
        raise NotImplementedError
