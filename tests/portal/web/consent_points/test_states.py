"""Where nothing is asked, the page says why and how to refuse; a refusal on its way still counts."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import format_wire_date
from portal.core.models import AddressProof, Brand, Consent, ConsentPoint, Decision, Provider, Recipient
from portal.domain import consent_points, packages
from tests import make
from tests.portal.api.programs import CONSENTS, Program, grant, make_key, refusal
from tests.portal.domain.packages.cast import bought, holds
from tests.portal.web.consent_points.visitor import SLUG, Visitor, opened

pytestmark = pytest.mark.alike

SAID = {
    "closed": "Marka bu sayfayı kapattı",
    "brand": "Bu marka adına artık izin sorulmuyor",
    "suspended": "Bu firmanın izin sorması durduruldu",
    "gone": "artık İzinlink'i kullanmıyor",
}


def becomes(app, point_id: int, state: str) -> None:
    with app.app_context():
        at, point = clock.now(), db.session.get_one(ConsentPoint, point_id)
        if state == "closed":
            consent_points.close_point(db.session, point, at)
        elif state == "brand":
            db.session.get_one(Brand, point.brand_id).closed_at = at
        else:
            column = {"suspended": "suspended_at", "gone": "left_at"}[state]
            setattr(db.session.get_one(Provider, point.provider_id), column, at)
        db.session.commit()


def by_program(app) -> Program:
    with app.app_context():
        return Program(app, make_key(db.session.scalars(select(Provider)).one()))


@pytest.mark.parametrize("state", SAID)
def test_where_nothing_is_asked_the_page_says_why_and_how_to_refuse(app, point, rows, state):
    becomes(app, point, state)
    fatma = Visitor(app)

    page = fatma.opens().text
    assert SAID[state] in page and "Reddetmek için koda gerek yok" in page
    assert ("0850 123 45 67" in page) == (state != "suspended")  # Whom nobody should call.
    assert "<form" not in page
    assert SAID[state] in fatma.posts(f"/b/{SLUG}", MESAJ="ONAY").text
    assert rows.count(AddressProof) == 0


@pytest.mark.parametrize(
    ("state", "step"), [("closed", "choices"), ("brand", "address"), ("suspended", "again"), ("gone", "own site")]
)
def test_of_who_chose_before_it_closed_the_page_says_that_nothing_was_recorded(app, point, rows, state, step):
    fatma = Visitor(app)
    form = "" if step == "own site" else (fatma.opens(), fatma.form)[1]
    if step in ("address", "again"):
        fatma.chooses(MESAJ="RET")
    if step == "again":
        fatma.writes(make.PHONE)
    becomes(app, point, state)
    match step:
        case "address":
            fatma.writes(make.PHONE)
        case "again":
            fatma.posts(f"{fatma.here}/yeniden")
        case _:
            fatma.posts(f"/b/{SLUG}", form=form, MESAJ="RET")

    assert fatma.answer.status_code == 409 and SAID[state] in fatma.page
    assert "Az önceki seçimleriniz kaydedilmedi: SMS." in fatma.page and rows.count(Decision) == 0


def test_a_draft_says_that_it_is_not_open_yet(app, admitted):
    opened(app, "ornek-magaza-taslak", published=False)

    assert "Bu sayfa henüz açılmadı" in Visitor(app, "ornek-magaza-taslak").opens().text


def test_an_unknown_address_gets_a_page_that_helps(fatma):
    fatma.slug = "yok"

    assert fatma.opens().status_code == 404 and "Afişteki karekodu" in fatma.page
    assert fatma.posts("/b/yok", MESAJ="RET").status_code == 404


def test_an_address_typed_in_capitals_is_found(fatma):
    fatma.slug = SLUG.upper()

    assert fatma.opens().status_code == 200 and fatma.here == f"/b/{SLUG}"


@pytest.mark.parametrize("state", SAID)
def test_a_point_that_closes_on_the_way_takes_the_refusal_and_no_grant(app, point, rows, state):
    fatma = Visitor(app)
    fatma.chooses(MESAJ="ONAY", ARAMA="RET")
    fatma.writes(make.PHONE)
    becomes(app, point, state)
    fatma.types()

    assert {(each.channel, each.status) for each in rows(Decision)} == {("ARAMA", "RET")}
    assert "seçiminizi kaydedemedik" in fatma.page and "reddettiniz" in fatma.page


def test_a_grant_alone_on_its_way_is_told_not_to_have_counted(app, point, rows):
    fatma = Visitor(app)
    fatma.chooses(MESAJ="ONAY")
    fatma.writes(make.PHONE)
    becomes(app, point, "closed")
    fatma.types()

    assert rows.count(Decision) == 0 and "Onayınızı kaydedemedik" in fatma.page


@pytest.mark.parametrize("rest", [{}, {"ARAMA": "RET"}, {"EPOSTA": "ONAY"}, {"EPOSTA": "ONAY", "name": "Fatma Öz"}])
def test_a_refusal_between_the_choice_and_the_code_is_not_outvoted(app, point, rows, rest):
    """The code proves the address only; who grants all the same opens the page anew."""
    code, fatma = make.codes(app)[make.PHONE], Visitor(app)
    with app.app_context():
        make.brand().requires_name = "name" in rest
        db.session.commit()
    with time_machine.travel(clock.now(), tick=False) as now:
        fatma.chooses(MESAJ="ONAY", **rest)
        fatma.writes(make.PHONE)
        now.shift(10)
        app.test_client().post(f"/k/{code}", data={"MESAJ": "RET"})
        now.shift(10)
        fatma.types()
        page, before = fatma.page, rows(Decision)
        now.shift(10)
        Visitor(app).decides(MESAJ="ONAY", name="Fatma Öz")  # On a page that was opened since.

    said = {(each.channel, each.status) for each in before}
    assert said == {("MESAJ", "RET")} | {("ARAMA", "RET") for each in rest if each == "ARAMA"}
    assert "onayınızı kaydetmedik" in page and "baştan seçin: SMS" in page and f'href="/b/{SLUG}"' in page
    assert ("E-posta adresiniz" in page or "Seçimlerinizi kontrol edin" in page) == ("EPOSTA" in rest)
    assert ("reddettiniz" in page) == ("ARAMA" in rest)
    assert rows(Decision)[-1].status == "ONAY"


def test_a_page_that_was_open_before_a_refusal_grants_by_a_choice_after_it(app, point, rows):
    """As on a shop's tablet."""
    code, fatma = make.codes(app)[make.PHONE], Visitor(app)
    with time_machine.travel(clock.now(), tick=False) as now:
        fatma.opens()
        now.shift(10)
        app.test_client().post(f"/k/{code}", data={"MESAJ": "RET"})
        now.shift(10)
        fatma.posts(f"/b/{SLUG}", form=fatma.form, MESAJ="ONAY")
        fatma.writes(make.PHONE)
        fatma.types()

    assert [each.status for each in rows(Decision)] == ["RET", "ONAY"]


