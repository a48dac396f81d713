"""A provider's quota: how many consents it may hold, counted by keys (H525)."""

import sqlite3
from collections.abc import Iterable

from iys_sandbox import accounts, movements
from iys_sandbox.errors import Refused
from portal.core.iys_protocol import Problem


def used(db: sqlite3.Connection, iys_code: int) -> int:
    """How many keys İYS holds for a provider, whatever their state."""
    row = db.execute("SELECT used FROM provider WHERE iys_code = ?", (iys_code,)).fetchone()
    return row["used"] if row else 0


def check(db: sqlite3.Connection, iys_code: int, keys: Iterable[movements.Key]) -> None:
    """Refuse (H525) what would hold more keys than the subscription has; known keys may always change."""
    subscription = accounts.subscription_of(db, iys_code)
    limit = subscription.get("consentLimit")
    if limit is None or subscription.get("consentLimitExceed"):
        return
    keys = list(keys)
    room = limit - used(db, iys_code)
    if room >= len(keys):
        return
    if sum(movements.head(db, key) is None for key in keys) > max(room, 0):
        raise Refused(Problem("H525"))
