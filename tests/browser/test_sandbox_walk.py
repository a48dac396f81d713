"""A newcomer practises: the pages say so, the test asks the sandbox, and what people decide is accepted there."""

from playwright.sync_api import expect
from sqlalchemy import update

from portal.core.extensions import db, vault
from portal.core.models import Brand, Connection, Credential, Outcome, Provider, Submission
from portal.domain.providers import sandbox_mode
from portal.services.iys import forwarder
from portal.services.iys.client import Client
from tests import make, servers
from tests.browser.signing_in import sign_in
from tests.make import Person

CODE = sandbox_mode.CODES.start + 7


def test_a_firm_practises(app, site, screens, browser, rows, tmp_path):
    with servers.sandbox(tmp_path / "practice.db") as box:
        app.config["SANDBOX_URL"] = box.url
        code = make.codes(app)[make.PHONE]
        is_sandbox(app)
        Person(browser, code).decides(MESAJ="ONAY")
        screen = screens(360, 900, also=[1280])
        page = screen.page
        sign_in(screen, f"{site}/dashboard/")

        page.goto(f"{site}/dashboard/connection")
        expect(page.get_by_text("Deneme yapıyorsunuz")).to_be_visible()
        page.get_by_role("button", name="Bağlantıyı dene").click()
        expect(page.get_by_text("Bağlantı çalışıyor")).to_be_visible()
        screen.looks_well("practice-connection")
        forward(app, box)
        page.goto(f"{site}/dashboard/")
        screen.looks_well("practice-overview")
        app.config["SANDBOX_URL"] = ""
        page.goto(f"{site}/dashboard/forwarding")
        expect(page.get_by_text("deneme ortamı şu anda kapalı")).to_be_visible()
        screen.looks_well("practice-forwarding")

    assert rows.one(Submission).outcome == Outcome.ACCEPTED


def is_sandbox(app) -> None:
    """The firm of the cast, as if it had just signed up."""
    with app.app_context():
        db.session.query(Connection).delete()
        db.session.query(Credential).delete()
        provider = db.session.query(Provider).one()
        provider.admitted_at, provider.pending_iys_code, provider.iys_code = None, None, CODE
        db.session.execute(update(Brand).values(is_sandbox=True, brand_code=CODE))
        sandbox_mode.begin_sandbox(db.session, vault(), provider, provider.created_at)
        db.session.commit()


def forward(app, box) -> None:
    """What the forwarder does in its loop of practice."""
    with app.app_context():
        client = Client(box.url, is_sandbox=True)
        while forwarder.forward_one(client):
            pass
