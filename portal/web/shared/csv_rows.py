"""CSV lines for spreadsheets: a byte order mark for UTF-8, and no cell that would be taken for a formula."""

import csv
import io
from collections.abc import Iterable

BYTE_ORDER_MARK = "\ufeff"  # Without it Excel misreads Turkish letters.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_line(values: Iterable[object], *, separator: str = ",") -> str:
    """One CSV line; a text that would be a formula gets an apostrophe before it."""
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerow([_escape_formula(value) for value in values])
    return written.getvalue()


def _escape_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULAS) else value
