"""Circuit breaker for İYS's host: after some failures in a row only single probes are made, with doubling pauses.

No answer, a 5xx and a proxy's page are failures of the host; an error with İYS's own code is not.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core.models import IysRate
from portal.services.iys import rate_limit
from portal.services.iys.client import Answer

HOST = "host"
OPENING_FAILURES = 5  # In a row.
LONGEST_PAUSE = 60.0  # Seconds.
PROBE = timedelta(seconds=15)  # A probe that has not come back by then is given up.


@dataclass(frozen=True)
class HostState:
    """Whether the breaker is open, after how many failures in a row, and until when no probe is made."""

    resting: bool
    failures: int
    until: datetime | None


@dataclass(frozen=True)
class AdmittedCall:
    """A call that may be made: the failures before it, and whether it is the probe."""

    failures: int
    is_probe: bool


def host_state(session: Session, at: datetime) -> HostState:
    row = session.execute(select(IysRate.failures, IysRate.next_at).where(IysRate.name == HOST)).one_or_none()
    failures, next_at = row if row else (0, at)
    resting = failures >= OPENING_FAILURES
    until = max(at, min(next_at, at + timedelta(seconds=LONGEST_PAUSE)))  # A clock set back makes no pause longer.
    return HostState(resting, failures, until if resting else None)


def admit_call(session: Session, at: datetime) -> AdmittedCall | None:
    """Admit a call, as the only probe where the breaker is open; None where it must wait.

    Part of start_call, which holds the row of the rate limit, so that two never become the probe.
    """
    seen = host_state(session, at)
    if not seen.resting:
        return AdmittedCall(seen.failures, is_probe=False)
    if seen.until and seen.until > at:
        return None
    session.execute(update(IysRate).where(IysRate.name == HOST).values(next_at=at + PROBE))
    return AdmittedCall(seen.failures, is_probe=True)


def record_answer(session: Session, admitted: AdmittedCall, answer: Answer, at: datetime) -> bool:
    """Count an answer; whether a row was written. Part of the caller's transaction.

    A failure of a call that started before the breaker opened lengthens no pause.
    """
    failed = is_host_failure(answer)
    if not failed and not admitted.failures:
        return False
    row = rate_limit.lock_rate(session, HOST, at)
    if not failed:
        row.failures, row.next_at = 0, at
    elif admitted.is_probe or row.failures < OPENING_FAILURES:
        row.failures += 1
        row.next_at = at + _pause(row.failures)
    return True


def is_host_failure(answer: Answer) -> bool:
    """Whether İYS itself could not be reached."""
    return answer.status == 0 or answer.status >= 500 or answer.is_a_page


def _pause(failures: int) -> timedelta:
    """1 s after the failure that opens the breaker, doubled with each more, with jitter."""
    if failures < OPENING_FAILURES:
        return timedelta(0)
    longest = min(LONGEST_PAUSE, 2.0 ** min(failures - OPENING_FAILURES, 10))
    return timedelta(seconds=longest * (0.75 + random.random() / 4))
