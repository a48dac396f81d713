"""A brand's retailers (bayi) at İYS, and their access to consents: every call is one of İYS's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn

from flask import abort, current_app, g
from spectree import Response

from portal.api.v1 import consent_lookup
from portal.api.v1 import retailers_schemas as schemas
from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, blueprint, specification
from portal.api.v1.consents import address_or_422
from portal.api.v1.schemas import ConsentQuery, Problem, WriteHeaders
from portal.api.v1.writes import answer_once, record_audit, refuse
from portal.core import addresses, clock, iys_protocol
from portal.core.iys_protocol import CODES, Status
from portal.core.lazy_text import N_
from portal.domain.identity.permissions import Scope
from portal.services.iys import retailers
from portal.services.iys.client import Client
from portal.services.iys.retailers import ConsentKey, Retailer, RetailerPage, RetailerProblem
from portal.web.shared import limits, problems
from portal.web.shared.problems import ApiProblem

RETAILERS = f"{BRAND_PATH}/retailers"
RETAILER = f"{RETAILERS}/<int:retailerCode>"
ADDED = Response(HTTP_200=schemas.RetailerAdded, HTTP_503=Problem)
REMOVED = Response(HTTP_200=schemas.RetailerAdded, HTTP_409=Problem, HTTP_503=Problem)
ONE, SOME, TOWNS = (
    Response(HTTP_200=each, HTTP_503=Problem) for each in (schemas.Retailer, schemas.Retailers, schemas.Towns)
)
FIELDS = {"H230": "mersis", "H231": "tckn"}  # What İYS refuses without naming the field.
NOT_YET_THERE = "H401"  # The consent, whose grant İYS may be told in a moment.
NO_GRANT_CURE = N_("Bu adresin geçerli bir onayı yok; erişim yalnız onay verilmiş bir izne verilir.")
CHANGED = Response(HTTP_200=schemas.Access, HTTP_503=Problem)


@blueprint.get(RETAILERS)
@specification.validate(resp=SOME, operation_id="listRetailers")
@needs_scope(Scope.RETAILERS_READ, limit=limits.API_IYS)
def list_retailers(query: schemas.RetailersQuery) -> dict[str, Any]:
    """List the brand's retailers as İYS has them."""
    offset = int(query.cursor or 0)
    with iys_problems():
        return _page(retailers.list_retailers(_client(), g.brand, offset=offset, limit=query.limit), offset)


@blueprint.post(RETAILERS)
@specification.validate(resp=ADDED, operation_id="addRetailer")
@needs_scope(Scope.RETAILERS_WRITE, limit=limits.API_RETAILERS)
def add_retailer(json: schemas.RetailerBody, headers: WriteHeaders) -> dict[str, Any]:
    """Add a retailer at İYS. Whoever repeats a request whose answer was lost gets the code of the same one."""
    fields = json.model_dump(exclude_none=True)
    if wrong := iys_protocol.validate_retailer(fields):
        found = [(each, CODES[each.code]) for each in wrong]
        errors = [problems.field_error(".".join(map(str, each.location or ())), its.code, its.sentence)
                  for each, its in found]  # fmt: skip
        refuse(ApiProblem.INVALID, iysCode=wrong[0].code, errors=errors)

    def add() -> dict[str, Any]:
        code = retailers.add_retailer(_client(), g.brand, fields)
        record_audit("retailer.added", "brand", g.brand.id, code=code)
        return {"retailerCode": code}

    return _write_once(headers, add)


@blueprint.get(f"{RETAILERS}/towns")
@specification.validate(resp=TOWNS, operation_id="listTowns")
@needs_scope(Scope.RETAILERS_READ, limit=limits.API_IYS)
def list_towns() -> dict[str, Any]:
    """List İYS's codes of towns, which a new retailer's fields need."""
    with iys_problems():
        found = retailers.list_towns(_client(), g.brand)
    return {"items": [{"code": each.code, "name": each.name, "cityCode": each.city_code} for each in found]}


@blueprint.get(RETAILER)
@specification.validate(resp=ONE, operation_id="showRetailer")
@needs_scope(Scope.RETAILERS_READ, limit=limits.API_IYS)
def show_retailer(retailerCode: int) -> dict[str, Any]:
    """Show one retailer as İYS has it."""
    with iys_problems():
        found = retailers.find_retailer(_client(), g.brand, _code_or_404(retailerCode))
    return refuse(ApiProblem.NOT_FOUND) if found is None else _answer(found)


@blueprint.delete(RETAILER)
@specification.validate(resp=REMOVED, operation_id="removeRetailer")
@needs_scope(Scope.RETAILERS_WRITE, limit=limits.API_IYS)
def remove_retailer(retailerCode: int, headers: WriteHeaders) -> dict[str, Any]:
    """Remove a retailer at İYS, unless a consent refers to it; one that is not there any more is removed."""
    code = _code_or_404(retailerCode)

    def remove() -> dict[str, Any]:
        try:
            retailers.remove_retailer(_client(), g.brand, code)
        except RetailerProblem as found:
            if found.problem.status == 400:
                refuse(ApiProblem.RETAILER_IN_USE, iysCode=found.problem.code)
            raise
        record_audit("retailer.removed", "brand", g.brand.id, code=code)
        return {"retailerCode": code}

    return _write_once(headers, remove)


