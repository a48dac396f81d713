"""Ayşe looks after her package: it is nearly full, she asks for more, and sees in the audit that she did."""

from playwright.sync_api import expect

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Package, PackageOrder, Provider
from tests import make
from tests.browser.signing_in import sign_in
from tests.portal.domain.packages.cast import bought, holds


def test_a_package_is_asked_for_and_the_audit_says_so(app, site, screens, rows):
    with app.app_context():
        made = make.provider()
        bought(made, 60)
        db.session.query(Package).filter_by(records=60).update({"name": "İLETİ 60", "withdrawn_at": clock.now()})
        holds(made, 55)
        db.session.commit()
    screen = screens(360, 900, also=[1280])
    page = screen.page
    sign_in(screen, f"{site}/dashboard/")

    screen.looks_well("overview")
    page.get_by_role("link", name="Paket ve kullanım").click()
    screen.looks_well("package")
    page.get_by_role("button", name="Yükselt: İLETİ 25", exact=True).click()
    expect(page.get_by_text("bizde, onay bekliyor")).to_have_count(1)
    screen.looks_well("ordered")
    assert rows(PackageOrder)[-1].confirmed_at is None

    page.get_by_role("link", name="Firma", exact=True).click()
    page.get_by_role("link", name="Denetim", exact=True).click()
    page.get_by_label("Ne yaptı").select_option("Paket istendi")
    page.get_by_role("button", name="Göster").click()
    screen.looks_well("audit")
    expect(page.locator("tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV indir").click()
    assert "Paket istendi" in download.value.path().read_text("utf-8-sig")
    screen.opens(f"{site}/dashboard/package?lang=en")
    screen.looks_well("package-english")


def test_who_practises_sees_what_is_free(app, site, screens):
    with app.app_context():
        made = make.provider()
        db.session.get_one(Provider, made.id).admitted_at = None
        db.session.commit()
    screen = screens(1280, 900, also=[360])
    sign_in(screen, f"{site}/dashboard/")
    screen.opens(f"{site}/dashboard/package")

    screen.looks_well("practising")
    expect(screen.page.get_by_text("0 / 1.000 adres")).to_have_count(1)
