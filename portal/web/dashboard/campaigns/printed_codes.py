"""QR codes to print: that of a consent point as a picture, and the personal codes of a campaign for its letters."""

from flask import Response, abort, current_app, render_template, request

from portal.core.extensions import db, limiter, read_session
from portal.core.models import Brand, ConsentPoint
from portal.domain import campaigns
from portal.domain.identity.permissions import Permission
from portal.domain.providers import sandbox_mode
from portal.services import launches
from portal.services.documents import code_sheet
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns.campaign_page import own_campaign_or_404, stop_while_iys_tells_nothing
from portal.web.shared import limits, qr_code
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.downloads import attachment, file_name
from portal.web.shared.own_rows import own_row_or_404


@blueprint.get("/points/<id:point_id>/code.<any(svg, png):picture>")
@needs(Permission.LOOK)
def download_point_code(point_id: int, picture: str) -> Response:
    """The code alone, for a firm's own leaflet."""
    point = own_row_or_404(read_session(), ConsentPoint, point_id)
    content, media_type = qr_code.picture(absolute_url("consent_points.page", slug=point.slug, lang=None), picture)
    return attachment(content, media_type, f"{file_name(point.provider_id, point.slug)}.{picture}")


@blueprint.get("/campaigns/<id:campaign_id>/codes", endpoint="campaign_codes")
@needs(Permission.LOOK)
def show_codes(campaign_id: int) -> str:
    campaign = own_campaign_or_404(read_session(), campaign_id)
    links = campaigns.count_progress(read_session(), campaign).links if campaign.linked_at else 0
    return render_template(
        "dashboard/campaigns/codes.html", campaign=campaign, links=links, size=launches.PART, parts=_parts(links)
    )


@blueprint.get("/campaigns/<id:campaign_id>/codes.pdf")
@limiter.limit(limits.EXPORTS, key_func=limits.provider_key)
@needs(Permission.LAUNCH, fresh=True)
def download_codes(campaign_id: int) -> Response:
    """One part of the personal codes, less those that may not be sent any more. Audited."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    stop_while_iys_tells_nothing(campaign)
    links = campaigns.count_progress(read_session(), campaign).links if campaign.linked_at else 0
    part = request.args.get("part", 1, int)
    if part not in _parts(links):
        abort(404)
    salt, base = current_app.config["LINK_SALT"], current_app.config["LINK_BASE"]
    codes = list(launches.part_lines(read_session(), campaign, salt, base, part - 1))
    brand = read_session().get_one(Brand, campaign.brand_id)
    sheet = code_sheet.CodeSheet(
        sandbox_mode.shown_name(brand.name, brand.brand_code),
        f"{campaign.id} · {part}",  # No word that nobody has reviewed.
        codes,
        is_sandbox=brand.is_sandbox,
    )
    record_audit("codes.taken", "campaign", campaign.id, part=part, links=len(codes))
    db.session.commit()
    name = file_name(campaign.provider_id, f"codes-{campaign.id}-{part}")
    return attachment(code_sheet.render_pdf(sheet), "application/pdf", f"{name}.pdf")


def _parts(links: int) -> range:
    """The numbers of the files that hold the codes of so many links, from 1."""
    return range(1, 1 + -(-links // launches.PART))
