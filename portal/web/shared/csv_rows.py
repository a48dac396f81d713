"""Lines of a CSV that a spreadsheet opens: a mark that says UTF-8, and no cell that it would take for a formula."""

import csv
import io
from collections.abc import Iterable

MARK = "\ufeff"  # Without it, Excel reads Turkish letters wrongly.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def line(values: Iterable[object], *, separator: str = ",") -> str:
    """One line; a text that would be a formula gets an apostrophe before it."""
    written = io.StringIO()
    csv.writer(written, delimiter=separator).writerow([_harmless(value) for value in values])
    return written.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULAS) else value
