"""The row by which a gateway is swept, and what is noted in it, as JSON that is sealed: its last reports, and what its
lists held when they were asked last."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session
from portal.core.ids import new_id
from portal.core.models import EventKind, EventOutcome, GatewayEvent, MessageGateway
from portal.core.models.inserts import insert_missing
from portal.core.vault import CannotOpen
from portal.services.messaging.event_contents import OFTEN, read_content, write_content
from portal.services.messaging.gateways.protocol import Report

SWEEP = bytes(32)  # Its digest.


def sweep_row(gateway: MessageGateway, at: datetime) -> dict[str, Any]:
    """The row by which a gateway is swept, due now. note_report() keeps the last reports in it."""
    return {
        "id": new_id(), "provider_id": gateway.provider_id, "gateway_id": gateway.id, "kind": EventKind.SWEEP,
        "digest": SWEEP, "received_at": at, "due_at": at,
    }  # fmt: skip


def note_lists(row: GatewayEvent, lists: Mapping[str, Any]) -> None:
    """Keep what an account's lists held, beside its last reports: pushes note theirs while it is swept, so the row is
    locked, after messages, and read anew. What cannot be opened is replaced."""
    db.session.refresh(row, with_for_update=True)
    noted = read_noted(row)
    if (merged := {**noted, **lists}) != noted:
        write_content(row, merged)


def note_report(gateway: MessageGateway, outcome: EventOutcome, said: str, at: datetime) -> None:
    """Keep the last report of a gateway: its state if it was READ, how it begins if it was UNREADABLE. Raises
    CannotOpen."""
    if (row := find_sweep_row(gateway.id)) is None:
        insert_missing(db.session, GatewayEvent, [sweep_row(gateway, at)])
        row = db.session.scalars(_row_of(gateway.id)).one()
    if _is_noted(row, outcome, said, at):
        return
    db.session.refresh(row, with_for_update=True)
    if not _is_noted(row, outcome, said, at):
        write_content(row, read_noted(row) | {outcome: (at.isoformat(), said)})
        row.outcome = outcome


def _is_noted(row: GatewayEvent, outcome: EventOutcome, said: str, at: datetime) -> bool:
    """Whether a later report is noted, or one like it of about that time. Raises CannotOpen."""
    before_at, before = (read_content(row) if row.body else {}).get(outcome, ("", ""))
    pause = OFTEN if (row.outcome, before) == (outcome, said) else timedelta(microseconds=1)
    return bool(before_at) and at < datetime.fromisoformat(before_at) + pause


def note_reports(gateway: MessageGateway, reports: Sequence[Report], at: datetime, beginning: str) -> None:
    """For the account's page, which also tells whether its test message arrived: no message of ours is that."""
    if gateway.carries == AddressKind.PHONE:
        known = [each for each in reports if each.is_known]
        if known:
            note_report(gateway, EventOutcome.READ, known[-1].state, at)
        if len(known) < len(reports):
            note_report(gateway, EventOutcome.UNREADABLE, beginning or reports[-1].code, at)


def find_last_reports(gateway_id: int) -> dict[EventOutcome, tuple[datetime, str]]:
    """What note_report() kept of a gateway, with the time at which it came. Raises CannotOpen."""
    row = read_session().scalar(_row_of(gateway_id))
    noted = read_content(row) if row and row.body else {}
    known = [(each, noted[each]) for each in EventOutcome if each in noted]
    return {outcome: (datetime.fromisoformat(at), said) for outcome, (at, said) in known}


def find_sweep_row(gateway_id: int) -> GatewayEvent | None:
    """The row by which a gateway is swept, with what is noted of it."""
    return db.session.scalar(_row_of(gateway_id))


def _row_of(gateway_id: int) -> Select[GatewayEvent]:
    return select(GatewayEvent).where(GatewayEvent.gateway_id == gateway_id, GatewayEvent.digest == SWEEP)


def read_noted(row: GatewayEvent) -> dict[str, Any]:
    """What the row by which a gateway is swept holds; nothing where it cannot be opened."""
    with suppress(CannotOpen):
        return read_content(row) if row.body else {}
    return {}
