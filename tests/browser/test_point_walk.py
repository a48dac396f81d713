"""A consent point in a real browser: from the poster to two decisions by keyboard, and from a brand's own site."""

import pytest
from playwright.sync_api import expect

from portal.core.models import Decision
from tests import make
from tests.browser.signing_in import sign_in
from tests.browser.test_recipient_page import LIGHT_ENOUGH
from tests.portal.web.consent_points.conftest import admitted  # noqa: F401
from tests.portal.web.consent_points.visitor import SLUG, opened, sent_codes

SITE = """<form action="{site}/b/{slug}" method="post"><fieldset><legend>SMS</legend>
<label><input type="radio" name="MESAJ" value="ONAY"> Onay veriyorum</label></fieldset>
<button>Devam et</button></form>"""


@pytest.fixture
def point(app, admitted, site):  # noqa: F811
    opened(app)
    return f"{site}/b/{SLUG}"


def is_well(screen, name: str) -> None:
    """No barrier, nothing to scroll for sideways, nothing left behind."""
    screen.looks_well(name)
    assert screen.kept() == []


def press(screen, selector: str) -> None:
    """Reach a button by the Tab key, and press it."""
    screen.tab_to(selector)
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")


def code_for(app, address: str) -> str:
    return [code for to, code in sent_codes(app) if to == address][-1]


@pytest.mark.parametrize("language", ["tr", pytest.param("en", marks=pytest.mark.long)])
def test_from_the_poster_to_two_decisions_by_keyboard(app, screens, point, rows, language):
    screen = screens(320, also=[360, 1280])
    screen.opens(point if language == "tr" else f"{point}?lang=en")
    assert screen.weight() <= LIGHT_ENOUGH
    is_well(screen, f"point-{language}")

    for channel in ("MESAJ", "EPOSTA"):
        screen.tab_to(f"input[name={channel}]")
        screen.page.keyboard.press("ArrowDown" if channel == "EPOSTA" else "Space")
    press(screen, "form .ends button:not([name])")
    is_well(screen, f"point-phone-{language}")
    screen.tab_to("#address")
    screen.page.keyboard.type("0532 123 45 67")
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")
    is_well(screen, f"point-code-{language}")
    screen.tab_to("#digits")
    screen.page.keyboard.insert_text(f"Örnek: kodunuz {code_for(app, make.PHONE)}. Kimseyle paylaşmayın.")  # Pasted.
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")
    is_well(screen, f"point-mail-{language}")
    screen.tab_to("#address")
    screen.page.keyboard.type("fatma@")
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")
    expect(screen.page.locator("#address")).to_have_attribute("aria-invalid", "true")
    is_well(screen, f"point-mail-wrong-{language}")
    screen.page.locator("#address").fill(make.EMAIL)
    press(screen, "form button:not([name]):not([lang])")
    screen.tab_to("#digits")
    screen.page.keyboard.type(code_for(app, make.EMAIL))
    with screen.page.expect_navigation():
        screen.page.keyboard.press("Enter")
    is_well(screen, f"point-done-{language}")

    expect(screen.page.locator("a[href^='/m/']")).to_have_count(0)
    expect(screen.page.locator("main .masked")).to_have_count(1)
    assert screen.page.locator("html").get_attribute("lang") == language
    assert {(each.channel, each.status) for each in rows(Decision)} == {("MESAJ", "ONAY"), ("EPOSTA", "RET")}


def test_a_form_on_a_brands_own_site_leads_here_without_script_or_cookie(screens, site, point):
    screen = screens(scripts=False)
    screen.page.set_content(SITE.format(site=site, slug=SLUG))
    screen.page.get_by_label("Onay veriyorum").check()
    with screen.page.expect_navigation():
        screen.page.get_by_role("button").click()

    expect(screen.page.get_by_role("heading", level=1)).to_have_text("Seçimlerinizi kontrol edin")
    expect(screen.page.locator("input[type=radio]")).to_have_count(0)
    assert screen.kept() == []
    screen.shoot("point-review")
    with screen.page.expect_navigation():
        screen.page.get_by_role("button", name="Evet, seçimlerim bunlar").click()
    expect(screen.page.locator("#address")).to_be_visible()


def test_ayse_prepares_a_point_and_publishes_it(app, admitted, site, screens):  # noqa: F811
    ayse = screens(360, 900, also=[1280])
    sign_in(ayse, f"{site}/dashboard/")
    page = ayse.page
    page.get_by_role("link", name="İzin alma", exact=True).click()
    page.get_by_role("link", name="İzin noktaları", exact=True).click()
    ayse.looks_well("points-none")
    page.get_by_role("link", name="Yeni izin noktası").click()
    page.get_by_role("button", name="İzin noktasını kaydet").click()
    ayse.looks_well("point-new-wrong")
    page.get_by_label("Noktanın adı").fill("Kadıköy mağazası, kasa")
    for channel in ("SMS", "Telefon araması", "E-posta"):
        page.get_by_label(channel, exact=True).check()
    page.get_by_role("button", name="İzin noktasını kaydet").click()
    ayse.looks_well("point-draft")
    page.get_by_role("button", name="Yayınla").click()
    ayse.looks_well("point-open")
    page.get_by_role("link", name="İzin noktalarına dön").click()
    ayse.looks_well("points")

    fatma = screens()
    assert fatma.opens(f"{site}/b/ornek-magaza") == 200
    expect(fatma.page.locator("input[type=radio]")).to_have_count(6)
