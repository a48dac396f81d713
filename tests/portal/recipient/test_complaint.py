"""“I still get messages”: from a receipt to a case, and the case's own page."""

import io
from datetime import timedelta

import pytest
import time_machine
from PIL import Image
from werkzeug.test import encode_multipart

from portal import clock, complaints
from portal.extensions import db, limiter, vault
from portal.models import (
    Closing,
    Complaint,
    ComplaintStep,
    Consent,
    Decision,
    Finding,
    Receipt,
    Recipient,
    Way,
)
from portal.registry import Status
from tests import make
from tests.portal.complaints.cast import HEADER, TEXT, a_case, code_of, receipt_of

pytestmark = pytest.mark.slow

ELEVEN = "2026-12-07T08:00:00Z"  # A Monday, at 11:00 in Istanbul.


def picture(kind: str = "PNG", size=(400, 800)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, kind)
    return file.getvalue()


def told(**other) -> dict:
    at = clock.istanbul(clock.now())
    return {
        "channel": "MESAJ", "header": HEADER, "day": at.date().isoformat(), "hour": at.strftime("%H:%M"), "text": TEXT,
    } | other  # fmt: skip


@pytest.fixture
def receipt(app, rows) -> tuple[Receipt, str]:
    with time_machine.travel(ELEVEN):
        yield receipt_of(app, rows)


@pytest.fixture
def code(receipt) -> str:
    return receipt[1]


@pytest.fixture
def case(app, rows):
    """A case and the code of its page."""
    return a_case(app, rows)


def complains(browser, code: str, **other):
    return browser.post(f"/m/{code}/sikayet", data=told(**other))


def test_asking_opens_nothing(browser, code, rows):
    page = browser.get(f"/m/{code}/sikayet")

    assert page.status_code == 200 and "Hâlâ ileti alıyorum" in page.text
    assert "+90 5•• ••• •• 67" in page.text and "checked" not in page.text
    assert rows.count(Complaint) == 0


def test_what_was_told_becomes_a_case_with_a_page_of_its_own(app, browser, code, rows):
    answer = complains(browser, code)

    case = rows.one(Complaint)
    page = browser.get(answer.location)
    assert answer.status_code == 303 and answer.location == f"/s/{code_of(app, case)}"
    assert "Başvurunuz inceleniyor" in page.text and HEADER in page.text and TEXT in page.text
    assert page.headers["Cache-Control"] == "no-store" and "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers.getlist("Set-Cookie") == []


def test_sending_the_form_twice_opens_one_case(browser, code, rows):
    assert complains(browser, code).location == complains(browser, code).location
    assert rows.count(Complaint) == rows.count(ComplaintStep) == 1


SAID = {
    timedelta(0): (Finding.WITHIN_TERM, "üç iş günü tanır"),
    timedelta(days=3, hours=15): (Finding.AFTER_REFUSAL, "size gelmemeliydi"),
}


@pytest.mark.parametrize("after", SAID)
def test_it_is_compared_with_the_clock_and_said(browser, receipt, rows, after):
    finding, words = SAID[after]
    with time_machine.travel(receipt[0].decided_at + after + timedelta(minutes=1)):
        page = browser.get(complains(browser, receipt[1]).location).text

    assert rows.one(Complaint).finding == finding
    assert words in page


def test_before_the_refusal_is_said_too(browser, code, rows):
    page = browser.get(complains(browser, code, day="01.12.2026", hour="9.30").location).text

    assert rows.one(Complaint).finding == Finding.BEFORE_REFUSAL
    assert "önce gelmiş" in page and "reddet" not in page.split("Neler yapıldı")[0].split("önce gelmiş")[1].lower()


