"""Reconciliation on the dashboard: a brand's calendar, and each day with its proof."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import update
from sqlalchemy.orm import undefer

from portal.core import clock, iys_protocol
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Brand, DayState, Difference, ReconciledDay
from portal.domain.identity.permissions import Permission
from portal.services.iys import response_values
from portal.services.iys.reconciliation import schedule
from portal.services.iys.reconciliation.day_file import open_file
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys import differences
from portal.web.dashboard.iys.day_calendar import DayMark, mark_of, year_of
from portal.web.dashboard.iys.forwarding_status import forwarding_brands
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.downloads import attachment, file_name
from portal.web.shared.own_rows import own_row_or_404

MARK_LABELS = {
    DayMark.AGREED: _l("Mutabık: İYS'de onaylandı ve arşivlendi"),
    DayMark.DIFFERENT: _l("Fark var"),
    DayMark.SETTLED: _l("Farklar çözüldü"),
    DayMark.WAITING: _l("Sırada"),
    DayMark.MISSED: _l("Dosyası alınamadı"),
    DayMark.EMPTY: _l("Hareket yok"),
    DayMark.BEFORE: _l("Kapsam dışı"),
}
# Our own reasons why a day waits; İYS's codes have their sentences in iys_protocol.
REASONS = {
    "feeds_behind": _l("İYS'deki hareketlerin bize gelmesi bekleniyor; sonra karşılaştırılacak."),
    "no_file": _l("İYS bu günün dosyasını henüz hazırlamadı; yeniden sorulacak."),
    "hash_pending": _l("İYS dosyanın özetini henüz hesaplıyor; yeniden sorulacak."),
    "no_hash": _l("İYS dosyanın özetini söylemedi; yeniden sorulacak."),
    "no_timestamp": _l("İYS'nin zaman damgası henüz hazır değil; yeniden sorulacak."),
    "hash": _l("İndirilen dosya, İYS'nin bildirdiği özete uymuyor. Onaylanmadı; yeniden indirilecek."),
    "not_a_file": _l("İYS'den gelen dosya okunamadı; yeniden indirilecek."),
    "H502": _l("İYS bu gün için artık yanıt vermiyor: yedi günlük süre doldu."),
}


@blueprint.get("/days", endpoint="days")
@blueprint.get("/days/<id:brand_id>", endpoint="brand_days")
@needs(Permission.LOOK)
def show_days(brand_id: int | None = None) -> str:
    """The calendar of a brand, or of the first one."""
    brands = forwarding_brands(current_user.provider_id)
    brand = next((each for each in brands if brand_id in (None, each.id)), None)
    if brand is None and brand_id is not None:
        abort(404)
    return render_template(
        "dashboard/iys/reconciliation.html",
        brand=brand,
        brands=brands,
        year=year_of(brand, clock.now()) if brand else None,
        mark_labels=MARK_LABELS,
        reason_of=reason_of,
    )


@blueprint.get("/day/<id:day_id>")
@needs(Permission.LOOK)
def show_day(day_id: int) -> str:
    """One day: İYS's counts, the differences, and its proof."""
    day = own_row_or_404(read_session(), ReconciledDay, day_id)
    at = clock.now()
    still_open = differences.count_open(Difference.day_id == day.id)
    return render_template(
        "dashboard/iys/day.html",
        day=day,
        brand=read_session().get_one(Brand, day.brand_id),
        mark=mark_of(day.state, still_open),
        mark_labels=MARK_LABELS,
        reason=reason_of(day.code),
        days_left=schedule.days_left(day.day, at),
        counts=list(_day_counts(day.summary or {})),
        page=differences.differences_page(Difference.day_id == day.id, number=request.args.get("page", type=int)),
        still_open=still_open,
        kinds=differences.count_kinds(Difference.day_id == day.id),
        has_file=day.file_hash is not None,
        may_compare=_may_compare(day, at),
    )


@blueprint.post("/day/<id:day_id>/comparison")
@limiter.limit(limits.COMPARE, key_func=limits.provider_key)
@needs(Permission.SETTLE)
def compare_day(day_id: int) -> ResponseReturnValue:
    """Let the forwarder fetch and compare the day again."""
    day = own_row_or_404(read_session(), ReconciledDay, day_id)
    if not _may_compare(day, clock.now()):
        abort(400)
    again = update(ReconciledDay).where(ReconciledDay.id == day.id, ReconciledDay.state != DayState.AGREED)
    db.session.execute(again.values(due_at=clock.now(), attempts=0))
    record_audit("day.compared_again", "reconciled_day", day.id)
    db.session.commit()
    flash(_("Gün yeniden karşılaştırılacak. Birazdan sayfayı yenileyin."))
    return redirect(url_for(".show_day", day_id=day.id), 303)


@blueprint.get("/day/<id:day_id>/file.csv")
@limiter.limit(limits.DOWNLOAD, key_func=limits.provider_key)
@needs(Permission.EXPORT, fresh=True)
def day_file(day_id: int) -> ResponseReturnValue:
    """Download İYS's file as it came. Audited, since it holds addresses."""
    day = own_row_or_404(read_session(), ReconciledDay, day_id, [undefer(ReconciledDay.file)])
    if day.file is None:
        abort(404)
    record_audit("day.file_taken", "reconciled_day", day.id)
    db.session.commit()
    return attachment(open_file(vault(), day), "text/csv", f"{_file_name(day)}.csv")


@blueprint.get("/day/<id:day_id>/timestamp.tsr")
@needs(Permission.LOOK)
def day_timestamp(day_id: int) -> ResponseReturnValue:
    """Download İYS's time-stamp token over that file."""
    day = own_row_or_404(read_session(), ReconciledDay, day_id)
    if day.timestamp is None:
        abort(404)
    return attachment(day.timestamp, "application/timestamp-reply", f"{_file_name(day)}.tsr")


def reason_of(code: str | None) -> str | None:
    """Why a day is not done."""
    if code is None:
        return None
    return REASONS.get(code) or _(iys_protocol.sentence_of(code))


def _file_name(day: ReconciledDay) -> str:
    return file_name(day.provider_id, f"iys-{day.day}")


def _may_compare(day: ReconciledDay, at: datetime) -> bool:
    return day.state != DayState.AGREED and schedule.is_open(day.day, at)


def _day_counts(summary: dict[str, Any]) -> Iterator[tuple[str, str, str, int]]:
    """İYS's counts by recipient type, channel and source; whatever is not as documented is left out."""
    for recipient_type, counts in summary.items():
        for kind in response_values.read_rows(counts, "changeStats"):
            for whose in response_values.read_rows(kind, "consents"):
                if total := response_values.read_number(whose.get("total")):
                    channel, source = map(response_values.read_text, (kind.get("type"), whose.get("source")))
                    yield recipient_type, channel, source, total
