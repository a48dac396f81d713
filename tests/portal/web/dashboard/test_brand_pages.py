"""Brands on the dashboard: brought, dressed, closed; by whoever may, and each through their own provider."""

import io

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, Brand, Connection, Domain, Provider, Role
from portal.web.dashboard.brands.brands import PAGE_SIZE
from tests import make, name_server
from tests.portal.domain.providers.test_logos import picture
from tests.portal.services.messaging import test_gateway_delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, work
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

HOST = "izin.ornek.example"


@pytest.fixture
def brand_id(ayse, rows) -> int:
    return rows.one(Brand, Brand.brand_code == make.BRAND_CODE).id


@pytest.fixture
def burak(app, ayse):
    """A colleague who answers people."""
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", Role.AGENT)
    return signed_in(app, "burak@example.com")


@pytest.fixture
def cem(app, ayse):
    with app.app_context():
        make.provider(800001, 800001, "cem@example.com")
    return signed_in(app, "cem@example.com")


def values(**other) -> dict:
    return {"name": "Örnek Mağaza", "header": "", "colour": "", "contact": "", "notice_url": "", "source": ""} | other


def acts(rows) -> list[str]:
    return [entry.act for entry in rows(AuditEntry) if entry.act.startswith(("brand.", "domain."))]


def upload(of, brand_id: int, content: bytes):
    return of.posts(f"/dashboard/brands/{brand_id}/logo", {"logo": (io.BytesIO(content), "logo.png")})


def test_the_list_tells_how_many_granted_and_refused(app, ayse, browser):
    codes = make.codes(app)
    make.Person(app.test_client(), codes[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")

    page = ayse.opens("/dashboard/brands").text

    assert "Örnek Mağaza" in page and page.count("1 onay") == 1 and page.count("1 ret") == 1


def test_a_long_list_of_brands_has_pages(app, ayse):
    with app.app_context():
        first = {"provider_id": make.brand().provider_id, "created_at": clock.now()}
        numbers = range(800_000, 800_000 + PAGE_SIZE)
        db.session.add_all(Brand(brand_code=each, name=f"Marka {each}", **first) for each in numbers)
        db.session.commit()

    pages = [ayse.opens(f"/dashboard/brands?page={number}").text for number in (1, 2)]

    assert [each.count('<th scope="row">') for each in pages] == [PAGE_SIZE, 1]
    assert "?page=2" in pages[0] and "Örnek Mağaza" in pages[1]


def test_a_brand_is_dressed(ayse, brand_id, rows):
    answer = ayse.posts(
        f"/dashboard/brands/{brand_id}",
        values(name="Yeni ad", header="ORNEK", keyword="örnk", colour="#0B5E6B", contact="destek@ornek.example",
               source="HS_MOBIL",
               notice_url="https://ornek.example/kvkk"),
    )  # fmt: skip

    its = rows.one(Brand)
    assert answer.status_code == 303
    assert (its.name, its.requested_name) == ("Örnek Mağaza", "Yeni ad")
    assert (its.header, its.keyword, its.colour) == (None, None, "#0b5e6b")
    assert (its.requested_header, its.requested_keyword) == ("ORNEK", "ORNK")
    assert (its.contact, its.requested_contact) == (None, "destek@ornek.example")
    assert (its.notice_url, its.requested_notice_url) == (None, "https://ornek.example/kvkk")
    assert its.source == "HS_MOBIL"
    assert acts(rows) == ["brand.changed"]


def test_a_brand_names_a_number_for_replies_once_one_came_there(app, ayse, brand_id, rows):
    with app.app_context():
        gateway_id = test_gateway_delivery.add("verimor")
    path, vendor = f"/dashboard/brands/{brand_id}", Vendor(app, app.test_client(), gateway_id)
    assert ayse.posts(path, values(reply_number="0850 000 00 01")).status_code == 422

    vendor.brings("deneme")
    work(app)

    for wrong in ("0850 000 00 02", "0900 123 45 67", "909001234567", "155", "1866", "12", "0850x", "1" * 13):
        assert ayse.posts(path, values(reply_number=wrong)).status_code == 422
    good = values(reply_number="0850 000 00 01", sms_in_turkish="y")
    assert ayse.posts(path, good).status_code == 303  # No contact line has it, so the operator looks at it.
    assert (rows.one(Brand).reply_number, rows.one(Brand).requested_reply_number) == (None, "08500000001")
    assert "08500000001" in ayse.opens(path).text
    with app.app_context():  # As the operator approves the line.
        db.session.execute(update(Brand).values(contact="Çağrı 0850 000 00 01"))
        db.session.commit()
    assert ayse.posts(path, good | {"contact": "Çağrı 0850 000 00 01"}).status_code == 303
    assert (rows.one(Brand).reply_number, rows.one(Brand).sms_in_turkish) == ("08500000001", True)
    assert ayse.posts(path, values()).status_code == 303 and rows.one(Brand).reply_number is None


def test_a_brand_may_want_names_with_grants(ayse, brand_id, rows):
    ayse.posts(f"/dashboard/brands/{brand_id}", values(requires_name="y"))
    wanted = rows.one(Brand).requires_name
    page = ayse.opens(f"/dashboard/brands/{brand_id}").text
    ayse.posts(f"/dashboard/brands/{brand_id}", values())

    assert wanted and 'checked id="requires_name"' in page
    assert not rows.one(Brand).requires_name
    assert [entry.facts for entry in rows(AuditEntry) if entry.act == "brand.changed"] == [
        {"fields": ["requires_name"]}
    ] * 2


def test_nothing_changed_is_nothing_noted(ayse, brand_id, rows):
    ayse.posts(f"/dashboard/brands/{brand_id}", values())

    assert acts(rows) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"header": "ÖRNEK"}, "ORNEK"),
        ({"header": "marka.com"}, "operatörleri böyle adları iptal ediyor"),
        ({"contact": "Kartınız kapanmadan hemen arayıp kimliğinizi doğrulayın: 0850 000 00 00"}, "yalnız telefon"),
        ({"header": "STOP SMS"}, "markanızı anlatan bir sözcük"),
        ({"name": "İptal"}, "markanızı anlatan bir sözcük"),
        ({"keyword": "iptal"}, "anlamı olan sözcükler olmaz"),
        ({"keyword": "iki sözcük"}, "Tek sözcük yazın"),
        ({"colour": "#f5c400"}, "En yakın okunur renk: #"),
        ({"colour": "red"}, "#0b5e6b gibi"),
        ({"colour": "#0b5e6b;}body{x:y"}, "#0b5e6b gibi"),
        ({"notice_url": "javascript:alert(1)"}, "https://"),
        ({"name": ""}, "Markanın adını yazın"),
        ({"source": "HS_KARAR"}, "seç"),
        ({"source": "HS_MESAJ"}, "seç"),  # Of replies by SMS: no page can claim it.
        ({"source": "HS_EPOSTA"}, "seç"),
    ],
)
def test_what_is_wrong_is_said_and_the_words_come_back(ayse, brand_id, rows, wrong, told):
    answer = ayse.posts(f"/dashboard/brands/{brand_id}", values(**{"contact": "0850 000 00 00"} | wrong))

    assert answer.status_code == 422
    assert told in answer.text
    assert "0850 000 00 00" in answer.text
    assert rows.one(Brand).contact is None