def test_a_refusal_between_the_choice_and_the_code_stands_also_where_it_is_reported_after_the_code(app, point, rows):
    """İYS is told the grant as of the choice, so it takes the refusal as the newer one."""
    program, fatma, began = by_program(app), Visitor(app), clock.now().replace(microsecond=0)
    with time_machine.travel(began, tick=False) as now:
        fatma.chooses(MESAJ="ONAY")
        fatma.writes(make.PHONE)
        now.shift(60)
        refused_at = clock.now()
        now.shift(60)
        fatma.types()
        granted = rows.one(Decision)
        told = program.post(CONSENTS, refusal(source="HS_CAGRI_MERKEZI", consentDate=format_wire_date(refused_at)))

    assert (granted.status, granted.consent_date, granted.effective_at) == ("ONAY", began, began)
    assert told.json["results"][0]["result"] == "refusal"
    assert (rows.one(Consent).status, rows.one(Consent).consent_date) == ("RET", refused_at)


def test_a_choice_that_another_grant_followed_is_recorded_a_second_after_that(app, point, rows):
    program, fatma = by_program(app), Visitor(app)
    with time_machine.travel(clock.now(), tick=False) as now:
        fatma.chooses(MESAJ="ONAY")
        fatma.writes(make.PHONE)
        now.shift(60)
        program.post(CONSENTS, grant(ago=timedelta(0)))
        now.shift(60)
        fatma.types()

    first, second = rows(Decision)
    assert second.consent_date == first.consent_date + timedelta(seconds=1)


def test_no_new_code_is_sent_where_nothing_is_asked(app, point, rows):
    fatma = Visitor(app)
    fatma.chooses(MESAJ="RET")
    fatma.writes(make.PHONE)
    becomes(app, point, "closed")
    fatma.posts(f"{fatma.here}/yeniden")

    assert rows.count(AddressProof) == 1 and SAID["closed"] in fatma.page


def test_a_package_that_is_full_stops_grants_of_the_new_and_no_refusal(app, point, rows):
    long_ago = clock.now() - packages.GRACE - timedelta(days=9)
    with time_machine.travel(long_ago), app.app_context():
        provider = db.session.get_one(Provider, db.session.get_one(ConsentPoint, point).provider_id)
        bought(provider, 1)
        holds(provider, 2)
        db.session.commit()
    fatma = Visitor(app)
    fatma.chooses(MESAJ="ONAY")
    assert "Şu anda onay alınamıyor" in fatma.writes(make.PHONE).text
    assert "şu onaylarınız kaydedilmedi" in fatma.page and "kod da göndermedik: SMS." in fatma.page
    fatma.chooses(MESAJ="ONAY", ARAMA="RET")
    assert fatma.writes(make.PHONE).status_code == 409 and "Retleriniz için devam edin" in fatma.page
    fatma.writes(make.PHONE)
    fatma.types()

    assert {(each.channel, each.status) for each in rows(Decision)} == {("ARAMA", "RET")}
    assert rows.count(Recipient) == 3