def test_a_channel_that_is_not_refused_may_be_refused_there(browser, code, rows):
    location = complains(browser, code, channel="ARAMA").location
    page = browser.get(location).text
    assert "kayıtlı bir ret kararınız yok" in page and "Telefon araması için reddet" in page

    for _ in range(2):
        assert browser.post(f"{location}/ret").status_code == 303

    refused = rows(Decision, Decision.channel == "ARAMA")
    assert [(each.status, each.way) for each in refused] == [(Status.REFUSED, Way.LINK)]
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "refused"]
    assert rows.count(Receipt) == 2
    assert "için reddet" not in browser.get(location).text


def test_nobody_grants_by_a_case(browser, code, rows):
    location = complains(browser, code).location

    browser.post(f"{location}/ret", data={"MESAJ": "ONAY", "status": "ONAY"})
    browser.post(f"{location}/ekle", data={"MESAJ": "ONAY", "text": "ONAY"})

    assert {head.status for head in rows(Consent)} == {Status.REFUSED}


def test_opening_a_page_changes_nothing(browser, code, rows):
    location = complains(browser, code).location
    before = [rows.count(model) for model in (ComplaintStep, Decision, Receipt)]

    for path in (location, f"{location}/ozet.txt"):
        for method in ("GET", "HEAD"):
            browser.open(path, method=method)
    for act in ("ekle", "yeniden-ac", "ret"):
        assert browser.get(f"{location}/{act}").status_code == 405

    assert [rows.count(model) for model in (ComplaintStep, Decision, Receipt)] == before


WRONG = {
    "no sender": {"header": "  "},
    "an endless sender": {"header": "x" * 61},
    "no channel": {"channel": ""},
    "a channel that the address has not": {"channel": "EPOSTA"},
    "no day": {"day": ""},
    "no such day": {"day": "31.02.2026"},
    "a day to come": {"day": "2026-12-09"},
    "a day before the law": {"day": "2014-01-01"},
    "the first day there is": {"day": "0001-01-01", "hour": "00:00"},
    "no hour": {"hour": ""},
    "no such hour": {"hour": "25:00"},
    "an endless text": {"text": "x" * 3001},
    "a sign that no text has": {"text": "a\0b"},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_form_that_lacks_something_keeps_the_words(browser, code, rows, what):
    words = {"text": "Kış indirimi", "header": "ORNEK"} | WRONG[what]

    answer = complains(browser, code, **words)

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert "ORNEK" in answer.text or "header" in WRONG[what]
    assert "Kış indirimi" in answer.text or "text" in WRONG[what]
    assert rows.count(Complaint) == 0


def test_a_screenshot_is_made_anew_and_sealed(app, browser, code, rows):
    upload = picture("JPEG")

    complains(browser, code, text="", picture=(io.BytesIO(upload), "ekran.jpg"))

    case = rows.one(Complaint)
    with app.app_context():
        png = vault().open(case.picture, Complaint.PICTURE, case.provider_id, case.id)
    assert Image.open(io.BytesIO(png)).format == "PNG" and case.text is None


BAD = {
    b"<svg xmlns='http://www.w3.org/2000/svg'/>": "bir resim değil",
    b"MZ" + bytes(100): "PNG, JPEG ya da WebP değil",
    picture()[:60]: "bozuk",
    picture(size=(10, 900)): "ince uzun",
}


@pytest.mark.parametrize("upload", BAD, ids=range(len(BAD)))
def test_a_bad_picture_is_explained_and_loses_no_word(browser, code, rows, upload):
    answer = complains(browser, code, picture=(io.BytesIO(upload), "x.png"))

    assert answer.status_code == 422 and BAD[upload] in answer.text
    assert TEXT in answer.text and HEADER in answer.text
    assert rows.count(Complaint) == 0


def test_a_large_picture_is_taken_where_the_code_is_somebodys_and_only_there(browser, code, rows):
    large = (io.BytesIO(picture() + bytes(8 * 1024 * 1024)), "x.png")
    boundary, body = encode_multipart(told(picture=large))
    sent = {"data": body, "content_type": f'multipart/form-data; boundary="{boundary}"'}

    assert browser.post(f"/m/{code[:-1]}a/sikayet", **sent).status_code == 404
    assert browser.post(f"/m/{code}/sikayet", **sent).status_code == 303
    assert rows.count(Complaint) == 1


def test_a_fourth_case_and_a_guess_are_turned_away(browser, code, rows):
    for number in range(3):
        complains(browser, code, header=f"X{number}")

    answer = complains(browser, code, header="X4")

    assert answer.status_code == 429 and "üç başvuru sürüyor" in answer.text and "X4" in answer.text
    assert rows.count(Complaint) == 3


def test_many_from_one_network_are_slowed_down(app, browser, code):
    limiter.enabled = True
    answers = [browser.post(f"/m/{code}/sikayet", data={}).status_code for _ in range(61)]

    assert answers == [422] * 60 + [429]


@pytest.mark.parametrize("path", ["/s/{}", "/s/{}/ozet.txt"])
def test_a_wrong_code_finds_nothing(app, browser, case, path):
    found, code = case
    wrong = complaints.code_of(app.config["LINK_SALT"], Complaint(id=found.id, nonce=found.nonce ^ 1))

    for odd in (wrong, code[:-1], "x" * 500, "00"):
        answer = browser.get(path.format(odd))
        assert answer.status_code == 404 and "Bu bağlantıyı bulamadık" in answer.text
    assert browser.get(path.format(code)).status_code == 200


def test_wrong_codes_are_counted(browser, case):
    limiter.enabled = True

    answers = {browser.get(f"/s/{'a' * 20}").status_code for _ in range(61)}

    assert answers == {404, 429}


def test_a_receipt_whose_address_is_somebody_elses_now_opens_nothing(app, browser, code, rows):
    with app.app_context():
        db.session.query(Recipient).update({"disowned_at": clock.now() + timedelta(seconds=5)})
        db.session.commit()

    assert browser.get(f"/m/{code}/sikayet").status_code == 404
    assert complains(browser, code).status_code == 404


def test_a_word_is_added_and_stays_on_the_page(browser, case, rows):
    path = f"/s/{case[1]}"

    assert browser.post(f"{path}/ekle", data={"text": " Bugün yine geldi.\r\n14:05 "}).status_code == 303

    assert "Bugün yine geldi." in browser.get(path).text
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "added"]


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\0b"])
def test_a_word_that_is_none_comes_back(browser, case, rows, text):
    answer = browser.post(f"/s/{case[1]}/ekle", data={"text": text})

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert rows.count(ComplaintStep) == 1


