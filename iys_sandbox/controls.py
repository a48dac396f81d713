"""Controls of the sandbox, which İYS does not have: health, accounts, faults; act as a citizen, move the clock, delay
lists and pushes, falsify a day's file."""

import sqlite3
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from iys_sandbox import bulk_lists, citizens, day_file, pushes
from iys_sandbox.accounts import parse_account
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import JsonObject
from iys_sandbox.faults import UnknownFault, parse_fault
from iys_sandbox.movements import as_wire
from iys_sandbox.request_fields import fields_of_request, parse_bool

blueprint = Blueprint("controls", __name__)
ACCOUNT_KEYS = (
    "username, password, iysCode (a number), brands (a list of numbers, or text: 1,2); more: title, rights "
    '({"MESAJ": "write"}), subscription ({"status": "PAUSED"}), and for kind partner: integratorCode, acts_for '
    '([{"iysCode": 1, "brands": [1, 2], "title", "rights", "agreementControl", "subscription"}]) instead of brands'
)
TAMPERING_FIELDS = "one of drop (true), alter (fields) or add (fields), for a transactionId or for brandCode and day"


@blueprint.get("/health")
def health() -> ResponseReturnValue:
    """200 when the file can be read."""
    with sandbox().store.reading() as db:
        db.execute("SELECT 1 FROM seed")
    return {"status": "ok"}


@blueprint.post("/accounts")
def add_account() -> ResponseReturnValue:
    """Add an API user, or give a known one a new password and brands."""
    fields = fields_of_request()
    try:
        account = parse_account(fields)
    except (KeyError, TypeError, ValueError, OverflowError):
        return {"error": f"an account needs {ACCOUNT_KEYS}"}, 400
    sandbox().store.save_account(account)
    return {"username": account.username, "iysCode": account.iys_code, "brands": account.brands}, 201


@blueprint.get("/faults")
def list_faults() -> ResponseReturnValue:
    """The active faults, and how often each has struck."""
    return {"faults": [fault.as_json() for fault in sandbox().faults.all()]}


@blueprint.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Activate a fault; a 400 lists what is possible."""
    try:
        fault = parse_fault(fields_of_request())
    except UnknownFault as unknown:
        return {"error": str(unknown)}, 400
    sandbox().faults.add(fault)
    return fault.as_json(), 201


@blueprint.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    """Remove all faults."""
    sandbox().faults.clear()
    return "", 204


@blueprint.post("/citizens")
def act_as_citizen() -> ResponseReturnValue:
    """Make a movement at İYS, not by a provider; `movements` is empty where nothing changes."""
    try:
        made = apply_citizen_action(fields_of_request())
    except citizens.InvalidAction as impossible:
        return {"error": str(impossible)}, 400
    return {"movements": [as_wire(row) for row in made]}, 201 if made else 200


@blueprint.get("/clock")
def read_clock() -> ResponseReturnValue:
    """The sandbox's current time."""
    return {"now": now().isoformat()}


@blueprint.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move it: `at` an ISO time with its zone, or `forward` a number of seconds."""
    fields = fields_of_request()
    try:
        if "at" in fields:
            sandbox().clock.move_to(datetime.fromisoformat(fields["at"]))
        else:
            sandbox().clock.move_forward(float(fields["forward"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return {"error": "the clock moves by {at: an ISO time with its zone} or {forward: seconds}"}, 400
    bulk_lists.judge_due_items(sandbox())
    pushes.deliver_due(sandbox())
    return read_clock()


@blueprint.post("/lists")
def set_list_settings() -> ResponseReturnValue:
    """Set how long lists take: `seconds`, `laggards` (a share, 0 to 1), `laggard_seconds`; others get their default."""
    return _save_settings("lists", bulk_lists.DEFAULT_SETTINGS)


@blueprint.post("/push")
def set_push_settings() -> ResponseReturnValue:
    """Set how pushes are delivered: `delay` (seconds), `copies`, `shuffled`, `held`; others get their default."""
    return _save_settings("push", pushes.DEFAULT_SETTINGS)


@blueprint.post("/push/deliver")
def deliver_pushes() -> ResponseReturnValue:
    """Deliver what is due, even if held; returns how many were answered with 2xx."""
    return {"delivered": pushes.deliver_due(sandbox(), even_held=True)}


@blueprint.get("/push")
def deliveries() -> ResponseReturnValue:
    """Every delivery: number of tries, last answer, and whether it will be tried again."""
    with sandbox().store.reading() as db:
        rows = db.execute("SELECT id, tries, answer, due_at IS NOT NULL AS open FROM delivery ORDER BY id").fetchall()
    return {"deliveries": [dict(row) | {"open": bool(row["open"])} for row in rows]}


@blueprint.post("/tamper")
def tamper() -> ResponseReturnValue:
    """Falsify a day's file; the movements themselves stay."""
    fields = fields_of_request()
    try:
        line = day_file.falsify(
            sandbox(),
            brand_code=int(fields["brandCode"]) if "brandCode" in fields else None,
            day=date.fromisoformat(fields["day"]) if "day" in fields else None,
            transaction_id=fields.get("transactionId"),
            drop=parse_bool(fields.get("drop", False)),
            alter=_parse_line_fields(fields, "alter"),
            add=_parse_line_fields(fields, "add"),
        )
    except (TypeError, ValueError) as impossible:
        return {"error": f"{impossible}; needed is {TAMPERING_FIELDS}"}, 400
    return line.as_wire(), 201


@blueprint.delete("/tamper")
def untamper() -> ResponseReturnValue:
    """Let every file show the true movements again."""
    day_file.remove_tampering(sandbox())
    return "", 204


def apply_citizen_action(fields: Mapping[str, object]) -> list[sqlite3.Row]:
    """Apply a citizen's action and push it to the registered addresses."""
    bulk_lists.judge_due_items(sandbox())
    made = citizens.apply_action(sandbox(), fields)
    pushes.plan_deliveries(sandbox(), made)
    pushes.deliver_due(sandbox())
    return made


def _save_settings(name: str, defaults: JsonObject) -> ResponseReturnValue:
    fields = fields_of_request()
    unknown = set(fields) - set(defaults)
    if unknown:
        return {"error": f"unknown keys {sorted(unknown)}; keys are {', '.join(defaults)}"}, 400
    try:
        settings = defaults | {key: _parse_setting(defaults[key], value) for key, value in fields.items()}
    except (TypeError, ValueError):
        return {"error": f"{', '.join(defaults)} are numbers, or true and false"}, 400
    sandbox().store.save_setting(name, settings)
    return settings, 201


def _parse_setting(default: object, value: Any) -> bool | float:
    if isinstance(default, bool):
        return parse_bool(value)
    number = float(value)
    if not 0 <= number < 10**9:
        raise ValueError("a number of seconds that can be waited")
    return number


def _parse_line_fields(fields: Mapping[str, object], name: str) -> Mapping[str, object] | None:
    if name not in fields:
        return None
    given = fields[name]
    if not isinstance(given, dict) or set(given) - set(day_file.COLUMNS):
        raise ValueError(f"{name} has fields of {', '.join(day_file.COLUMNS)}")
    return given
