"""Nil, alone and by keyboard: from the front page to a first decision that the sandbox accepted."""

import re

import pyotp
import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Campaign, Mail, MailKind, Outcome, Provider, Submission
from portal.domain.notifications import mails
from portal.services import launches
from portal.services.iys import forwarder
from portal.services.iys.client import Client
from tests import servers

FIRM = {
    "#title": "Yeni Mağazacılık A.Ş.",
    "#number": "0454053692000015",
    "#contact": "0850 765 43 21",
    "#notice_url": "https://www.example.com/aydinlatma",
    "#password": "bulut terazi vapur 42",
}
CAMPAIGN = {
    "#name": "Deneme",
    "#title_tr": "Size yazalım mı?",
    "#body_tr": "Ayda en çok iki ileti göndeririz.",
    "#title_en": "May we write to you?",
    "#body_en": "We send at most two messages a month.",
}
HERS = "0532 123 45 67"


class Keys:
    """Somebody who uses nothing but a keyboard; what must hold on each page is looked at on the way."""

    def __init__(self, screen, language: str):
        self.screen, self.page, self.language = screen, screen.page, language

    def presses(self, selector: str, key: str = "Enter") -> None:
        self.screen.tab_to(selector, most=120)
        self.page.keyboard.press(key)

    def writes(self, fields: dict[str, str]) -> None:
        for selector, text in fields.items():
            self.screen.tab_to(selector, most=120)
            if not self.page.locator(selector).input_value():
                self.page.keyboard.type(text)

    def arrives(self, where: str | re.Pattern, name: str) -> None:
        self.page.wait_for_url(where)
        self.page.wait_for_load_state()
        assert self.page.locator("html").get_attribute("lang") == self.language, name
        self.screen.looks_well(f"newcomer-{name}-{self.language}")


@pytest.mark.parametrize(("language", "width"), [("tr", 1280), pytest.param("en", 360, marks=pytest.mark.long)])
def test_a_newcomer_comes_to_a_first_accepted_decision_alone(app, site, screens, rows, tmp_path, language, width):
    app.config.update(MAIN_BASE=site, LINK_BASE=f"{site}/k")
    screen = screens(width, 900)
    keys = Keys(screen, language)

    with servers.sandbox(tmp_path / "practice.db") as box:
        app.config["SANDBOX_URL"] = box.url
        signs_up(app, site, keys)
        takes_a_factor(keys)
        link = asks_herself(app, rows, keys)
        decides(screens, link, keys)
        forward(app)

        assert rows.one(Submission).outcome == Outcome.ACCEPTED
        assert rows.one(Provider).in_sandbox_mode
        screen.opens(f"{site}/dashboard/")
        keys.arrives("**/dashboard/", "accepted")


def signs_up(app, site, keys: Keys) -> None:
    keys.screen.opens(f"{site}/")
    if keys.language == "en":
        keys.presses(".languages a")
    keys.arrives("**/", "front") if keys.language == "tr" else keys.arrives("**/?lang=en", "front")
    keys.presses(".providers a.button")
    keys.arrives("**/sign-up*", "sign-up")
    keys.writes({"#name": "Nil Yeni", "#email": "nil@example.com"})
    keys.page.keyboard.press("Enter")
    keys.arrives("**/sign-up/sent", "sent")

    keys.screen.opens(link_mailed(app))
    keys.arrives("**/sign-up/*", "firm")
    keys.writes(FIRM | {"#number": "0454053692100015"})
    keys.page.keyboard.press("Enter")
    keys.page.locator(".error").first.wait_for()
    keys.arrives("**/sign-up/*", "firm-wrong")
    keys.screen.tab_to("#number")
    keys.page.keyboard.press("Control+A")
    keys.page.keyboard.type(FIRM["#number"])
    keys.writes({"#password": FIRM["#password"]})
    keys.page.keyboard.press("Enter")


def link_mailed(app) -> str:
    with app.app_context():
        mail = db.session.query(Mail).filter(Mail.kind == MailKind.CONFIRMATION).one()
        return mails.read_facts(vault(), mail)["link"]


def takes_a_factor(keys: Keys) -> None:
    keys.arrives("**/sign-in/enrol", "factor")
    keys.presses("summary")
    secret = keys.page.locator(".secret").inner_text().replace(" ", "")
    keys.writes({"#code": pyotp.TOTP(secret).at(clock.now())})
    keys.page.keyboard.press("Enter")
    keys.page.locator(".recovery li").first.wait_for()
    keys.presses("main p a.button")
    keys.arrives("**/dashboard/start", "start")


def asks_herself(app, rows, keys: Keys) -> str:
    """A campaign of one address, her own; the link that it gives."""
    keys.presses('main a.button[href$="/campaigns/new"]')
    keys.arrives("**/campaigns/new", "campaign-new")
    keys.writes({"#name": CAMPAIGN["#name"]})
    keys.presses("#kind-0", "Space")
    keys.presses("input[name=channels][value=MESAJ]", "Space")
    keys.writes({selector: text for selector, text in CAMPAIGN.items() if selector != "#name"})
    keys.screen.tab_to("#contact_kind", most=120)
    keys.page.keyboard.press("ArrowDown")
    keys.screen.tab_to("#contact_date", most=120)
    keys.page.keyboard.type(clock.day(clock.now()).strftime("%m%d%Y"))  # As this Chromium asks for it.
    keys.presses("main form button")
    keys.arrives(re.compile(r"/campaigns/\d+$"), "campaign")
    keys.writes({"main form #text": HERS})
    keys.presses("main form button")
    keys.page.locator('form[action$="/launch"] button').wait_for()
    keys.presses('form[action$="/launch"] button')
    keys.page.locator('form[action$="/launch"] button').wait_for(state="detached")
    keys.arrives(re.compile(r"/campaigns/\d+$"), "launched")
    campaign = rows.one(Campaign)
    with app.app_context():
        launches.run(campaign.id, app.config["LINK_SALT"])
    keys.page.reload()
    keys.page.wait_for_load_state()
    with keys.page.expect_download() as download:
        keys.presses('a[href$="/links.csv"]')
    return download.value.path().read_text().splitlines()[1].split(";")[1]


def decides(screens, link: str, keys: Keys) -> None:
    """On her telephone, with a keyboard."""
    telephone = screens(360)
    telephone.opens(link + ("?lang=en" if keys.language == "en" else ""))
    telephone.tab_to("input[name=MESAJ]")
    telephone.page.keyboard.press("Space")
    telephone.shoot(f"newcomer-asked-{keys.language}")
    telephone.tab_to("form button:not([name])")
    telephone.page.keyboard.press("Enter")
    telephone.page.wait_for_url("**/m/**")


def forward(app) -> None:
    """What the forwarder of practice does, until nothing is due."""
    with app.app_context():
        client = Client(app.config["SANDBOX_URL"], is_sandbox=True)
        while forwarder.forward_one(client):
            pass
