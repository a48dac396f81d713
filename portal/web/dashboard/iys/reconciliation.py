"""Reconciliation on the dashboard: the calendar of a brand, and each day with its proof."""

from dataclasses import dataclass

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from portal.core import clock, iys_protocol
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Brand, DayState, Difference, ReconciledDay
from portal.domain.identity.permissions import Permission
from portal.domain.providers import sandbox_mode
from portal.services.iys import response_values
from portal.services.iys.reconciliation import archive, window
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys import differences
from portal.web.dashboard.iys.day_calendar import DayMark, mark_of, year_of
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import provider_key, record_audit

MARK_LABELS = {
    DayMark.AGREED: _l("Mutabık: İYS'de onaylandı ve arşivlendi"),
    DayMark.DIFFERENT: _l("Fark var"),
    DayMark.SETTLED: _l("Farklar çözüldü"),
    DayMark.WAITING: _l("Sırada"),
    DayMark.MISSED: _l("Dosyası alınamadı"),
    DayMark.EMPTY: _l("Hareket yok"),
    DayMark.BEFORE: _l("Kapsam dışı"),
}
# Our own words for why a day waits; what İYS answered has its sentence in the table of codes.
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


@dataclass(frozen=True)
class DayCount:
    """One line of İYS's own counts of a day."""

    recipient_type: str
    channel: str
    source: str
    total: int


@blueprint.get("/days", endpoint="days")
@needs(Permission.LOOK)
def show_days() -> ResponseReturnValue:
    """The calendar of the first brand."""
    brands = _brands()
    return (
        _render_calendar(brands[0], brands)
        if brands
        else render_template("dashboard/iys/reconciliation.html", brand=None)
    )


@blueprint.get("/days/<id:brand_id>")
@needs(Permission.LOOK)
def brand_days(brand_id: int) -> ResponseReturnValue:
    """The calendar of one brand."""
    brands = _brands()
    brand = next((each for each in brands if each.id == brand_id), None) or abort(404)
    return _render_calendar(brand, brands)


@blueprint.get("/day/<id:day_id>")
@needs(Permission.LOOK)
def show_day(day_id: int) -> str:
    """One day: what İYS said of it, what was found, and its proof."""
    mine = _mine(day_id)
    at = clock.now()
    still_open = differences.count_open(Difference.day_id == mine.id)
    return render_template(
        "dashboard/iys/day.html",
        day=mine,
        brand=read_session().get_one(Brand, mine.brand_id),
        sign=mark_of(mine.state, still_open),
        signs=MARK_LABELS,
        reason=reason_of(mine.code),
        days_left=window.days_left(mine.day, at),
        counts=list(_day_counts(mine.summary or {})),
        page=differences.differences_page(Difference.day_id == mine.id, number=request.args.get("page", type=int)),
        still_open=still_open,
        has_file=mine.file_hash is not None,
        may_compare=_may_compare(mine, at),
    )


@blueprint.post("/day/<id:day_id>/comparison")
@limiter.limit(limits.COMPARE, key_func=provider_key)
@needs(Permission.SETTLE)
def compare_day(day_id: int) -> ResponseReturnValue:
    """Let the day be fetched and compared again; the forwarder does it."""
    mine = _mine(day_id)
    if not _may_compare(mine, clock.now()):
        abort(400)
    again = update(ReconciledDay).where(ReconciledDay.id == mine.id, ReconciledDay.state != DayState.AGREED)
    db.session.execute(again.values(due_at=clock.now(), attempts=0))
    record_audit("day.compared_again", "reconciled_day", mine.id)
    db.session.commit()
    flash(_("Gün yeniden karşılaştırılacak. Birazdan sayfayı yenileyin."))
    return redirect(url_for(".show_day", day_id=mine.id), 303)


@blueprint.get("/day/<id:day_id>/file.csv")
@limiter.limit(limits.DOWNLOAD, key_func=provider_key)
@needs(Permission.EXPORT, fresh=True)
def day_file(day_id: int) -> ResponseReturnValue:
    """İYS's file as it came. Taking it is noted: it holds addresses."""
    mine = _mine(day_id, undefer(ReconciledDay.file))
    if mine.file is None:
        abort(404)
    record_audit("day.file_taken", "reconciled_day", mine.id)
    db.session.commit()
    return _download(archive.open_file(vault(), mine), "text/csv", f"iys-{mine.day}.csv")


@blueprint.get("/day/<id:day_id>/timestamp.tsr")
@needs(Permission.LOOK)
def day_timestamp(day_id: int) -> ResponseReturnValue:
    """İYS's time-stamp token over that file."""
    mine = _mine(day_id)
    if mine.timestamp is None:
        abort(404)
    return _download(mine.timestamp, "application/timestamp-reply", f"iys-{mine.day}.tsr")


def reason_of(code: str | None):
    """Why a day is not done, as a person reads it."""
    if code is None:
        return None
    return REASONS.get(code) or _(iys_protocol.sentence_of(code))


def _download(body: bytes, mimetype: str, name: str) -> Response:
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _render_calendar(brand: Brand, brands: list[Brand]) -> str:
    year = year_of(brand, clock.now())
    return render_template(
        "dashboard/iys/reconciliation.html",
        brand=brand,
        brands=brands,
        year=year,
        signs=MARK_LABELS,
        reason_of=reason_of,
    )


def _brands() -> list[Brand]:
    mine = select(Brand).where(Brand.provider_id == current_user.provider_id, sandbox_mode.brand_still_speaks())
    return list(read_session().scalars(mine.order_by(Brand.id)))


def _mine(day_id: int, *options) -> ReconciledDay:
    found = read_session().get(ReconciledDay, day_id, options=options)
    if found is None or found.provider_id != current_user.provider_id:
        abort(404)
    return found


def _may_compare(mine: ReconciledDay, at) -> bool:
    return mine.state != DayState.AGREED and window.is_open(mine.day, at)


def _day_counts(summary: dict):
    """İYS's counts as it gave them; what is not as documented is passed by."""
    for recipient_type, counts in summary.items():
        for kind in response_values.read_rows(counts, "changeStats"):
            for whose in response_values.read_rows(kind, "consents"):
                if total := response_values.read_number(whose.get("total")):
                    yield DayCount(
                        recipient_type,
                        response_values.read_text(kind.get("type")),
                        response_values.read_text(whose.get("source")),
                        total,
                    )
