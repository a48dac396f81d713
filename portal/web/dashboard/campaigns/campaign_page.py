"""The page of a campaign: its audience with the lists that came and are still being read, and its links."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import mask
from portal.core.addresses.problems import ExplainedProblem
from portal.core.extensions import read_session, vault
from portal.core.lazy_text import N_
from portal.core.models import (
    AudienceEntry,
    AudienceLine,
    AudienceList,
    Brand,
    Campaign,
    CampaignKind,
    ConsentText,
    Delivery,
    ExclusionReason,
    Recipient,
)
from portal.domain import campaigns, packages
from portal.domain.consents import recipients
from portal.services import launches
from portal.services.imports import audience_lines, waiting_lists
from portal.services.imports.audience_contacts import AUDIENCE_PROBLEMS
from portal.services.imports.reading import FileProblem
from portal.services.imports.row_results import RowProblem
from portal.services.imports.unread import Mark
from portal.web.dashboard.campaigns.forms import AudienceForm
from portal.web.dashboard.campaigns.launch_context import launch_context
from portal.web.dashboard.campaigns.sending_forms import PlanForm
from portal.web.shared.own_rows import own_row_or_404

MAX_ROWS = 200  # Rows of a long list on one page.
MOST_LINES = 20_000  # Of marks, that are opened.
REASONS = {
    AudienceLine.REFUSED: N_("Ret yazıyor"),
    AudienceLine.UNCLEAR: N_("İzin sütunundaki sözcük bilinmiyor"),
    AudienceLine.NOTED: N_("Notta, adın ya da adresin yanında ret var"),
    AudienceLine.ENDED: N_("Ret ya da ayrılma sütunu dolu"),
    AudienceLine.LISTED: N_("Sayfa ya da başlık ret listesi diyor"),
}


def own_campaign_or_404(session: Session, campaign_id: int) -> Campaign:
    """A consent point's campaign has no audience and no launch: only the point's page shows it."""
    found = own_row_or_404(session, Campaign, campaign_id)
    if found.delivery == Delivery.POINT:
        abort(404)
    return found


def stop_while_iys_tells_nothing(campaign: Campaign) -> None:
    """Say on the campaign's page why its links cannot be taken: else the file would be empty without a word."""
    if _waits_for_iys(campaign):
        flash(_(launches.WAITS_FOR_IYS))
        abort(redirect(url_for("dashboard.campaign", campaign_id=campaign.id), 303))


def render_campaign(
    campaign: Campaign, file_problem: FileProblem | None = None, plan_form: PlanForm | None = None,
    audience_form: AudienceForm | None = None,
) -> str:  # fmt: skip
    progress = campaigns.count_progress(read_session(), campaign)
    lists = _list_context(campaign, file_problem)
    standing = packages.measure_usage(read_session(), current_user.provider, clock.now(), with_iys=False)
    return render_template(
        "dashboard/campaigns/campaign.html",
        campaign=campaign,
        brand_name=read_session().get_one(Brand, campaign.brand_id).name,
        text=read_session().get_one(ConsentText, campaign.text_id),
        progress=progress,
        left_out_since=launches.count_links(read_session(), campaign).left_out if campaign.linked_at else {},
        excluded_since=_excluded_addresses(campaign) if campaign.linked_at else [],
        left_out=_omitted_addresses(campaign),
        links_wait=_(launches.WAITS_FOR_IYS) if _waits_for_iys(campaign) else "",
        audience_form=audience_form or AudienceForm(),
        standing=standing,
        is_limited=campaign.kind == CampaignKind.ASK or current_user.provider.in_sandbox_mode,
        **lists,
        **launch_context(campaign, plan_form),
    )


def _waits_for_iys(campaign: Campaign) -> bool:
    return launches.waits_for_iys(read_session(), campaign, clock.now())


def lists_being_read(campaign: Campaign) -> Sequence[AudienceList]:
    """The lists that wait for the worker, the one that it reads first."""
    lists = select(AudienceList).where(AudienceList.campaign_id == campaign.id, waiting_lists.WAITING)
    return read_session().scalars(lists.order_by(AudienceList.created_at)).all()


