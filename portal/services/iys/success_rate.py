"""The success rate of our calls as İYS counts it: below a ratio it blocks an IP address. Before that, the grants of
those providers wait whose own failures make it low; everybody else goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal.core.extensions import db, read_session
from portal.core.models import NO_PROVIDER, CallTally, Connection, ForwardingHold
from portal.core.models.inserts import insert_missing
from portal.services.iys import egresses, rate_limit
from portal.services.iys.holds import LOW_RATIO

DAY = timedelta(hours=24)
FEWEST_CALLS = 200  # Below that a few bad rows would count too much; İYS judges from 20,000 calls on.
WARN, PAUSE = 0.85, 0.75  # İYS warns below 0.70, and blocks the address 96 hours later if nothing changed.
LOOK_AGAIN = timedelta(minutes=1)  # At who makes the ratio low.
LOOKED = "success_rate"  # The name of the last look in IysRate.
PROVIDER = "provider/"  # And its id: the name of its own tally, by the hour.


class Level(StrEnum):
    """The consequence of the ratio of the last day."""

    OK = "ok"
    WARN = "warn"  # Somebody should look at what İYS rejects.
    PAUSED = "paused"  # Providers whose calls fail send no grants but in lists that a person released.


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


def count_call(session: Session, provider_id: int, at: datetime, *, calls: int = 0, failures: int = 0) -> None:
    """Add to the tally of a provider's own calls; part of the caller's transaction."""
    if provider_id != NO_PROVIDER:
        hour = at.replace(minute=0)
        rate_limit.add_to_tally(session, f"{PROVIDER}{provider_id}", hour, calls=calls, failures=failures)


def paused_providers(session: Session, at: datetime) -> set[int]:
    """Those whose grants wait."""
    paused = select(ForwardingHold.provider_id).where(ForwardingHold.code == LOW_RATIO, ForwardingHold.until > at)
    return set(session.scalars(paused))


def pause_failing_providers(at: datetime) -> None:
    """While the ratio of the egress in use is low, hold the grants of those who make it so; looked at once a minute.
    Commits."""
    kept = measure(read_session(), at)
    is_low = kept.level == Level.PAUSED
    served = select(Connection.provider_id).where(egresses.is_of_egress())
    its = (ForwardingHold.code == LOW_RATIO, ForwardingHold.provider_id.in_(served))
    held = select(ForwardingHold.until).where(*its).limit(1)
    if rate_limit.paused_until(read_session(), LOOKED, at) if is_low else read_session().scalar(held) is None:
        return
    db.session.execute(delete(ForwardingHold).where(*its).execution_options(synchronize_session=False))
    if is_low:
        rate_limit.pause_calls(db.session, at + LOOK_AGAIN, LOOKED)
        hold = {
            "brand_id": ForwardingHold.EVERY_BRAND, "channel": ForwardingHold.EVERY_CHANNEL, "code": LOW_RATIO,
            "until": at + 2 * LOOK_AGAIN, "failures": 0,
        }  # fmt: skip
        failing = _failing_providers(db.session, kept, at)
        insert_missing(db.session, ForwardingHold, [hold | {"provider_id": each} for each in failing])
    db.session.commit()


def _failing_providers(session: Session, kept: SuccessRate, at: datetime) -> list[int]:
    """The fewest of those with a low ratio of their own without whom the ratio would not even be a warning."""
    sums = (func.sum(CallTally.calls).label("calls"), func.sum(CallTally.failures).label("failures"))
    own = egresses.own_name(PROVIDER)
    tallies = select(CallTally.name, *sums).where(CallTally.name.startswith(own), CallTally.span >= at - DAY)
    worst_first = session.execute(tallies.group_by(CallTally.name).order_by(sums[1].desc())).all()
    calls, failures, found = kept.calls, kept.failures, []
    for name, its_calls, its_failures in worst_first:
        if failures <= (1 - WARN) * calls:
            break
        if its_failures > (1 - PAUSE) * its_calls:
            calls, failures = calls - its_calls, failures - its_failures
            found.append(int(name.removeprefix(own)))
    return found
