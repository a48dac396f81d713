"""Circuit breaker for İYS's host, of each egress: after failures of several providers in a row, those of whom İYS
answered nothing since are only probed, one call at a time, with doubling pauses. All others call on: each finds out for
itself. Where fewer fail it stays closed: their brands have pauses of their own (holds.py).

No answer, a 5xx and a proxy's page are failures of the host; any other answer is none.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVarTuple

from sqlalchemy import Row, ScalarSelect, Select, SQLColumnExpression, String, cast, delete, literal, select, update
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.models import IysRate
from portal.services.iys import egresses, rate_limit
from portal.services.iys.client import IysAnswer

Ts = TypeVarTuple("Ts")

HOST = "host"
FAILED_PROVIDER = "host/"  # And its id: it failed since the last answer of the host, the last time at `next_at`.
OPENING_FAILURES = 3  # Providers in a row; of fewer, each one's own pauses suffice.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=5)
PROBE = timedelta(seconds=15)  # A probe that has not come back by then is given up.
LONG_AGO = timedelta(days=1)  # Who failed once is probed before those who failed again.


@dataclass(frozen=True)
class HostState:
    """Whether the breaker is open, after how many failures in a row, and until when no probe is made."""

    resting: bool
    failures: int
    until: datetime | None
    failed: Collection[int] = ()  # The providers whose calls failed since the last answer of the host.

    def left_out(self, at: datetime) -> list[Collection[int]]:
        """The providers that looks for work leave out, look by look: at the first those whose calls fail. There is no
        second one where these may not call now."""
        may_call = self.until is None or self.until <= at
        return [self.failed, ()] if self.failed and may_call else [self.failed]


def host_state(session: Session, at: datetime) -> HostState:
    host, failed_provider = egresses.own_name(HOST), egresses.own_name(FAILED_PROVIDER)
    rows = session.execute(select(IysRate.name, IysRate.failures, IysRate.next_at).where(IysRate.name.startswith(host)))
    by_name = {name: (failures, next_at) for name, failures, next_at in rows}
    failures, next_at = by_name.pop(host, (0, at))
    resting = failures >= OPENING_FAILURES
    until = max(at, min(next_at, at + LONGEST_PAUSE))  # A clock set back makes no pause longer.
    failed = [int(name.removeprefix(failed_provider)) for name in by_name]
    return HostState(resting, failures, until if resting else None, failed)


def first_row(
    session: Session, query: Select[*Ts], provider_id: SQLColumnExpression[int], at: datetime
) -> Row[*Ts] | None:
    """The first row of a query: of a provider whose calls did not fail, if there is any; of none that must wait."""
    looks = host_state(session, at).left_out(at)
    rows = (session.execute(query.where(provider_id.not_in(left_out)).limit(1)).first() for left_out in looks)
    return next(filter(None, rows), None)


def admit_call(session: Session, provider_id: int, at: datetime) -> bool | None:
    """Admit a call: True as the only probe of those that failed while the breaker is open; None where it must wait.

    Part of start_call, which holds the row of the rate limit, so that two never become the probe.
    """
    seen = host_state(session, at)
    if not seen.resting or provider_id not in seen.failed:
        return False
    if seen.until and seen.until > at:
        return None
    session.execute(update(IysRate).where(IysRate.name == egresses.own_name(HOST)).values(next_at=at + PROBE))
    return True


def record_failure(session: Session, provider_id: int, at: datetime, *, is_probe: bool) -> None:
    """Count a provider that failed, once. Part of the caller's transaction.

    A failure of a call that started before the breaker opened lengthens no pause.
    """
    row = rate_limit.lock_rate(session, HOST, at)
    theirs = rate_limit.lock_rate(session, f"{FAILED_PROVIDER}{provider_id}", at)
    theirs.failures, theirs.next_at = theirs.failures + 1, at if theirs.failures else at - LONG_AGO
    if row.failures < OPENING_FAILURES:
        row.failures = len(host_state(session, at).failed)
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
    session.execute(delete(IysRate).where(IysRate.name.startswith(egresses.own_name(FAILED_PROVIDER))))


def failed_at(provider_id: SQLColumnExpression[int]) -> ScalarSelect[datetime]:
    """When a call of a provider last failed, if none was answered since: of whoever failed longest ago the next probe
    is made, so that probes rotate."""
    name = literal(egresses.own_name(FAILED_PROVIDER)) + cast(provider_id, String)
    return select(IysRate.next_at).where(IysRate.name == name).scalar_subquery()


def is_host_failure(answer: IysAnswer) -> bool:
    """Whether İYS itself could not be reached."""
    return answer.status == 0 or answer.status >= 500 or answer.is_a_page
