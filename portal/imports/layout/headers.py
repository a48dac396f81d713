"""Lines that name columns, and the names: which is a header, what each name announces, when two headers are alike."""

from collections.abc import Sequence

from portal.imports.store import Line


def find_header(lines: Sequence[Line]) -> int | None:
    """The place in `lines` of the row that names the columns, among the first twenty; None where none does."""
    raise NotImplementedError


def signature(header: Sequence[str]) -> bytes:
    """SHA-256 of a header's names in any order, case and spelling, without the columns that we add ourselves."""
    raise NotImplementedError
