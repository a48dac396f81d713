"""A first layout of a file nobody has spoken of yet: by the names of its columns, and by what stands in them."""

from collections.abc import Sequence

from portal.imports.store import Line

from .layout import Layout


def guess(header: Sequence[str], lines: Sequence[Line]) -> Layout:
    """The likeliest layout; `header` is empty where no line names columns, and `lines` are some of its data."""
    raise NotImplementedError
