"""İYS's endpoints for tokens and consents: add one, add a list, status, history, changes."""

import uuid
from sqlite3 import Connection
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from iys_sandbox import bulk_lists, movements, queries, retailers, tokens
from iys_sandbox.consent_add import add_consent
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import JsonObject, refuse_if
from iys_sandbox.faults import too_many_calls
from iys_sandbox.request_fields import fields_of_request, json_of_request
from iys_sandbox.request_guard import check_hourly_limit, is_within_hourly_limit, iys_endpoint
from iys_sandbox.rights import authorised_sender
from iys_sandbox.state_rules import state_asked_for
from portal.core.iys_protocol import Operation

blueprint = Blueprint("api", __name__)
CONSENTS = "/sps/<iys_code>/brands/<brand_code>/consents"
STATUS_CALLS_PER_HOUR = 1000
HISTORY_CALLS_PER_HOUR = 100


@blueprint.post("/oauth2/token")
@iys_endpoint(Operation.TOKEN)
def token() -> ResponseReturnValue:
    """Tokens for a password or a refresh token, as JSON or a form."""
    if not is_within_hourly_limit(Operation.TOKEN, sandbox().token_calls_per_hour, restarts=True):
        return too_many_calls(Operation.TOKEN)
    with sandbox().store.transaction() as db:
        try:
            return tokens.issue_tokens(db, fields_of_request(), now())
        except tokens.TokenRefused as refused:
            return refused.body, 400


@blueprint.post(CONSENTS, endpoint="add_v1")
@blueprint.post("/v2" + CONSENTS)
@iys_endpoint(Operation.ADD)
def add(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Store one consent; V2 answers the same request as before, V1 judges it anew."""
    sender = authorised_sender(iys_code, brand_code)
    is_v2 = request.path.startswith("/v2/")
    return add_consent(sender, request.path, request.get_data(), json_of_request(), repeats_answers=is_v2)


@blueprint.post(CONSENTS + "/request", endpoint="bulk_add_v1")
@blueprint.post("/v2" + CONSENTS + "/request")
@iys_endpoint(Operation.BULK_ADD)
def bulk_add(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Accept a list of up to 1000 consents, which is processed later."""
    sender = authorised_sender(iys_code, brand_code)
    return bulk_lists.accept_list(sender, json_of_request(), is_v2=request.path.startswith("/v2/")), 202


@blueprint.get(CONSENTS + "/request/<request_id>", endpoint="bulk_result_v1")
@blueprint.get("/v2" + CONSENTS + "/request/<request_id>")
@iys_endpoint(Operation.BULK_RESULT)
def bulk_result(iys_code: str, brand_code: str, request_id: str) -> ResponseReturnValue:
    """The results of a list, item by item."""
    sender = authorised_sender(iys_code, brand_code)
    return bulk_lists.list_result(sender, request_id, is_v2=request.path.startswith("/v2/"))


@blueprint.post(CONSENTS + "/status")
@iys_endpoint(Operation.STATUS)
def status(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The state of one consent; an empty object where there is no record (İYS does not say what it answers)."""
    sender = authorised_sender(iys_code, brand_code)
    check_hourly_limit(Operation.STATUS, STATUS_CALLS_PER_HOUR, "H086")
    key = queries.queried_key(sender, json_of_request())
    with sandbox().store.reading() as db:
        record = movements.latest_record(db, key)
        if record is None:
            return state_asked_for(key.recipient, now())
        shown = movements.as_list_item(record) | _retailers_of(db, key, record["retailer_code"])
    return {name: value for name, value in shown.items() if value not in ("", None)}


def _retailers_of(db: Connection, key: movements.Key, mediator: int | None) -> JsonObject:
    found = retailers.find_retailer(db, key.brand_code, mediator)
    title = retailers.as_wire(db, found)["title"] if found else None
    with_access = retailers.retailers_with_access(db, key)
    return {"retailerCode": mediator, "retailerTitle": title, "retailerAccessCount": len(with_access)}


@blueprint.post(CONSENTS + "/<recipient_type>/status/<channel>")
@iys_endpoint(Operation.MULTI_STATUS)
def multi_status(iys_code: str, brand_code: str, recipient_type: str, channel: str) -> ResponseReturnValue:
    """Which of these addresses have ONAY; the others have RET or no record."""
    sender = authorised_sender(iys_code, brand_code)
    body: Any = json_of_request()
    refuse_if(queries.multi_problems({"recipientType": recipient_type, "type": channel}, body))
    sender.check_read_right(channel)
    addresses = [address.lower() for address in body["recipients"]]
    keys = [movements.Key(sender.brand_code, address, recipient_type, channel) for address in addresses]
    with sandbox().store.reading() as db:
        return {"requestId": str(uuid.uuid4()), "list": movements.granted_addresses(db, keys)}


@blueprint.post(CONSENTS + "/history")
@iys_endpoint(Operation.HISTORY)
def key_history(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The movements of one key, newest first."""
    sender = authorised_sender(iys_code, brand_code)
    check_hourly_limit(Operation.HISTORY, HISTORY_CALLS_PER_HOUR, "H089")
    return queries.history_page(sender, json_of_request())


@blueprint.get(CONSENTS + "/changes")
@iys_endpoint(Operation.CHANGES)
def changes(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """The next movements after a cursor; 204 where there are none."""
    page = queries.changes_page(authorised_sender(iys_code, brand_code), request.args)
    return page if page["list"] else ("", 204)
