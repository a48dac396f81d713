"""The tester's desk, which İYS does not have: accounts, faults, and a sign of life."""

import json

from flask import Blueprint
from flask.typing import ResponseReturnValue

from iys_sandbox.accounts import Account
from iys_sandbox.context import box
from iys_sandbox.faults import UnknownFault, fault_asked_for
from iys_sandbox.request_fields import fields_of_request
from iys_sandbox.store import LONGEST_NUMBER

desk = Blueprint("desk", __name__)
ACCOUNT_KEYS = (
    "username, password, iysCode (a number), brands (a list of numbers, or text: 1,2); more: title, rights "
    '({"MESAJ": "write"}), subscription ({"status": "PAUSED"}), and for kind partner: integratorCode, acts_for '
    '([{"iysCode": 1, "brands": [1, 2], "title", "rights", "agreementControl", "subscription"}]) instead of brands'
)


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
        account = _account(fields)
    except (KeyError, TypeError, ValueError, OverflowError):
        return {"error": f"an account needs {ACCOUNT_KEYS}"}, 400
    box().store.keep_account(account)
    return {"username": account.username, "iysCode": account.iys_code, "brands": account.brands}, 201


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


def _account(fields: dict) -> Account:
    username, password = fields["username"], fields["password"]
    if not (isinstance(username, str) and isinstance(password, str) and username and password):
        raise ValueError("username and password are texts")
    kind = fields.get("kind", "direct")
    if kind not in ("direct", "partner"):
        raise ValueError("kind is direct or partner")
    more = {name: fields[name] for name in ("title", "rights", "subscription") if name in fields}
    if kind == "partner":
        code = _code(fields["integratorCode"])
        acts_for = [_provider(provider) for provider in _listed(fields["acts_for"])]
        return Account(username, password, code, [], kind, code, acts_for, **more)
    brands = fields["brands"].split(",") if isinstance(fields["brands"], str) else list(fields["brands"])
    if not brands:
        raise ValueError("a provider has a brand")
    return Account(username, password, _code(fields["iysCode"]), [_code(brand) for brand in brands], **more)


def _provider(provider: dict) -> dict:
    brands = [_code(brand) for brand in provider.get("brands") or [provider["iysCode"]]]
    return provider | {"iysCode": _code(provider["iysCode"]), "brands": brands}


def _listed(acts_for: object) -> list[dict]:
    providers = json.loads(acts_for) if isinstance(acts_for, str) else acts_for
    if not isinstance(providers, list) or not all(isinstance(provider, dict) for provider in providers):
        raise ValueError("acts_for is a list of providers")
    return providers


def _code(value: object) -> int:
    code = int(value)
    if not 0 <= code < 10**LONGEST_NUMBER:
        raise ValueError("codes are numbers of a sensible length")
    return code
