"""One look tells: today's decisions, how İYS keeps up, and how long is left."""

import html
import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.ids import new_id
from portal.core.models import Brand, Connection, Difference, DifferenceKind, Outcome, Provider, Submission
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow


def figures(page: str) -> dict[str, int]:
    """The page's numbers by name."""
    found = re.findall(r'<div class="figure[^"]*"><dt>([^<]+)</dt><dd>([^<]+)</dd>', page)
    return {name.replace("&#39;", "'"): int(value.replace(".", "")) for name, value in found}


def set_outcome(app, **values) -> None:
    with app.app_context():
        db.session.query(Submission).update(values)
        db.session.commit()


def test_a_new_provider_is_told_what_to_do(ayse):
    page = ayse.opens("/dashboard/").text

    assert "Henüz karar yok" in page
    assert set(figures(page).values()) == {0}


def test_open_differences_from_iyss_records_are_counted(app, ayse):
    assert "fark var" not in ayse.opens("/dashboard/").text
    with app.app_context():
        at, brand = clock.now(), make.brand()
        facts = {"provider_id": brand.provider_id, "brand_id": brand.id, "kind": DifferenceKind.DRIFT, "found_at": at}
        db.session.add_all(Difference(id=new_id(), settled_at=settled, **facts) for settled in (None, None, at))
        db.session.commit()

    assert "kayıtlarıyla sizinkiler arasında 2 fark var" in html.unescape(ayse.opens("/dashboard/").text)


def test_todays_decisions_are_counted(fatma, ayse):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    told = figures(ayse.opens("/dashboard/").text)

    assert (told["Bugünkü onay"], told["Bugünkü ret"], told["İYS'ye iletilecek"]) == (1, 1, 2)


def test_yesterdays_are_not(app, fatma):
    fatma.decides(MESAJ="ONAY")

    with time_machine.travel(clock.now() + timedelta(days=1)):
        told = figures(signed_in(app).opens("/dashboard/").text)

    assert told["Bugünkü onay"] == 0 and told["İYS'ye iletilecek"] == 1


def test_what_iys_accepted_is_counted(app, fatma, ayse, iys):
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)

    told = figures(ayse.opens("/dashboard/").text)

    assert (told["İYS kabul etti"], told["İYS'ye iletilecek"]) == (1, 0)


FIGURES = {
    "İYS'ye iletilecek": {Outcome.WAITING, Outcome.SENT, Outcome.BLOCKED},
    "İYS kabul etti": {Outcome.ACCEPTED, Outcome.VERIFIED},
    "Elle bakılmalı": {Outcome.PARKED, Outcome.EXPIRED},
}


def test_a_decision_is_counted_in_one_figure_at_most(app, fatma, ayse):
    fatma.decides(MESAJ="ONAY")

    counted_in = {name: set() for name in FIGURES}
    for outcome in Outcome:
        set_outcome(app, outcome=outcome)
        told = figures(ayse.opens("/dashboard/").text)
        for name in FIGURES:
            counted_in[name] |= {outcome} if told[name] else set()

    assert counted_in == FIGURES


def test_what_is_late_is_part_of_what_waits(app, fatma):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")
    set_outcome(app, outcome=Outcome.BLOCKED)

    with time_machine.travel(clock.now() + timedelta(hours=25)):
        told = figures(signed_in(app).opens("/dashboard/").text)

    assert told["24 saatten uzun bekleyen"] == told["İYS'ye iletilecek"] == 2
    assert told["Elle bakılmalı"] == 0


@pytest.mark.parametrize(
    ("age", "tone", "late"),
    [(timedelta(0), "good", 0), (timedelta(hours=25), "amber", 1), (timedelta(hours=49), "bad", 1)],
)
def test_the_clock_of_the_oldest_decision_warns(app, fatma, age, tone, late):
    fatma.decides(MESAJ="ONAY")

    with time_machine.travel(clock.now() + age):
        page = signed_in(app).opens("/dashboard/").text

    assert f'class="clock {tone}"' in page
    assert figures(page)["24 saatten uzun bekleyen"] == late


def test_a_deadline_that_passed_is_said_to_have_passed(app, fatma):
    fatma.decides(MESAJ="ONAY")

    with time_machine.travel(clock.now() + timedelta(days=20)):
        page = signed_in(app).opens("/dashboard/").text

    assert "Güvenli süre doldu" in page


def test_a_block_at_iys_is_told_with_its_reason(app, ayse):
    with app.app_context():
        make.hold("H064", until=clock.now() + timedelta(hours=1))

    page = ayse.opens("/dashboard/").text

    assert 'role="alert"' in page and "H064" in page


def test_who_is_not_connected_is_told_so_first_of_all(app, ayse):
    with app.app_context():
        db.session.query(Connection).delete()
        db.session.commit()

    page = ayse.opens("/dashboard/").text

    assert "Henüz İYS'ye bağlı değilsiniz" in html.unescape(page) and 'href="/dashboard/connection"' in page


def test_a_suspended_firm_reads_so_on_every_page_and_why_a_page_is_shut(app, ayse):
    with app.app_context():
        db.session.query(Provider).update({"suspended_at": clock.now()})
        db.session.commit()

    for path in ("/dashboard/", "/dashboard/campaigns"):
        assert "Hesabınız durduruldu" in ayse.opens(path).text
    shut = ayse.opens("/dashboard/campaigns/new")
    assert shut.status_code == 403 and "durduruldu" in shut.text


def test_who_is_connected_by_a_partner_that_tells_nothing_yet_is_led_to_the_test(app, ayse):
    with app.app_context():
        db.session.query(Connection).update({"forwarding_enabled_at": None})
        db.session.commit()

    for path in ("/dashboard/", "/dashboard/forwarding"):
        assert "henüz doğrulanmadı" in ayse.opens(path).text


def test_what_the_sandbox_took_is_not_said_to_be_iyss_once_a_provider_has_gone_there(app, fatma, ayse):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        db.session.query(Brand).update({"is_sandbox": True})
        db.session.query(Submission).update(
            {"outcome": Outcome.ACCEPTED, "endpoint": "/v2/sps/990000001/brands/990000001/consents", "due_at": None}
        )
        db.session.commit()

    page = ayse.opens("/dashboard/").text

    assert figures(page)["İYS kabul etti"] == 0
    assert "Deneme</span>" not in page  # Nor does the practice stand among the recent decisions.


def test_recent_decisions_are_listed_masked(fatma, ayse):
    fatma.decides(MESAJ="ONAY")

    page = ayse.opens("/dashboard/").text

    assert "Örnek Mağaza" in page and 'href="/dashboard/recipients/' in page
    assert make.PHONE not in page and "123 45 67" not in page


def test_another_providers_decisions_are_not_counted(app, fatma):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")

    page = signed_in(app, "cem@example.com").opens("/dashboard/").text

    assert set(figures(page).values()) == {0}
    assert "Henüz karar yok" in page
