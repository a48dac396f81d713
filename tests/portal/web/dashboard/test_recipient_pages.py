"""Looking an address up, and what is known of it."""

import pytest
from sqlalchemy import update

from portal.core.extensions import db
from portal.core.iys_protocol import Retailers
from portal.core.models import AuditEntry, Brand, Consent, Provider, Recipient
from portal.domain.providers import sandbox_mode
from tests import make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.exports.held_consents import Holder

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.mark.parametrize("spelling", [make.PHONE, "0532 123 45 67", "(532) 123-45-67", "90 532 1234567"])
def test_an_address_is_found_however_it_is_spelled(fatma, ayse, rows, spelling):
    answer = ayse.posts("/dashboard/recipients", {"address": spelling})

    found = next(row for row in rows(Recipient) if row.kind == "phone")
    assert (answer.status_code, answer.location) == (303, f"/dashboard/recipients/{found.id}")


def test_an_address_stands_in_no_web_address(fatma, ayse):
    location = ayse.posts("/dashboard/recipients", {"address": make.PHONE}).location

    assert "532" not in location or location.rsplit("/", 1)[1].isdigit()
    assert "1234567" not in location


@pytest.mark.parametrize("address", ["0533 000 00 00", "nobody@example.com"])
def test_an_unknown_address_is_said_to_be_unknown(fatma, ayse, address):
    answer = ayse.posts("/dashboard/recipients", {"address": address})

    assert answer.status_code == 200
    assert "kayıtlarınızda yok" in answer.text


@pytest.mark.parametrize("address", ["0555 12", "fatma", "a\0b", "x" * 299, "🙂", "' OR 1=1 --"])
def test_what_is_no_address_is_explained(ayse, address):
    answer = ayse.posts("/dashboard/recipients", {"address": address})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("address", ["", "x" * 301])
def test_an_empty_or_endless_search_comes_back(ayse, address):
    answer = ayse.posts("/dashboard/recipients", {"address": address})

    assert answer.status_code in (200, 422)
    assert "<h1>" in answer.text


def test_the_page_tells_what_holds_and_how_it_came(fatma, ayse):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    page = ayse.posts("/dashboard/recipients", {"address": make.PHONE})
    page = ayse.opens(page.location).text

    for words in ("SMS", "Onay", "Telefon araması", "Ret", "HS_WEB", "Kişisel bağlantı", "İletilecek"):
        assert words in page
    assert make.PHONE not in page and "123 45 67" not in page


def test_the_page_and_the_desk_name_the_retailers_of_a_decision(app, ayse):
    Holder(app).grants(retailers=Retailers(58954386, (58954387, 58954388)))

    page = ayse.opens(ayse.posts("/dashboard/recipients", {"address": make.PHONE}).location).text
    desk = ayse.opens(ayse.posts("/desk/search", {"address": make.PHONE}).location).text

    assert "Bayi 58954386 aracılığıyla" in page and "Bayi 58954386 aracılığıyla" in desk
    assert "İzni kullanabilecek bayiler: 58954387, 58954388" in page


def test_nothing_may_be_sent_before_iys_agrees(fatma, ayse):
    fatma.decides(MESAJ="ONAY")

    page = ayse.opens(ayse.posts("/dashboard/recipients", {"address": make.PHONE}).location).text

    assert "<strong>Hayır</strong>" in page and "<strong>Evet</strong>" not in page


def test_the_grant_of_a_provider_that_need_not_report_to_iys_is_enough(app, fatma, ayse):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        db.session.execute(update(Provider).values(iys_code=sandbox_mode.EXEMPT_CODES.start))
        db.session.commit()

    page = ayse.opens(ayse.posts("/dashboard/recipients", {"address": make.PHONE}).location).text

    assert "<strong>Evet</strong>" in page
    assert "yalnız kişinin son kararı ve İYS" not in page


def test_a_message_may_be_sent_once_both_say_so(app, fatma, ayse, iys):
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)

    page = ayse.opens(ayse.posts("/dashboard/recipients", {"address": make.PHONE}).location).text

    assert "<strong>Evet</strong>" in page
    assert "İYS kabul etti" in page


def test_looking_is_noted(fatma, ayse, rows):
    ayse.opens(ayse.posts("/dashboard/recipients", {"address": make.PHONE}).location)

    entry = rows.one(AuditEntry, AuditEntry.act == "recipient.looked_at")
    assert entry.actor == "user" and entry.facts == {}


@pytest.mark.parametrize("number", ["0", "1", str(2**63), "9" * 100])
def test_a_recipient_that_is_not_there_is_not_found(ayse, number):
    assert ayse.opens(f"/dashboard/recipients/{number}").status_code == 404


def test_messages_that_iys_lists_of_a_landline_may_be_refused(app, ayse, rows):
    MovementReceiver(app).receives(row("ONAY", recipient="+902124445566"))
    page = f"/dashboard/recipients/{rows.one(Recipient).id}"
    ayse.opens(page)
    chosen = {"brand": str(rows.one(Brand).id), "channels": "MESAJ", "source": "HS_CAGRI_MERKEZI"}

    assert 'value="MESAJ"' in ayse.opens(page).text
    assert ayse.posts(f"{page}/refusal", chosen).status_code == 303
    assert [(each.channel, each.status) for each in rows(Consent)] == [("MESAJ", "RET")]


def test_messages_of_a_landline_that_nobody_knows_may_be_refused(ayse, rows):
    found = ayse.posts("/dashboard/recipients", {"address": "+902124445566"}).text
    chosen = {"brand": str(rows.one(Brand).id), "channels": "MESAJ", "source": "HS_CAGRI_MERKEZI"}
    ayse.posts("/dashboard/recipients/refusal", {"address": "+902124445566"} | chosen)

    assert 'value="MESAJ"' in found
    assert [(each.channel, each.status) for each in rows(Consent)] == [("MESAJ", "RET")]
