"""Anybody checks a receipt: in full by its token, hardly at all by its number; and reads our public keys."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import event

from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import DecisionOrigin, Provider, Receipt
from portal.domain import receipts
from portal.domain.providers import sandbox_mode
from portal.domain.receipts import tokens
from portal.web.verification.receipt_check import _page
from tests import make
from tests.make import Person
from tests.portal.domain.receipts.stored_receipts import rotate, signed

pytestmark = pytest.mark.alike

UNKNOWN = "0000-0000-0000-0000"


@pytest.fixture
def token(app, fatma):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")
    return signed(app, clock.now())


@pytest.fixture
def number(token, rows):
    return receipts.format_number(rows.one(Receipt).number)


def told(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize(("origin", "is_warned"), [(DecisionOrigin.REPLY, True), (DecisionOrigin.MINE, False)])
def test_what_a_firms_own_account_reported_proves_nothing_of_who_wrote_it(app, origin, is_warned):
    content = SimpleNamespace(is_sandbox=False, collection_method=origin, purposes=(), state_time=clock.now(),
                              event_time=clock.now(), receipt_id="1", pii_principal_id="x")  # fmt: skip
    with app.test_request_context("/dogrula"):
        page = _page(content=content, key=SimpleNamespace(name="a", retired_at=None))
    assert ("kimin yazdığını kanıtlamaz" in page) == is_warned


def test_it_asks_for_a_token_or_a_number(browser):
    page = browser.get("/dogrula")

    assert page.status_code == 200
    assert 'name="token"' in page.text and 'name="number"' in page.text
    assert page.headers.getlist("Set-Cookie") == [] and "Cookie" not in page.headers.get("Vary", "")


def test_a_genuine_one_is_told_in_words(browser, token, number):
    answer = browser.post("/dogrula", data={"token": token})

    said = told(answer.text)
    assert answer.status_code == 200
    for text in ("Bu belge gerçek", number, "+90 5•• ••• •• 67", "Örnek Mağazacılık A.Ş.", "0123456789012345",
                 "SMS: onay verildi", "Telefon araması: reddedildi", "Karar kaydedildi, İYS&#39;ye bildirilecek.",
                 "Kişisel bağlantı", "1. sürüm, Türkçe", "kullanımda",
                 "düğmeye kimin bastığını kanıtlamaz"):  # fmt: skip
        assert text in said


def test_it_is_told_in_english_too(browser, token):
    said = told(browser.post("/dogrula?lang=en", data={"token": token}).text)

    assert "This receipt is genuine" in said and "Receipt no" in said


def test_after_two_turns_of_the_key_it_is_genuine_by_a_retired_one(app, browser, token):
    for _ in range(2):
        rotate(app, clock.now())

    said = told(browser.post("/dogrula", data={"token": token}).text)

    assert "Bu belge gerçek" in said and "yeni belge imzalamıyor" in said


def test_one_changed_letter_is_said_clearly_and_what_was_pasted_comes_back(browser, token):
    place = token.index(".") + 20
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]

    answer = browser.post("/dogrula", data={"token": changed})

    assert answer.status_code == 422
    assert "Bu belge geçerli değil: imzası tutmuyor" in answer.text and "Bu belge gerçek" not in answer.text
    assert changed in answer.text and "Örnek Mağaza" not in answer.text


@pytest.mark.parametrize("pasted", ["", "eyJ", "a.b.c", "<script>alert(1)</script>", "x" * 200_000, "\x00"])
def test_anything_else_is_refused_in_words(browser, pasted):
    answer = browser.post("/dogrula", data={"token": pasted})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text and "<script>" not in answer.text


def test_a_practice_receipt_says_that_it_is_one(app, browser):
    with app.app_context():
        make.provider(sandbox_mode.CODES.start, sandbox_mode.CODES.start)
    Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="RET")

    said = told(browser.post("/dogrula", data={"token": signed(app, clock.now())}).text)

    assert "Bu belge gerçek" in said and "deneme belgesidir" in said


@pytest.mark.parametrize("spelling", [str.lower, lambda number: number.replace("-", " "), lambda number: f" {number} "])
def test_by_number_only_brand_and_day_are_said(browser, number, rows, spelling):
    answer = browser.post("/dogrula", data={"number": spelling(number)})

    said = told(answer.text)
    assert answer.status_code == 200
    assert f"gerçek bir belge var: {number}" in said and "Örnek Mağaza," in said
    assert "•••" not in said and "onay ver" not in said and "reddedildi" not in said and "A.Ş." not in said
    assert str(clock.istanbul(rows.one(Receipt).decided_at).hour) + ":" not in said


def test_by_number_too_it_is_said_that_the_firm_was_suspended(app, browser, number):
    with app.app_context():
        db.session.query(Provider).one().suspended_at = clock.now()
        db.session.commit()

    said = told(browser.post("/dogrula", data={"number": number}).text)

    assert "gerçek bir belge var" in said and "izin sorması sonradan durduruldu" in said


def test_of_a_number_that_does_not_exist_nothing_is_said(browser, number):
    answer = browser.post("/dogrula", data={"number": UNKNOWN})

    assert answer.status_code == 422
    assert "Bu numarayla bir belge yok" in answer.text and "Örnek" not in answer.text


def test_what_is_no_number_is_told_so_and_comes_back(browser, number):
    answer = browser.post("/dogrula", data={"number": "K7QM-1"})

    assert answer.status_code == 422
    assert "Bu bir belge numarası değil" in answer.text and 'value="K7QM-1"' in answer.text


def test_both_kinds_of_numbers_ask_the_same_of_the_database(app, browser, number):
    known, unknown = (statements(app, browser, each) for each in (number, UNKNOWN))

    assert known == unknown and len(known) == 3


def statements(app, browser, number: str) -> list[str]:
    seen = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engines["reader"]
    event.listen(engine, "before_cursor_execute", note)
    browser.post("/dogrula", data={"number": number})
    event.remove(engine, "before_cursor_execute", note)
    return seen


@pytest.mark.slow
def test_nobody_tries_numbers_in_a_row(app, browser):
    limiter.enabled = True
    try:
        answers = [browser.post("/dogrula", data={"number": UNKNOWN}).status_code for _ in range(31)]
    finally:
        limiter.enabled = False
        limiter.reset()

    assert answers == [422] * 30 + [429]


def test_no_token_stands_in_an_address(browser, token, number):
    page = browser.get(f"/dogrula?token={token}&number={number}").text

    assert "Bu belge gerçek" not in page and token not in page and "gerçek bir belge" not in page


def test_the_keys_are_public_and_kept_for_minutes_only(app, browser, token):
    rotate(app, clock.now())

    answer = browser.get("/.well-known/jwks.json")

    old, new = answer.json["keys"]
    assert set(old) == set(new) == {"kty", "crv", "x", "kid", "use", "alg"}
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    with app.app_context():
        assert tokens.verify_token(db.session, token).key.name == old["kid"]


def test_there_are_no_keys_before_the_first_receipt(browser):
    assert browser.get("/.well-known/jwks.json").json == {"keys": []}


def test_short_hosts_do_not_verify(browser):
    assert browser.get("/dogrula", base_url="http://kisa.example").status_code == 404
