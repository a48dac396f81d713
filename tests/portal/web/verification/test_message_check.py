"""A message is checked without tapping its link: whoever knows its code learns who sent it, when, and to whom."""

import time

import pytest
from sqlalchemy import event

import shortlinks
from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import AudienceEntry, Delivery, Receipt
from portal.core.word_pairs import word_pair
from portal.web.verification import pasted_text
from shortlinks import Visit
from tests import make
from tests.portal.web.recipient.open_complaints import another_firm_hears, complains
from tests.portal.web.verification.pasted_messages import FOUND, check, receipt_of, seen

pytestmark = [pytest.mark.alike, pytest.mark.slow]

UNKNOWN = "Bu kodla bir ileti bulamadık"
AROUND_A_CODE = [
    "{}",
    " {} ",
    "https://kisa.example/{}",
    "https://kisa.example/k/{}.",
    "KISA.example/{}",
    "http://localhost/k/{}",
    "http://localhost/u/{}?lang=en",
    "/u/{}",
    "Ornek: Onayinizi soruyoruz. Onay/Ret:https://kisa.example/{} elma nehir 0850 123 45 67",
    "(localhost/k/{}/ben-degilim)",
    "İzin/Ret:https://kisa.example/{}",
    "\u200ehttps://kisa.example/{}\u200b",
    "\u200e{}",
    ">> https://kisa.example/{}\r\n>> O sayfada: elma nehir",
    '<a href="https://kisa.example/{}">Onay</a>',
    "Onay<https://kisa.example/{}>Ret",
    "[https://kisa.example/{0}](https://kisa.example/{0})",
    "*https://kisa.example/{}*",
    "https://kisa.example/{}'den",
    "Ret:kisa.example/{}…",
    "Haberler " * 500 + "https://kisa.example/{}",
]
AT_A_FOREIGN_HOST = [
    "https://kisa.example.evil.example/{}",
    "https://evil.example/k/{}",
    "https://evil.example/localhost/k/{}",
    "https://kisa.example@evil.example/k/{}",
    "https://evil.example\\@localhost/k/{}",
    "https://evil.example?localhost/k/{}",
    "evil.example/k/{}",
    "hxxp://localhost.evil.example/k/{}",
    "https://kısa.example/{}",
    "Sayin musterimiz: https://evil.example/k/{} elma nehir",
    "İ" * 21 + "https://evil.example/localhost/k/{}",
    "evil.example/?to=http://localhost/k/{}",
    "evil.com#http://localhost/k/{}",
    "evil.com?kisa.example/{}",
    "www.evil.example/http://localhost/k/{}",
    "http://localhost/k/{}/<https://evil.example/x>",
    "http://localhost/k/{}/|evil.example/x",
    "https://kisa.example|@evil.example/{}",
    "http://localhost:08509999999/k/{}",
    "kisa.example:8000/{}",
]
LINKS = [
    "Hediye:evil.example/x",
    "*evil.example/x*",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "https:evil.example/x",
    "HTTPS://EVIL.EXAMPLE",
    "ftp://evil.example",
    "evil.com",
    "Evil.com.tr:8080",
    "evil.xn--p1ai/x",
    "evil。com/x",
    "185.1.2.3",
    "http://[::1]/x",
    "\u202eevil.example/x",
    "…evil.example/x",
    "localhost\t@evil.example/x",
    "Garanti.support",
    "evil.istanbul,",
    "PTTIADE.BANK",
]
NO_LINKS = [
    "bilgi@ornek.com.tr/0850",
    "Tic.Ltd.Sti.",
    "A.Ş.",
    "0212.123.45.67",
    "28.11.2026",
    "Merhaba.Nasılsınız?",
    "2.el",
    "T.C.kimlik",
]


