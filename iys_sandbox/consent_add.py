"""Adding one consent: answered before, wrong in itself, wrong against the stored state, or a new movement."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from iys_sandbox import accounts, movements, retailers
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import JsonObject, Refused, refuse_if
from iys_sandbox.rights import AuthorisedSender
from iys_sandbox.state_rules import state_codes
from iys_sandbox.store import SandboxConnection
from portal.core import iys_protocol
from portal.core.iys_protocol import IysProblem


def add_consent(sender: AuthorisedSender, path: str, raw: bytes, body: Any, *, repeats_answers: bool) -> JsonObject:
    """Store a movement and answer with its transactionId. Raises Refused with every problem that İYS would name.

    With `repeats_answers` (V2) the same bytes at the same path get the answer they got before.
    """
    sender.check_write_right(body.get("type") if isinstance(body, dict) else None)
    with sandbox().store.transaction() as db:
        stored = movements.earlier_answer(db, path, raw) if repeats_answers else None
        if stored is None:
            is_late = _check_fields(db, sender, body)
            key = movements.key_of(sender.brand_code, body)
            check_quota(db, sender.iys_code, [key])
            latest = movements.latest_record(db, key)
            refuse_if([IysProblem(code) for code in state_codes(latest, body)])
            if is_late:
                raise Refused(IysProblem("H467"), http=400)
            stored = store_consent(db, sender.iys_code, key, latest, body, iys_protocol.format_wire_date(now()))
            if repeats_answers:
                movements.remember_answer(db, path, raw, stored)
    return {"transactionId": stored.transaction_id, "creationDate": stored.creation_date}


def store_consent(
    db: SandboxConnection, iys_code: int, key: movements.Key, latest: sqlite3.Row | None, body: JsonObject,
    creation_date: str,
) -> movements.Stored:  # fmt: skip
    """Store a movement; the retailers that it names have access to the consent from now on, also who mediated it."""
    retailers.give_access(db, key, [code for _, code in _named_retailers(body)])
    return movements.append(db, iys_code, key, latest, body, creation_date)


def field_problems(db: sqlite3.Connection, sender: AuthorisedSender, body: Any, at: datetime) -> list[IysProblem]:
    """Broken field rules of one consent; where none is, H180 for each retailer that the brand has not."""
    return iys_protocol.validate_consent(body, now=at) or [
        IysProblem("H180", location, code) for location, code in _named_retailers(body)
        if retailers.find_retailer(db, sender.brand_code, code) is None
    ]  # fmt: skip


def _named_retailers(body: JsonObject) -> Iterator[tuple[list[str | int], Any]]:
    """Each with its location."""
    if "retailerCode" in body:
        yield ["retailerCode"], body["retailerCode"]
    for place, code in enumerate(body.get("retailerAccess", ())):
        yield ["retailerAccess", place], code


def _check_fields(db: sqlite3.Connection, sender: AuthorisedSender, body: Any) -> bool:
    """Refuse a broken field rule. True for a consent that is only too old, where H467 comes last and as a 400."""
    found = field_problems(db, sender, body, now())
    if sandbox().expiry_status == 400 and [problem.code for problem in found] == ["H467"]:
        return True
    refuse_if(found)
    return False


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
        raise Refused(IysProblem("H525"))
