"""Campaigns: open a draft, bring people, launch it, take its links, and see what became of it."""

from contextlib import suppress
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask import current_app, g
from flask_babel import force_locale
from spectree import Response
from sqlalchemy import select
from wtforms.validators import StopValidation, ValidationError

from portal.api.v1 import campaign_schemas as schemas
from portal.api.v1.authentication import needs_scope
from portal.api.v1.blueprint import BRAND_PATH, MAX_LIST_BYTES, blueprint, specification
from portal.api.v1.campaign_answers import base_answer, full_answer, link_answer, rows_answer
from portal.api.v1.people_rows import Doubts, find_doubts
from portal.api.v1.row_problems import BadRow, validate_row
from portal.api.v1.schemas import Problem, WriteHeaders
from portal.api.v1.writes import answer_once, id_or_404, record_audit, refuse, refuse_program
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.ids import LARGEST_ID
from portal.core.lazy_text import N_
from portal.core.models import Campaign, CampaignKind, Delivery, Provider
from portal.domain import campaigns, packages
from portal.domain.campaigns import default_texts
from portal.domain.campaigns.promotion_words import find_promotion
from portal.domain.identity.permissions import Scope
from portal.domain.providers import brand_requests
from portal.services import launches
from portal.services.imports import audience, waiting_lists
from portal.services.imports.audience_rows import Person, read_people
from portal.services.imports.row_results import RowProblem
from portal.services.launches.needs import Need
from portal.web.shared import limits, problems
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.problems import ApiProblem
from portal.web.shared.validators import READABLE, SHOWN_TEXT, UNKNOWN_NOTICE

CAMPAIGN = f"{BRAND_PATH}/campaigns/<campaignId>"
OF_PERSON = (Need.COLUMNS, Need.TWO_PEOPLE)  # What only a person can give.
SHOWN = ("titleTr", "bodyTr", "titleEn", "bodyEn")


@blueprint.post(f"{BRAND_PATH}/campaigns")
@specification.validate(
    resp=Response(HTTP_200=schemas.CampaignAnswer, HTTP_409=Problem), operation_id="addCampaign"
)  # fmt: skip
@needs_scope(Scope.CAMPAIGNS_WRITE)
def add_campaign(json: schemas.CampaignBody, headers: WriteHeaders) -> dict[str, Any]:
    """Open a draft. A text of the provider's own waits for the operator, as one that a person wrote."""
    return answer_once(headers, lambda at: full_answer(db.session, _open(json, at)))


@blueprint.get(f"{BRAND_PATH}/campaigns")
@specification.validate(resp=Response(HTTP_200=schemas.Campaigns), operation_id="listCampaigns")
@needs_scope(Scope.CAMPAIGNS_READ)
def list_campaigns(query: schemas.PageQuery) -> dict[str, Any]:
    """List the brand's campaigns, the newest first."""
    before = min(int(query.cursor), LARGEST_ID) if query.cursor else LARGEST_ID
    own = select(Campaign).where(Campaign.brand_id == g.brand.id, Campaign.delivery != Delivery.POINT)
    newest = own.where(Campaign.id < before).order_by(Campaign.id.desc())
    found = read_session().scalars(newest.limit(query.limit + 1)).all()
    page = found[: query.limit]
    return {
        "items": [base_answer(each) for each in page],
        "nextCursor": str(page[-1].id) if len(found) > len(page) else None,
    }


@blueprint.get(CAMPAIGN)
@specification.validate(resp=Response(HTTP_200=schemas.CampaignAnswer), operation_id="showCampaign")
@needs_scope(Scope.CAMPAIGNS_READ)
def show_campaign(campaignId: str) -> dict[str, Any]:
    """Show a campaign's state, what its launch still needs, and its results so far."""
    return full_answer(read_session(), _own_or_404(campaignId))


@blueprint.post(f"{CAMPAIGN}/people")
@specification.validate(resp=Response(HTTP_200=schemas.PeopleAnswer, HTTP_409=Problem), operation_id="addPeople")
@max_bytes(MAX_LIST_BYTES)
@needs_scope(Scope.CAMPAIGNS_WRITE, limit=limits.API_LISTS)
def add_people(campaignId: str, json: schemas.PeopleBody, headers: WriteHeaders) -> dict[str, Any]:
    """Bring up to 10,000 people, each with a contact of their own. Good ones enter the audience whatever the others
    are, but nobody of whom a row says no; what nobody understands of a row waits for a person at the launch."""
    made: list[int] = []
    answer = answer_once(headers, lambda at: _bring(_own_or_404(campaignId), json, at, made), rows=len(json.people))
    for list_id in made[-1:]:  # Of the last try.
        waiting_lists.read(list_id)
    return answer