def test_it_says_who_sent_it_and_to_which_masked_address(app, browser, code):
    page = seen(check(browser, code))

    assert FOUND in page
    assert "Örnek Mağazacılık A.Ş." in page and "0123456789012345" in page
    assert "67" in page and make.PHONE not in page and "532" not in page
    assert "henüz gönderilmedi" in page


def test_it_tells_the_two_words_of_the_message(app, browser, code, rows):
    link_id, nonce = shortlinks.Codes(app.config["LINK_SALT"]).decode(code)

    assert word_pair(app.config["LINK_SALT"], link_id, nonce) in seen(check(browser, code))


def test_of_a_link_that_the_firm_sends_itself_it_says_so(app, browser):
    code = make.codes(app, delivery=Delivery.CSV)[make.PHONE]

    assert "iletiyi firma kendisi gönderiyor" in seen(check(browser, code))


def test_checking_is_no_opening_and_decides_nothing(app, browser, code, rows):
    check(browser, code)
    app.extensions["visit_recorder"].write_chunk()

    assert rows(Visit) == []


def test_a_code_is_found_in_what_was_typed_or_pasted(code, browser):
    assert [around for around in AROUND_A_CODE if FOUND not in check(browser, around.format(code)).text] == []


def test_a_true_code_at_a_foreign_host_is_no_message_of_ours(code, browser):
    pages = {around: check(browser, around.format(code)).text for around in AT_A_FOREIGN_HOST}

    assert [around for around, page in pages.items() if FOUND in page] == []
    assert [around for around, page in pages.items() if "Bu iletideki bağlantı bize ait değil" not in page] == []


def test_a_foreign_link_beside_ours_is_pointed_out(code, browser):
    beside = check(browser, f"Onay: http://localhost/k/{code} Hediye: https://evil.example/x")

    assert FOUND in beside.text and "bize ait olmayan bir bağlantı da var" in beside.text
    assert "bize ait olmayan" not in check(browser, f"Onay: http://localhost/k/{code} Bilgi: localhost/gizlilik").text


def test_whatever_a_phone_would_open_is_a_link(code, browser):
    pages = {link: check(browser, f"Onay: http://localhost/k/{code} {link}").text for link in LINKS}

    assert [link for link, page in pages.items() if FOUND not in page] == []
    assert [link for link, page in pages.items() if "bize ait olmayan bir bağlantı da var" not in page] == []


def test_a_word_with_dots_is_no_link(code, browser):
    pages = {word: check(browser, f"{word} http://localhost/k/{code} {word}").text for word in NO_LINKS}

    assert [word for word, page in pages.items() if "bize ait olmayan" in page] == []


def test_a_receipts_link_tells_of_what_it_is(browser, code):
    receipt = receipt_of(browser, code)

    for said in (f"http://localhost{receipt}", receipt, receipt.removeprefix("/m/"), f"{receipt}/belge.pdf"):
        page = seen(check(browser, said))
        assert "verilmiş bir kararın belgesine gidiyor" in page
        assert "Örnek Mağazacılık A.Ş." in page and "67" in page and "532" not in page


def test_a_cases_link_tells_of_what_it_is(browser, code):
    case = complains(browser, receipt_of(browser, code).removeprefix("/m/")).location

    for said in (f"http://localhost{case}", case.removeprefix("/s/")):
        page = seen(check(browser, said))
        assert "yapılmış bir başvuruya gidiyor" in page
        assert "Örnek Mağazacılık A.Ş." in page and "67" in page and "532" not in page


def test_a_case_is_told_of_to_nobody_once_its_address_changed_hands(app, browser, code):
    case = complains(browser, receipt_of(browser, code).removeprefix("/m/")).location
    another_firm_hears(app, clock.now())

    assert UNKNOWN in check(browser, f"http://localhost{case}").text


@pytest.mark.parametrize("link", ["/m/{}", "/s/{}", "{}"])
def test_a_wrong_long_code_finds_nothing(browser, code, link):
    wrong = make.misspell(receipt_of(browser, code).removeprefix("/m/"))

    assert UNKNOWN in check(browser, link.format(wrong)).text


