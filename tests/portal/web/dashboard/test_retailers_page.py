"""Retailers of a brand at a sandbox of İYS: the pages list, search, add and remove them."""

import pytest

from portal.core.extensions import db
from portal.core.models import AuditEntry, Brand, Provider, Role
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

FORM = {
    "title": "Şişli Ticaret A.Ş.", "alias": "", "tin": "123 456 78 90", "mersis": "", "name": "Fatma Çelik",
    "tckn": "57703411244", "mobile": "0532 123 45 67", "city": "34", "town": "Şişli", "town_code": "25",
}  # fmt: skip
OTHER = FORM | {"title": "Bornova Bayi", "tckn": "20000000046", "city": "35", "town": "Bornova", "mobile": ""}
FIRST, SECOND = 58_954_386, 58_954_387


@pytest.fixture
def page(app, ayse, sandbox, rows) -> str:
    """The address of the list; İYS is the sandbox."""
    app.config["IYS_BASE_URL"] = sandbox.url
    return f"/dashboard/brands/{rows.one(Brand).id}/retailers"


def test_retailers_are_added_found_and_removed(ayse, page, sandbox, rows):
    empty = ayse.opens(page).text
    added = [ayse.posts(f"{page}/new", form) for form in (FORM, OTHER)]
    listed, found = ayse.opens(page).text, ayse.opens(f"{page}?q=SISLI").text
    one = ayse.opens(f"{page}?q={FIRST}").text
    unconfirmed = ayse.posts(f"{page}/removal", {"code": FIRST})
    removed = ayse.posts(f"{page}/removal", {"code": FIRST, "sure": "y"})

    assert "İYS'de bayisi yok" in empty
    assert [each.status_code for each in (*added, unconfirmed, removed)] == [303, 303, 422, 303]
    assert "2 bayi" in listed and "Şişli, İstanbul" in listed and "Bornova, İzmir" in listed
    assert "Şişli Ticaret" in found and "Bornova" not in found
    assert FORM["tckn"] not in listed + one and "Fatma Çelik" in one
    assert "Silmek için bunu bildiğinizi işaretleyin." in unconfirmed.text and "Şişli Ticaret" in unconfirmed.text
    left = ayse.opens(page).text
    assert "den silindi." in left and "Şişli Ticaret" not in left and "Bornova" in left
    assert [each.facts["code"] for each in rows(AuditEntry, AuditEntry.act.startswith("retailer"))] == [
        FIRST, SECOND, FIRST,
    ]  # fmt: skip


def test_wrong_numbers_are_marked_and_what_iys_refuses_is_told(app, ayse, page, sandbox):
    wrong = ayse.posts(f"{page}/new", FORM | {"tckn": "57703411245", "mersis": "12", "title": "<b>", "mobile": "x"})
    ayse.posts(f"{page}/new", FORM)
    known = ayse.posts(f"{page}/new", FORM | {"tin": FORM["tckn"]})
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", brandCode=make.BRAND_CODE)
    refer_to(sandbox, FIRST)
    referred = ayse.posts(f"{page}/removal", {"code": FIRST, "sure": "y"})
    sandbox.fault("retailers", "503")
    silent = ayse.opens(page)

    assert wrong.status_code == known.status_code == referred.status_code == 422
    assert wrong.text.count('class="error"') == 4 and sandbox.ledger()["requests"]["retailer_add"] == 2
    assert "Aynı numarayla kayıtlı bir bayi zaten var." in known.text and "(H231)" in known.text
    assert "bağlı bayi silinemez" in referred.text and "Şişli Ticaret" in referred.text
    assert silent.status_code == 200 and "Birkaç dakika sonra yeniden deneyin." in silent.text


def refer_to(sandbox, code: int) -> None:
    """Give a retailer access to the consent of the citizen who granted."""
    from iys_sandbox import retailers
    from iys_sandbox.movements import Key

    with sandbox.app.extensions["sandbox"].store.transaction() as box:
        retailers.give_access(box, Key(make.BRAND_CODE, make.PHONE, "BIREYSEL", "MESAJ"), [code])


def test_an_answer_that_was_lost_is_looked_up(ayse, page, sandbox):
    sandbox.fault("retailer_add", "reset-after-apply", count=1)
    ayse.posts(f"{page}/new", FORM)
    sandbox.fault("retailer_remove", "500-after-apply", count=1)

    assert f"Kodu: {FIRST}" in ayse.opens(page).text
    assert ayse.posts(f"{page}/removal", {"code": FIRST, "sure": "y"}).status_code == 303
    assert sandbox.ledger()["requests"]["retailer_add"] == 1


def test_only_who_keeps_the_connection_reaches_retailers(app, ayse, page):
    with app.app_context():
        make.person(db.session.query(Provider).one(), "burak@example.com", Role.MANAGER)

    burak, brand = signed_in(app, "burak@example.com"), page.removesuffix("/retailers")

    assert "/retailers" in ayse.opens(brand).text and "/retailers" not in burak.opens(brand).text
    assert burak.opens(page).status_code == burak.opens(f"{page}/new").status_code == 403