def _list_context(campaign: Campaign, file_problem: FileProblem | None) -> dict[str, Any]:
    """What came of the lists; the alert is about one that has just been posted, or else the newest."""
    lists = select(AudienceList).where(AudienceList.campaign_id == campaign.id).order_by(AudienceList.created_at)
    unread = "" if campaign.launched_at else campaigns.unread_token(read_session(), campaign)  # Before what is shown.
    batches, lines = read_session().scalars(lists).all(), _lines_not_taken(campaign)
    marks, are_all = _find_marks(campaign, are_open=bool(unread))
    problems = {batch.id: _file_problem(batch) for batch in batches if batch.problem}
    newest = batches[-1] if batches and not campaign.launched_at else None
    return {
        "batches": batches,
        "waiting": lists_being_read(campaign),
        "problems": problems,
        "file_problem": file_problem or (problems.get(newest.id) if newest else None),
        "no_room": newest is not None and newest.problem == AudienceList.NO_ROOM,
        "bad_rows": [row for row in lines if isinstance(row[2], ExplainedProblem)],
        "bad_total": sum(batch.bad for batch in batches),
        "refused_rows": [(line, mask(value), REASONS[said]) for line, value, said in lines if said in REASONS],
        "refused_counts": [(REASONS[reason], count) for reason, count in _refusals_by_reason(campaign)],
        "refused_total": sum(batch.refused for batch in batches),
        "unread_sheets": [value for problem, value in marks if problem == AudienceLine.SHEET],
        "unread": [Mark.unpacked(value) for problem, value in marks if problem == AudienceLine.COLUMN],
        "unread_lists": [each for each in batches if unread and problems.get(each.id) and not each.unread_confirmed_at],
        "must_confirm": unread,
        "too_many_unread": not are_all,
    }


def _file_problem(batch: AudienceList) -> FileProblem | None:
    return FileProblem(batch.problem) if batch.problem and batch.problem != AudienceList.NO_ROOM else None


def _lines_not_taken(campaign: Campaign) -> list[tuple[int, str, str]]:
    """(line, its text, what is wrong with it), up to MAX_ROWS of each kind: bad ones (refusals without an address go
    first), refusals."""
    ours = (
        select(AudienceLine)
        .join(AudienceList, AudienceList.id == AudienceLine.list_id)
        .where(AudienceList.campaign_id == campaign.id)
        .order_by(AudienceLine.problem != RowProblem.REFUSAL_WITHOUT_ADDRESS, AudienceLine.id)
        .limit(MAX_ROWS)
    )
    are_bad = AudienceLine.problem.not_in((*AudienceLine.REASONS, AudienceLine.SHEET, AudienceLine.COLUMN))
    kinds = are_bad, AudienceLine.problem.in_(AudienceLine.REASONS)
    return [
        (row.line, _text_of(row), row.problem if kind is not are_bad else AUDIENCE_PROBLEMS[row.problem])
        for kind in kinds
        for row in read_session().scalars(ours.where(kind))
    ]


def _find_marks(campaign: Campaign, *, are_open: bool) -> tuple[list[tuple[str, str]], bool]:
    """(SHEET or COLUMN, its text) of what was not read or not understood, each once: of what nobody has vouched for, or
    else of all; and whether that is all, and no more than somebody can vouch for."""
    ours = select(AudienceLine).join(AudienceList, AudienceList.id == AudienceLine.list_id)
    ours = ours.where(AudienceList.campaign_id == campaign.id).order_by(AudienceLine.id).limit(MOST_LINES)
    ours = ours.where(AudienceList.unread_confirmed_at.is_(None)) if are_open else ours
    rows = read_session().scalars(ours.where(AudienceLine.problem.in_((AudienceLine.SHEET, AudienceLine.COLUMN)))).all()
    found = list(dict.fromkeys((row.problem, _text_of(row)) for row in rows))
    return found[: audience_lines.MOST_MARKS], len(found) <= audience_lines.MOST_MARKS and len(rows) < MOST_LINES


def _text_of(row: AudienceLine) -> str:
    return vault().read(row.value, AudienceLine.PLACE, row.provider_id, row.id)


def _refusals_by_reason(campaign: Campaign) -> list[tuple[str, int]]:
    counts = (
        select(AudienceLine.problem, func.count())
        .join(AudienceList, AudienceList.id == AudienceLine.list_id)
        .where(AudienceList.campaign_id == campaign.id, AudienceLine.problem.in_(AudienceLine.REASONS))
        .group_by(AudienceLine.problem)
    )
    found = dict(read_session().execute(counts).all())
    return [(reason, found[reason]) for reason in AudienceLine.REASONS if reason in found]


def _omitted_addresses(campaign: Campaign) -> list[tuple[str, ExclusionReason | None]]:
    rows = read_session().execute(
        select(Recipient, AudienceEntry.left_out)
        .join(AudienceEntry, AudienceEntry.recipient_id == Recipient.id)
        .where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.left_out.is_not(None))
        .order_by(AudienceEntry.id)
        .limit(MAX_ROWS)
    )
    return [(recipients.masked_address(vault(), recipient), reason) for recipient, reason in rows]


def _excluded_addresses(campaign: Campaign) -> list[tuple[str, ExclusionReason]]:
    since = launches.excluded_since(read_session(), campaign, MAX_ROWS)
    return [(recipients.masked_address(vault(), recipient), reason) for recipient, reason in since]
