"""Ayşe connects her firm to İYS: a wrong password, a paused package, a number in trouble, a list that waits."""

import time

from playwright.sync_api import expect

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import BulkRequest, BulkState, Connection, Credential, Outcome, Submission
from portal.domain.identity import accounts
from portal.services.iys import rate_limit
from tests import make
from tests.browser.signing_in import sign_in
from tests.make import Person

ACCOUNT = (make.USERNAME, make.PASSWORD, make.IYS_CODE, [make.BRAND_CODE])


def test_a_firm_is_connected_and_its_cases_are_cured(app, site, screens, browser, sandbox, iys, rows):
    app.config["IYS_BASE_URL"] = sandbox.url
    fatma = Person(browser, make.codes(app)[make.PHONE])
    disconnect(app)
    offer_partner(app, sandbox)
    screen = screens(360, 900, also=[1280])
    page = screen.page
    sign_in(screen, f"{site}/dashboard/")

    fatma.decides(MESAJ="ONAY", ARAMA="RET")
    opens(page, "İletim")
    expect(page.get_by_text("Henüz İYS'ye bağlı değilsiniz")).to_be_visible()
    screen.looks_well("iys-forwarding-unconnected")
    opens(page, "Bağlantı")
    screen.looks_well("iys-connection-empty")
    connect(page, password="yanlış parola")
    screen.looks_well("iys-connection-saved")
    tries(page)
    expect(page.get_by_text("İYS, API kullanıcı adını ya da şifresini kabul etmedi.").first).to_be_visible()
    screen.looks_well("iys-connection-wrong")

    expect(page.get_by_label("API şifresi"), "where another password is needed, the form is open").to_be_visible()
    connect(page, password=make.PASSWORD)
    tries(page)
    expect(page.get_by_text("Bağlantı çalışıyor")).to_be_visible()
    screen.looks_well("iys-connection-good")
    forward(app, iys, rows)
    assert [row.outcome for row in rows(Submission)] == [Outcome.ACCEPTED, Outcome.NOT_NEEDED]

    a_paused_package_is_cured(screen, app, sandbox, iys, rows, fatma)
    a_parked_decision_is_sent_again(screen, app, sandbox, iys, rows, fatma)
    a_held_list_is_let_go(screen, app)
    opens(page, "Genel bakış")
    screen.looks_well("iys-overview-after")
    a_partners_title_differs(screen)
    assert rows.one(BulkRequest).released_at is not None


def a_paused_package_is_cured(screen, app, sandbox, iys, rows, fatma) -> None:
    page = screen.page
    sandbox.add_account(*ACCOUNT, subscription={"status": "PAUSED"})
    fatma.decides(MESAJ="RET")
    forward(app, iys, rows)
    opens(page, "İletim")
    expect(page.get_by_text("H520").first).to_be_visible()
    page.get_by_role("link", name="Engellenen (1)").click()
    screen.looks_well("iys-forwarding-blocked")
    page.get_by_role("link", name="Bağlantıyı dene").click()
    tries(page)
    expect(page.get_by_text("Duraklatılmış", exact=True)).to_be_visible()
    screen.looks_well("iys-connection-paused")

    sandbox.add_account(*ACCOUNT, subscription={"status": "ACTIVE", "consentLimit": 3})
    tries(page)
    expect(page.get_by_text("Bağlantı çalışıyor")).to_be_visible()
    screen.looks_well("iys-connection-quota")
    forward(app, iys, rows)
    opens(page, "İletim")
    expect(page.get_by_role("alert")).to_have_count(0)


