"""İYS's own endpoints: a token, one consent added, and the two ways to ask for a state."""

import json
import uuid
from sqlite3 import Row

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.registry import Problem

from . import movements, tokens
from .adding import add_consent
from .box import box
from .fields import fields_of_request
from .gate import gate
from .limits import within_the_hour
from .queries import multi_problems, single_problems
from .refusals import Refused, refuse_if
from .rights import sender_of
from .wreckage import too_many_calls

api = Blueprint("api", __name__)
CONSENTS = "/sps/<iys_code>/brands/<brand_code>/consents"
STATUS_CALLS_PER_HOUR = 1000
HIDDEN = ("seq", "iysCode", "brandCode")


@api.post("/oauth2/token")
@gate("token")
def token() -> ResponseReturnValue:
    """Tokens for a password or a refresh token, as JSON or a form."""
    if not _within_the_hour("token", box().token_calls_per_hour, restarts=True):
        return too_many_calls("token")
    with box().store.transaction() as db:
        try:
            return tokens.grant(db, fields_of_request(), box().clock())
        except tokens.TokenRefused as refused:
            return refused.body, 400


@api.post(CONSENTS, endpoint="add_v1")
@api.post("/v2" + CONSENTS)
@gate("add")
def add(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Store one consent; V2 answers the same request as before, V1 judges it anew."""
    sender = sender_of(iys_code, brand_code)
    is_v2 = request.path.startswith("/v2/")
    return add_consent(sender, request.path, request.get_data(), _body(), repeats_answers=is_v2)


@api.post(CONSENTS + "/status")
@gate("status")
def status(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The state of one consent; an empty object where there is no record (İYS does not say what it answers)."""
    sender = sender_of(iys_code, brand_code)
    if not _within_the_hour("status", STATUS_CALLS_PER_HOUR, restarts=False):
        raise Refused(Problem("H086"))
    body = _body()
    if not isinstance(body, dict):
        raise Refused(Problem("H097"))
    refuse_if(single_problems(body))
    with box().store.reading() as db:
        record = movements.head(db, movements.key_of(sender.brand_code, body))
    return _shown(record) if record else {}


@api.post(CONSENTS + "/<recipient_type>/status/<channel>")
@gate("multi_status")
def multi_status(iys_code: str, brand_code: str, recipient_type: str, channel: str) -> ResponseReturnValue:
    """Which of these addresses have ONAY; the others have RET or no record."""
    sender = sender_of(iys_code, brand_code)
    body = _body()
    refuse_if(multi_problems(recipient_type, channel, body))
    addresses = [address.lower() for address in body["recipients"]]
    keys = [movements.Key(sender.brand_code, address, recipient_type, channel) for address in addresses]
    with box().store.reading() as db:
        return {"requestId": str(uuid.uuid4()), "list": movements.granted(db, keys)}


def _within_the_hour(endpoint: str, limit: int, *, restarts: bool) -> bool:
    with box().store.transaction() as db:
        caller, at = request.remote_addr or "", box().clock()
        return within_the_hour(db, caller, endpoint, at, limit=limit, restarts=restarts)


def _body() -> object:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refused(Problem("H014")) from None


def _shown(record: Row) -> dict:
    shown = {name: value for name, value in movements.as_wire(record).items() if name not in HIDDEN and value}
    return shown | {"retailerAccessCount": 0}
