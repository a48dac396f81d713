"""How far our clock is ahead of İYS's, learnt from its answers: what İYS would find dated in its future (H162) waits.

İYS's times are cut to the second and its answers travel for a while, so each answer tells two bounds; those of several
answers together are close. The estimate is kept in a row, for all processes and for the health page.
"""

from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy.orm import Session

from portal.core import iys_clock_difference
from portal.core.iys_clock_difference import LONGEST
from portal.core.models import IysRate
from portal.services.iys import egresses, rate_limit
from portal.services.iys.client import IysAnswer

NONE, MILLISECOND, SECOND = timedelta(0), timedelta(milliseconds=1), timedelta(seconds=1)
WARNING = timedelta(seconds=2)
SMALLEST_CHANGE = timedelta(milliseconds=250)  # That is written to the row.
REREAD = timedelta(seconds=5)  # Age of this process's copy of the row.
NEAR_DATE = timedelta(seconds=10)  # A creationDate further from the answer's Date was not read from İYS's clock.


class IysClock:
    """What this process knows of İYS's clock."""

    def __init__(self) -> None:
        self._bounds: dict[str, tuple[timedelta, timedelta]] = {}  # The least and the most, by header or field.
        self._stored, self._read_at = NONE, datetime.min.replace(tzinfo=UTC)

    def learn(self, session: Session, answer: IysAnswer, created_at: datetime | None = None) -> bool:
        """Learn from an answer's Date, or from the creationDate of a consent that İYS stored just now.

        Part of the caller's transaction; whether a row was written.
        """
        read = answer.clock_reading
        if read is None or (created_at and abs(created_at - read.iys_at) > NEAR_DATE):
            return False
        kind, iys_at = ("creationDate", created_at) if created_at else ("Date", read.iys_at)
        least, most = read.asked_at - iys_at - SECOND, read.answered_at - iys_at
        known = self._bounds.get(kind, (least, most))
        both = max(least, known[0]), min(most, known[1])
        self._bounds[kind] = both if both[0] <= both[1] else (least, most)  # Otherwise one of the clocks was set.
        estimate = max(most if least > NONE or most < NONE else NONE for least, most in self._bounds.values())
        self.delay(session, read.answered_at)  # Reads the row, if that is long ago.
        if abs(estimate - self._stored) < SMALLEST_CHANGE:
            return False
        self._stored = estimate
        with egresses.using(None):  # İYS has one clock, whatever it is called by.
            rate_limit.lock_rate(session, IysRate.CLOCK, read.answered_at).ahead_ms = round(estimate / MILLISECOND)
        return True

    def delay(self, session: Session, at: datetime) -> timedelta:
        """How long a consent waits after its consentDate, until İYS's clock has reached that."""
        if abs(at - self._read_at) > REREAD:
            self._stored, self._read_at = iys_clock_difference.ahead(session), at
        return self._stored if NONE < self._stored <= LONGEST else NONE

    def earlier_of_both(self, session: Session, at: datetime) -> datetime:
        """A moment in whole seconds, as İYS's dates are, by İYS's clock where ours is ahead of it."""
        return (at - self.delay(session, at)).replace(microsecond=0)

    def behind(self, session: Session, at: datetime) -> timedelta:
        """How much later İYS dates what happens now; as far as clocks may be apart."""
        self.delay(session, at)  # Reads the row, if that is long ago.
        return -self._stored if -LONGEST <= self._stored < NONE else NONE


def iys_clock() -> IysClock:
    """This process's."""
    clock: IysClock = current_app.extensions.setdefault("iys_clock", IysClock())
    return clock