def test_what_no_form_names_is_not_taken(ayse, brand_id, rows):
    ayse.posts(
        f"/dashboard/brands/{brand_id}", values(brand_code="1", provider_id="1", is_sandbox="y", logo_digest="x")
    )

    its = rows.one(Brand)
    assert (its.brand_code, its.is_sandbox, its.logo_digest) == (make.BRAND_CODE, False, None)


def test_a_logo_that_waits_is_withdrawn_and_the_one_before_stays(ayse, brand_id, rows):
    upload(ayse, brand_id, picture())
    page = ayse.opens(f"/dashboard/brands/{brand_id}").text
    ayse.posts(f"/dashboard/brands/{brand_id}/logo/remove")

    its = rows.one(Brand)
    assert "Bekleyen logodan vazgeç" in page
    assert (its.requested_logo_digest, its.requested_at) == (None, None)
    assert "Onay bekliyor" not in ayse.opens(f"/dashboard/brands/{brand_id}").text


def test_a_logo_is_shown_once_the_operator_agreed_and_removed(app, ayse, brand_id, rows, browser):
    assert upload(ayse, brand_id, picture()).status_code == 303
    assert rows.one(Brand).logo_digest is None and "yeni logo" in ayse.opens(f"/dashboard/brands/{brand_id}").text
    with app.app_context():
        brand = db.session.get_one(Brand, brand_id)
        assert make.approve_request(brand)
        db.session.commit()
    digest = rows.one(Brand).logo_digest
    shown = browser.get(f"/logo/{brand_id}/{digest}.png")

    own = f"/dashboard/brands/{brand_id}/logo.png"
    assert f"{own}?v={digest}" in ayse.opens(f"/dashboard/brands/{brand_id}").text
    assert ayse.opens(own).data == shown.data
    assert shown.mimetype == "image/png" and "immutable" in shown.headers["Cache-Control"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff" and "Set-Cookie" not in shown.headers
    ayse.posts(f"/dashboard/brands/{brand_id}/logo/remove")
    assert browser.get(f"/logo/{brand_id}/{digest}.png").status_code == 404
    assert acts(rows) == ["brand.logo_put", "brand.logo_removed"]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"<svg onload=alert(1)>", "SVG"), (b"<html>", "HTML"), (b"", "seçmediniz"), (b"hello", "PNG, JPEG")],
)
def test_what_is_no_logo_is_refused_with_words(ayse, brand_id, rows, content, told):
    answer = upload(ayse, brand_id, content)

    assert answer.status_code == 422
    assert told in answer.text
    assert rows.one(Brand).logo_digest is None


