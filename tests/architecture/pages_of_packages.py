"""The pages of the package and of what was done, with things to show."""

from datetime import UTC, date, datetime
from types import SimpleNamespace as Thing

from portal.core.models import OrderKind
from portal.domain.identity.permissions import Permission
from portal.domain.packages import Cause, Level, Standing
from portal.web.dashboard.onboarding.package import Offer
from portal.web.shared.audit_view import AuditFilter, Shown

AT = datetime(2026, 11, 24, 11, 2, 30, tzinfo=UTC)
DAY = date(2027, 11, 23)
SMALL = Thing(id=1, name="İLETİ 5", records=5000, price=290)
LARGE = Thing(id=2, name="İLETİ 25", records=25_000, price=490)


def standing(level: Level = Level.NEAR, cause: Cause | None = Cause.RECORDS, **other) -> Standing:
    usual = {
        "package": SMALL, "records": 5000, "used": 4600, "iys_count": 3900, "ratio": 0.92, "ends_on": DAY,
        "runs_out_on": DAY, "grace_until": AT,
    }  # fmt: skip
    return Standing(level=level, cause=cause, **(usual | other))


PRACTISES = {"package": None, "records": 1000, "used": 12, "ratio": 0.012, "ends_on": None, "runs_out_on": None}
HAS_NONE = PRACTISES | {"records": None, "ratio": None}


def _package(**other) -> dict:
    def order(**settled):
        usual = {"confirmed_at": None, "declined_at": None, "note": None, "starts_on": DAY, "ends_on": DAY}
        facts = {"id": 1, "ordered_at": AT, "records": 5000, "price": 290, "kind": OrderKind.FIRST}
        return Thing(**(facts | usual | settled)), SMALL

    waiting, _ = order()
    orders = [
        order(), order(confirmed_at=AT), order(declined_at=AT, note="Önce yetki belgesi."), order(declined_at=AT)
    ]  # fmt: skip
    return {
        "standing": standing(), "orders": orders, "waiting": waiting, "is_exempt": False,
        "offers": [Offer(SMALL, "Bir yıl iste", False, True), Offer(LARGE, "Yükselt", True, False)],
        "may": lambda power: True, "Permission": Permission,
    } | other  # fmt: skip


def _audit(**other) -> dict:
    whence = "Chrome (Windows), 203.0.113.•"
    entry = Shown(AT, "Ayşe", "Paket istendi", "Paket isteği", 1, "kayıt: 5000", whence, "package_order")
    form = AuditFilter([Thing(id=1, name="Ayşe")])
    return {"form": form, "entries": [entry], "before": 1, "is_first": False, "chosen": {"who": "1"}} | other


OF_PACKAGES = {
    ("dashboard/onboarding/package.html", ""): _package,
    ("dashboard/onboarding/package.html", "may be ordered"): lambda: _package(waiting=None, orders=[]),
    ("dashboard/onboarding/package.html", "may only be looked at"): lambda: _package(
        waiting=None, may=lambda power: False
    ),
    ("dashboard/onboarding/package.html", "practising"): lambda: _package(
        standing=standing(cause=Cause.PRACTICE, **PRACTISES)
    ),
    ("dashboard/onboarding/package.html", "exempt, and none"): lambda: _package(
        standing=standing(Level.SHUT, Cause.NONE, **HAS_NONE), is_exempt=True, offers=[], orders=[], waiting=None
    ),
    **{
        ("dashboard/onboarding/package.html", f"{level} {cause}"): lambda level=level, cause=cause: _package(
            standing=standing(level, cause)
        )
        for level in Level
        for cause in (Cause.RECORDS, Cause.END)
    },
    ("dashboard/records/audit_log.html", ""): _audit,
    ("dashboard/records/audit_log.html", "nothing"): lambda: _audit(entries=[], before=None, is_first=True),
}