@pytest.mark.parametrize(
    "text",
    [
        "Ornek: kodunuz 800410. Kimseyle paylasmayin. Verileriniz: https://izinlink.example/b/ornekler",
        "Izinlink: kodunuz 800410. Kod onay degildir. Verileriniz: izinlink.example/gizlilik",
        "Ornek: kodunuz 800410. Kimseyle paylasmayin.",
        "Kodunuz 800410",
        "800410",
        "800 410",
    ],
)
def test_our_own_message_with_six_digits_is_not_called_another_ones(browser, text):
    answer = check(browser, text)

    assert answer.status_code == 422 and UNKNOWN not in answer.text
    assert "Altı rakamlı bir kod, iletiyi kimin gönderdiğini göstermez" in answer.text


@pytest.mark.parametrize("text", ["", "?", "ab", "Merhaba, bu nedir?", "a" * 2000, "\x00", "ı" * 8, "/ſ/Abc123xyz"])
def test_a_text_without_a_code_is_told_so(browser, text):
    answer = check(browser, text)

    assert answer.status_code == 422
    assert "Bunda bir kod bulamadık" in answer.text


def test_a_wrong_code_finds_nothing(browser, code):
    assert UNKNOWN in check(browser, make.misspell(code)).text


@pytest.mark.slow
def test_guessing_is_limited(app, browser):
    limiter.enabled = True
    answers = [check(browser, f"Abc34xy{letter}").status_code for letter in "abcdefgh" * 8]

    assert answers[0] == 200 and answers[-1] == 429


def test_a_false_code_of_a_real_link_and_one_of_no_link_ask_the_database_the_same(app, browser, code, rows):
    salt, link_id = app.config["LINK_SALT"], rows(AudienceEntry)[0].link_id
    codes = shortlinks.Codes(salt)

    asked = [statements(app, browser, codes.encode(each, 123)) for each in (link_id, 987_654)]

    assert asked[0] == asked[1] != []


def test_a_false_code_of_a_real_receipt_and_one_of_none_ask_the_database_the_same(app, browser, code, rows):
    receipt_of(browser, code)
    codes, receipt_id = shortlinks.Codes(app.config["LINK_SALT"]), rows.one(Receipt).id

    asked = [statements(app, browser, codes.encode_long(each, 2**62 + 123)) for each in (receipt_id, receipt_id ^ 1)]

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


@pytest.mark.parametrize("piece", ["a.", "-.", "a。", "a@", "http:", "www.", "1.1.", "a:", "/", ">", "a-", "\u0131"])
def test_no_pasted_text_is_read_more_than_once(app, piece):
    """Four times the text takes about four times as long."""
    with app.app_context():
        texts = [piece * (length // len(piece)) for length in (2_000, 8_000)]
        short, long = (min(cpu_seconds(text) for _ in range(5)) for text in texts)

    assert long < max(10 * short, 0.05)


def cpu_seconds(text: str) -> float:
    begun = time.thread_time()
    pasted_text.parse(text, lambda *_: False)
    return time.thread_time() - begun


@pytest.mark.parametrize(
    ("says", "status"),
    [
        ({"Origin": "https://evil.example"}, 303),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://localhost:8000"}, 200),
        ({"Origin": "null"}, 200),  # What browsers say of our own pages, which tell no referrer.
        ({"Origin": "https://localhost", "Sec-Fetch-Site": "cross-site"}, 303),
    ],
)
def test_no_page_of_ours_shows_what_another_site_posts(browser, code, says, status):
    assert browser.post("/kontrol", data={"code": code}, headers=says).status_code == status


def test_checking_is_limited(app, browser, code):
    limiter.enabled = True
    answers = [check(browser, code).status_code for _ in range(61)]

    assert (answers[0], answers[-1]) == (200, 429)
