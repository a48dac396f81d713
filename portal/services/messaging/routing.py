"""Which gateway a brand's messages take: of two the second one's share grows while the first one fails, and shrinks
slowly afterwards, so that a gateway that comes and goes makes nobody jump. All of it stands in rows."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import leases
from portal.core.models import BrandGateway, GatewayState, MessageGateway
from portal.domain.notifications.gateways import WHOLE

FIRST_REST, LONGEST_REST = timedelta(seconds=15), timedelta(minutes=5)
LOST, WON = 25, 5  # Percent of a brand's batches that a failure takes from a gateway, and a success brings the first.
LEAST = 5  # Percent that the first one keeps, so that its recovery is noticed.
LATENESS = timedelta(seconds=1)  # So much of its pace a gateway may catch up.
WAY_WAIT = timedelta(minutes=2)  # After which a queue looks again whether a brand has a gateway that works.


def choose(session: Session, brand_id: int | None, candidates: Sequence[MessageGateway], at: datetime) -> int | None:
    """The id of a brand's gateway for now, of its provider's for one kind of address; None where none may send now."""
    places = _gateways_with_shares(session, brand_id, candidates)
    ready = [each for each in places if is_ready(each[0], at)]
    if not ready:
        return None
    if len(ready) == 1 or random.uniform(0, WHOLE) < max(ready[0][1], LEAST):
        return ready[0][0].id
    return ready[1][0].id


def looks_again_at(
    session: Session, brand_id: int | None, candidates: Sequence[MessageGateway], at: datetime
) -> datetime:  # fmt: skip
    """When to look again for a brand for which choose() found none: now where one is only paced, else after a rest,
    and soon enough for what a person puts right or chooses meanwhile."""
    working = [each for each, _ in _gateways_with_shares(session, brand_id, candidates) if _works(each)]
    if any(not is_resting(each, at) for each in working):
        return at
    return min([at + WAY_WAIT, *(each.resting_until for each in working if each.resting_until)])


def is_ready(gateway: MessageGateway, at: datetime) -> bool:
    """Whether a gateway may send now."""
    is_free = gateway.next_at is None or gateway.next_at <= at
    return _works(gateway) and is_free and not is_resting(gateway, at)


def is_resting(gateway: MessageGateway, at: datetime) -> bool:
    """Whether it is spared after a failure; a rest that is too long comes from a clock that was set back."""
    return gateway.resting_until is not None and at < gateway.resting_until <= at + 2 * LONGEST_REST


def take_slots(gateway: MessageGateway, wanted: int, at: datetime) -> int:
    """How many messages may leave in one batch now: at most those of a second. The caller has locked the row."""
    count = min(wanted, max(1, gateway.per_second))
    begins = max(gateway.next_at or at, at - LATENESS)
    gateway.next_at = begins + timedelta(seconds=count / gateway.per_second)
    gateway.served_at = at
    return count


def note_outcome(session: Session, gateway_id: int, brand_ids: set[int], at: datetime, *, went_well: bool) -> None:
    """Remember whether a batch went well: after failures a gateway rests, and its brands turn to their other one."""
    gateway = session.get_one(MessageGateway, gateway_id, with_for_update=True)
    if went_well:
        gateway.failures, gateway.resting_until = 0, None
    else:
        gateway.failures += 1
        gateway.resting_until = at + leases.backoff(gateway.failures, FIRST_REST, LONGEST_REST)
    for brand_id in sorted(brand_ids):
        _shift_share(session, brand_id, gateway, went_well=went_well)


def stop(session: Session, gateway_id: int, code: str, reason: str = "unknown") -> None:
    """Nothing goes through a gateway until a person has put it right."""
    gateway = session.get_one(MessageGateway, gateway_id, with_for_update=True)
    if gateway.state == GatewayState.WORKING:
        gateway.state, gateway.stopped_code, gateway.stopped_reason = GatewayState.STOPPED, code[:60], reason
        gateway.stop_mailed_at = None


def _works(gateway: MessageGateway) -> bool:
    return gateway.state == GatewayState.WORKING


def _gateways_with_shares(
    session: Session, brand_id: int | None, candidates: Sequence[MessageGateway]
) -> list[tuple[MessageGateway, int]]:
    """A brand's gateways with their shares, or else its provider's first one that works."""
    by_id = {each.id: each for each in candidates}
    chosen = select(BrandGateway).where(BrandGateway.brand_id == brand_id, BrandGateway.gateway_id.in_(by_id))
    rows = session.scalars(chosen.order_by(BrandGateway.place)).all() if brand_id else []
    if rows:
        return [(by_id[row.gateway_id], row.share) for row in rows]
    working = [each for each in candidates if _works(each)]
    return [(working[0], WHOLE)] if working else []


def _shift_share(session: Session, brand_id: int, gateway: MessageGateway, *, went_well: bool) -> None:
    theirs = select(BrandGateway).where(BrandGateway.brand_id == brand_id, BrandGateway.carries == gateway.carries)
    rows = session.scalars(theirs.order_by(BrandGateway.place).with_for_update()).all()
    if len(rows) != 2 or gateway.id not in (rows[0].gateway_id, rows[1].gateway_id):
        return
    is_first = gateway.id == rows[0].gateway_id
    gained = (WON if is_first else 0) if went_well else (-LOST if is_first else LOST)
    rows[0].share = min(WHOLE, max(0, rows[0].share + gained))
    rows[1].share = WHOLE - rows[0].share
