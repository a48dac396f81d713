"""Pieces of news that came together, each by itself: one that fails holds up no other."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from portal.core import journal
from portal.core.clock_check import ClockSkew
from portal.core.database import is_unavailable
from portal.core.extensions import db
from portal.core.vault import KeyMissing

Piece = TypeVar("Piece")
FailedPiece = tuple[Piece, str]  # With the name of the error.

log = structlog.get_logger()


def run_in_savepoints(pieces: Sequence[Piece], act: Callable[[Piece], None]) -> list[FailedPiece[Piece]]:
    """Do something to each piece in a savepoint, at first to all in one; those that failed. `act` is called again for
    others beside a piece that fails. Raises what may pass: then nothing is done."""
    if not pieces:
        return []
    try:
        with journal.savepoint(db.session):
            for piece in pieces:
                act(piece)
    except Exception as failure:
        if len(pieces) == 1:
            return [(pieces[0], log_or_reraise(failure))]
        _reraise_if_transient(failure)
        half = len(pieces) // 2
        return run_in_savepoints(pieces[:half], act) + run_in_savepoints(pieces[half:], act)
    return []


def log_or_reraise(failure: Exception, **facts: object) -> str:
    """The name of an error, which is logged without what it says. Raises it again where it may pass: the database, a
    key or the clock failed."""
    _reraise_if_transient(failure)
    name = type(failure).__name__
    log.error("gateway_event.failed", error=name, **facts)
    return name


def _reraise_if_transient(failure: Exception) -> None:
    if isinstance(failure, KeyMissing | ClockSkew) or is_unavailable(failure):
        raise failure
