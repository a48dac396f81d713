"""A pasted message in full, compared word by word with what we sent."""

import pytest
from sqlalchemy import select, update

import shortlinks
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    Complaint,
    Delivery,
    Message,
    MessageKind,
    Provider,
    Recipient,
)
from portal.core.word_pairs import word_pair
from portal.domain.campaigns import default_texts
from tests import make
from tests.portal.web.recipient.open_complaints import complains
from tests.portal.web.verification.pasted_messages import FORGED, SAME, check, receipt_of, seen, text_sent

pytestmark = [pytest.mark.alike, pytest.mark.slow]

UNSURE = "Bağlantıyı tanıyoruz; metnini karşılaştıramadık"


def test_a_confirmation_is_compared_with_what_we_sent_though_it_holds_a_refusing_link_too(app, browser, code):
    make.write_to_all(app)
    receipt = receipt_of(browser, code)
    sent = f"Ornek Magaza: SMS reddiniz kaydedildi. Belgeniz: http://localhost{receipt} Ret: http://localhost/u/{code}"
    with app.app_context():
        message = db.session.scalars(select(Message).where(Message.receipt_id.is_not(None))).one()
        message.text = vault().seal(sent, Message.PLACE, message.provider_id, message.id)
        db.session.commit()

    assert SAME in seen(check(browser, sent))
    assert FORGED in seen(check(browser, sent.replace("Ornek", "Garanti BBVA: hesabiniz askida Ornek")))


def test_of_links_at_a_brands_own_host_only_the_text_is_vouched_for(app, browser):
    with app.app_context():
        make.add_domain(make.brand(), "izin.ornek.example")
    code = make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)[make.PHONE].rpartition("/")[2]
    sent = text_sent(app, code)

    assert f" izin.ornek.example/{code} (" in sent and f" izin.ornek.example/u/{code}" in sent
    page = check(browser, sent)
    assert SAME not in seen(page) and "Metin, gönderdiğimiz gibi; bağlantı, firmanın adresinde" in seen(page)
    assert "(izin.ornek.example)" in seen(page) and f'href="/k/{code}"' in page.text  # Which is our own host.
    assert FORGED in seen(check(browser, sent.replace("ornek.example/u/", "banka.example/u/")))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("tr", ("görünen bağlantı başka yere götürebilir", "resimlere ve gönderene bakamayız", "yalnız aşağıdaki")),
        (
            "en",
            ("the link that you see may lead elsewhere", "neither at pictures nor at the sender", "only by the button"),
        ),
    ],
)
def test_a_mails_link_is_not_said_to_be_ours(app, browser, language, words):
    """A pasted text carries neither where its links lead, nor pictures, nor the sender."""
    code = make.codes(app, delivery=Delivery.GATEWAY)[make.EMAIL]
    sent = text_sent(app, code)

    for pasted in (sent, sent.partition("\n")[2]):
        page = browser.post(f"/kontrol?lang={language}", data={"code": pasted})
        assert [each for each in words if each not in seen(page)] == []
        assert SAME not in seen(page) and "The link is ours" not in seen(page)
        assert "notice good" not in page.text and 'class="button"' in page.text
    assert FORGED in seen(check(browser, f"PTT Kargo: gonderiniz bekliyor\n{sent}"))
    assert "başka yere götürebilir" in seen(check(browser, f"http://localhost/k/{code}"))


def test_the_first_advice_on_an_sms_is_to_open_the_page_from_here(app, browser, code):
    page = check(browser, text_sent(app, code))

    assert SAME in seen(page) and "notice good" in page.text
    first = page.text.partition("<li>")[2].partition("</li>")[0]
    assert "iletideki bağlantıdan değil" in first and "Sayfasını aç" in first


def test_no_text_of_sandbox_mode_is_said_to_match(app, browser, code):
    sent = text_sent(app, code)
    with app.app_context():
        db.session.execute(update(Brand).values(brand_code=990_000_001))
        db.session.commit()

    page = seen(check(browser, sent))
    assert "Tutuyor" not in page and "SMS ile aynı" not in page and "gönderdiğimiz gibi" not in page
    assert "deneme hesabının yazdıklarını kimse incelemedi" in page


def test_every_word_of_ours_is_vouched_for_in_any_spelling(app, browser, code):
    sent = text_sent(app, code)

    for pasted in (sent, f"\u200e{sent.replace(' ', chr(10))}", sent.upper().replace(code.upper(), code)):
        assert SAME in seen(check(browser, pasted)), pasted


def test_a_part_of_a_text_of_ours_is_not_vouched_for(app, browser, code):
    """A firm's text may quote a fraud that it warns of."""
    sent = text_sent(app, code)
    link = next(word for word in sent.split() if code in word)

    for pasted in (sent[6:], f"{sent.partition(':')[2]}", f"Ornek Magaza: {link}", f"gonderelim mi? {link}"):
        page = seen(check(browser, pasted))
        assert SAME not in page and "metnin bir bölümü" in page and UNSURE in page, pasted
    assert SAME in seen(check(browser, sent.partition(code)[0] + code))


