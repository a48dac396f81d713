"""What became of a link, as a person sees it: on small screens and large ones, in the dark, with forced colours."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Campaign, CampaignKind, Consent, Provider, Recipient
from shortlinks import Link
from tests import make
from tests.make import Person

LIGHT_ENOUGH = 15 * 1024
WIDTHS = (320, 360, 1280)


@pytest.fixture
def code(app):
    return make.codes(app, make.PHONE)[make.PHONE]


@pytest.fixture
def put(app):
    """Change rows as told."""

    def change(model, **values) -> None:
        with app.app_context():
            db.session.execute(update(model).values(**values))
            db.session.commit()

    return change


def looks_well(screen, name: str) -> None:
    """Nobody is kept out, nothing runs over, and the page leaves nothing behind."""
    assert screen.weight() <= LIGHT_ENOUGH
    screen.looks_well(name)
    assert screen.kept() == []


def test_every_state_is_seen_well(screens, site, app, code, put):
    screen, person, at = screens(320, also=[360, 1280]), Person(app.test_client(), code), clock.now()
    steps = {
        "live": lambda: None,
        "name": lambda: put(Brand, requires_name=True),
        "used": lambda: person.decides(MESAJ="ONAY", ARAMA="RET", name="Fatma"),
        "expired": lambda: put(Link, expires_at=at),
        "revoked": lambda: put(Link, revoked_at=at),
        "campaign": lambda: put(Campaign, closed_at=at),
        "brand": lambda: put(Brand, closed_at=at),
        "gone": lambda: put(Provider, suspended_at=at, left_at=at),
        "disowned": lambda: put(Recipient, reassigned_at=clock.now() + timedelta(seconds=1)),
    }

    for name, come_about in steps.items():
        come_about()
        assert screen.opens(f"{site}/k/{code}") == 200
        looks_well(screen, f"link-{name}")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_refusing_and_not_mine_are_seen_well(screens, site, code, language):
    spoken = "" if language == "tr" else "?lang=en"
    screen = screens(320, also=[360, 1280])
    for name, path in (("refusing", f"u/{code}"), ("not-mine", f"k/{code}/ben-degilim")):
        assert screen.opens(f"{site}/{path}{spoken}") == 200
        looks_well(screen, f"{name}-{language}")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_at_twice_the_size_and_with_forced_colours_it_is_all_there(screens, site, code, language):
    spoken = "" if language == "tr" else "?lang=en"
    zoomed = screens(width=640, device_scale_factor=2)  # 1280 pixels of a screen at 200 %.
    forced = screens(width=320, forced_colors="active")
    for path in (f"k/{code}", f"u/{code}", f"k/{code}/ben-degilim"):
        for screen, name in ((zoomed, "zoomed"), (forced, "forced")):
            screen.opens(f"{site}/{path}{spoken}")
            assert not screen.scrolls_sideways()
            screen.shoot(f"{name}-{path.split('/')[0]}-{len(path.split('/'))}-{language}")


def test_a_large_text_of_the_readers_own_fits(screens, site, code):
    screen = screens(width=360)
    screen.opens(f"{site}/k/{code}")

    screen.page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert not screen.scrolls_sideways()
    screen.shoot("link-large-text")


def test_what_is_heard_comes_in_the_order_in_which_it_is_seen(screens, site, code):
    screen = screens()
    screen.opens(f"{site}/k/{code}")

    heard = screen.page.locator("main").aria_snapshot()
    order = [
        "Örnek Mağazacılık A.Ş.", "0123456789012345", "heading", "Numaranız:", 'group "SMS"', 'radio "Onay veriyorum"',
        'radio "Reddediyorum"', 'group "Telefon araması"', 'textbox "Adınız soyadınız', 'button "Kararımı kaydet"',
        'button "Hepsini reddet"', "Bilmeniz gerekenler", "aydınlatma metni", "numara artık benim",
    ]  # fmt: skip
    places = [heard.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)
    assert not re.search(r"\[checked\]", heard)


def test_both_answers_are_equally_large(screens, site, code):
    screen = screens()
    screen.opens(f"{site}/k/{code}")
    for width in WIDTHS:
        screen.page.set_viewport_size({"width": width, "height": 780})
        for pair in (".choice:first-of-type .answer", ".ends button"):
            boxes = [each.bounding_box() for each in screen.page.locator(pair).all()[:2]]
            sizes = {(round(box["width"]), round(box["height"])) for box in boxes}
            assert len(sizes) == 1, (width, pair, sizes)


def test_saying_not_mine_needs_no_mouse_and_no_script(screens, site, code, rows):
    screen = screens(scripts=False)
    screen.opens(f"{site}/k/{code}")

    screen.page.get_by_role("link", name="numara artık benim").press("Enter")
    screen.page.get_by_role("button", name="Bildir ve hepsini reddet").press("Enter")
    screen.page.wait_for_url("**/m/**")

    assert {each.status for each in rows(Consent)} == {"RET"}
    assert rows.one(Recipient).reassigned_at
    expect(screen.page.locator("h1")).to_be_visible()


def test_a_refusing_link_is_seen_well(screens, site, app):
    refusing = make.codes(app, make.PHONE, kind=CampaignKind.REFUSE)[make.PHONE]
    screen = screens()

    screen.opens(f"{site}/k/{refusing}")

    looks_well(screen, "link-refuses")
