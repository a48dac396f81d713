"""Controls that no vendor has: forget everything, move the clock, change accounts, set faults and results."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.core.addresses import is_phone
from portal.services.messaging.fake_gateway import pushes
from portal.services.messaging.fake_gateway.accounts import VENDORS, BadAccount, FakeAccount
from portal.services.messaging.fake_gateway.state import Fault, state

blueprint = Blueprint("controls", __name__, url_prefix="/control")


class BadControl(ValueError):
    """A control that cannot be carried out."""


@blueprint.errorhandler(ValueError)
@blueprint.errorhandler(TypeError)
@blueprint.errorhandler(KeyError)
def refuse(error: Exception) -> ResponseReturnValue:
    """What the control expects, as its docstring has it."""
    return {"error": str(error)}, 400


@blueprint.post("/reset")
def reset() -> ResponseReturnValue:
    """Forget everything; accounts and the clock are as at the start."""
    with state().lock:
        state().clear()
    state().phone.clear()
    return "", 204


@blueprint.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move it by {"forward": seconds}, and push what is due by then."""
    seconds = float(_fields()["forward"])
    if not 0 <= seconds < 10**9:
        raise BadControl("the clock goes forward only")
    state().move_forward(seconds)
    pushes.deliver_due(state())
    return {"now": state().now().isoformat()}


@blueprint.post("/settings")
def change_settings() -> ResponseReturnValue:
    """Set report_delay and hang_seconds (seconds), copies of each push, newest_first (0 or 1)."""
    values = {name: float(value) for name, value in _fields().items()}
    if unknown := values.keys() - state().settings.keys():
        raise BadControl(f"no settings {', '.join(sorted(unknown))}; settings are {', '.join(state().settings)}")
    state().settings.update(values)
    return state().settings


@blueprint.post("/accounts")
def change_account() -> ResponseReturnValue:
    """Change fields of the account with this vendor and username; without a username of the vendor's first."""
    values = _fields()
    account = _account(values.pop("vendor", None), values.pop("username", None))
    account.change(values)
    return "", 204


@blueprint.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Let the next calls of a vendor get {"vendor", "code", "times", "rate", "seed", "any_call"}."""
    fault = Fault(**_fields())
    has_word = fault.vendor == "verimor" or fault.code in ("lost", "hang") or fault.code.isdecimal()
    if fault.vendor not in VENDORS or not has_word:
        raise BadControl(f"vendors are {', '.join(VENDORS)}; a code is the vendor's, an HTTP status, lost or hang")
    with state().lock:
        state().faults.append(fault)
    return "", 204


@blueprint.post("/results")
def set_result() -> ResponseReturnValue:
    """Let the next message to {"number"} end in the vendor's {"status"} with its {"error"}."""
    fields = _fields()
    if not is_phone(fields["number"]):
        raise BadControl("a number begins with +90")
    state().words[fields["number"]] = (str(fields["status"]), str(fields.get("error", "0")))
    return "", 204


@blueprint.post("/blocked")
def block() -> ResponseReturnValue:
    """Put {"number"} on the block list of {"vendor"}, as by {"source"} (ret_web)."""
    fields = _fields()
    account = _account(fields["vendor"], fields.get("username"))
    state().block(account, fields["number"], str(fields.get("source", "ret_web")))
    return "", 204


@blueprint.get("/messages")
def list_messages() -> ResponseReturnValue:
    """Every message that a vendor accepted, with its address in clear, for tests that count."""
    at = state().now()
    with state().lock:
        messages = [each for batch in state().batches.values() for each in batch]
    return {
        "messages": [
            {
                "vendor": each.account.vendor,
                **{name: getattr(each, name) for name in ("batch_id", "own_id", "custom_id", "to", "text", "parts")},
                "state": each.result(at),
                "sent_at": each.sent_at.isoformat(),
            }
            for each in messages
        ]
    }


def _fields() -> dict[str, Any]:
    fields = request.get_json(silent=True)
    if not isinstance(fields, dict):
        raise BadControl("a control takes a JSON object")
    return fields


def _account(vendor: object, username: object) -> FakeAccount:
    found = [each for each in state().accounts if each.vendor == vendor and username in (None, each.username)]
    if not found:
        raise BadAccount(f"no such account; vendors are {', '.join(VENDORS)}")
    return found[0]