def test_a_receipts_or_cases_link_leaves_in_our_own_words_only(app, browser, code):
    receipt = receipt_of(browser, code)
    case = complains(browser, receipt.removeprefix("/m/")).location
    fraud = "PTT gonderiniz gumrukte bekliyor, vergisini odeyin"

    for path in (receipt, case):
        assert FORGED in seen(check(browser, f"{fraud} http://localhost{path}"))
    with app.app_context():
        recipient = db.session.get_one(Recipient, db.session.query(Complaint).one().recipient_id)
        sent = f"Ornek Magaza: basvurunuz sonuclandi. Yaniti buradan okuyabilirsiniz: http://localhost{case}"
        facts = {"kind": MessageKind.COMPLAINT_SETTLED, "provider_id": recipient.provider_id, "created_at": clock.now()}
        message = Message(id=new_id(), recipient_id=recipient.id, **facts)
        message.text = vault().seal(sent, Message.PLACE, message.provider_id, message.id)
        db.session.add(message)
        db.session.commit()
    assert SAME in seen(check(browser, sent)) and FORGED in seen(check(browser, f"{fraud} {sent}"))


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


@pytest.mark.parametrize("blanks", [" ", "\n", "\u3164"])
def test_what_stands_behind_the_longest_text_is_not_vouched_for(app, browser, code, blanks):
    trap = f"{text_sent(app, code)}{5000 * blanks}Kart bilginizi 0850 999 99 99 numarasina soyleyin"
    page = check(browser, trap)

    assert SAME not in seen(page) and "bütün metne bakamadık" in seen(page)
    assert "maxlength" not in page.text  # By which the browser would cut it without a word.


def test_a_number_that_is_turned_around_is_no_text_of_ours(app, browser, code):
    """Chromium shows the same signs as 0850 76 54 321."""
    turned = text_sent(app, code).replace("123 45 67", "\u202e123 45 67\u202c")

    assert FORGED in seen(check(browser, turned))


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
        ("", "#$#= =%@^ =#.: ;;!~ "),
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


def test_a_links_confirmation_is_all_that_left_with_it_where_the_person_came_to_a_point(app, browser):
    """Its link and two words may stand in anybody's text."""
    code = make.codes(app, make.PHONE)[make.PHONE]
    fraud = "Örnek Mağaza: hesabınız bugün kapanıyor, kart şifrenizi girin"
    with app.app_context():
        link = db.session.query(shortlinks.Link).one()
        pair = word_pair(app.config["LINK_SALT"], link.id, link.nonce)
        own = f"http://localhost/u/{code} ({pair})"
    assert FORGED not in seen(check(browser, f"{fraud} {own}"))  # The firm sends it.
    with app.app_context():
        db.session.execute(update(Campaign).values(delivery=Delivery.POINT))
        db.session.commit()

    page = seen(check(browser, f"{fraud} {own}"))
    assert FORGED in page and "firma kendisi gönderiyor" not in page
    sent = f"Ornek Magaza: SMS onayiniz kaydedildi. Ret: {own}"
    with app.app_context():
        entry = db.session.query(AudienceEntry).one()
        facts = {"kind": MessageKind.CONFIRMATION, "link_id": entry.link_id, "created_at": clock.now()}
        whose = {"provider_id": entry.provider_id, "recipient_id": entry.recipient_id}
        message = Message(id=new_id(), **whose, **facts)
        message.text = vault().seal(sent, Message.PLACE, message.provider_id, message.id)
        db.session.add(message)
        db.session.commit()
    assert SAME in seen(check(browser, sent)) and FORGED in seen(check(browser, f"{fraud} {own}"))
    with app.app_context():
        db.session.execute(update(AudienceEntry).values(contact_kind="purchase"))
        db.session.commit()
    assert FORGED not in seen(check(browser, f"{fraud} {own}"))  # The firm asked for the link.


@pytest.mark.parametrize("why", ["declined", "suspended", "left"])
def test_nothing_is_vouched_for_whose_text_or_firm_is_not(app, browser, why):
    firms = default_texts.Wording("PTT", "PTT gönderiniz gümrükte", "PTT", "PTT", make.NOTICE)
    code = make.codes(app, delivery=Delivery.GATEWAY, wording=firms)[make.PHONE]
    sent = text_sent(app, code)
    assert SAME in seen(check(browser, sent))
    receipt = receipt_of(browser, code)
    with app.app_context():
        if why == "declined":
            make.decline_texts()
        else:
            db.session.execute(update(Provider).values({f"{why}_at": clock.now()}))
        db.session.commit()

    page = seen(check(browser, sent))
    assert SAME not in page and "kefil değiliz" in page and "İletişim" not in page
    assert why == "declined" or "kefil değiliz" in seen(check(browser, f"http://localhost{receipt}"))
    assert ("Bu iletiye güvenmeyin" in page and "onayını geri aldık" in page) == (why == "declined")
