"""The pages of reconciliation, with things to show."""

from collections import Counter
from datetime import UTC, date, datetime
from types import SimpleNamespace as Thing

from portal.core.models import DayState, DifferenceKind, Settlement
from portal.web.dashboard.forms import ExplanationForm
from portal.web.dashboard.iys.day_calendar import Cell, Month, Sign, Year
from portal.web.dashboard.iys.differences import MEANINGS, WHY_NOT, Field, Listed, Page
from portal.web.dashboard.iys.reconciliation import REASONS, SIGNS

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
DAY = date(2026, 11, 23)
BRAND = Thing(id=1, name="Örnek Mağaza")
ADDRESS = "+90 5•• ••• •• 67"


def calendar(**other) -> dict:
    cells = [Cell(date(2026, 11, 2 + place), sign, id=place, code="hash") for place, sign in enumerate(Sign)]
    nothing = Cell(date(2026, 11, 9), Sign.BEFORE)
    week = [date(2026, 11, 2 + place) for place in range(7)]
    months = [Month(week[0], week, [cells, [nothing] + [None] * 6])]
    year = Year(months, [cells[2], Cell(DAY, Sign.MISSED)], Counter({sign: 1 for sign in Sign}))
    return {
        "brand": BRAND, "brands": [BRAND, Thing(id=2, name="İkinci marka")], "year": year, "signs": SIGNS,
        "reason_of": REASONS.get,
    } | other  # fmt: skip


def listed(number: int, settlement: Settlement | None = None) -> Listed:
    return Listed(number, DifferenceKind.ALTERED, BRAND.name, ADDRESS, "SMS", AT, settlement)


def day(state: DayState, **other) -> dict:
    mine = {
        "id": 1, "day": DAY, "state": state, "rows": 3, "compared_at": AT, "agreed_at": AT, "archived_at": AT,
        "file_hash": "ab" * 48, "iys_hash": "cd" * 48, "timestamp": b"", "summary": {},
    }  # fmt: skip
    return {
        "day": Thing(**(mine | {"timestamp": b"token"})), "brand": BRAND, "sign": Sign(state.value), "signs": SIGNS,
        "reason": REASONS["hash"], "days_left": 3, "still_open": 1, "has_file": True, "may_compare": True,
        "counts": [Thing(recipient_type="BIREYSEL", channel="MESAJ", source="HS", total=3)],
        "page": Page([listed(1), listed(2, Settlement.EXPLAINED)], 2, has_more=True),
    } | other  # fmt: skip


def difference(settled: bool = False, **other) -> dict:
    mine = Thing(
        id=1, kind=DifferenceKind.ALTERED, found_at=AT, settled_at=AT if settled else None,
        settlement=Settlement.EXPLAINED if settled else None, explanation="Deneme kaydı." if settled else None,
    )  # fmt: skip
    return {
        "difference": mine, "meaning": MEANINGS[mine.kind], "brand": BRAND, "day": Thing(id=1, day=DAY),
        "recipient_id": 1, "fields": [Field("Adres", ADDRESS, ADDRESS, False), Field("Karar", "Onay", "", True)],
        "why_not_take": None, "why_not_send": None, "settled_by": Thing(name="Ayşe"), "form": ExplanationForm(),
    } | other  # fmt: skip


def _explained_with_nothing() -> dict:
    form = ExplanationForm()
    form.validate()
    return difference(form=form, why_not_take=[*WHY_NOT.values()][0], why_not_send=[*WHY_NOT.values()][1], day=None)


NOTHING = {"page": Page([], 1, has_more=False), "still_open": 0}
OF_DAYS = {
    ("dashboard/iys/reconciliation.html", ""): calendar,
    ("dashboard/iys/reconciliation.html", "all well"): lambda: calendar(year=Year([], [], Counter()), brands=[BRAND]),
    ("dashboard/iys/reconciliation.html", "at first"): lambda: {"brand": None},
    ("dashboard/iys/day.html", "different"): lambda: day(DayState.DIFFERENT),
    ("dashboard/iys/day.html", "agreed"): lambda: day(DayState.AGREED, reason=None, may_compare=False, **NOTHING),
    ("dashboard/iys/day.html", "missed"): lambda: day(
        DayState.MISSED, has_file=False, days_left=0, counts=[], **NOTHING
    ),
    ("dashboard/iys/difference.html", ""): difference,
    ("dashboard/iys/difference.html", "settled"): lambda: difference(settled=True),
    ("dashboard/iys/difference.html", "nothing can be done"): _explained_with_nothing,
    ("dashboard/iys/differences.html", ""): lambda: {"page": Page([listed(1)], 2, has_more=True), "still_open": 51},
    ("dashboard/iys/differences.html", "at first"): lambda: NOTHING,
}
