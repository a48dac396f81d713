"""The receipt: a page at an address that cannot be guessed, which tells the truth each time."""

from datetime import timedelta

import pytest
import time_machine

import shortlinks
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Outcome, Receipt, Submission

pytestmark = pytest.mark.alike


def long_codes(app) -> shortlinks.Codes:
    return shortlinks.Codes(app.config["LINK_SALT"])


def test_it_tells_what_was_decided_and_when(fatma, browser):
    page = browser.get(fatma.decides(MESAJ="ONAY", ARAMA="RET").location).text

    assert "onay verdiniz" in page and "reddettiniz" in page
    assert "Örnek Mağazacılık A.Ş." in page and "0123456789012345" in page
    assert "1234567" not in page.replace("0123456789012345", "")


def test_it_says_that_iys_will_be_told(fatma, browser):
    assert "İYS&#39;ye bildirilecek" in browser.get(fatma.decides(MESAJ="ONAY").location).text


def test_asking_again_is_a_link(fatma, browser):
    location = fatma.decides(MESAJ="RET").location

    page = browser.get(location).text

    assert f'href="{location}">Durumu yenile' in page
    assert "http-equiv" not in page


def test_it_leads_back_to_the_page_it_came_from(fatma, browser):
    page = browser.get(fatma.decides(MESAJ="RET").location).text

    assert f'href="/k/{fatma.code}"' in page
    assert fatma.opens().status_code == 200


def test_it_is_kept_nowhere_on_the_way(fatma, browser):
    answer = browser.get(fatma.decides(MESAJ="RET").location)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers.getlist("Set-Cookie") == []


def test_a_wrong_nonce_finds_nothing(app, fatma, browser, rows):
    fatma.decides(MESAJ="RET")
    receipt = rows.one(Receipt)

    for nonce in (receipt.nonce ^ 1, 0, 2**63 - 1):
        answer = browser.get(f"/m/{long_codes(app).encode_long(receipt.id, nonce)}")
        assert answer.status_code == 404
        assert "Bu bağlantıyı bulamadık" in answer.text


def test_a_receipt_that_is_not_there_is_not_found(app, browser):
    for number in (0, 1, 2**63 - 1):
        assert browser.get(f"/m/{long_codes(app).encode_long(number, 0)}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_receipt_takes_nothing(fatma, browser, rows, method):
    location = fatma.decides(MESAJ="RET").location

    assert browser.open(location, method=method, data={"MESAJ": "ONAY"}).status_code == 405
    assert rows.count(Receipt) == 1


def test_two_acts_have_two_receipts(fatma, browser):
    first = fatma.decides(MESAJ="RET").location
    second = fatma.decides(ARAMA="RET").location

    assert first != second
    assert "SMS" in browser.get(first).text and "SMS" not in browser.get(second).text


@pytest.mark.parametrize(
    ("age", "tone"), [(timedelta(0), None), (timedelta(hours=24), "amber"), (timedelta(hours=48), "red")]
)
def test_it_says_until_when_iys_must_hear_and_whether_that_is_late(fatma, browser, age, tone):
    location = fatma.decides(MESAJ="RET").location

    with time_machine.travel(clock.now() + age):
        page = browser.get(location).text

    assert "bildirilmesi gereken son an" in page
    assert ("Bildirim gecikti." in page) == (tone is not None)
    assert tone is None or f'class="{tone}"' in page


@pytest.mark.parametrize("outcome", [Outcome.ACCEPTED, Outcome.NOT_NEEDED, Outcome.PARKED, Outcome.EXPIRED])
def test_it_speaks_of_no_deadline_once_nothing_is_on_its_way(app, fatma, browser, outcome):
    location = fatma.decides(MESAJ="RET").location
    with app.app_context():
        db.session.query(Submission).update({"outcome": outcome})
        db.session.commit()

    assert "son an" not in browser.get(location).text
