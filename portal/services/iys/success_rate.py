"""The success rate of our calls as İYS counts it: below a ratio it blocks an IP address, so lists stop before that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.services.iys import rate_limit

DAY = timedelta(hours=24)
FEWEST_CALLS = 200  # Below that a few bad rows would count too much; İYS judges from 20,000 calls on.
WARN, PAUSE = 0.85, 0.75  # İYS warns below 0.70, and blocks the address 96 hours later if nothing changed.


class Level(StrEnum):
    """The consequence of the ratio of the last day."""

    OK = "ok"
    WARN = "warn"  # Somebody should look at what İYS rejects.
    PAUSED = "paused"  # Only lists that a person released are sent.


@dataclass(frozen=True)
class SuccessRate:
    """Calls of the last 24 hours; `ratio`: the share that İYS does not count as failed, None where they are too few."""

    calls: int
    failures: int
    ratio: float | None
    level: Level


def measure(session: Session, at: datetime) -> SuccessRate:
    """Measure the calls of the last 24 hours. İYS counts 400, 401, 403, 404 and 422 as failed."""
    calls, failures = rate_limit.calls_since(session, DAY, at)
    if calls < FEWEST_CALLS:
        return SuccessRate(calls, failures, None, Level.OK)
    ratio = max(0.0, 1 - failures / calls)
    level = Level.PAUSED if ratio < PAUSE else Level.WARN if ratio < WARN else Level.OK
    return SuccessRate(calls, failures, ratio, level)
