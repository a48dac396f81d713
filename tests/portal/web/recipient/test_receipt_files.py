"""What a person keeps of a receipt: signed, as JSON and on paper; without the address, and stored nowhere between."""

import hashlib
import json
import re

import pypdfium2
import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import CampaignKind, ConsentText, Provider, Receipt, SigningKey
from portal.domain import receipts
from portal.domain.campaigns import default_texts
from portal.domain.receipts import tokens
from tests import make
from tests.make import Person

pytestmark = [pytest.mark.slow, pytest.mark.alike]

FILES = {"jws": "application/jose", "json": "application/json", "pdf": "application/pdf"}


@pytest.fixture
def location(fatma):
    return fatma.decides(MESAJ="ONAY", ARAMA="RET").location


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


@pytest.mark.parametrize("ending", FILES)
def test_it_is_a_file_to_keep_named_by_its_number(location, browser, rows, ending):
    answer = browser.get(f"{location}/belge.{ending}")

    number = receipts.format_number(rows.one(Receipt).number)
    assert answer.mimetype == FILES[ending]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="izinlink-{number}.{ending}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("ending", FILES)
def test_the_page_leads_to_it(location, browser, ending):
    assert f'href="{location}/belge.{ending}"' in browser.get(location).text


@pytest.mark.parametrize("ending", FILES)
def test_a_wrong_code_finds_none(location, browser, ending):
    assert browser.get(f"{make.misspell(location)}/belge.{ending}").status_code == 404


@pytest.mark.parametrize("ending", FILES)
def test_no_file_holds_the_address(location, browser, ending):
    content = browser.get(f"{location}/belge.{ending}").data

    said = words_of(content) if ending == "pdf" else content.decode()
    assert make.PHONE not in said and make.PHONE[3:] not in said.replace(" ", "")


def test_a_text_whose_approval_was_taken_back_is_named_by_its_digest(app, browser, rows):
    parcel = "PTT gonderiniz gumrukte"
    firms = default_texts.Wording(parcel, parcel, parcel, parcel, make.NOTICE)
    code = make.codes(app, make.PHONE, kind=CampaignKind.REFUSE, wording=firms)[make.PHONE]
    location = Person(browser, code).decides(MESAJ="RET").location
    paths = [location, f"{location}/belge.json", f"{location}/belge.pdf"]
    before = [browser.get(path).data for path in paths]
    with app.app_context():
        make.decline_texts()
    after = [browser.get(path).data for path in paths]

    for said in (*map(bytes.decode, before[:2]), words_of(before[2])):
        assert parcel in said
    for said in (*map(bytes.decode, after[:2]), words_of(after[2])):
        assert parcel not in said and "nayı geri alındı" in said
        assert rows.one(ConsentText).digest.hex() in said.replace(" ", "")


def test_a_suspended_firms_contact_line_stands_in_no_file(app, location, browser, rows):
    assert make.NOTICE in browser.get(f"{location}/belge.json").text
    with app.app_context():
        db.session.execute(update(Provider).values(suspended_at=clock.now()))
        db.session.commit()
    told = browser.get(f"{location}/belge.json").text

    assert "0850 123 45 67" not in told and make.NOTICE not in told
    assert json.loads(told)["texts"][0]["digest"] == rows.one(ConsentText).digest.hex()


def test_the_token_is_ours(app, location, browser, rows):
    token = browser.get(f"{location}/belge.jws").text

    with app.app_context():
        genuine = tokens.verify_token(db.session, token)
    assert genuine.claims["receipt_id"] == receipts.format_number(rows.one(Receipt).number)
    assert genuine.claims["iss"] == app.config["MAIN_BASE"]


def test_asked_for_again_it_is_the_same_and_the_key_is_made_once(location, browser, rows):
    first, again = (browser.get(f"{location}/belge.jws").text for _ in range(2))

    assert first == again
    assert rows.count(SigningKey) == 1


def test_the_json_says_what_the_token_says_and_the_texts_whose_digests_it_holds(app, location, browser):
    told = json.loads(browser.get(f"{location}/belge.json").text)

    with app.app_context():
        assert tokens.verify_token(db.session, told["token"]).claims == told["receipt"]
    (text,), (purpose,) = told["texts"], told["receipt"]["purposes"]
    digest = hashlib.sha256("\x00".join(text["shown"].values()).encode()).hexdigest()
    assert digest == text["digest"] == purpose["consent_text"]["digest"]


def test_the_paper_says_all_of_it_in_turkish(app, location, browser, iys, rows):
    make.forward_all(app, iys)

    words = words_of(browser.get(f"{location}/belge.pdf").data)

    number = receipts.format_number(rows.one(Receipt).number)
    for text in ("Ticari ileti izni belgesi", number, "+90 5•• ••• •• 67", "Örnek Mağazacılık A.Ş.", "0123456789012345",
                 "Telefon araması: reddettiniz", "SMS: onay verdiniz", "bildirildi, İYS kabul etti.", "İYS işlem no",
                 "Türkiye saati", "Örnek Mağaza size ileti gönderebilir mi?", "/dogrula"):  # fmt: skip
        assert text in words


def test_the_paper_speaks_english_where_the_page_does(location, browser):
    assert "Receipt no" in words_of(browser.get(f"{location}/belge.pdf?lang=en").data)


def test_the_code_on_the_page_is_the_receipts_own_address(location, browser):
    page = browser.get(location).text

    assert 'aria-label="Bu belgenin adresi, karekod olarak"' in page
    assert len(re.findall(r"<svg ", page)) == 1
