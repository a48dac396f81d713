"""The holiday calendar behind deadlines: days of the calendar package and the operator's corrections."""

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user

from portal.core import business_days, clock
from portal.core.business_days import holiday_calendar
from portal.core.extensions import db, read_session
from portal.core.models import DayKind
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import HolidayForm
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit

YEARS_AROUND = 5  # Years back and ahead that can be shown and corrected.


@blueprint.get("/calendar")
@needs(Permission.CALENDAR)
def holidays() -> ResponseReturnValue:
    return _render_calendar(_requested_year(), HolidayForm(formdata=None, kind=DayKind.FULL.value))


@blueprint.post("/calendar")
@needs(Permission.CALENDAR)
def correct_day() -> ResponseReturnValue:
    """Make a day a holiday, half a holiday, or a working day."""
    form = HolidayForm()
    if form.validate_on_submit() and abs(form.day.data.year - _this_year()) > YEARS_AROUND:
        form.day.errors = [_("Bu yıl takvimin dışında.")]
    if form.errors:
        return _render_calendar(_requested_year(), form), 422
    day, kind = form.day.data, DayKind(form.kind.data)
    try:
        kept = holiday_calendar.correct_day(
            db.session, day, kind, form.name.data.strip(), by=current_user.id, at=clock.now()
        )
    except holiday_calendar.NotAWeekday:
        form.day.errors = [_("Cumartesi ve pazar zaten iş günü sayılmaz. Hafta içi bir gün seçin.")]
        return _render_calendar(day.year, form), 422
    return _finish_correction("holiday.corrected", kept.id, day, kind=kind.value)


@blueprint.post("/calendar/<day>/removal")
@needs(Permission.CALENDAR)
def remove_correction(day: str) -> ResponseReturnValue:
    """Go back to the calendar package's day."""
    try:
        which = date.fromisoformat(day)
    except ValueError:
        abort(404)
    if not holiday_calendar.remove_correction(db.session, which):
        abort(404)
    return _finish_correction("holiday.taken_back", which.toordinal(), which)


def _finish_correction(act: str, subject_id: int, day: date, **facts: Any) -> ResponseReturnValue:
    record_operator_audit(act, "holiday", subject_id, day=day.isoformat(), **facts)
    waiting = holiday_calendar.count_open_deadlines(db.session, day)
    db.session.commit()
    holiday_calendar.load_corrections(db.session, clock.now())
    db.session.rollback()  # Reading is over.
    flash(_("%(day)s kaydedildi. Yeni kararların süresi buna göre hesaplanır.", day=format_date(day, "d MMMM yyyy")))
    if waiting:
        passing = _(
            "Bekleyen %(count)s kararın süresi bu günün üzerinden geçiyor; yazılmış süreleri değişmez.", count=waiting
        )
        flash(passing)
    return redirect(url_for(".holidays", year=day.year), 303)


def _render_calendar(year: int, form: HolidayForm) -> str:
    return render_template(
        "operator/holidays.html",
        year=year,
        days=holiday_calendar.holidays_of_year(read_session(), year),
        form=form,
        version=business_days.CALENDAR_VERSION,
        has_before=year > _this_year() - YEARS_AROUND,
        has_after=year < _this_year() + YEARS_AROUND,
    )


def _requested_year() -> int:
    """The year of the query string if it is near, else this year."""
    this = _this_year()
    asked = request.args.get("year", this, type=int)
    return asked if abs(asked - this) <= YEARS_AROUND else this


def _this_year() -> int:
    return clock.day(clock.now()).year
