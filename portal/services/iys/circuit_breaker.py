"""Circuit breaker for İYS's host: after failures of several providers in a row only single probes are made, with
doubling pauses. Where fewer fail it stays closed: their brands have pauses of their own (holds.py).

No answer, a 5xx and a proxy's page are failures of the host; any other answer is none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, SQLColumnExpression, String, cast, delete, func, literal, select, update
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.models import IysRate
from portal.services.iys import rate_limit
from portal.services.iys.client import Answer

HOST = "host"
FAILED_PROVIDER = "host/"  # And its id: it failed since the last answer of the host, the last time at `next_at`.
OPENING_FAILURES = 3  # Providers in a row; of fewer, each one's own pauses suffice.
# Providers whose calls might not fail wait, too.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=15)
PROBE = timedelta(seconds=15)  # A probe that has not come back by then is given up.


@dataclass(frozen=True)
class HostState:
    """Whether the breaker is open, after how many failures in a row, and until when no probe is made."""

    resting: bool
    failures: int
    until: datetime | None


def host_state(session: Session, at: datetime) -> HostState:
    row = session.execute(select(IysRate.failures, IysRate.next_at).where(IysRate.name == HOST)).one_or_none()
    failures, next_at = row if row else (0, at)
    resting = failures >= OPENING_FAILURES
    until = max(at, min(next_at, at + LONGEST_PAUSE))  # A clock set back makes no pause longer.
    return HostState(resting, failures, until if resting else None)


def admit_call(session: Session, at: datetime) -> bool | None:
    """Admit a call: True as the only probe where the breaker is open; None where it must wait.

    Part of start_call, which holds the row of the rate limit, so that two never become the probe.
    """
    seen = host_state(session, at)
    if not seen.resting:
        return False
    if seen.until and seen.until > at:
        return None
    session.execute(update(IysRate).where(IysRate.name == HOST).values(next_at=at + PROBE))
    return True


def record_failure(session: Session, provider_id: int, at: datetime, *, is_probe: bool) -> None:
    """Count a provider that failed, once. Part of the caller's transaction.

    A failure of a call that started before the breaker opened lengthens no pause.
    """
    row = rate_limit.lock_rate(session, HOST, at)
    rate_limit.lock_rate(session, f"{FAILED_PROVIDER}{provider_id}", at).next_at = at
    if row.failures < OPENING_FAILURES:
        theirs = select(func.count()).where(IysRate.name.startswith(FAILED_PROVIDER))
        row.failures = session.scalars(theirs).one()
    elif is_probe:
        row.failures += 1
    else:
        return
    opened = row.failures - OPENING_FAILURES + 1
    if opened > 0:
        row.next_at = at + min(leases.backoff(opened, FIRST_PAUSE, LONGEST_PAUSE), LONGEST_PAUSE)


def record_success(session: Session, at: datetime) -> None:
    """The host answers: forget all failures. Part of the caller's transaction."""
    row = rate_limit.lock_rate(session, HOST, at)
    row.failures, row.next_at = 0, at
    session.execute(delete(IysRate).where(IysRate.name.startswith(FAILED_PROVIDER)))


def failed_providers(session: Session) -> list[int]:
    """The providers whose calls failed since the last answer of the host."""
    names = session.scalars(select(IysRate.name).where(IysRate.name.startswith(FAILED_PROVIDER)))
    return [int(name.removeprefix(FAILED_PROVIDER)) for name in names]


def failed_at(provider_id: SQLColumnExpression[int]) -> ScalarSelect[datetime]:
    """When a call of a provider last failed, if none was answered since: of whoever failed longest ago the next probe
    is made, so that probes rotate."""
    name = literal(FAILED_PROVIDER) + cast(provider_id, String)
    return select(IysRate.next_at).where(IysRate.name == name).scalar_subquery()


def is_host_failure(answer: Answer) -> bool:
    """Whether İYS itself could not be reached."""
    return answer.status == 0 or answer.status >= 500 or answer.is_a_page
