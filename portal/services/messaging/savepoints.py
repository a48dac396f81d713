"""Pieces of news that came together, each by itself: one that fails holds up no other."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

from portal.core.clock_check import ClockSkew
from portal.core.database import is_unavailable
from portal.core.extensions import db
from portal.core.vault import KeyMissing

Piece = TypeVar("Piece")
FailedPiece = tuple[Piece, str]  # With the name of the error.

log = structlog.get_logger()


def run_in_savepoints(pieces: Iterable[Piece], act: Callable[[Piece], None]) -> list[FailedPiece[Piece]]:
    """Do something to each piece in a savepoint; those that failed. Raises what may pass: then nothing is done."""
    failed = []
    for piece in pieces:
        try:
            with db.session.begin_nested():
                act(piece)
        except Exception as failure:
            failed.append((piece, log_or_reraise(failure)))
    return failed


def log_or_reraise(failure: Exception, **facts: object) -> str:
    """The name of an error, which is logged without what it says. Raises it again where it may pass: the database, a
    key or the clock failed."""
    if isinstance(failure, KeyMissing | ClockSkew) or is_unavailable(failure):
        raise failure
    name = type(failure).__name__
    log.error("gateway_event.failed", error=name, **facts)
    return name
