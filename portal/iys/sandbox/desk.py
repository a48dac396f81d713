"""The tester's desk, which İYS does not have: accounts, faults, and a sign of life."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .box import box
from .faults import UnknownFault, fault_asked_for
from .fields import fields_of_request
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
