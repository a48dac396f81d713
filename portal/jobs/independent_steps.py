"""Steps of a job that do not depend on each other."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from portal.core.extensions import db

log = structlog.get_logger()


class NobodyNotified(Exception):
    """A mail reached nobody who may act, so no step may say that somebody was notified."""


@contextmanager
def independent_step(failure: str, **facts: int) -> Iterator[None]:
    """Commit what the block does. If it fails, it is rolled back and logged under this name, holds up no other step,
    and is tried again by the next run."""
    try:
        yield
        db.session.commit()
    except Exception:
        db.session.rollback()
        log.exception(failure, **facts)