def test_a_brand_is_made_passive_and_active_again(ayse, brand_id, rows):
    ayse.posts(f"/dashboard/brands/{brand_id}/close")
    assert rows.one(Brand).closed_at is not None
    assert ayse.opens("/dashboard/campaigns/new").status_code == 303

    ayse.posts(f"/dashboard/brands/{brand_id}/open")

    assert rows.one(Brand).closed_at is None
    assert acts(rows) == ["brand.closed", "brand.reopened"]


def test_a_listed_brand_is_brought(app, ayse, rows):
    with app.app_context():
        db.session.execute(update(Connection).values(findings={"brands": [{"code": 700002, "name": "İkinci marka"}]}))
        db.session.commit()
    assert "İkinci marka" in ayse.opens("/dashboard/brands/new").text

    answer = ayse.posts("/dashboard/brands/new", {"name": "İkinci", "code": "700002"})

    assert answer.status_code == 303
    assert [its.brand_code for its in rows(Brand)] == [make.BRAND_CODE, 700002]


@pytest.mark.parametrize(
    ("code", "told"), [("700002", "İYS bu kodu"), ("700001", "başka bir markanın"), ("x", "rakamla")]
)
def test_a_code_that_cannot_be_is_refused_with_words(ayse, rows, code, told):
    answer = ayse.posts("/dashboard/brands/new", {"name": "İkinci", "code": code})

    assert answer.status_code == 422 and told in answer.text
    assert rows.count(Brand) == 1


def test_a_practising_provider_types_no_code(app, ayse, rows):
    with app.app_context():
        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()

    assert 'name="code"' not in ayse.opens("/dashboard/brands/new").text
    ayse.posts("/dashboard/brands/new", {"name": "İkinci", "code": "700002"})

    assert [its.is_sandbox for its in rows(Brand)] == [False, True]
    assert rows(Brand)[1].brand_code >= 990_000_000


def test_a_host_is_said_proven_and_where_it_leads_and_let_go(app, ayse, brand_id, rows):
    ayse.posts(f"/dashboard/brands/{brand_id}/domains", {"host": "Izin.Ornek.example"})
    its = rows.one(Domain)
    page = ayse.opens(f"/dashboard/brands/{brand_id}").text
    assert its.host == HOST and its.proof in page and f"_izinlink.{HOST}" in page

    with name_server.running_name_server() as names:
        app.config["DNS_SERVER"] = names.address
        names.texts[f"_izinlink.{HOST}"] = [its.proof]
        ayse.posts(f"/dashboard/domains/{its.id}/check")
    page = ayse.opens(f"/dashboard/brands/{brand_id}").text
    assert "Bize gelmiyor" in page and f"{HOST} için localhost adına bir CNAME kaydı" in page
    with app.app_context():
        db.session.execute(update(Domain).values(unreached_looks=0))
        db.session.commit()
    assert "Doğrulandı" in ayse.opens(f"/dashboard/brands/{brand_id}").text
    ayse.posts(f"/dashboard/domains/{its.id}/remove")

    assert f"Kaldırdıklarınız: {HOST}" in ayse.opens(f"/dashboard/brands/{brand_id}").text
    assert acts(rows) == ["domain.added", "domain.verified", "domain.removed"]


@pytest.mark.parametrize("host", ["", "localhost", "kisa.example", "https://x.example", "10.0.0.1"])
def test_a_host_that_cannot_be_is_refused_with_words(ayse, brand_id, rows, host):
    answer = ayse.posts(f"/dashboard/brands/{brand_id}/domains", {"host": host})

    assert answer.status_code == 422
    assert rows.count(Domain) == 0


def test_an_agent_looks_and_changes_nothing(burak, brand_id, rows):
    page = burak.opens(f"/dashboard/brands/{brand_id}")

    assert page.status_code == 200 and "Kaydet</button>" not in page.text
    for path in ("", "/logo", "/logo/remove", "/close", "/open", "/domains"):
        assert burak.posts(f"/dashboard/brands/{brand_id}{path}", values(name="X")).status_code == 403
    assert rows.one(Brand).name == "Örnek Mağaza"


def test_a_stranger_finds_no_brand_and_no_host(app, ayse, cem, brand_id, rows):
    ayse.posts(f"/dashboard/brands/{brand_id}/domains", {"host": HOST})
    domain_id = rows.one(Domain).id

    assert cem.opens(f"/dashboard/brands/{brand_id}").status_code == 404
    for path in ("", "/logo", "/logo/remove", "/close", "/open", "/domains"):
        assert cem.posts(f"/dashboard/brands/{brand_id}{path}", values(name="X")).status_code == 404
    for path in ("check", "remove"):
        assert cem.posts(f"/dashboard/domains/{domain_id}/{path}", {"sure": "y"}).status_code == 404
    assert rows(Brand, Brand.id == brand_id)[0].name == "Örnek Mağaza"
    assert rows.count(Domain) == 1


def test_while_the_provider_is_suspended_nothing_of_it_changes(app, ayse, brand_id, rows):
    with app.app_context():
        db.session.execute(update(Provider).values(suspended_at=clock.now()))
        db.session.commit()

    assert ayse.opens(f"/dashboard/brands/{brand_id}").status_code == 200
    assert ayse.posts(f"/dashboard/brands/{brand_id}", values(name="X")).status_code == 403
