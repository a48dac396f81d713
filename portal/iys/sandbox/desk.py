"""The tester's desk, which İYS does not have: accounts, citizens, habits, faults, the clock, and a sign of life."""

from datetime import datetime

from flask import Blueprint
from flask.typing import ResponseReturnValue

from . import citizens, lists
from .box import box, now
from .faults import UnknownFault, fault_asked_for
from .fields import fields_of_request
from .movements import as_wire
from .store import LONGEST_NUMBER

desk = Blueprint("desk", __name__)
ACCOUNT_KEYS = "username, password, iysCode (a number), brands (a list of numbers, or text: 1,2)"


@desk.get("/health")
def health() -> ResponseReturnValue:
    """200 when the file can be read."""
    with box().store.reading() as db:
        db.execute("SELECT 1 FROM seed")
    return {"status": "ok"}


@desk.post("/accounts")
def add_account() -> ResponseReturnValue:
    """Register an API user, or give a known one a new password and brands."""
    fields = fields_of_request()
    try:
        username, password, iys_code, brands = _account(fields)
    except (KeyError, TypeError, ValueError, OverflowError):
        return {"error": f"an account needs {ACCOUNT_KEYS}"}, 400
    box().store.add_account(username, password, iys_code, brands)
    return {"username": username, "iysCode": iys_code, "brands": brands}, 201


@desk.post("/citizens")
def let_a_citizen_act() -> ResponseReturnValue:
    """A movement made at İYS, not by a provider; `movements` is empty where nothing changes."""
    lists.judge_due(box())
    try:
        made = citizens.act(box(), fields_of_request())
    except citizens.NotAnAct as impossible:
        return {"error": str(impossible)}, 400
    return {"movements": [as_wire(row) for row in made]}, 201 if made else 200


@desk.get("/clock")
def read_clock() -> ResponseReturnValue:
    """The sandbox's time."""
    return {"now": now().isoformat()}


@desk.post("/clock")
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
    return read_clock()


@desk.post("/lists")
def set_habits_of_lists() -> ResponseReturnValue:
    """How long lists take: any of `seconds`, `laggards` (a share, 0 to 1) and `laggard_seconds`."""
    fields = fields_of_request()
    unknown = set(fields) - set(lists.HABITS)
    if unknown:
        return {"error": f"unknown keys {sorted(unknown)}; keys are {', '.join(lists.HABITS)}"}, 400
    habits = lists.HABITS | {name: float(value) for name, value in fields.items()}
    box().store.set("lists", habits)
    return habits, 201


@desk.get("/faults")
def list_faults() -> ResponseReturnValue:
    """The faults in force, and how often each has struck."""
    return {"faults": [fault.as_json() for fault in box().faults.all()]}


@desk.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Put a fault in force; 400 says what can be had."""
    try:
        fault = fault_asked_for(fields_of_request())
    except UnknownFault as unknown:
        return {"error": str(unknown)}, 400
    box().faults.add(fault)
    return fault.as_json(), 201


@desk.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    """End all faults."""
    box().faults.clear()
    return "", 204


def _account(fields: dict) -> tuple[str, str, int, list[int]]:
    username, password = fields["username"], fields["password"]
    if not (isinstance(username, str) and isinstance(password, str) and username and password):
        raise ValueError("username and password are texts")
    brands = fields["brands"].split(",") if isinstance(fields["brands"], str) else list(fields["brands"])
    iys_code, *brand_codes = [int(code) for code in (fields["iysCode"], *brands)]
    if not brand_codes or any(len(str(code)) > LONGEST_NUMBER for code in (iys_code, *brand_codes)):
        raise ValueError("codes are numbers of a sensible length")
    return username, password, iys_code, brand_codes