@blueprint.post(f"{CAMPAIGN}/launch")
@specification.validate(
    resp=Response(HTTP_200=schemas.CampaignAnswer, HTTP_409=Problem), operation_id="addLaunch"
)  # fmt: skip
@needs_scope(Scope.CAMPAIGNS_LAUNCH)
def add_launch(campaignId: str, json: schemas.LaunchBody, headers: WriteHeaders) -> dict[str, Any]:
    """Launch a campaign that has all it needs; from then on its audience is fixed."""
    campaign_id = _own_or_404(campaignId).id
    return answer_once(headers, lambda at: full_answer(db.session, _launch(campaign_id, at)))


@blueprint.get(f"{CAMPAIGN}/links")
@specification.validate(resp=Response(HTTP_200=schemas.PersonalLinks, HTTP_409=Problem), operation_id="listLinks")
@needs_scope(Scope.CAMPAIGNS_LAUNCH)
def list_links(campaignId: str, query: schemas.LinksQuery) -> dict[str, Any]:
    """List the links that may be sent now, some 500 a page, each with a text. Noted: whoever takes them may send."""
    campaign, part = _own_or_404(campaignId), min(int(query.cursor or 0), 2**31)
    if launches.waits_for_iys(read_session(), campaign, clock.now()):
        refuse(ApiProblem.NOT_READY, errors=[problems.field_error(Need.PULL, Need.PULL, launches.WAITS_FOR_IYS)])
    salt, base = current_app.config["LINK_SALT"], current_app.config["LINK_BASE"]
    lines = list(launches.link_lines(read_session(), campaign, salt, base, part))
    has_more = launches.has_part(read_session(), campaign, part + 1)
    record_audit("links.taken", "campaign", campaign.id, links=len(lines))
    db.session.commit()
    return {"items": [link_answer(each) for each in lines], "nextCursor": str(part + 1) if has_more else None}


def _own_or_404(text: str) -> Campaign:
    found = read_session().get(Campaign, id_or_404(text))
    is_own = found is not None and found.brand_id == g.brand.id and found.delivery != Delivery.POINT
    return found if found is not None and is_own else refuse(ApiProblem.NOT_FOUND)


def _open(body: schemas.CampaignBody, at: datetime) -> Campaign:
    provider = db.session.get_one(Provider, g.caller.provider_id)
    if g.brand.closed_at or g.caller.is_suspended:
        refuse(ApiProblem.WRONG_STATE)
    notice = (body.text and body.text.noticeUrl) or g.brand.notice_url or provider.notice_url
    _check_texts(body, notice, provider)
    wording = default_texts.default_wording(g.brand.name, body.kind, notice)
    if body.text is not None:
        own = body.text
        wording = campaigns.Wording(own.titleTr, own.bodyTr, own.titleEn, own.bodyEn, notice)
    contact = campaigns.Contact(body.contact.kind, body.contact.date, body.contact.note) if body.contact else None
    try:
        campaign = campaigns.open_campaign(
            db.session, g.brand, name=body.name.strip(), kind=body.kind, channels=body.channels, wording=wording,
            contact=contact if body.kind == CampaignKind.ASK else None, at=at, today=clock.day(at),
            expires_at=at + timedelta(days=body.expiresDays), delivery=Delivery(body.delivery),
        )  # fmt: skip
    except campaigns.ContactToCome:
        to_come = RowProblem.DATE_TO_COME
        refuse(ApiProblem.INVALID, errors=[problems.field_error("contact.date", to_come.value, to_come.sentence)])
    record_audit("campaign.opened", "campaign", campaign.id)
    return campaign