def a_parked_decision_is_sent_again(screen, app, sandbox, iys, rows, fatma) -> None:
    page = screen.page
    sandbox.fault("add", "H121")
    fatma.decides(MESAJ="ONAY")
    forward(app, iys, rows)
    opens(page, "İletim")
    expect(page.get_by_text("Telefon numarası geçerli değil.")).to_be_visible()
    screen.looks_well("iys-forwarding-parked")
    before = len(sandbox.movements())

    sandbox.mend()
    page.get_by_role("button", name="Yeniden gönder").click()
    expect(page.get_by_text("Yeniden iletilecek.")).to_be_visible()
    forward(app, iys, rows)
    page.get_by_role("link", name="Durumu yenile").click()
    expect(page.get_by_text("Burada bakılacak bir kayıt yok")).to_be_visible()
    screen.looks_well("iys-forwarding-cured")
    assert len(sandbox.movements()) == before + 1

    sandbox.fault("add", "H121")
    fatma.decides(MESAJ="RET")
    forward(app, iys, rows)
    page.get_by_role("link", name="Durumu yenile").click()
    page.get_by_role("button", name="Kapat").click()
    expect(page.get_by_text("Kişinin kararı burada geçerli kalır")).to_be_visible()
    sandbox.mend()


def a_held_list_is_let_go(screen, app) -> None:
    with app.app_context():
        brand = make.brand()
        rate_limit.add_to_tally(db.session, "add", clock.now(), calls=1000, failures=300)
        db.session.add(
            BulkRequest(
                provider_id=brand.provider_id, brand_id=brand.id, endpoint="/", size=740, state=BulkState.HELD,
                created_at=clock.now(),
            )
        )  # fmt: skip
        db.session.commit()
    opens(screen.page, "İletim")
    screen.looks_well("iys-forwarding-held")
    screen.page.get_by_role("button", name="Listeyi gönder").click()
    expect(screen.page.get_by_text("Liste gönderilecek.")).to_be_visible()


def a_partners_title_differs(screen) -> None:
    page = screen.page
    opens(page, "Bağlantı")
    page.get_by_text("Hesabı değiştir").click()
    screen.looks_well("iys-connection-change")
    page.get_by_role("button", name="İş ortağıyla bağlan").click()
    screen.looks_well("iys-connection-partner")
    tries(page)
    expect(page.get_by_text("Başka Ticaret Limited Şirketi")).to_be_visible()
    screen.looks_well("iys-connection-titles")


def offer_partner(app, sandbox) -> None:
    """A partner's account that İYS knows by another firm's title."""
    acts_for = {"iysCode": make.IYS_CODE, "brands": [make.BRAND_CODE], "title": "Başka Ticaret Limited Şirketi"}
    sandbox.add_account("ortak", "parola", 700100, [], kind="partner", integrator_code=700100, acts_for=[acts_for])
    with app.app_context():
        facts = {"integrator_code": 700100, "username": "ortak", "password": "parola"}
        accounts.store_partner_credential(db.session, vault(), **facts, at=clock.now())
        db.session.commit()


def opens(page, part: str) -> None:
    parts = page.get_by_role("navigation", name="Bölümler")
    if part in ("İletim", "Bağlantı"):
        parts.get_by_role("link", name="İYS", exact=True).click()
    parts.get_by_role("link", name=part).click()


def connect(page, password: str) -> None:
    page.get_by_label("API kullanıcı adı").fill(make.USERNAME)
    page.get_by_label("API şifresi").fill(password)
    page.get_by_role("button", name="Hesabı kaydet").click()


def tries(page) -> None:
    page.get_by_role("button", name="Bağlantıyı dene").click()
    page.wait_for_load_state()


def forward(app, iys, rows) -> None:
    """Until nothing is on its way: a second movement of one key waits out the second of the first."""
    patience_ends = time.monotonic() + 10
    while time.monotonic() < patience_ends:
        make.forward_all(app, iys)
        if not rows(Submission, Submission.outcome.in_((Outcome.WAITING, Outcome.SENT))):
            return
    raise AssertionError("something is still on its way")


def disconnect(app) -> None:
    with app.app_context():
        db.session.query(Connection).delete()
        db.session.query(Credential).delete()
        db.session.commit()
