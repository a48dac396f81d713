"""What a layout still leaves unsaid, and what of it cannot be."""

from .layout import Layout


def missing(layout: Layout) -> list[str]:
    """Names of what must still be said: "address", "status", "source", "date", "origin"."""
    raise NotImplementedError


def problems_of(layout: Layout, width: int) -> list[str]:
    """Why a layout cannot be, for a file of so many columns, as Turkish msgids; nothing where it can."""
    raise NotImplementedError
