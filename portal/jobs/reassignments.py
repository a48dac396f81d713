"""What people said by "this is not me": beside their address at all other firms, and against what an earlier holder had
granted at their own; and lines that were closed while a firm was being given the number."""

from collections import deque
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row, select

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import first_id
from portal.core.models import Brand, ClosedLine
from portal.domain.consents import earlier_grants, ended_grants, reassigned_addresses, restoration
from portal.jobs.independent_steps import independent_step

CLOSED_FOR = timedelta(days=1)  # How far back a process that starts looks for closed lines.
MOST_OPEN = 2 * reassigned_addresses.SETTLED  # Then both the closure and whatever brought the number have ended.
AT_ONCE = 500  # Each takes 10 to 40 ms at 2,000 firms.

log = structlog.get_logger()


class ReassignmentTurns:
    """Rounds through everything that waits, in pieces. What fails holds up nothing, and waits for the next round."""

    def __init__(self) -> None:
        self._unspread: deque[int] = deque()
        self._granted: deque[tuple[int, int]] = deque()
        self._closed: deque[Row[*tuple[Any, ...]]] = deque()
        self._unclosed: list[Row[*tuple[Any, ...]]] = []  # They failed.
        self._closed_until = clock.now() - CLOSED_FOR
        self._is_told = False

    def work(self) -> bool:
        """Whether there is more in this round. Its end is logged where anything waited, and once in any case."""
        if not self._has_more():
            self._unspread.extend(read_session().scalars(reassigned_addresses.unspread_recipients(clock.now())))
            self._granted.extend(earlier_grants.list_earlier_grants(read_session()))
            self._closed.extend(self._unclosed + self._take_closed_lines(clock.now() - MOST_OPEN))
            self._unclosed.clear()
            self._is_told = self._is_told and not self._has_more()
        for _ in range(min(AT_ONCE, len(self._unspread))):
            _spread(self._unspread.popleft())
        for _ in range(min(AT_ONCE, len(self._granted))):
            _end_grants(*self._granted.popleft())
        for _ in range(min(AT_ONCE, len(self._closed))):
            if not _close(line := self._closed.popleft()):
                self._unclosed.append(line)
        if self._has_more():
            return True
        if not self._is_told:
            log.info("reassignments.done")
            self._is_told = True
        return False

    def _has_more(self) -> bool:
        return bool(self._unspread or self._granted or self._closed)

    def _take_closed_lines(self, until: datetime) -> list[Row[*tuple[Any, ...]]]:
        """Those that were closed since the last round, but for what may be open still."""
        is_since = ClosedLine.id >= first_id(self._closed_until), ClosedLine.id < first_id(until)
        closed = select(ClosedLine.id, ClosedLine.address, ClosedLine.closed_at).where(*is_since)
        found = list(read_session().execute(closed.order_by(ClosedLine.id)))
        self._closed_until = max(self._closed_until, until)  # Once they are here: a read that fails is done again.
        return found


def _spread(recipient_id: int) -> None:
    with independent_step("reassignment.not_spread", recipient=recipient_id):
        reassigned_addresses.spread_again(db.session, vault(), recipient_id)


def _end_grants(brand_id: int, recipient_id: int) -> None:
    with independent_step("reassignment.grants_not_ended", brand=brand_id, recipient=recipient_id):
        brand = db.session.get_one(Brand, brand_id)
        ended_grants.end_earlier_grants(db.session, vault(), brand, recipient_id, clock.now())


def _close(line: Row[*tuple[Any, ...]]) -> bool:
    """Close a line again: firms whose rows of the number were not committed yet when it was closed hold it open."""
    with independent_step("reassignment.line_not_closed", line=line.id):
        restoration.restore_closed_lines(db.session, vault(), [line._asdict()], (), clock.now())
        return True
    return False
