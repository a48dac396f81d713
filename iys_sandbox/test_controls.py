"""What a tester moves in İYS's world: citizens, the clock, how lists and pushes go, and what a day's file shows."""

from collections.abc import Mapping
from datetime import date, datetime

from flask import Blueprint
from flask.typing import ResponseReturnValue

from iys_sandbox import bulk_lists, citizens, day_file, push_delivery
from iys_sandbox.context import box, now
from iys_sandbox.movements import as_wire
from iys_sandbox.request_fields import fields_of_request, yes_or_no

levers = Blueprint("levers", __name__)
TAMPERING = "one of drop (true), alter (fields) or add (fields), for a transactionId or for brandCode and day"


@levers.post("/citizens")
def let_a_citizen_act() -> ResponseReturnValue:
    """A movement made at İYS, not by a provider; `movements` is empty where nothing changes."""
    try:
        made = act(fields_of_request())
    except citizens.NotAnAct as impossible:
        return {"error": str(impossible)}, 400
    return {"movements": [as_wire(row) for row in made]}, 201 if made else 200


@levers.get("/clock")
def read_clock() -> ResponseReturnValue:
    """The sandbox's time."""
    return {"now": now().isoformat()}


@levers.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move it: `at` an ISO time with its zone, or `forward` a number of seconds."""
    fields = fields_of_request()
    try:
        if "at" in fields:
            box().clock.move_to(datetime.fromisoformat(fields["at"]))
        else:
            box().clock.forward(float(fields["forward"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return {"error": "the clock moves by {at: an ISO time with its zone} or {forward: seconds}"}, 400
    bulk_lists.judge_due(box())
    push_delivery.deliver_due(box())
    return read_clock()


@levers.post("/lists")
def set_habits_of_lists() -> ResponseReturnValue:
    """How long lists take: any of `seconds`, `laggards` (a share, 0 to 1) and `laggard_seconds`; the rest as usual."""
    return _set_habits("lists", bulk_lists.HABITS)


@levers.post("/push")
def set_habits_of_pushes() -> ResponseReturnValue:
    """How pushes go: any of `delay` (seconds), `copies`, `shuffled`, `held`; the rest as usual."""
    return _set_habits("push", push_delivery.HABITS)


@levers.post("/push/deliver")
def deliver() -> ResponseReturnValue:
    """Let go what is due, even if it is held; how many were answered well."""
    return {"delivered": push_delivery.deliver_due(box(), even_held=True)}


@levers.get("/push")
def deliveries() -> ResponseReturnValue:
    """Every delivery: how often it was tried, the last answer, and whether it is still to be tried."""
    with box().store.reading() as db:
        rows = db.execute("SELECT id, tries, answer, due_at IS NOT NULL AS open FROM delivery ORDER BY id").fetchall()
    return {"deliveries": [dict(row) | {"open": bool(row["open"])} for row in rows]}


@levers.post("/tamper")
def tamper() -> ResponseReturnValue:
    """Falsify what a day's file shows; the movements themselves stay."""
    fields = fields_of_request()
    try:
        line = day_file.falsify(
            box(),
            brand_code=int(fields["brandCode"]) if "brandCode" in fields else None,
            day=date.fromisoformat(fields["day"]) if "day" in fields else None,
            transaction_id=fields.get("transactionId"),
            drop=yes_or_no(fields.get("drop", False)),
            alter=_fields(fields, "alter"),
            add=_fields(fields, "add"),
        )
    except (TypeError, ValueError) as impossible:
        return {"error": f"{impossible}; needed is {TAMPERING}"}, 400
    return line.as_wire(), 201


@levers.delete("/tamper")
def mend() -> ResponseReturnValue:
    """Let every file show what truly was."""
    day_file.mend(box())
    return "", 204


def act(fields: Mapping[str, object]) -> list:
    """Let a citizen act, and tell those who are pushed to."""
    bulk_lists.judge_due(box())
    made = citizens.act(box(), fields)
    push_delivery.plan(box(), made)
    push_delivery.deliver_due(box())
    return made


def _set_habits(name: str, usual: dict) -> ResponseReturnValue:
    fields = fields_of_request()
    unknown = set(fields) - set(usual)
    if unknown:
        return {"error": f"unknown keys {sorted(unknown)}; keys are {', '.join(usual)}"}, 400
    try:
        habits = usual | {key: _like(usual[key], value) for key, value in fields.items()}
    except (TypeError, ValueError):
        return {"error": f"{', '.join(usual)} are numbers, or true and false"}, 400
    box().store.set(name, habits)
    return habits, 201


def _like(usual: object, value: object) -> object:
    if isinstance(usual, bool):
        return yes_or_no(value)
    number = float(value)
    if not 0 <= number < 10**9:
        raise ValueError("a number that can be waited for")
    return number


def _fields(fields: Mapping[str, object], name: str) -> Mapping[str, object] | None:
    if name not in fields:
        return None
    given = fields[name]
    if not isinstance(given, dict) or set(given) - set(day_file.COLUMNS):
        raise ValueError(f"{name} has fields of {', '.join(day_file.COLUMNS)}")
    return given
