"""Whether this process's clock agrees with the database's. A wrong one misleads all other programs: what it dates is
tomorrow's, what it leases nobody else may have until then. So nothing is begun by it, nor committed where it was set
meanwhile.

The database is asked again only where the clock was set since both agreed, which monotonic time tells.
"""

import time
from datetime import UTC, timedelta

import structlog
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from portal.core import clock, programs
from portal.core.extensions import JournalledSession, read_session

APART = timedelta(seconds=5)
STEP = 1.0  # Seconds by which wall and monotonic time part where the clock was set.

_agreed: float | None = None  # Wall time less monotonic time, when both clocks agreed.
_is_told = False  # That they differ.

log = structlog.get_logger()


class ClockSkew(Exception):
    """The clock was set while something was dated by it."""


def may_write() -> bool:
    """Whether this program may date and lease. Commands end by themselves, and may."""
    global _agreed, _is_told
    if programs.own_role() == "command":
        return True
    offset = clock.now().timestamp() - time.clock_gettime(time.CLOCK_MONOTONIC)
    if _agreed is not None and abs(offset - _agreed) < STEP:
        return True
    if (apart := difference(read_session())) > APART:
        if not _is_told:
            log.error("clock.apart", seconds=int(apart.total_seconds()))
        _is_told = True
        return False
    _agreed, _is_told = offset, False
    return True


@event.listens_for(JournalledSession, "before_commit")
def _refuse_commit(_session: Session) -> None:
    if not may_write():
        raise ClockSkew


def difference(session: Session) -> timedelta:
    """How far this clock is from the database's at least, however long that took to answer."""
    asked = clock.now()
    said = session.scalars(select(func.now())).one()
    theirs = said if said.tzinfo else said.replace(tzinfo=UTC)
    return max(asked - theirs, theirs - clock.now(), timedelta(0))
