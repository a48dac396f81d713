"""Proof per day: every night İYS's own file of each brand is compared with our movements, confirmed and archived."""

from portal import clock
from portal.extensions import db, reading
from portal.iys.client import Client
from portal.iys.days import schedule
from portal.iys.days.reconciling import reconcile

__all__ = ["look_at", "step"]


def step(client: Client) -> bool:
    """Look at one day that is due, or write down the days of a night; False where there is nothing to do. Commits."""
    at = clock.now()
    day_id = schedule.due(reading(), at)
    if day_id is not None:
        look_at(client, day_id)
        return True
    brands = schedule.lacking(reading(), at)
    if brands:
        schedule.write_down(db.session, brands, at)
        db.session.commit()
    return bool(brands)


def look_at(client: Client, day_id: int, *, waits_for_feeds: bool = True) -> bool:
    """Look at a day now; False where another process has it in hand. Commits."""
    claimed = schedule.claim(db.session, clock.now(), day_id)
    db.session.commit()
    if claimed is not None:
        reconcile(client, claimed, waits_for_feeds=waits_for_feeds)
    return claimed is not None
