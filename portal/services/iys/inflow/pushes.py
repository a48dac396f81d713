"""Read what İYS pushed: the same rows as a pull, an hour earlier, and trusted no more."""

import json
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import MAX_LIST_SIZE
from portal.core.leases import is_due
from portal.core.models import Brand, CallTally, FeedSource, Push, PushRegistration, ReceivedVia
from portal.core.vault import CannotOpen
from portal.domain.consents import movement_rows, movements
from portal.domain.consents.movement_rows import MovementRow
from portal.domain.consents.recipients import chunks
from portal.services.iys import rate_limit
from portal.services.iys.client import Client
from portal.services.iys.inflow import claims

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
RETRY_UNREADABLE = timedelta(hours=1)  # A body that no key opens now may open once the keys are back.


def read_next_push(_client: Client | None = None) -> bool:
    """Read one due push; False if none is due. İYS is not asked."""
    at = clock.now()
    query = (
        select(Push, Brand)
        .join(PushRegistration, PushRegistration.id == Push.registration_id)
        .join(Brand, Brand.id == PushRegistration.brand_id)
        .where(is_due(Push, at))
        .order_by(Push.due_at)
    )
    claimed = claims.claim_first(query, Push.provider_id, at, LEASE)
    if claimed is None:
        return False
    push, brand = claimed
    try:
        body = vault().open(push.body, Push.PLACE, push.provider_id, push.id)
    except CannotOpen:
        log.error("push.cannot_open", id=push.id)
        claims.release(push, due_at=at + RETRY_UNREADABLE)
        db.session.commit()
        return True
    _store_rows(push, brand, *_parse_rows(body, brand, push.received_at))
    return True


def _store_rows(push: Push, brand: Brand, rows: list[MovementRow], unreadable: int) -> None:
    """Apply the rows in chunks, so that no other writer waits long; applied twice, a chunk changes nothing."""
    at, taken = clock.now(), 0
    for chunk in chunks(rows, MAX_LIST_SIZE):
        taken += movements.apply_movements(
            db.session, vault(), brand, chunk, by=ReceivedVia.PUSH, feed=FeedSource.PEOPLE, at=at
        ).new
        db.session.commit()
    if claims.release(push, due_at=None, ended_at=at, taken=taken, unreadable=unreadable) and unreadable:
        rate_limit.add_to_tally(db.session, CallTally.UNREADABLE_ROW, at, calls=unreadable)
    db.session.commit()
    emit = log.warning if unreadable else log.info
    counts = {"rows": len(rows), "new": taken, "unreadable": unreadable}
    emit("push.read", brand=brand.id, brand_code=brand.brand_code, **counts)


def _parse_rows(body: bytes, brand: Brand, at: datetime) -> tuple[list[MovementRow], int]:
    """The movements of people at this brand, and the number of unreadable rows; what senders say is pulled."""
    try:
        listed = json.loads(body)["list"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return [], 1
    if not isinstance(listed, list):
        return [], 1
    of_brand = [row for row in listed if _is_of_brand(row, brand)]
    rows, unread = movement_rows.read_rows(of_brand, at)
    of_people = [row for row in rows if not row.source.startswith(f"{FeedSource.PROVIDER}_")]
    return of_people, len(listed) - len(of_brand) + unread


def _is_of_brand(row: object, brand: Brand) -> bool:
    return isinstance(row, dict) and str(row.get("brandCode", brand.brand_code)) == str(brand.brand_code)