def closed(app, case, text="Numaranızı listeden çıkardık.") -> None:
    with app.app_context():
        of = db.session.get_one(Complaint, case.id)
        complaints.close(
            db.session, vault(), of, Closing.STOPPED, text, link="https://x.example/", sender="X", user_id=7,
            at=clock.now(),
        )  # fmt: skip
        complaints.note_down(db.session, vault(), of, "Aramızda: liste 3", user_id=7, at=clock.now())
        db.session.commit()


def test_how_it_ended_is_read_and_what_is_among_staff_is_not(app, browser, case):
    closed(app, case[0])

    page = browser.get(f"/s/{case[1]}").text

    assert "Başvurunuz sonuçlandı" in page and "Gönderim durduruldu" in page and "listeden çıkardık" in page
    assert "Aramızda" not in page
    assert browser.post(f"/s/{case[1]}/ekle", data={"text": "Bir şey daha"}).status_code == 409


def test_it_may_be_opened_again_within_thirty_days(app, browser, case, rows):
    closed(app, case[0])

    assert browser.post(f"/s/{case[1]}/yeniden-ac", data={"text": "Yine geldi"}).status_code == 303
    assert browser.post(f"/s/{case[1]}/yeniden-ac", data={"text": "Yine geldi"}).status_code == 303  # Twice is once.

    assert rows.one(Complaint).closed_at is None
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "closed", "noted", "reopened"]


