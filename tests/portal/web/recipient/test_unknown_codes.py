"""Codes that lead nowhere: one helpful page, by one path, whatever they look like."""

import pytest

import shortlinks
from portal.core.models import Decision, Receipt
from tests import make
from tests.make import Person

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def codes(app, rows):
    """One code of each sort that leads nowhere, beside the one that does not."""
    real = make.codes(app, make.PHONE)[make.PHONE]
    link = rows.one(shortlinks.Link)
    salt = app.config["LINK_SALT"]
    return {
        "wrong nonce": shortlinks.code_of(salt, link.id, link.nonce ^ 1),
        "no nonce": shortlinks.code_of(salt, link.id, 0),
        "unknown id": shortlinks.code_of(salt, link.id + 1000, link.nonce),
        "largest id": shortlinks.code_of(salt, 2**30 - 1, 2**40 - 1),
        "id zero": shortlinks.code_of(salt, 0, 0),
        "another salt": shortlinks.code_of("another salt than ours", link.id, link.nonce),
        "cut": real[:-1],
        "a letter more": real + "a",
        "capitals": real.swapcase(),
        "one letter": "x",
        "very long": "a" * 50_000,
        "unicode": "ğüşiöçİ",
        "emoji": "%F0%9F%98%80" * 4,
        "nul": real[:6] + "%00" + real[6:],
        "no text": "%FF%FE%ED%A0%80",
        "markup": "%3Cscript%3Ealert(1)%3C%2Fscript%3E".replace("%2F", ""),
        "sql": "1'%20OR%20'1'='1",
        "dots": "....",
        "file": "apple-touch-icon.png",
        "link within": "x." + real,
    }


def told(answer) -> tuple:
    """The status, whether the page helps, offers the way home and shows a code unescaped, and whether it is kept."""
    words = ("Bu bağlantıyı bulamadık", 'href="/"', "<script>alert")
    return answer.status_code, *(each in answer.text for each in words), answer.headers["Cache-Control"]


HELPFUL = (404, True, True, False, "no-store")


def test_each_is_answered_by_a_page_that_helps(codes, browser):
    assert {sort: told(browser.get(f"/k/{code}")) for sort, code in codes.items()} == dict.fromkeys(codes, HELPFUL)


def test_a_decision_on_one_is_answered_the_same(codes, browser, rows):
    data = {"MESAJ": "RET", "all": "RET", "form": "x"}
    answers = {sort: told(browser.post(f"/k/{code}", data=data)) for sort, code in codes.items()}

    assert answers == dict.fromkeys(codes, HELPFUL)
    assert rows.count(Decision) == rows.count(Receipt) == 0


@pytest.mark.parametrize("host", ["kisa.example", "localhost"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_database_is_asked_the_same_of_every_sort(codes, browser, statements, method, host):
    base, asked = ("/" if host == "kisa.example" else "/k/"), {}
    browser.get("/health")

    for sort, code in codes.items():
        del statements[:]
        browser.open(base + code, method=method, headers={"Host": host})
        asked[sort] = tuple(statements)

    assert len(set(asked.values())) == 1, {sort: len(each) for sort, each in asked.items()}
    assert len(asked["wrong nonce"]) == 1


def test_no_receipt_is_found_by_any(codes, browser):
    assert {sort: browser.get(f"/m/{code}").status_code for sort, code in codes.items()} == dict.fromkeys(codes, 404)


def test_receipts_are_looked_for_in_one_way(app, codes, browser, rows, statements):
    Person(browser, make.codes(app, make.EMAIL)[make.EMAIL]).decides(EPOSTA="RET")
    receipt = rows.one(Receipt)
    codes["wrong receipt"] = shortlinks.Codes(app.config["LINK_SALT"]).encode_long(receipt.id, receipt.nonce ^ 1)

    asked = {}
    for sort, code in codes.items():
        del statements[:]
        browser.get(f"/m/{code}")
        asked[sort] = tuple(statements)

    assert len(set(asked.values())) == 1


def test_the_page_speaks_english_too(browser):
    assert '<html lang="en">' in browser.get("/k/unknown?lang=en").text
