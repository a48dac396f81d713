"""Links on demand: one for a person to ask now, and permanent ones that only refuse."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import abort, current_app, g
from spectree import Response
from sqlalchemy import select

from portal.api.v1 import campaign_schemas as schemas
from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, MAX_LIST_BYTES, blueprint, specification
from portal.api.v1.campaign_answers import link_answer, person_problem
from portal.api.v1.rows import find_refusing_field
from portal.api.v1.schemas import Problem, WriteHeaders
from portal.api.v1.writes import Act, answer_once, record_audit, refuse
from portal.core import addresses, clock
from portal.core.addresses import Address, BadAddress
from portal.core.extensions import db, read_session, vault
from portal.core.models import Campaign, CampaignKind, ConsentPoint, ExclusionReason
from portal.domain import consent_points, packages
from portal.domain.campaigns import OwnContact
from portal.domain.consent_points.public_points import PublicPoint
from portal.domain.consents import references
from portal.domain.identity.permissions import Scope
from portal.services import launches
from portal.services.imports import audience
from portal.services.imports.audience import AddressList
from portal.services.imports.audience_rows import ROWS, Person, read_contact
from portal.services.imports.row_results import RowProblem
from portal.services.launches.refusing_links import refusal_root, refusing_urls
from portal.web.shared import limits, problems
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.problems import ApiProblem


@blueprint.get(f"{BRAND_PATH}/points")
@specification.validate(resp=Response(HTTP_200=schemas.Points), operation_id="listPoints")
@needs_scope(Scope.LINKS)
def list_points() -> dict[str, Any]:
    """List the brand's consent points, whose text and channels a link on demand has."""
    slugs = select(ConsentPoint.slug).where(ConsentPoint.brand_id == g.brand.id).order_by(ConsentPoint.created_at)
    found = [_own_point_or_404(slug) for slug in read_session().scalars(slugs).all()]
    return {
        "items": [
            {"slug": each.slug, "name": each.name, "channels": list(each.channels), "isOpen": each.is_open,
             "url": absolute_url("consent_points.page", slug=each.slug)}
            for each in found
        ]
    }  # fmt: skip


@blueprint.post(f"{BRAND_PATH}/points/<slug>/links")
@specification.validate(resp=Response(HTTP_200=schemas.LinkAnswer, HTTP_409=Problem), operation_id="addLink")
@needs_scope(Scope.LINKS, limit=limits.API_LINKS)
def add_link(slug: str, json: schemas.LinkBody, headers: WriteHeaders) -> dict[str, Any]:
    """Give one person's link with a text ready to be sent; or the reason why they may not be asked."""

    def ask_again(first: dict[str, Any]) -> Act | None:
        """Where a link was given: what may be sent now."""
        if first["link"] is None:
            return None
        return _unless_same(first, lambda at: _request_link(_own_point_or_404(slug), json, at, is_again=True))

    return answer_once(headers, lambda at: _request_link(_own_point_or_404(slug), json, at), act_again=ask_again)


@blueprint.post(f"{BRAND_PATH}/refusal-links")
@specification.validate(resp=Response(HTTP_200=schemas.RefusalLinks), operation_id="addRefusalLinks")
@max_bytes(MAX_LIST_BYTES)
@needs_scope(Scope.LINKS, limit=limits.API_LISTS)
def add_refusal_links(json: schemas.RefusalLinksBody, headers: WriteHeaders) -> dict[str, Any]:
    """Give up to 10,000 recipients their permanent refusing address, also while the provider is suspended."""

    def give_again(first: dict[str, Any]) -> Act:
        """Whose an address is may have changed."""
        return _unless_same(first, lambda at: _give_refusal_links(json, at, is_again=True))

    return answer_once(
        headers, lambda at: _give_refusal_links(json, at), rows=len(json.recipients), act_again=give_again
    )


def _unless_same(first: dict[str, Any], act: Callable[[datetime], dict[str, Any]]) -> Act:
    """An act whose answer counts where it is another one than the first."""

    def again(at: datetime) -> dict[str, Any] | None:
        answer = act(at)
        return answer if answer != first else None

    return again


def _own_point_or_404(slug: str) -> PublicPoint:
    found = consent_points.find_point(read_session(), slug)
    return found if found is not None and found.brand_id == g.brand.id else refuse(ApiProblem.NOT_FOUND)


def _request_link(
    point: PublicPoint, body: schemas.LinkBody, at: datetime, *, is_again: bool = False
) -> dict[str, Any]:  # fmt: skip
    if not point.is_open:
        refuse(ApiProblem.WRONG_STATE)
    try:
        address = addresses.parse(body.recipient)
    except BadAddress as bad:
        abort(problems.body_response(person_problem(bad.problem)))
    if (noted := find_refusing_field(body.model_dump(), ("recipient", "reference"))) is not None:
        abort(problems.body_response(problems.field_problem_body(RowProblem.REFUSED_BESIDE, noted)))
    contact = read_contact(Person("", body.contactKind, body.contactDate), clock.day(at))
    if not isinstance(contact, OwnContact):
        abort(problems.body_response(person_problem(contact[1])))
    if not is_again:
        _require_room(CampaignKind.ASK, [address], at)
    salt, base = current_app.config["LINK_SALT"], current_app.config["LINK_BASE"]
    found = consent_points.request_link(db.session, vault(), salt, point, address, contact, at)
    if body.reference is not None and not is_again:  # They may have another one since.
        references.save_references(db.session, vault(), g.brand, {address.text: body.reference})
    if isinstance(found, ExclusionReason):
        urls = refusing_urls(db.session, vault(), salt, base, g.brand, [address], at)
        return {"link": None, "refusalUrl": urls[address.text], "reason": found}
    line = launches.line_writer(db.session, db.session.get_one(Campaign, point.campaign_id), salt, base)(
        address.text, *found
    )
    record_audit("links.taken", "campaign", point.campaign_id, links=1)
    root = refusal_root(db.session, point.brand_id, base)
    return {"link": link_answer(line), "refusalUrl": root + line.link.rpartition("/")[2], "reason": None}


def _give_refusal_links(
    body: schemas.RefusalLinksBody, at: datetime, *, is_again: bool = False
) -> dict[str, Any]:  # fmt: skip
    found = [_parse(text) for text in body.recipients]
    good = {each.text: each for each in found if isinstance(each, Address)}
    if not is_again:
        _require_room(CampaignKind.REFUSE, list(good.values()), at)
    salt, base = current_app.config["LINK_SALT"], current_app.config["LINK_BASE"]
    urls = refusing_urls(db.session, vault(), salt, base, g.brand, list(good.values()), at)
    return {
        "results": [
            {"recipient": text, "url": urls[each.text], "code": None} if isinstance(each, Address)
            else {"recipient": text, "url": None, "code": each.value}
            for text, each in zip(body.recipients, found, strict=True)
        ]
    }  # fmt: skip


def _parse(text: str) -> Address | addresses.AddressProblem:
    try:
        return addresses.parse(text)
    except BadAddress as bad:
        return bad.problem


def _require_room(kind: CampaignKind, given: list[Address], at: datetime) -> None:
    """Refuse what the package has no room for, as for a list of a campaign."""
    people = AddressList(ROWS, "", None, (), good=list(enumerate(given)))
    try:
        audience.require_room(db.session, vault(), g.caller.provider_id, kind, people, at)
    except packages.PackageFull:
        refuse(ApiProblem.PACKAGE_FULL)