@blueprint.post(f"{RETAILERS}/access/query")
@specification.validate(resp=SOME, operation_id="listAccess")
@needs_scope(Scope.RETAILERS_READ, limit=limits.API_IYS)
def list_access(json: schemas.AccessQuery) -> dict[str, Any]:
    """List the retailers that have access to a consent."""
    offset = int(json.cursor or 0)
    key = _consent_key(json)
    with iys_problems():
        return _page(retailers.list_access(_client(), g.brand, key, offset=offset, limit=json.limit), offset)


@blueprint.post(f"{RETAILERS}/access")
@specification.validate(resp=CHANGED, operation_id="addAccess")
@needs_scope(Scope.RETAILERS_WRITE, limit=limits.API_IYS)
def add_access(json: schemas.AccessBody, headers: WriteHeaders) -> dict[str, Any]:
    """Give retailers access to a consent that İYS has."""
    return _change_access(retailers.add_access, "retailer.access_given", json, headers)


@blueprint.post(f"{RETAILERS}/access/remove")
@specification.validate(resp=CHANGED, operation_id="removeAccess")
@needs_scope(Scope.RETAILERS_WRITE, limit=limits.API_IYS)
def remove_access(json: schemas.AccessBody, headers: WriteHeaders) -> dict[str, Any]:
    """Take the access to a consent from retailers."""
    return _change_access(retailers.remove_access, "retailer.access_taken", json, headers)


@blueprint.put(f"{RETAILERS}/access")
@specification.validate(resp=CHANGED, operation_id="replaceAccess")
@needs_scope(Scope.RETAILERS_WRITE, limit=limits.API_RETAILERS)
def replace_access(json: schemas.WholeAccess, headers: WriteHeaders) -> dict[str, Any]:
    """Give exactly these retailers access to a consent; none, where the list is empty."""
    return _change_access(retailers.replace_access, "retailer.access_replaced", json, headers)


def _change_access(
    change: Callable[..., None], act: str, body: schemas.WholeAccess, headers: WriteHeaders
) -> dict[str, Any]:
    key = _consent_key(body)

    def apply() -> dict[str, Any]:
        try:
            change(_client(), g.brand, key, body.retailerAccess)
        except RetailerProblem as found:
            _refuse(found, is_granted=found.problem.code != NOT_YET_THERE or _is_granted(key))
        record_audit(act, "brand", g.brand.id, codes=body.retailerAccess)
        return {"retailerAccess": body.retailerAccess}

    return _write_once(headers, apply)


def _write_once(headers: WriteHeaders, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """As answer_once: what İYS did and whose answer nobody got is asked for again, since nothing was kept."""

    def write(_at: datetime) -> dict[str, Any]:
        with iys_problems():
            return act()

    return answer_once(headers, write)


@contextmanager
def iys_problems() -> Iterator[None]:
    """Answer what İYS refused, or that it cannot be asked now."""
    try:
        yield
    except RetailerProblem as found:
        _refuse(found)


def _is_granted(key: ConsentKey) -> bool:
    """Whether a grant stands here, so that İYS may hear of it yet."""
    consents = consent_lookup.find_consents(g.caller, addresses.read_canonical(key.recipient), key.channel)
    return (key.recipient_type, Status.GRANTED) in ((each.recipient_type, each.status) for each in consents)


def _refuse(found: RetailerProblem, *, is_granted: bool = True) -> NoReturn:
    problem = found.problem
    if found.is_not_at_iys:
        refuse(ApiProblem.NOT_FOUND)
    kind = ApiProblem.IYS_REFUSED if found.is_refusal else ApiProblem.IYS_UNAVAILABLE
    body = problems.problem_body(kind.value, *found.words, status=problems.STATUSES[kind], iys_code=problem.code)
    seconds = max(1, round((found.until - clock.now()).total_seconds())) if found.until else 0
    if problem.code == NOT_YET_THERE:
        cure = {} if is_granted else {"fix": problems.in_english(NO_GRANT_CURE), "fixTr": NO_GRANT_CURE}
        body |= {"retryable": is_granted} | cure
    if problem.code in FIELDS:
        body["errors"] = [problems.field_error(FIELDS[problem.code], problem.code, found.words[0])]
    abort(problems.body_response(body, {"Retry-After": str(seconds)} if seconds else None))


def _consent_key(query: ConsentQuery) -> ConsentKey:
    return ConsentKey(address_or_422(query.recipient, query.type).text, query.type, query.recipientType)


def _page(page: RetailerPage, offset: int) -> dict[str, Any]:
    end = offset + len(page.retailers)
    return {
        "items": [_answer(each) for each in page.retailers], "total": page.total,
        "nextCursor": str(end) if page.retailers and end < page.total else None,
    }  # fmt: skip


def _answer(its: Retailer) -> dict[str, Any]:
    """A retailer under İYS's names; null for what İYS does not say."""
    texts = {name: getattr(its, name) or None for name in retailers.TEXTS}
    places = {name: dict(zip(("code", "name"), getattr(its, name), strict=True)) for name in ("city", "town")}
    known = {name: place if any(place.values()) else None for name, place in places.items()}
    counts = {"retailerCode": its.code, "retailerAccessCount": its.access_count}
    return texts | {"title": its.title} | known | counts


def _code_or_404(code: int) -> int:
    return code if iys_protocol.is_retailer_code(code) else refuse(ApiProblem.NOT_FOUND)


def _client() -> Client:
    return Client(current_app.config["IYS_BASE_URL"])
