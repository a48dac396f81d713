"""Consent points on the dashboard: prepared, published, closed and looked at; and by whom."""

import html
import re

import pypdfium2
import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Campaign, ConsentPoint, ConsentText, Provider, Role
from portal.domain.providers import sandbox_mode
from tests import make
from tests.portal.web.consent_points.visitor import SLUG, Visitor, opened, point_of
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

FORM = {
    "name": "Kadıköy kasa", "channels": ["MESAJ", "EPOSTA"], "daily_budget": "50",
    "title_tr": "Size yazalım mı?", "body_tr": "Yeniliklerimizi bildirelim.", "title_en": "May we write to you?",
    "body_en": "We tell you our news.", "notice_url": make.NOTICE,
}  # fmt: skip


@pytest.fixture
def provider_id(app) -> int:
    with app.app_context():
        provider = make.provider()
        provider.admitted_at = clock.now()
        db.session.commit()
        return provider.id


@pytest.fixture
def ayse(app, provider_id):
    return signed_in(app)


def posted(ayse, **other):
    with ayse.browser.application.app_context():
        brand = make.brand().id
    return ayse.posts("/dashboard/points/new", FORM | {"brand": str(brand)} | other)


def test_a_point_is_prepared_published_and_closed(app, ayse, rows):
    address = posted(ayse).location
    point = rows.one(ConsentPoint)
    assert "Taslak" in ayse.opens(address).text and "henüz açılmadı" in Visitor(app, point.slug).opens().text

    with app.app_context():
        make.approve_texts()
    ayse.posts(f"{address}/publish")
    assert "Size yazalım mı?" in Visitor(app, point.slug).opens().text
    ayse.posts(f"{address}/close")
    assert "kapattı" in Visitor(app, point.slug).opens().text
    ayse.posts(f"{address}/publish")

    acts = [each.act for each in rows(AuditEntry) if each.act.startswith("point.")]
    assert acts == ["point.opened", "point.published", "point.closed", "point.published"]
    assert rows.one(Campaign).channels == "MESAJ,EPOSTA" and point.daily_budget == 50


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"daily_budget": "0"}, "1 ile 5.000"),
        ({"daily_budget": "6000"}, "1 ile 5.000"),
        ({"daily_budget": "çok"}, ""),
        ({"channels": []}, "En az bir kanal"),
        ({"title_tr": ""}, "Bir başlık"),
        ({"notice_url": "aydinlatma"}, ""),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_lost(ayse, rows, wrong, said):
    answer = posted(ayse, **wrong)

    assert answer.status_code == 422 and said in html.unescape(answer.text)
    assert "Yeniliklerimizi bildirelim." in answer.text and rows.count(ConsentPoint) == rows.count(Campaign) == 0


def test_a_firm_writes_no_word_of_an_address(app, ayse, rows):
    opened(app)

    posted(ayse, slug="ptt-iadeniz-icin-0850-999-99-99-arayin")
    assert [each.slug for each in rows(ConsentPoint)] == [SLUG, f"{SLUG}-2"]


def test_who_practises_gets_few_codes_and_an_address_that_says_so(app, ayse, provider_id, rows):
    with app.app_context():
        db.session.get_one(Provider, provider_id).admitted_at = None
        db.session.commit()

    title, form = f"Deneme {make.BRAND_CODE} size ileti gönderebilir mi?", ayse.opens("/dashboard/points/new").text
    assert "En çok: 20" in form and title in form
    assert posted(ayse).status_code == 422
    posted(ayse, daily_budget="20")
    text = rows.one(ConsentText)
    assert (text.title_tr, text.notice_url) == (title, "")
    assert rows.one(ConsentPoint).slug == f"deneme-{make.BRAND_CODE}"


def test_the_page_shows_numbers_and_a_form_to_copy_that_works(app, ayse, provider_id, rows):
    point_id = opened(app)
    Visitor(app).decides(MESAJ="ONAY", ARAMA="RET")
    page = ayse.opens(f"/dashboard/points/{point_id}").text

    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page))
    assert figures == {
        "Doğrulanan adres": "1", "Bugün SMS ile kod": "1", "Bugün e-postayla kod": "0", "Bugün doğrulanan": "1"
    }  # fmt: skip
    cells = re.findall(r'<th scope="row">([^<]+)</th><td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>', page)
    assert set(cells) == {("SMS", "1", "0"), ("Telefon araması", "0", "1"), ("E-posta", "0", "0")}
    snippet = html.unescape(re.search(r"<textarea id=\"snippet\"[^>]*>(.*?)</textarea>", page, re.S)[1])
    assert "checked" not in snippet and "<script" not in snippet and snippet.count('type="radio"') == 6
    assert "A.Ş.." not in snippet
    action = re.search(r'action="([^"]+)"', snippet)[1]
    assert action.endswith(f"/b/{SLUG}")
    assert "Seçimlerinizi kontrol edin" in Visitor(app).posts(f"/b/{SLUG}", MESAJ="ONAY").text


