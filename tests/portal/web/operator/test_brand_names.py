"""A new name or contact line of an admitted firm's brand stands in no message before the operator has agreed."""

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import AuditEntry, Brand, Mail, MailKind, Provider, Review, ReviewAct, approvals
from portal.domain.notifications import mails
from portal.domain.providers import brand_requests, logos
from tests import make
from tests.make import AYSE
from tests.portal.domain.providers.test_logos import picture

pytestmark = [pytest.mark.slow, pytest.mark.alike]

LINE = "0850 999 99 99 güvenlik hattı"
ASKED = dict.fromkeys((*brand_requests.WORDS, "logo_digest")) | {"name": "Yeni Mağaza", "contact": LINE}


@pytest.fixture
def brand_id(app, ayses) -> int:
    """A brand that asks for another name and contact line."""
    with app.app_context():
        brand = db.session.query(Brand).filter_by(provider_id=ayses).one()
        provider = db.session.get_one(Provider, ayses)
        wanted = {"name": "Yeni Mağaza", "contact": LINE}
        brand_requests.request_change(provider, brand, wanted, notices=(), at=clock.now())
        db.session.commit()
        return brand.id


@pytest.fixture
def seen(app, brand_id) -> str:
    with app.app_context():
        return brand_requests.describe_request(db.session.get_one(Brand, brand_id))


@pytest.fixture
def path(ayses, brand_id) -> str:
    return f"/operator/providers/{ayses}/brands/{brand_id}/name"


def test_the_operator_sees_the_request_and_approves_it_once(app, derya, ayses, path, seen, rows):
    assert "Örnek Mağazacılık" in derya.opens("/operator/").text
    page = derya.opens(f"/operator/providers/{ayses}").text
    assert "Örnek Mağaza → Yeni Mağaza" in page and f"→ {LINE}" in page

    for _ in range(2):
        derya.posts(path, {"seen": seen, "approve": "y"})

    its = rows.one(Brand)
    assert (its.name, its.contact) == ("Yeni Mağaza", LINE)
    assert (its.requested_name, its.requested_contact, its.requested_at) == (None, None, None)
    assert [entry.act for entry in rows(AuditEntry, AuditEntry.subject == "brand")] == ["brand.name_approved"]
    with app.app_context():
        mail = rows.one(Mail, Mail.kind == MailKind.NAME_SETTLED)
        assert mails.read_address(vault(), mail) == AYSE


def test_declining_needs_a_reason_and_keeps_the_old_name(app, derya, path, seen, rows):
    derya.posts(path, {"seen": seen})
    assert rows.one(Brand).requested_name == "Yeni Mağaza"

    derya.posts(path, {"seen": seen, "reason": "Tescilli bir bankanın adı."})

    its = rows.one(Brand)
    assert (its.name, its.contact, its.requested_at) == ("Örnek Mağaza", None, None)
    with app.app_context():
        assert mails.read_facts(vault(), rows.one(Mail))["reason"] == "Tescilli bir bankanın adı."


def test_a_picture_and_a_notice_on_a_new_host_are_seen_first(app, derya, ayses, brand_id, path, rows):
    notice = "https://aydinlatma.baskasi.example/kvkk"
    with app.app_context():
        brand, provider = db.session.get_one(Brand, brand_id), db.session.get_one(Provider, ayses)
        logo = logos.convert_logo(picture())
        brand_requests.request_logo(provider, brand, logo, clock.now())
        seen = brand_requests.reviewed_notices(db.session, provider)
        asked = {"name": brand.name, "contact": None, "notice_url": notice}
        brand_requests.request_change(provider, brand, asked, notices=seen, at=clock.now())
        db.session.commit()
        seen = brand_requests.describe_request(brand)
    own = f"/operator/providers/{ayses}/brands/{brand_id}/logo"

    page = derya.opens(f"/operator/providers/{ayses}").text
    assert f"→ {notice}" in page and f"{own}/{logo.digest}.png" in page
    assert derya.opens(f"{own}/{logo.digest}.png").data == logo.png
    assert derya.opens(f"{own}/{'0' * len(logo.digest)}.png").status_code == 404  # What came since is not shown for it.
    assert (rows.one(Brand).logo_digest, rows.one(Brand).notice_url) == (None, None)

    derya.posts(path, {"seen": seen, "approve": "y"})

    assert (rows.one(Brand).logo_digest, rows.one(Brand).notice_url) == (logo.digest, notice)
    with app.app_context():
        brand, provider = db.session.get_one(Brand, brand_id), db.session.get_one(Provider, ayses)
        seen = brand_requests.reviewed_notices(db.session, provider)
        form = asked | {"notice_url": "https://aydinlatma.baskasi.example/forms/kart"}  # Anybody's, on the same host.
        brand_requests.request_change(provider, brand, form, notices=seen, at=clock.now())
        assert seen == {notice, make.NOTICE} and brand.notice_url == notice and brand.requested_at