def test_after_thirty_days_it_says_what_to_do_instead(app, browser, case):
    closed(app, case[0])

    with time_machine.travel(clock.now() + timedelta(days=31)):
        page = browser.get(f"/s/{case[1]}").text
        answer = browser.post(f"/s/{case[1]}/yeniden-ac", data={"text": "Yine geldi"})

    assert "Yeniden aç" not in page
    assert answer.status_code == 409 and "yeni bir başvuru açın" in answer.text


def test_the_summary_holds_what_the_ministry_asks_for_and_the_address_masked(browser, code, rows):
    location = complains(browser, code).location

    answer = browser.get(f"{location}/ozet.txt")

    receipt = rows(Receipt)[0]
    for words in (
        "Örnek Mağazacılık A.Ş.", "0123456789012345", HEADER, TEXT, "SMS", "+90 5•• ••• •• 67", "7 Aralık 2026 11:00",
        "İYS'ye bildirilecek", receipt.number[:4],
    ):  # fmt: skip
        assert words in answer.text
    assert "1234567" not in answer.text.replace("0123456789012345", "")
    assert answer.mimetype == "text/plain" and "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_person_is_told_that_the_complaint_is_theirs_to_make_and_until_when(browser, code):
    page = browser.get(complains(browser, code).location).text

    assert "Şikâyeti yalnız siz yapabilirsiniz" in page and "“ticari ileti şikayet” diye arayın" in page
    assert "7 Mart 2027" in page


def test_a_case_speaks_the_language_in_which_it_was_opened(browser, code):
    location = browser.post(f"/m/{code}/sikayet?lang=en", data=told()).location
    assert location.endswith("?lang=en")

    assert '<html lang="en">' in browser.get(location.partition("?")[0]).text
    assert '<html lang="tr">' in browser.get(location.replace("lang=en", "lang=tr")).text


def test_asking_for_erasure_has_a_page_too(app, browser, code, rows):
    with app.app_context():
        recipient = db.session.get_one(Recipient, rows.one(Receipt).recipient_id)
        case = complaints.ask_erasure(db.session, vault(), recipient, language="tr", at=clock.now())
        db.session.commit()
        page_code = code_of(app, case)

    page = browser.get(f"/s/{page_code}").text

    assert "silinmesini istediniz" in page and "Kişisel Verileri Koruma Kuruluna" in page
    assert "Bakanlığ" not in page and "Yeni bir ileti geldiyse" not in page
    assert browser.get(f"/s/{page_code}/ozet.txt").status_code == 404
    assert browser.post(f"/s/{page_code}/ret").status_code == 303
    assert rows.count(Decision) == 1


def test_an_email_has_one_channel_and_is_not_asked_for_it(app, rows):
    person = make.Person(app.test_client(), make.codes(app)[make.EMAIL])
    person.decides(EPOSTA="RET")
    code = code_of(app, rows.one(Receipt))

    page = person.browser.get(f"/m/{code}/sikayet").text
    answer = person.browser.post(f"/m/{code}/sikayet", data=told(channel=""))

    assert 'name="channel"' not in page
    assert answer.status_code == 303 and rows.one(Complaint).channel == "EPOSTA"


def test_a_short_host_serves_it_too(browser, code):
    at = {"headers": {"Host": "kisa.example"}}

    answer = browser.post(f"/m/{code}/sikayet", data=told(), **at)

    assert browser.get(f"/m/{code}/sikayet", **at).status_code == 200
    assert browser.get(answer.location, **at).status_code == 200


def test_a_landline_is_promised_no_message(app, rows):
    person = make.Person(app.test_client(), make.codes(app, "0212 345 67 89\n")["+902123456789"])
    person.decides(ARAMA="RET")
    code = code_of(app, rows.one(Receipt))

    page = person.browser.get(f"/m/{code}/sikayet").text
    location = person.browser.post(f"/m/{code}/sikayet", data=told(channel="")).location

    assert "bir ileti göndeririz" not in page + person.browser.get(location).text
    assert rows.one(Complaint).channel == "ARAMA"
