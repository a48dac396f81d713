"""A provider's quota: how many consents it may hold, counted by keys (H525)."""

import sqlite3
from collections.abc import Iterable

from iys_sandbox import accounts, movements
from iys_sandbox.errors import Refused
from portal.core.iys_protocol import Problem


def used_quota(db: sqlite3.Connection, iys_code: int) -> int:
    """Number of keys that İYS holds for a provider, whatever their state."""
    row = db.execute("SELECT used FROM provider WHERE iys_code = ?", (iys_code,)).fetchone()
    return int(row["used"]) if row else 0


def check_quota(db: sqlite3.Connection, iys_code: int, keys: Iterable[movements.Key]) -> None:
    """Refuse (H525) what would exceed the subscription's keys; known keys may always change."""
    subscription = accounts.subscription_of(db, iys_code)
    limit = subscription.get("consentLimit")
    if limit is None or subscription.get("consentLimitExceed"):
        return
    keys = list(keys)
    room = limit - used_quota(db, iys_code)
    if room >= len(keys):
        return
    if sum(movements.latest_record(db, key) is None for key in keys) > max(room, 0):
        raise Refused(Problem("H525"))
