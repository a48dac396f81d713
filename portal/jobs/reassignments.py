"""What people said by "this is not me": beside their address at all other firms, and against what an earlier holder had
granted at their own."""

from collections import deque

import structlog

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import Brand
from portal.domain.consents import earlier_grants, movements, reassigned_addresses
from portal.jobs.independent_steps import independent_step

AT_ONCE = 500  # Each takes 10 to 40 ms at 2,000 firms.

log = structlog.get_logger()


class ReassignmentTurns:
    """Rounds through everything that waits, in pieces. What fails holds up nothing, and waits for the next round."""

    def __init__(self) -> None:
        self._unspread: deque[int] = deque()
        self._granted: deque[tuple[int, int]] = deque()
        self._is_told = False

    def work(self) -> bool:
        """Whether there is more in this round. Its end is logged where anything waited, and once in any case."""
        if not self._has_more():
            self._unspread.extend(read_session().scalars(reassigned_addresses.unspread_recipients(clock.now())))
            self._granted.extend(earlier_grants.list_earlier_grants(read_session()))
            self._is_told = self._is_told and not self._has_more()
        for _ in range(min(AT_ONCE, len(self._unspread))):
            _spread(self._unspread.popleft())
        for _ in range(min(AT_ONCE, len(self._granted))):
            _end_grants(*self._granted.popleft())
        if self._has_more():
            return True
        if not self._is_told:
            log.info("reassignments.done")
            self._is_told = True
        return False

    def _has_more(self) -> bool:
        return bool(self._unspread or self._granted)


def _spread(recipient_id: int) -> None:
    with independent_step("reassignment.not_spread", recipient=recipient_id):
        reassigned_addresses.spread_again(db.session, vault(), recipient_id)


def _end_grants(brand_id: int, recipient_id: int) -> None:
    with independent_step("reassignment.grants_not_ended", brand=brand_id, recipient=recipient_id):
        brand = db.session.get_one(Brand, brand_id)
        movements.end_earlier_grants(db.session, vault(), brand, recipient_id, clock.now())
