"""İYS's endpoints for a brand's retailers, and for their access to consents."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from iys_sandbox import movements, queries, retailers
from iys_sandbox.context import now, sandbox
from iys_sandbox.errors import JsonObject, Refused, refuse_if
from iys_sandbox.movements import Key
from iys_sandbox.request_fields import json_of_request
from iys_sandbox.request_guard import iys_endpoint
from iys_sandbox.rights import AuthorisedSender, account_of_token, authorised_sender
from portal.core import iys_protocol
from portal.core.iys_protocol import MAX_RETAILERS, IysProblem, Operation

blueprint = Blueprint("retailers", __name__)
BRAND = "/sps/<iys_code>/brands/<brand_code>"
MOST_RECIPIENTS = 100


@blueprint.post(f"{BRAND}/retailers")
@iys_endpoint(Operation.RETAILER_ADD)
def add(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Add a retailer."""
    sender, body = authorised_sender(iys_code, brand_code), _json_object("H016")
    with sandbox().store.transaction() as db:
        return {"retailerCode": retailers.add_retailer(db, sender.iys_code, sender.brand_code, body)}, 201


@blueprint.get(f"{BRAND}/retailers")
@iys_endpoint(Operation.RETAILERS)
def list_all(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """A page of a brand's retailers, in full or `short`."""
    sender = authorised_sender(iys_code, brand_code)
    for name, code in (("all", "H184"), ("short", "H185")):
        if request.args.get(name, "true") not in ("true", "false"):
            raise Refused(IysProblem(code, [name], request.args[name]))
    only = retailers.SHORT if request.args.get("short") == "true" else None
    with sandbox().store.reading() as db:
        shown = _page([retailers.as_wire(db, row, only) for row in retailers.list_retailers(db, sender.brand_code)])
    pagination = shown["pagination"]
    return shown | {"pagination": pagination | {"currentPage": pagination["offset"] // queries.MOST_ON_A_PAGE + 1}}


@blueprint.get(f"{BRAND}/retailers/<int:retailer_code>")
@iys_endpoint(Operation.RETAILER)
def show(iys_code: str, brand_code: str, retailer_code: int) -> ResponseReturnValue:
    """One retailer; for an unknown code there is no data, and no error either."""
    sender = authorised_sender(iys_code, brand_code)
    with sandbox().store.reading() as db:
        row = retailers.find_retailer(db, sender.brand_code, retailer_code)
        return retailers.as_wire(db, row, retailers.OF_PAGE) if row else ""


@blueprint.delete(f"{BRAND}/retailers/<int:retailer_code>")
@iys_endpoint(Operation.RETAILER_REMOVE)
def remove(iys_code: str, brand_code: str, retailer_code: int) -> ResponseReturnValue:
    """Delete a retailer."""
    sender = authorised_sender(iys_code, brand_code)
    with sandbox().store.transaction() as db:
        retailers.delete_retailer(db, sender.brand_code, retailer_code)
    return "Başarı", 200, {"Content-Type": "text/plain; charset=utf-8"}


@blueprint.post(f"{BRAND}/consents/retailers/access")
@iys_endpoint(Operation.ACCESS_ADD)
def add_access(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Give retailers access to one consent: H401 where there is none."""
    sender, body = authorised_sender(iys_code, brand_code), _json_object("H090")
    key = queries.queried_key(sender, body)
    sender.check_write_right(key.type)
    codes = _checked_codes(sender, body)
    with sandbox().store.transaction() as db:
        record = movements.latest_record(db, key)
        if record is None:
            raise Refused(IysProblem("H401"))
        retailers.give_access(db, key, codes)
        at = iys_protocol.format_wire_date(now())
        return {"transactionId": record["transaction_id"], "creationDate": at}


@blueprint.post(f"{BRAND}/consent/retailers/access/list")
@iys_endpoint(Operation.ACCESS_LIST)
def list_access(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """A page of the retailers with access to one consent."""
    sender = authorised_sender(iys_code, brand_code)
    key = queries.queried_key(sender, _json_object("H173"))
    with sandbox().store.reading() as db:
        rows = retailers.retailers_with_access(db, key)
        return _page([retailers.as_wire(db, row, retailers.OF_CONSENT) for row in rows])


@blueprint.post(f"{BRAND}/consents/retailers/access/remove")
@iys_endpoint(Operation.ACCESS_REMOVE)
def remove_access(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Take the access to some consents from some retailers; accepted whether they had it or not."""
    sender, body = authorised_sender(iys_code, brand_code), _json_object("H172")
    keys = _listed_keys(sender, body)
    codes = _checked_codes(sender, body)
    with sandbox().store.transaction() as db:
        for key in keys:
            retailers.take_access(db, key, codes)
    return "1", 202, {"Content-Type": "application/json"}  # So İYS's example has it.


@blueprint.put(f"{BRAND}/consents/retailers/access")
@iys_endpoint(Operation.ACCESS_REPLACE)
def replace_access(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Give exactly these retailers access to some consents."""
    sender, body = authorised_sender(iys_code, brand_code), _json_object("H171")
    keys = _listed_keys(sender, body)
    return _replace(keys, _checked_codes(sender, body))


@blueprint.post(f"{BRAND}/consents/retailers/access/remove/all")
@iys_endpoint(Operation.ACCESS_CLEAR)
def clear_access(iys_code: str, brand_code: str) -> ResponseReturnValue:
    """Take the access to some consents from all retailers."""
    sender, body = authorised_sender(iys_code, brand_code), _json_object("H172")
    return _replace(_listed_keys(sender, body), [])


@blueprint.get(iys_protocol.TOWNS_PATH)
@iys_endpoint(Operation.TOWNS)
def towns() -> ResponseReturnValue:
    """The towns of Türkiye: here one of them."""
    account_of_token()
    return [{"name": "Kadıköy", "code": 429, "city_code": 34}]


def _replace(keys: list[Key], codes: list[int]) -> ResponseReturnValue:
    with sandbox().store.transaction() as db:
        for key in keys:
            retailers.clear_access(db, key)
            retailers.give_access(db, key, codes)
    return "", 202


def _json_object(code: str) -> JsonObject:
    body: Any = json_of_request()
    if not isinstance(body, dict):
        raise Refused(IysProblem(code))
    return body


def _checked_codes(sender: AuthorisedSender, body: JsonObject) -> list[int]:
    """The retailers that a request names: H169, H163, H126, and H180 for each that the brand has not."""
    codes = body.get("retailerAccess")
    where: list[str | int] = ["retailerAccess"]
    if "retailerAccess" not in body:
        raise Refused(IysProblem("H169", where))
    if not isinstance(codes, list) or not codes:
        raise Refused(IysProblem("H163", where, codes))
    if len(codes) > MAX_RETAILERS:
        raise Refused(IysProblem("H126", where, codes))
    with sandbox().store.reading() as db:
        known = [retailers.find_retailer(db, sender.brand_code, code) is not None for code in codes]
    refuse_if(
        [IysProblem("H180", [*where, place], codes[place]) for place, is_known in enumerate(known) if not is_known]
    )
    return codes


def _listed_keys(sender: AuthorisedSender, body: JsonObject) -> list[Key]:
    recipients = body.get("recipients", iys_protocol.MISSING)
    if isinstance(recipients, list) and len(recipients) > MOST_RECIPIENTS:
        raise Refused(IysProblem("H127", ["recipients"], recipients))
    of_list: JsonObject = {name: body[name] for name in ("type", "recipientType") if name in body}
    refuse_if(queries.multi_problems(of_list, body))
    sender.check_write_right(body["type"])
    return [movements.key_of(sender.brand_code, {**of_list, "recipient": recipient}) for recipient in recipients]


def _page(found: list[JsonObject]) -> JsonObject:
    offset, limit = queries.parse_paging()
    shown = found[offset : offset + limit]
    return {"pagination": {"offset": offset, "pageSize": len(shown), "totalCount": len(found)}, "list": shown}