def _check_texts(body: schemas.CampaignBody, notice: str, provider: Provider) -> None:
    """Refuse what the form of a page would: of texts that may promote, a person decides."""
    own = body.text
    shown = {f"text.{name}": getattr(own, name) for name in SHOWN} if own else {}
    plain = {"name": body.name, "contact.note": body.contact.note if body.contact else ""}
    checks: dict[str, tuple[str, tuple[Any, ...]]] = {name: (text, (READABLE,)) for name, text in plain.items()}
    checks |= {name: (text, SHOWN_TEXT) for name, text in shown.items()}
    if own and own.noticeUrl and not provider.in_sandbox_mode:
        is_seen = notice in brand_requests.reviewed_notices(read_session(), provider)
        checks["text.noticeUrl"] = notice, () if is_seen else (_refuse_notice,)
    said = {name: [_complaint(*its, language) for language in ("en", "tr")] for name, its in checks.items()}
    wrong = [_wrong(name, "text_not_allowed", *sentences) for name, sentences in said.items() if sentences[0]]
    if not body.name.strip():
        wrong.append(problems.field_error("name", "field_missing", N_("Ad boş.")))
    if wrong:
        refuse(ApiProblem.INVALID, errors=wrong)
    if body.kind != CampaignKind.REFUSE and (words := find_promotion(*shown.values())):
        refuse_program("dashboard.new_campaign", [_wrong("text", "promotion", each.text, each.text) for each in words])


def _refuse_notice(_form: Any, _field: Any) -> None:
    raise ValidationError(UNKNOWN_NOTICE)


def _complaint(text: str, checks: tuple[Any, ...], language: str) -> str:
    """What the checks of a form say of a text."""
    field: Any = SimpleNamespace(data=text, errors=[])
    for check in checks:
        with force_locale(language):
            try:
                check(None, field)
            except (StopValidation, ValidationError) as wrong:
                return str(wrong)
    return ""


def _wrong(field: str, code: str, title: str, title_tr: str) -> dict[str, str]:
    return {"field": field, "code": code, "title": title, "titleTr": title_tr}


def _bring(shown: Campaign, body: schemas.PeopleBody, at: datetime, made: list[int]) -> dict[str, Any]:
    """Store the people for the audience, as a list waits; the id of the list is added to `made`."""
    read = [validate_row(schemas.Person, row) for row in body.people]
    unread = {place: each for place, each in enumerate(read) if isinstance(each, BadRow)}
    people = [
        Person((each.recipient or "").strip(), each.contactKind, each.contactDate) for each in read
        if not isinstance(each, BadRow)
    ]  # fmt: skip
    found = read_people(people, clock.day(at))
    doubts = find_doubts(body.people, unread, {address.text for _, address in found.good})
    if doubts.barred:
        people += [Person(each, is_barred=True) for each in sorted(doubts.barred)]
        found = read_people(people, clock.day(at))
    left_out = audience.leave_out(found, doubts.held - doubts.barred)
    kept = [person for line, person in enumerate(people, 1) if line not in left_out]
    campaign = db.session.get_one(Campaign, shown.id)
    try:
        audience.bar_refusals(db.session, vault(), campaign, found)
        audience.require_room(db.session, vault(), campaign.provider_id, campaign.kind, found, at)
        audience.leave_barred_out(db.session, vault(), campaign, found)
        if kept or doubts.marks:
            made.append(waiting_lists.insert_people(db.session, campaign, kept, at, doubts.marks))
    except packages.PackageFull:
        _keep_marks(campaign, doubts, at)
        refuse(ApiProblem.PACKAGE_FULL)
    except campaigns.AudienceClosed:
        refuse(ApiProblem.WRONG_STATE)
    return rows_answer(found, body.people, unread)


def _keep_marks(campaign: Campaign, doubts: Doubts, at: datetime) -> None:
    """Of a request of which nobody is taken: what was not understood stays so when its people come again without it."""
    db.session.rollback()
    with suppress(campaigns.AudienceClosed):
        if doubts.marks:
            waiting_lists.insert_people(db.session, campaign, [], at, doubts.marks)
            db.session.commit()


def _launch(campaign_id: int, at: datetime) -> Campaign:
    campaign = db.session.get_one(Campaign, campaign_id)
    try:
        launches.launch(db.session, campaign, by=None, at=at)
    except launches.LaunchRefused as refused:
        db.session.refresh(campaign)
        if campaign.launched_at or campaign.launch_at:
            refuse(ApiProblem.WRONG_STATE)
        errors = [problems.field_error(each.need, each.need, each.words.cure) for each in refused.checks]
        if any(each.need in OF_PERSON for each in refused.checks):
            refuse_program("dashboard.campaign", errors, campaign_id=campaign_id)
        refuse(ApiProblem.NOT_READY, errors=errors)
    except campaigns.CannotLaunch:
        refuse(ApiProblem.WRONG_STATE)
    record_audit("campaign.launched", "campaign", campaign.id)
    return campaign