@pytest.mark.parametrize("other", [{"name": "Yeni"}, {"contact": "0850 111 11 11"}, {"contact": None}])
def test_what_changed_since_the_page_was_served_is_not_approved(derya, path, seen, rows, other):
    derya.posts(path, {"seen": seen.replace(repr(ASKED), repr(ASKED | other)), "approve": "y"})

    its = rows.one(Brand)
    assert (its.name, its.contact) == ("Örnek Mağaza", None)
    assert (its.requested_name, its.requested_contact) == ("Yeni Mağaza", LINE)


def test_signs_of_another_alphabet_are_marked_in_names_and_lines(app, derya, ayses, brand_id):
    with app.app_context():
        brand = db.session.get_one(Brand, brand_id)
        brand.requested_name, brand.requested_contact, brand.requested_header = "P\u0422T", "\u0430bc", "ORNKMGZ"
        brand.requested_keyword, brand.requested_reply_number = "ORNK", "4609"
        brand.notice_url, brand.requested_notice_url = "https://www.\u0435x.example", "https://xn--xample-2of.com/kvkk"
        made = {"made_by": 1, "made_at": clock.now()}
        db.session.add(Review(provider_id=ayses, act=ReviewAct.TEXT_DECLINED, note="P\u0422T", **made))
        db.session.commit()
    page = derya.opens(f"/operator/providers/{ayses}").text
    assert "www.\u0435[U+0435]x.example →" in page and "<p>P\u0422[U+0422]T" in page
    assert "xn--xample-2of (\u0435[U+0435]xample)" in page
    assert "→ P\u0422[U+0422]T" in page and "→ \u0430[U+0430]bc" in page and "– → ORNKMGZ" in page
    assert "– → ORNK<" in page and "– → 4609" in page


def test_a_stale_approval_does_not_overturn_what_a_colleague_declined(app, derya, ayses, brand_id, path, seen, rows):
    derya.posts(path, {"seen": seen, "reason": "Bankanın adı."})
    with app.app_context():
        provider, brand = db.session.get_one(Provider, ayses), db.session.get_one(Brand, brand_id)
        wanted = {"name": "Yeni Mağaza", "contact": LINE}
        brand_requests.request_change(provider, brand, wanted, notices=(), at=clock.now())
        db.session.commit()
        again = brand_requests.describe_request(brand)

    derya.posts(path, {"seen": seen, "approve": "y"})

    assert rows.one(Brand).name == "Örnek Mağaza" and seen != again
    page = derya.opens(f"/operator/providers/{ayses}").text
    assert "Marka adı daha önce reddedildi" in page and page.count("“Yeni Mağaza”: Bankanın adı.") == 2
    derya.posts(path, {"seen": again, "approve": "y"})
    assert rows.one(Brand).name == "Yeni Mağaza"
    acts = [(each.act, each.digest is None) for each in rows(Review, Review.note.contains("Yeni Mağaza"))]
    assert acts == [(ReviewAct.TEXT_DECLINED, False), (ReviewAct.TEXT_APPROVED, False)]


def test_what_was_declined_for_one_brand_stays_with_another_that_shows_it(app, derya, ayses, path, seen, rows):
    """Only the act that takes an approval back halts what holds it."""
    with app.app_context():
        db.session.get_one(Provider, ayses).contact = LINE
        db.session.commit()

    derya.posts(path, {"seen": seen, "reason": "Bu marka için olmaz."})

    with app.app_context():
        taken_back = approvals.find_taken_back(db.session, ayses)
        assert not taken_back.holds("contact", LINE) and taken_back.holds("name", "Yeni Mağaza")
        assert not taken_back.is_in("Yeni Mağaza: merhaba", [])  # Nobody ever saw it as a name.


def test_support_decides_on_no_name(app, deniz, path, seen):
    assert deniz.posts(path, {"seen": seen, "approve": "y"}).status_code == 403
