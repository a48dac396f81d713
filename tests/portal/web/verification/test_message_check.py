"""A message is checked without tapping its link: whoever knows its code learns who sent it, when, and to whom."""

import re
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event, select, update

import shortlinks
from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import AudienceEntry, Brand, Delivery, Domain, Message, Provider, Receipt
from portal.core.word_pairs import word_pair
from portal.domain.campaigns import text_reviews
from portal.domain.providers import domain_reviews
from portal.web.verification import pasted_text
from shortlinks import Visit
from tests import make
from tests.portal.web.recipient.open_complaints import complains

pytestmark = [pytest.mark.alike, pytest.mark.slow]

FOUND = "Ne için"
SAME = "Bağlantı bizim; metin, gönderdiğimiz gibi"
UNSURE = "Bağlantıyı tanıyoruz; metnini karşılaştıramadık"
FORGED = "Bağlantı bizim, ama metin bizim gönderdiğimiz değil"
UNKNOWN = "Bu kodla bir ileti bulamadık"
AROUND_A_CODE = [
    "{}",
    " {} ",
    "https://kisa.example/{}",
    "https://kisa.example/k/{}.",
    "KISA.example/{}",
    "http://localhost/k/{}",
    "http://localhost:8000/u/{}?lang=en",
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


@pytest.fixture
def code(app) -> str:
    return make.codes(app, delivery=Delivery.GATEWAY)[make.PHONE]


def check(browser, text: str):
    return browser.post("/kontrol", data={"code": text})


def receipt_of(browser, code: str) -> str:
    """The address of the receipt of a refusal."""
    return make.Person(browser, code).decides(MESAJ="RET").location


def seen(page) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


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


def test_the_senders_own_name_is_no_strange_link_but_one_in_its_contact_is(app, browser):
    with app.app_context():
        brand = make.brand()
        brand.name, brand.contact = "Örnek.com", "www.ornek.example/iletisim"
        db.session.commit()
    code = make.codes(app, delivery=Delivery.GATEWAY)[make.PHONE]

    as_written = f"Ornek.com: Onay/Ret: http://localhost/k/{code} (elma nehir)"

    assert "bize ait olmayan" not in check(browser, as_written).text
    assert "bize ait olmayan" in check(browser, text_sent(app, code)).text
    assert SAME not in seen(check(browser, text_sent(app, code)))


def test_a_path_counts_only_where_it_stands_alone(code, browser):
    for text in (f"evil.example /k/{code}", f'evil.example"/k/{code}'):
        assert FOUND not in check(browser, text).text


def test_a_brands_own_host_is_ours(app, browser, code, rows):
    assert "bize ait değil" in check(browser, f"https://izin.ornek.example/{code}").text

    with app.app_context():
        make.add_domain(rows.one(Brand), "izin.ornek.example")
    with time_machine.travel(clock.now() + timedelta(seconds=16)):
        assert FOUND in check(browser, f"https://izin.ornek.example/{code}").text


HOST = "izin.ornek.example"
FAULTS = {
    "of another firm's brand": None,
    "sandbox": update(Provider).values(admitted_at=None),
    "suspended": update(Provider).values(suspended_at=Provider.created_at),
    "waits": update(Domain).values(host=HOST),
    "declined": None,
    "record gone": update(Domain).values(missing_since=Domain.created_at),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_proved_host_is_ours_for_links_of_its_brand_only_while_we_vouch_for_it(app, browser, code, fault):
    """Whoever proves a host may lead it anywhere."""
    with app.app_context():
        brand, host = make.brand(), "ilk.ornek.example" if fault == "waits" else HOST
        if fault == "of another firm's brand":
            brand = (
                db.session.query(Brand).filter_by(provider_id=make.provider(71, 72, email="cem@example.com").id).one()
            )
        make.add_domain(brand, host)
        if fault == "declined":
            of_host = {"digest": domain_reviews.digest_of(host).hex(), "by": 1, "reason": "Değil.", "at": clock.now()}
            assert text_reviews.reverse(db.session, brand.provider_id, is_approved=False, **of_host)
        elif FAULTS[fault] is not None:
            db.session.execute(FAULTS[fault])
        db.session.commit()

    for link in (f"https://{HOST}/{code}", f"{HOST}/u/{code}"):
        assert "Bu iletideki bağlantı bize ait değil" in check(browser, link).text
    sent = text_sent(app, code)
    assert f"localhost/u/{code}" in sent
    assert FORGED in seen(check(browser, sent.replace(f"localhost/u/{code}", f"{HOST}/u/{code}")))


def test_only_a_link_makes_a_brands_own_host_ours(app, browser):
    with app.app_context():
        make.add_domain(make.brand(), "izin.ornek.example")
    code = make.codes(app, make.PHONE)[make.PHONE].rpartition("/")[2]

    genuine = f"Ornek Magaza: Onay/Ret: https://izin.ornek.example/{code}"
    for beside in ("https://izin.ornek.example/odeme?x=1", "izin.ornek.example", "izin.ornek.example/OdemeYap"):
        page = seen(check(browser, f"{genuine} Hediyeniz: {beside}"))
        assert "bize ait olmayan bir bağlantı da var" in page, beside
    assert "bize ait olmayan" not in check(browser, genuine).text


def test_an_unreviewed_contact_line_is_no_known_number(app, browser):
    code = make.codes(app, delivery=Delivery.CSV)[make.PHONE]
    with app.app_context():
        db.session.execute(update(Brand).values(brand_code=990_000_001))
        db.session.commit()

    assert "firmanın bildirmediği bir telefon" in check(browser, f"http://localhost/k/{code} 0850 123 45 67").text


def test_a_confirmation_is_compared_with_what_we_sent_though_it_holds_a_refusing_link_too(app, browser, code):
    receipt = receipt_of(browser, code)
    sent = f"Ornek Magaza: SMS reddiniz kaydedildi. Belgeniz: http://localhost{receipt} Ret: http://localhost/u/{code}"
    with app.app_context():
        message = db.session.scalars(select(Message).where(Message.receipt_id.is_not(None))).one()
        message.text = vault().seal(sent, Message.PLACE, message.provider_id, message.id)
        db.session.commit()

    assert SAME in seen(check(browser, sent))
    assert FORGED in seen(check(browser, sent.replace("Ornek", "Garanti BBVA: hesabiniz askida Ornek")))


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


def text_sent(app, code: str) -> str:
    with app.app_context():
        texts = [
            vault().read(message.text, Message.PLACE, message.provider_id, message.id)
            for message in db.session.query(Message)
        ]
    return next(text for text in texts if code in text)


def test_links_of_an_sms_without_their_scheme_are_known(app, browser):
    with app.app_context():
        make.add_domain(make.brand(), "izin.ornek.example")
    code = make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)[make.PHONE].rpartition("/")[2]
    sent = text_sent(app, code)

    assert f" izin.ornek.example/{code} (" in sent and f" izin.ornek.example/u/{code}" in sent
    assert SAME in seen(check(browser, sent))
    assert FORGED in seen(check(browser, sent.replace("ornek.example/u/", "banka.example/u/")))


def test_every_word_of_ours_is_vouched_for_in_any_spelling(app, browser, code):
    sent = text_sent(app, code)

    for pasted in (sent, f"\u200e{sent.replace(' ', chr(10))}", sent.upper().replace(code.upper(), code), sent[6:]):
        assert SAME in seen(check(browser, pasted)), pasted


@pytest.mark.parametrize(
    "beside",
    [
        "Odul_icin_05551234567_ara_kod:{}", "Odul-icin-05551234567-ara-{}", "Odul\u280005551234567\u2800{}",
        "Odul\u316405551234567\u3164{}", "kisa.example/ara_05551234567/{}", "{}", "\U0001f150\U0001f151",
        "{}\u00a0Odul", "Odul/05551234567/{}", "localhost/ara-05551234567", "05551234567:https://kisa.example/{}",
    ],
)  # fmt: skip
def test_nothing_beside_the_link_is_overlooked(app, browser, code, beside):
    sent = text_sent(app, code)

    for pasted in (f"{sent} {beside.format(code)}", f"{beside.format(code)}\n{sent}"):
        page = seen(check(browser, pasted))
        assert FORGED in page and SAME not in page


def test_a_strange_phone_in_a_text_of_ours_is_named(app, browser, code):
    page = seen(check(browser, f"{text_sent(app, code)} Ara_0555_123_45_67_{code}"))

    assert "firmanın bildirmediği bir telefon" in page


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_text_of_ours_is_not_said_to_be_true_and_may_be_reported(app, browser, code, language):
    """A firm whose account was taken over writes what it likes; we know who it is, and that it wrote so."""
    told = {
        "tr": ("Sözlerinden gönderen firma sorumludur", "metindeki numarayı değil", "Şüpheli mi? Bildirin"),
        "en": ("The firm that sends it answers for its words", "not the number in the text", "Suspicious? Report it"),
    }[language]

    page = browser.post(f"/kontrol?lang={language}", data={"code": text_sent(app, code)})
    receipt = browser.post("/kontrol", data={"code": receipt_of(browser, code)}).text

    assert [each for each in told if each not in seen(page)] == []
    assert "Örnek Mağazacılık A.Ş." in seen(page) and "0123456789012345" in seen(page)
    assert "#complain" in page.text
    assert "/sikayet" in receipt


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Reklam", "Bedava"), ("Onay/Ret:", "Onay/Ret: hediyeniz icin hemen"), ("0850 123 45 67", "0850 999 99 99"),
        ("Ornek", "Banka"), ("", "Kazandiniz! "), ("http:", "Kazandiniz!http:"), ("Onay/", "\u041e\u043f Onay/"),
        ("", "\xa0\u1ddc\xa0\u0363\xa0\u036c\xa0\u036d "), ("", "|< /\\ |) | |_| |\\| () "),  # Read above and drawn.
    ],
)  # fmt: skip
def test_a_true_link_in_other_words_is_called_forged(app, browser, code, old, new):
    sent = text_sent(app, code)
    assert old in sent

    page = seen(check(browser, sent.replace(old, new, 1)))

    assert FORGED in page and SAME not in page


def test_other_words_of_the_pair_and_a_foreign_link_are_called_forged(app, browser, code, rows):
    link = rows(shortlinks.Link)[0]
    pair = word_pair(app.config["LINK_SALT"], link.id, link.nonce)
    other = "elma nehir" if pair != "elma nehir" else "nehir elma"

    assert "İki sözcük başka" in seen(check(browser, text_sent(app, code).replace(pair, other)))
    assert FORGED in seen(check(browser, f"{text_sent(app, code)} https://evil.example/x"))


def test_of_a_text_that_the_firm_sent_only_what_contradicts_is_told(app, browser):
    code = make.codes(app, delivery=Delivery.CSV)[make.PHONE]

    assert UNSURE in seen(check(browser, code))
    text = f"Ornek: Merhaba, 0850 123 45 67. https://kisa.example/{code}"
    assert UNSURE in seen(check(browser, text)) and "yok." in seen(check(browser, text))
    assert FORGED in seen(check(browser, f"{text} Arayin: 0532 999 88 77"))


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


def test_checking_is_limited(app, browser, code):
    limiter.enabled = True
    answers = [check(browser, code).status_code for _ in range(61)]

    assert (answers[0], answers[-1]) == (200, 429)
