"""Results of a campaign on the dashboard: its page, its file, and the comparison with another campaign."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, render_template, request
from flask_babel import format_decimal, format_percent, get_locale, gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.core.addresses import AddressKind, MailService
from portal.core.extensions import read_session
from portal.core.ids import parse_id
from portal.core.models import Campaign, Delivery
from portal.domain.campaigns import funnel
from portal.domain.campaigns.funnel import Group, Results, Step
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.campaigns import comparison
from portal.web.dashboard.campaigns.campaign_page import MAX_ROWS, own_campaign_or_404
from portal.web.shared.access import needs
from portal.web.shared.downloads import Format, download, file_name
from portal.web.shared.labels import label
from shortlinks import VisitKind

STEPS = {
    Step.MADE: _l("Bağlantısı yapılan"),
    Step.SENT: _l("Gönderilen"),
    Step.DELIVERED: _l("Ulaşan"),
    Step.OPENED: _l("Açan"),
    Step.ANSWERED: _l("Yanıt veren"),
    Step.ACCEPTED: _l("İYS'nin kabul ettiği"),
    Step.GRANTED: _l("En az bir onay veren"),
    Step.UNSUBSCRIBED: _l("E-posta programından reddeden"),
}
FUNNEL = tuple(Step)[:6]
SERVICES = {
    MailService.GMAIL: "Gmail",
    MailService.MICROSOFT: "Outlook, Hotmail",
    MailService.YAHOO: "Yahoo",
    MailService.YANDEX: "Yandex",
    MailService.ICLOUD: "iCloud",
    MailService.MYNET: "Mynet",
    MailService.OTHER: _l("Diğer e-posta"),
    None: _l("E-posta (önceden kayıtlı)"),
}


@blueprint.get("/campaigns/<id:campaign_id>/results", endpoint="campaign_results")
@needs(Permission.LOOK)
def show_results(campaign_id: int) -> str:
    campaign = own_campaign_or_404(read_session(), campaign_id)
    results = funnel.count_results(read_session(), campaign) if campaign.launched_at else None
    charts = _chart_rows(results) if results else {}
    return render_template("dashboard/campaigns/results.html", **_page_context(campaign), results=results, **charts)


@blueprint.get("/campaigns/<id:campaign_id>/results.csv", defaults={"format": Format.CSV})
@blueprint.get("/campaigns/<id:campaign_id>/results.xlsx", defaults={"format": Format.XLSX})
@needs(Permission.LOOK)
def download_results(campaign_id: int, format: Format) -> Response:
    """The same numbers, one a line."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    lines = list(_lines(funnel.count_results(read_session(), campaign)))
    header = (gettext("Bölüm"), gettext("Kim"), gettext("Ölçü"), gettext("Sayı"))
    name = file_name(campaign.provider_id, f"results-{campaign.id}")
    return download(lines, header=header, sheet=gettext("Sonuçlar"), name=name, format=format)


@blueprint.get("/campaigns/<id:campaign_id>/comparison", endpoint="compare_campaign")
@needs(Permission.LOOK)
def compare_campaign(campaign_id: int) -> str:
    """Two campaigns side by side; the other one is chosen from a list."""
    campaign = own_campaign_or_404(read_session(), campaign_id)
    context, chosen = _page_context(campaign), parse_id(request.args.get("with", ""))
    other = next((each for each in context["others"] if each.id == chosen), None)
    rates = comparison.compare(read_session(), campaign, other) if other and campaign.launched_at else []
    return render_template("dashboard/campaigns/comparison.html", **context, other=other, rates=rates)


def _page_context(campaign: Campaign) -> dict[str, Any]:
    """The campaign and those that it can be compared with; words and rates."""
    others = select(Campaign).where(
        Campaign.provider_id == campaign.provider_id, Campaign.id != campaign.id,
        Campaign.delivery != Delivery.POINT, Campaign.launched_at.is_not(None),
    )  # fmt: skip
    return {
        "campaign": campaign,
        "others": read_session().scalars(others.order_by(Campaign.launched_at.desc()).limit(MAX_ROWS)).all(),
        "kinds": AddressKind,
        "steps": STEPS,
        "group_name": _group_name,
        "percent": _percent,
    }


def _chart_rows(results: Results) -> dict[str, list[tuple[str, str, float]]]:
    """(name, number as shown, share) of the bars."""
    total = results.total
    steps = [(step, total[step]) for step in FUNNEL if step in results.steps]
    openings = [(group, *results.machine_openings(group)) for group in results.openings]
    return {
        "funnel_bars": [
            (str(STEPS[step]), format_decimal(count), count / (total[Step.MADE] or 1)) for step, count in steps
        ],
        "machine_bars": [(_group_name(group), _percent(part, whole), part / whole) for group, part, whole in openings],
    }


def _group_name(group: Group) -> str:
    return label(AddressKind.PHONE) if group.kind == AddressKind.PHONE else str(SERVICES[group.service])


def _percent(part: int, whole: int) -> str:
    """A share to a tenth of a percent; a dash where there is nothing to divide by."""
    pattern = "%#,##0.#" if get_locale().language == "tr" else "#,##0.#%"
    return format_percent(part / whole, pattern) if whole else "–"


def _lines(results: Results) -> Iterator[Sequence[object]]:
    """(part, who, measure, count) of the file."""
    part = gettext("Adımlar")
    for group, counts in results.groups.items():
        yield from ((part, _group_name(group), str(STEPS[step]), counts[step]) for step in results.steps)
    part = gettext("Açılışlar")
    for group, kinds in results.openings.items():
        yield from ((part, _group_name(group), label(kind), kinds[kind]) for kind in VisitKind)
    part = gettext("Kanallar")
    for channel, each in results.channels.items():
        yield part, label(channel), gettext("Bağlantısında olan"), each.offered
        yield part, label(channel), gettext("Onay"), each.granted
        yield part, label(channel), gettext("Ret"), each.refused
        yield part, label(channel), str(STEPS[Step.ACCEPTED]), each.accepted
    part = gettext("Saatler")
    for step, hours in results.hours.items():
        yield from ((part, f"{hour:02}:00", str(STEPS[step]), hours[hour]) for hour in range(24))
