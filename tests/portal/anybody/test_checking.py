"""A message is checked without tapping its link: whoever knows its code learns who sent it, when, and to whom."""

import re

import pytest
from sqlalchemy import event

import shortlinks
from portal.anybody.checking import code_in
from portal.extensions import db, limiter
from portal.models import AudienceEntry, Delivery
from portal.pairs import pair_of
from shortlinks import Visit
from tests import make

pytestmark = pytest.mark.alike

UNKNOWN = "Bu kodla bir ileti bulamadık"


@pytest.fixture
def code(app) -> str:
    return make.codes(app, delivery=Delivery.GATEWAY)[make.PHONE]


def check(browser, text: str):
    return browser.post("/kontrol", data={"code": text})


def seen(page) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_it_says_who_sent_it_and_to_which_masked_address(app, browser, code):
    page = seen(check(browser, code))

    assert "Bu iletiyi tanıyoruz" in page
    assert "Örnek Mağazacılık A.Ş." in page and "0123456789012345" in page
    assert "67" in page and make.PHONE not in page and "532" not in page
    assert "henüz gönderilmedi" in page


def test_it_tells_the_two_words_of_the_message(app, browser, code, rows):
    link_id, nonce = shortlinks.Codes(app.config["LINK_SALT"]).decode(code)

    assert pair_of(app.config["LINK_SALT"], link_id, nonce) in seen(check(browser, code))


def test_of_a_link_that_the_firm_sends_itself_it_says_so(app, browser):
    code = make.codes(app, delivery=Delivery.CSV)[make.PHONE]

    assert "iletiyi firma kendisi gönderiyor" in seen(check(browser, code))


def test_checking_is_no_opening_and_decides_nothing(app, browser, code, rows):
    check(browser, code)
    app.extensions["openings"].write()

    assert rows(Visit) == []


@pytest.mark.parametrize("around", ["{}", " {} ", "https://izn.link/{}", "http://localhost/k/{}", "/u/{}"])
def test_a_code_is_found_in_what_was_typed_or_pasted(code, browser, around):
    assert "Bu iletiyi tanıyoruz" in check(browser, around.format(code)).text


def test_a_code_is_found_in_the_whole_message():
    said = "Ornek: Onayinizi soruyoruz. Onay/Ret: https://izn.link/k/Abc34xyz elma nehir 0850 123 45 67"

    assert code_in(said) == "Abc34xyz"


def test_the_host_of_a_link_is_no_code():
    assert code_in("Onay/Ret: https://onayverin.example.com/k/Abc34xyz") == "Abc34xyz"
    assert code_in("Yanıt: https://izinlink.example/s/" + "a" * 27) is None


@pytest.mark.parametrize(
    "text",
    [
        "Ornek: kodunuz 800410. Kimseyle paylasmayin. Verileriniz: https://izinlink.example/b/ornekler",
        "Izinlink: kodunuz 800410. Kod onay degildir. Verileriniz: izinlink.example/gizlilik",
        "Ornek: kodunuz 800410. Kimseyle paylasmayin.",
        "800410",
        "800 410",
    ],
)
def test_our_own_message_with_six_digits_is_not_called_another_ones(browser, text):
    answer = check(browser, text)

    assert answer.status_code == 422 and UNKNOWN not in answer.text
    assert "Altı rakamlı bir kod, iletiyi kimin gönderdiğini göstermez" in answer.text


@pytest.mark.parametrize("text", ["", "?", "ab", "Merhaba, bu nedir?", "a" * 2000, "\x00", "ı" * 8])
def test_a_text_without_a_code_is_told_so(browser, text):
    answer = check(browser, text)

    assert answer.status_code == 422
    assert "Bunda bir kod bulamadık" in answer.text


def test_a_wrong_code_finds_nothing(browser, code):
    wrong = code[:-1] + ("a" if code[-1] != "a" else "c")

    assert UNKNOWN in check(browser, wrong).text


def test_guessing_is_limited(app, browser):
    limiter.enabled = True
    answers = [check(browser, f"Abc34xy{letter}").status_code for letter in "abcdefgh" * 8]

    assert answers[0] == 200 and answers[-1] == 429


def test_a_false_code_of_a_real_link_and_one_of_no_link_ask_the_database_the_same(app, browser, code, rows):
    salt, link_id = app.config["LINK_SALT"], rows(AudienceEntry)[0].link_id
    codes = shortlinks.Codes(salt)

    asked = [statements(app, browser, codes.encode(each, 123)) for each in (link_id, 987_654)]

    assert asked[0] == asked[1] != []


def statements(app, browser, code: str) -> list[str]:
    said = []
    with app.app_context():
        reader = db.engines["reader"]

    def note(_connection, _cursor, statement, *_):
        said.append(statement)

    event.listen(reader, "before_cursor_execute", note)
    try:
        assert UNKNOWN in check(browser, code).text
    finally:
        event.remove(reader, "before_cursor_execute", note)
    return said
