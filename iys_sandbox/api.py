"""İYS's own endpoints on consents: a token, adding one or many, and the ways to ask for a state."""

import uuid

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from iys_sandbox import bulk_lists, feed, history, movements, tokens
from iys_sandbox.consent_add import add_consent
from iys_sandbox.context import box, now
from iys_sandbox.errors import Refused, refuse_if
from iys_sandbox.fault_injection import too_many_calls
from iys_sandbox.query_validation import multi_problems, single_problems
from iys_sandbox.request_fields import fields_of_request, json_of_request
from iys_sandbox.request_guard import gate, is_within_the_hour, must_be_within_the_hour
from iys_sandbox.rights import sender_of
from portal.core.iys_protocol import Problem, Question

api = Blueprint("api", __name__)
CONSENTS = "/sps/<iys_code>/brands/<brand_code>/consents"
STATUS_CALLS_PER_HOUR = 1000
HISTORY_CALLS_PER_HOUR = 100


@api.post("/oauth2/token")
@gate(Question.TOKEN)
def token() -> ResponseReturnValue:
    """Tokens for a password or a refresh token, as JSON or a form."""
    if not is_within_the_hour(Question.TOKEN, box().token_calls_per_hour, restarts=True):
        return too_many_calls(Question.TOKEN)
    with box().store.transaction() as db:
        try:
            return tokens.grant(db, fields_of_request(), now())
        except tokens.TokenRefused as refused:
            return refused.body, 400


@api.post(CONSENTS, endpoint="add_v1")
@api.post("/v2" + CONSENTS)
@gate(Question.ADD)
def add(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Store one consent; V2 answers the same request as before, V1 judges it anew."""
    sender = sender_of(iys_code, brand_code)
    is_v2 = request.path.startswith("/v2/")
    return add_consent(sender, request.path, request.get_data(), json_of_request(), repeats_answers=is_v2)


@api.post(CONSENTS + "/request", endpoint="bulk_add_v1")
@api.post("/v2" + CONSENTS + "/request")
@gate(Question.BULK_ADD)
def bulk_add(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Take a list of up to 1000 consents in, to be judged later."""
    sender = sender_of(iys_code, brand_code)
    return bulk_lists.accept(sender, json_of_request(), is_v2=request.path.startswith("/v2/")), 202


@api.get(CONSENTS + "/request/<request_id>", endpoint="bulk_result_v1")
@api.get("/v2" + CONSENTS + "/request/<request_id>")
@gate(Question.BULK_RESULT)
def bulk_result(iys_code: str, brand_code: str, request_id: str) -> ResponseReturnValue:
    """What became of the consents of a list."""
    sender = sender_of(iys_code, brand_code)
    return bulk_lists.result(sender, request_id, is_v2=request.path.startswith("/v2/"))


@api.post(CONSENTS + "/status")
@gate(Question.STATUS)
def status(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The state of one consent; an empty object where there is no record (İYS does not say what it answers)."""
    sender = sender_of(iys_code, brand_code)
    must_be_within_the_hour(Question.STATUS, STATUS_CALLS_PER_HOUR, "H086")
    body = json_of_request()
    if not isinstance(body, dict):
        raise Refused(Problem("H097"))
    refuse_if(single_problems(body))
    sender.must_read(body["type"])
    with box().store.reading() as db:
        record = movements.head(db, movements.key_of(sender.brand_code, body))
    if record is None:
        return {}
    return {name: value for name, value in movements.told(record).items() if value} | {"retailerAccessCount": 0}


@api.post(CONSENTS + "/<recipient_type>/status/<channel>")
@gate(Question.MULTI_STATUS)
def multi_status(iys_code: str, brand_code: str, recipient_type: str, channel: str) -> ResponseReturnValue:
    """Which of these addresses have ONAY; the others have RET or no record."""
    sender = sender_of(iys_code, brand_code)
    body = json_of_request()
    refuse_if(multi_problems(recipient_type, channel, body))
    sender.must_read(channel)
    addresses = [address.lower() for address in body["recipients"]]
    keys = [movements.Key(sender.brand_code, address, recipient_type, channel) for address in addresses]
    with box().store.reading() as db:
        return {"requestId": str(uuid.uuid4()), "list": movements.granted(db, keys)}


@api.post(CONSENTS + "/history")
@gate(Question.HISTORY)
def tell_history(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The movements of one key, newest first."""
    sender = sender_of(iys_code, brand_code)
    must_be_within_the_hour(Question.HISTORY, HISTORY_CALLS_PER_HOUR, "H089")
    return history.of(sender, json_of_request())


@api.get(CONSENTS + "/changes")
@gate(Question.CHANGES)
def changes(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The next movements after a cursor; 204 where there are none."""
    page = feed.page(sender_of(iys_code, brand_code), request.args)
    return page if page["list"] else ("", 204)
