"""Administration of the sandbox, which İYS does not have: accounts, faults, health check."""

import json
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from iys_sandbox.accounts import Account
from iys_sandbox.context import sandbox
from iys_sandbox.faults import UnknownFault, parse_fault
from iys_sandbox.request_fields import fields_of_request
from iys_sandbox.store import LONGEST_NUMBER
from iys_sandbox.wire_types import JsonObject

blueprint = Blueprint("admin", __name__)
ACCOUNT_KEYS = (
    "username, password, iysCode (a number), brands (a list of numbers, or text: 1,2); more: title, rights "
    '({"MESAJ": "write"}), subscription ({"status": "PAUSED"}), and for kind partner: integratorCode, acts_for '
    '([{"iysCode": 1, "brands": [1, 2], "title", "rights", "agreementControl", "subscription"}]) instead of brands'
)


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
        account = _parse_account(fields)
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


def _parse_account(fields: JsonObject) -> Account:
    username, password = fields["username"], fields["password"]
    if not (isinstance(username, str) and isinstance(password, str) and username and password):
        raise ValueError("username and password are texts")
    kind = fields.get("kind", "direct")
    if kind not in ("direct", "partner"):
        raise ValueError("kind is direct or partner")
    more = {name: fields[name] for name in ("title", "rights", "subscription") if name in fields}
    if kind == "partner":
        code = _parse_code(fields["integratorCode"])
        acts_for = [_parse_provider(provider) for provider in _parse_providers(fields["acts_for"])]
        return Account(username, password, code, [], kind, code, acts_for, **more)
    brands = fields["brands"].split(",") if isinstance(fields["brands"], str) else list(fields["brands"])
    if not brands:
        raise ValueError("a provider has a brand")
    return Account(username, password, _parse_code(fields["iysCode"]), [_parse_code(brand) for brand in brands], **more)


def _parse_provider(provider: JsonObject) -> JsonObject:
    brands = [_parse_code(brand) for brand in provider.get("brands") or [provider["iysCode"]]]
    return provider | {"iysCode": _parse_code(provider["iysCode"]), "brands": brands}


def _parse_providers(acts_for: object) -> list[JsonObject]:
    providers = json.loads(acts_for) if isinstance(acts_for, str) else acts_for
    if not isinstance(providers, list) or not all(isinstance(provider, dict) for provider in providers):
        raise ValueError("acts_for is a list of providers")
    return providers


def _parse_code(value: Any) -> int:
    code = int(value)
    if not 0 <= code < 10**LONGEST_NUMBER:
        raise ValueError("codes are numbers of a sensible length")
    return code
