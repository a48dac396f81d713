"""How well our calls go, as İYS counts: below a ratio it throws an address out, so we stop long before that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.services.iys import rate_limit

DAY = timedelta(hours=24)
FEWEST_CALLS = 200  # Below that many calls a handful of bad rows looks like a disaster, and İYS judges from 20,000 on.
WARN, PAUSE = 0.85, 0.75  # İYS warns below 0.70, and takes the address off its list where 96 hours later it still is.


class Level(StrEnum):
    """What the ratio of the last day asks of us."""

    OK = "ok"
    WARN = "warn"  # Somebody should look at what İYS refuses.
    PAUSED = "paused"  # No list leaves that nobody released by hand.


@dataclass(frozen=True)
class SuccessRate:
    """Calls of the last 24 hours; `ratio` of those İYS does not count as failed, None where they are too few."""

    calls: int
    failures: int
    ratio: float | None
    level: Level


def measure(session: Session, at: datetime) -> SuccessRate:
    """How the calls of the last 24 hours went. Failed is what İYS counts so: 400, 401, 403, 404, 422."""
    calls, failures = rate_limit.calls_since(session, DAY, at)
    if calls < FEWEST_CALLS:
        return SuccessRate(calls, failures, None, Level.OK)
    went_well = max(0.0, 1 - failures / calls)
    return SuccessRate(calls, failures, went_well, _level(went_well))


def _level(went_well: float) -> Level:
    if went_well < PAUSE:
        return Level.PAUSED
    return Level.WARN if went_well < WARN else Level.OK
