"""İYS's endpoints for brands, the brands of a partner, and subscriptions."""

import json
from sqlite3 import Connection, Row

from flask import Blueprint
from flask.typing import ResponseReturnValue

from iys_sandbox import accounts, consent_add, queries, retailers
from iys_sandbox.context import sandbox
from iys_sandbox.errors import JsonObject, Refused, problem_with_values
from iys_sandbox.request_guard import iys_endpoint
from iys_sandbox.rights import authorised_partner, authorised_provider, subscription_state
from portal.core.iys_protocol import IysProblem, Operation

blueprint = Blueprint("directory", __name__)
DATES = ("startDate", "expirationDate", "subscriptionPackageName")
AUTHORITY = """SELECT authority.*, brand.iys_code, brand.name, provider.title
    FROM authority JOIN brand USING (brand_code) JOIN provider ON provider.iys_code = brand.iys_code
    WHERE username = ?"""


@blueprint.get("/sps/<iys_code>/brands")
@iys_endpoint(Operation.BRANDS)
def brands(iys_code: str) -> ResponseReturnValue:
    """The brands of a provider that the user may act for, and how many consents each holds."""
    account, number = authorised_provider(iys_code, must_be_active=True)
    with sandbox().store.reading() as db:
        select = f"{AUTHORITY} AND brand.iys_code = ? ORDER BY brand_code"
        rows = db.execute(select, (account["username"], number)).fetchall()
        return [_brand_as_wire(row) | {"stats": _brand_stats(db, row["brand_code"])} for row in rows]


@blueprint.get("/integrator/<integrator_code>/sps")
@iys_endpoint(Operation.PARTNER_BRANDS)
def partner_brands(integrator_code: str) -> ResponseReturnValue:
    """The brands that authorised a partner: H363 for a provider's own user."""
    account = authorised_partner(integrator_code, must_be_active=True, code="H363")
    offset, limit = queries.parse_paging()
    return _brand_page(account, offset=offset, limit=limit)


@blueprint.get("/integrator/<integrator_code>/sps/<iys_code>")
@iys_endpoint(Operation.PARTNER_BRANDS)
def partner_brands_of_one(integrator_code: str, iys_code: str) -> ResponseReturnValue:
    """The same, of one provider; H245 for one that has not authorised the partner."""
    account = authorised_partner(integrator_code, must_be_active=True, code="H363")
    try:
        _, number = authorised_provider(iys_code)
    except Refused as refused:
        if refused.problems[0].code != "H353":
            raise
        raise Refused(IysProblem("H245")) from None
    return _brand_page(account, iys_code=number)


@blueprint.get("/sps/<iys_code>/subscription")
@iys_endpoint(Operation.SUBSCRIPTION)
def subscription(iys_code: str) -> ResponseReturnValue:
    """A provider's package; a partner does not see how much of it is used."""
    account, number = authorised_provider(iys_code)
    with sandbox().store.reading() as db:
        shown = _subscription_as_wire(db, number, "subscipritionId")  # So İYS's examples spell it.
        of_quota = accounts.subscription_of(db, number)
        if account["integrator_code"] is None:
            shown |= {
                "consentLimit": of_quota["consentLimit"],
                "consentLimitExceed": of_quota["consentLimitExceed"],
                "usedConsentLimit": consent_add.used_quota(db, number),
            }
    return shown


@blueprint.get("/integrator/<integrator_code>/subscription")
@iys_endpoint(Operation.PARTNER_SUBSCRIPTION)
def partner_subscription(integrator_code: str) -> ResponseReturnValue:
    """A partner's package: H522 for a provider's own user."""
    account = authorised_partner(integrator_code, must_be_active=False, code="H522")
    with sandbox().store.reading() as db:
        code = account["integrator_code"]
        return _subscription_as_wire(db, code, "subscriptionId") | {"iysCode": code}


def _brand_page(account: Row, *, iys_code: int | None = None, offset: int = 0, limit: int = 100) -> JsonObject:
    where, values = ("AND brand.iys_code = ?", [iys_code]) if iys_code else ("", [])
    with sandbox().store.reading() as db:
        select = f"{AUTHORITY} {where} ORDER BY brand.iys_code, brand_code"
        rows = db.execute(select, (account["username"], *values)).fetchall()
    shown = rows[offset : offset + limit]
    pagination = {"offset": offset, "pageSize": len(shown), "totalCount": len(rows)}
    return {"pagination": pagination, "list": [_partner_brand_as_wire(row) for row in shown]}


def _partner_brand_as_wire(row: Row) -> JsonObject:
    facts: JsonObject = {"title": row["title"], "iysCode": row["iys_code"], "agreementControl": bool(row["may_agree"])}
    return {**_brand_as_wire(row), **facts, **json.loads(row["rights"]), "viaControl": False}


def _brand_as_wire(row: Row) -> JsonObject:
    is_master = row["brand_code"] == row["iys_code"]
    return {"brandCode": row["brand_code"], "name": row["name"], "master": is_master}


def _brand_stats(db: Connection, brand_code: int) -> JsonObject:
    select = "SELECT status, count(*) FROM record WHERE brand_code = ? GROUP BY status"
    counts = dict(db.execute(select, (brand_code,)).fetchall())
    granted, refused = counts.get("ONAY", 0), counts.get("RET", 0)
    consents = {"approval": granted, "rejection": refused, "total": granted + refused}
    return {"consents": consents, "retailers": {"total": len(retailers.list_retailers(db, brand_code))}}


def _subscription_as_wire(db: Connection, code: int, name_of_id: str) -> JsonObject:
    found = accounts.subscription_of(db, code)
    if subscription_state(found) == "NONE":
        raise Refused(problem_with_values("H437", iysCode=code))
    shown = {name: found[name] for name in DATES}
    return shown | {name_of_id: str(code), "status": subscription_state(found)}
