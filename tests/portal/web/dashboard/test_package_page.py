"""The package page: how full it is, both ways of counting, and orders by whoever may order."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Package, PackageOrder, Provider, Role
from portal.domain import packages
from tests import make
from tests.portal.domain.packages.cast import bought, holds
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

PAGE = "/dashboard/package"
ORDERS = f"{PAGE}/orders"


def of_records(rows, records: int) -> int:
    return rows.one(Package, Package.records == records).id


def mine(rows) -> Provider:
    return rows.one(Provider, Provider.iys_code == make.IYS_CODE)


def has_bought(app, records: int, held: int = 0) -> None:
    with app.app_context():
        provider = db.session.query(Provider).filter_by(iys_code=make.IYS_CODE).one()
        bought(provider, records)
        holds(provider, held)
        db.session.commit()


def test_prices_stand_as_everywhere(ayse):
    page = ayse.opens(PAGE).text

    assert "1.290 TL + KDV / yıl" in page
    assert "290 TL + KDV / yıl" in page


def test_who_has_no_package_is_told_until_when_lists_are_taken(ayse):
    assert "Henüz bir paketiniz yok." in ayse.opens(PAGE).text


def test_an_order_waits_and_is_noted(ayse, rows):
    answer = ayse.posts(ORDERS, {"package": of_records(rows, 5000)})

    made = rows.one(PackageOrder)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert (made.records, made.price, made.confirmed_at) == (5000, 290, None)
    entry = rows.one(AuditEntry, AuditEntry.act == "package.ordered")
    assert (entry.subject_id, entry.facts) == (made.id, {"kind": "first", "records": 5000})
    assert "bizde, onay bekliyor" in ayse.opens(PAGE).text


def test_a_second_order_is_told_that_the_first_waits(ayse, rows):
    for _ in range(2):
        ayse.posts(ORDERS, {"package": of_records(rows, 5000)})

    assert rows.count(PackageOrder) == 1
    assert "Bekleyen bir isteğiniz var" in ayse.opens(PAGE).text


def test_a_package_too_small_is_not_offered_and_not_taken(app, ayse, rows):
    has_bought(app, 2, held=3)

    assert "Adresleriniz sığmaz" in ayse.opens(PAGE).text
    ayse.posts(ORDERS, {"package": of_records(rows, 2)})
    assert rows.count(PackageOrder) == 1


def test_a_withdrawn_package_is_not_taken(app, ayse, rows):
    with app.app_context():
        db.session.query(Package).filter_by(records=5000).update({"withdrawn_at": clock.now()})
        db.session.commit()

    ayse.posts(ORDERS, {"package": of_records(rows, 5000)})
    assert rows.count(PackageOrder) == 0
    assert "artık sunulmuyor" in ayse.opens(PAGE).text


@pytest.mark.parametrize("package", ["", "x", "0", "-1", "99999999999999999999", None])
def test_what_is_no_package_is_not_found(ayse, rows, package):
    answer = ayse.posts(ORDERS, {"package": package} if package is not None else {})

    assert answer.status_code == 404
    assert rows.count(PackageOrder) == 0


def test_records_and_price_are_not_taken_from_the_form(ayse, rows):
    ayse.posts(ORDERS, {"package": of_records(rows, 5000), "records": 9, "price": 1, "confirmed_at": "2026-01-01"})

    made = rows.one(PackageOrder)
    assert (made.records, made.price, made.confirmed_at) == (5000, 290, None)


def test_an_order_may_be_taken_back_once(ayse, rows):
    ayse.posts(ORDERS, {"package": of_records(rows, 5000)})
    path = f"{ORDERS}/{rows.one(PackageOrder).id}/take-back"
    for _ in range(2):
        ayse.posts(path)

    assert len(rows(AuditEntry, AuditEntry.act == "package.taken_back")) == 1
    page = ayse.opens(PAGE).text
    assert "Geri aldınız" in page and "daha önce sonuçlandı" in page


def test_a_stranger_takes_nothing_back(app, ayse, rows):
    ayse.posts(ORDERS, {"package": of_records(rows, 5000)})
    with app.app_context():
        make.provider(700009, 700009, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    order = rows.one(PackageOrder)
    assert cem.posts(f"{ORDERS}/{order.id}/take-back").status_code == 404
    assert rows.one(PackageOrder).declined_at is None
    assert "onayını bekliyor" not in cem.opens(PAGE).text


@pytest.mark.parametrize(("role", "may_order"), [(Role.MANAGER, True), (Role.AGENT, False), (Role.AUDITOR, False)])
def test_ordering_needs_the_power_to(app, ayse, rows, role, may_order):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", role, "Burak")
    burak = signed_in(app, "burak@example.com")

    assert ("Bu paketi iste" in burak.opens(PAGE).text) == may_order
    burak.browser.get("/account/providers")
    assert rows.count(PackageOrder) == 0


def test_the_meter_is_on_the_overview_and_beside_an_audience(app, ayse, draft):
    has_bought(app, 10, held=9)

    for path in ("/dashboard/", f"/dashboard/campaigns/{draft}"):
        page = ayse.opens(path).text
        assert "9 / 10 adres" in page
        assert "%90 kadarı dolu" in page


def test_in_english_the_page_counts_alike(app, ayse):
    has_bought(app, 5000, held=2)

    assert "2 of 5,000 addresses" in ayse.opens(f"{PAGE}?lang=en").text


def test_a_list_without_room_is_refused_in_words_and_a_launch_too(app, ayse, draft, rows):
    has_bought(app, 2)
    ayse.posts(f"/dashboard/campaigns/{draft}/audience", {"text": f"{make.PHONE}\n{make.EMAIL}\nb@example.com"})
    with time_machine.travel(clock.now() + packages.GRACE + timedelta(hours=1)):
        later = signed_in(app)
        later.posts(f"/dashboard/campaigns/{draft}/audience", {"text": "c@example.com"})
        page = later.opens(f"/dashboard/campaigns/{draft}").text
        assert "paketinizde yeni adreslere yer yok" in page
        assert "hepsi sürer" in page

        later.posts(f"/dashboard/campaigns/{draft}/launch")
        page = later.opens(f"/dashboard/campaigns/{draft}").text
        assert "Kampanyayı başlat</button>" not in page
        assert "Başlatıldı" not in page

        has_bought(app, 5000)
        later.posts(f"/dashboard/campaigns/{draft}/launch")
        assert "Başlatıldı" in later.opens(f"/dashboard/campaigns/{draft}").text