def test_a_grant_that_was_taken_back_is_not_counted(app, ayse, provider_id):
    point_id, app.config["UNDO_SECONDS"] = opened(app), 300
    for word in ("ONAY", "RET"):
        Visitor(app).decides(MESAJ=word)

    row = '<th scope="row">SMS</th><td data-label="Onay">0</td><td data-label="Ret">1</td>'
    assert row in ayse.opens(f"/dashboard/points/{point_id}").text


def test_the_poster_is_a_pdf(app, ayse, provider_id):
    point_id = opened(app)

    answer = ayse.opens(f"/dashboard/points/{point_id}/poster.pdf")
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-")


def test_a_poster_of_sandbox_mode_shows_nothing_that_a_firm_typed(app, ayse, provider_id):
    with app.app_context():
        provider, brand = db.session.get_one(Provider, provider_id), make.brand()
        provider.admitted_at, provider.title, provider.contact = None, "Banka A.Ş.", "0850 999 99 99"
        provider.iys_code = brand.brand_code = sandbox_mode.CODES.start
        brand.name, brand.is_sandbox = "Banka Kart Güvenlik", True
        db.session.commit()
    point_id = opened(app, "banka", daily_budget=10)
    poster = pypdfium2.PdfDocument(ayse.opens(f"/dashboard/points/{point_id}/poster.pdf").data)
    text = poster[0].get_textpage().get_text_range()
    assert f"Deneme {sandbox_mode.CODES.start}" in text and "Banka" not in text and "0850 999" not in text


def test_the_limit_is_changed_within_bounds(app, ayse, provider_id, rows):
    point_id = opened(app)

    assert ayse.posts(f"/dashboard/points/{point_id}/budget", {"daily_budget": "70"}).status_code == 303
    for wrong in ("0", "5001", "", "x"):
        assert ayse.posts(f"/dashboard/points/{point_id}/budget", {"daily_budget": wrong}).status_code == 422
    assert point_of(app, point_id).daily_budget == 70


def test_a_point_is_no_campaign_that_one_launches(app, ayse, provider_id, rows):
    opened(app, published=False)
    campaign_id = rows.one(Campaign).id

    assert "Kadıköy kasa" not in ayse.opens("/dashboard/campaigns").text
    assert ayse.opens(f"/dashboard/campaigns/{campaign_id}").status_code == 404
    for act in ("audience", "launch"):
        assert ayse.posts(f"/dashboard/campaigns/{campaign_id}/{act}", {"text": make.PHONE}).status_code == 404


def test_a_passive_brand_publishes_nothing_and_says_so(app, ayse, provider_id):
    point_id = opened(app, published=False)
    with app.app_context():
        make.brand().closed_at = clock.now()
        db.session.commit()

    ayse.posts(f"/dashboard/points/{point_id}/publish")
    assert "izin noktası açılamıyor" in ayse.opens(f"/dashboard/points/{point_id}").text


def test_the_overview_says_that_codes_run_out(app, ayse, provider_id):
    point_id = opened(app)
    assert "kodları bitti" not in ayse.opens("/dashboard/").text
    with app.app_context():
        db.session.get_one(ConsentPoint, point_id).alarmed_on = clock.day(clock.now())
        db.session.commit()

    assert "izin noktasının bugünkü kodları bitti" in ayse.opens("/dashboard/").text


def test_an_agent_looks_and_changes_nothing(app, provider_id, rows):
    point_id = opened(app, published=False)
    with app.app_context():
        make.person(db.session.get_one(Provider, provider_id), "elif@example.com", Role.AGENT)
    elif_ = signed_in(app, "elif@example.com")

    page = elif_.opens(f"/dashboard/points/{point_id}")
    assert page.status_code == 200 and "Yayınla" not in page.text
    for act in ("publish", "close", "budget"):
        assert elif_.posts(f"/dashboard/points/{point_id}/{act}", {"daily_budget": "9"}).status_code == 403
    assert rows.one(Campaign).launched_at is None
