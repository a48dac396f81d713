"""“I still get messages”: the form that leads from a receipt to a case."""

import io
import re
from datetime import timedelta

import pytest
import time_machine
from PIL import Image
from sqlalchemy import update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import (
    Complaint,
    ComplaintStep,
    Decision,
    Finding,
    Message,
    MessageKind,
    Outcome,
    Receipt,
    Recipient,
    Submission,
)
from portal.domain.complaints import screenshots
from tests import make
from tests.portal.domain.complaints.cast import HEADER, TEXT, code_of
from tests.portal.web.my_consents.conftest import Visitor
from tests.portal.web.recipient.open_complaints import another_firm_hears, complains, new_link, proves, told

pytestmark = [pytest.mark.slow, pytest.mark.alike]


def picture(kind: str = "PNG", size=(400, 800)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, kind)
    return file.getvalue()


def form_with(upload: bytes, **other) -> dict:
    """A post whose picture the test client does not write to a file of its own."""
    boundary, body = encode_multipart(told(picture=FileStorage(io.BytesIO(upload), "x.png"), **other))
    return {"data": body, "content_type": f'multipart/form-data; boundary="{boundary}"'}


def test_asking_opens_nothing(browser, code, rows):
    page = browser.get(f"/m/{code}/sikayet")

    assert page.status_code == 200 and "Hâlâ ileti alıyorum" in page.text
    assert "+90 5•• ••• •• 67" in page.text and page.text.count(" checked") == 1  # The refusal.
    assert rows.count(Complaint) == 0


def test_what_was_told_becomes_a_case_with_a_page_of_its_own(app, browser, code, rows):
    proves(browser)
    answer = complains(browser, code)

    case = rows.one(Complaint)
    page = browser.get(answer.location)
    assert answer.status_code == 303 and answer.location == f"/s/{code_of(app, case)}"
    assert "Başvurunuz inceleniyor" in page.text and HEADER in page.text and TEXT in page.text
    assert page.headers["Cache-Control"] == "no-store" and "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers.getlist("Set-Cookie") == []


def test_no_limit_of_cases_holds_a_refusal_up(browser, code, rows):
    for hour in ("10:00", "10:01", "10:02"):
        complains(browser, code, hour=hour)
    answer = complains(browser, code, hour="10:03", channel="ARAMA", refuses="y")

    assert answer.status_code == 429 and "Reddiniz kaydedildi" in answer.text and rows.count(Complaint) == 3
    assert [each.status for each in rows(Decision, Decision.channel == "ARAMA")] == ["RET"]


def test_sending_the_form_twice_opens_one_case(browser, code, rows):
    assert complains(browser, code).location == complains(browser, code).location
    assert rows.count(Complaint) == rows.count(ComplaintStep) == 1


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
    sent = form_with(picture() + bytes(8 * 1024 * 1024))

    assert browser.post(f"/m/{make.misspell(code)}/sikayet", **sent).status_code == 404
    assert browser.post(f"/m/{code}/sikayet", **sent).status_code == 303
    assert rows.count(Complaint) == 1


def test_a_fourth_case_and_a_guess_are_turned_away(browser, code, rows):
    for number in range(3):
        complains(browser, code, header=f"X{number}")

    answer = complains(browser, code, header="X4")

    assert answer.status_code == 429 and "üç başvuru sürüyor" in answer.text and "X4" in answer.text
    assert rows.count(Complaint) == 3


def test_who_was_forwarded_the_link_learns_of_cases_neither_their_words_nor_their_pages(app, browser, code):
    answer = complains(browser, code)

    page = app.test_client().get(f"/m/{code}/sikayet").text

    assert ": sürüyor" in page and TEXT not in page
    assert "/s/" not in page and answer.location.startswith("/s/")


OTHER = "+905329876543"


def test_many_by_one_receipt_are_slowed_down_and_refuse_all_the_same(app, browser, code, rows):
    """A whole mobile network may stand behind one address: others there open cases, too."""
    limiter.enabled = True
    answers = [browser.post(f"/m/{code}/sikayet", data={}).status_code for _ in range(61)]
    assert answers == [422] * 60 + [429] and rows.count(Complaint) == 0

    answer = complains(browser, code, channel="ARAMA", refuses="y")
    assert answer.status_code == 429 and "Reddiniz kaydedildi" in answer.text and "Bir saat sonra" in answer.text
    assert [each.status for each in rows(Decision, Decision.channel == "ARAMA")] == ["RET"]
    other = make.Person(app.test_client(), make.codes(app, OTHER)[OTHER]).decides(MESAJ="RET").location
    assert complains(browser, other.removeprefix("/m/")).status_code == 303


@pytest.mark.parametrize("wrong", [{"header": ""}, {"day": ""}, {"picture": (io.BytesIO(b"heic"), "a.heic")}])
def test_a_ticked_refusal_counts_whatever_else_is_wrong(browser, code, rows, wrong):
    answer = complains(browser, code, channel="ARAMA", refuses="y", **wrong)

    assert answer.status_code == 422 and "Reddiniz kaydedildi" in answer.text and "henüz açılmadı" in answer.text
    assert [each.status for each in rows(Decision, Decision.channel == "ARAMA")] == ["RET"]
    assert complains(browser, code, channel="", refuses="y").status_code == 422
    assert complains(browser, code, channel="EPOSTA", refuses="y").status_code == 422
    assert len(rows(Decision, Decision.channel == "ARAMA")) == 1 and rows.count(Decision) == 2


def test_who_sends_too_large_a_picture_is_told_that_nothing_was_recorded(browser, code, rows):
    before = rows.count(Decision)
    too_large = form_with(bytes(screenshots.LARGEST + 2 * 1024 * 1024), channel="ARAMA", refuses="y")
    answer = browser.post(f"/m/{code}/sikayet", **too_large)

    assert answer.status_code == 413 and "hiçbir şey kaydedilmedi" in answer.text and rows.count(Decision) == before
    assert browser.post(f"/m/{code}/sikayet", data={"channel": "ARAMA", "refuses": "y"}).status_code == 422
    assert rows(Decision)[-1].status == "RET"


def test_who_had_the_address_before_reports_what_came_then_or_since(app, browser, code, rows):
    """The desk compares it with the refusals of who had the address as it came; nobody else is told of the answer."""
    before = told()
    with app.app_context():
        db.session.query(Recipient).update({"reassigned_at": clock.now() + timedelta(seconds=5)})
        db.session.commit()
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        proves(browser)
        late, answer = complains(browser, code), browser.post(f"/m/{code}/sikayet", data=before)
        page = browser.get(answer.location).text

    assert late.status_code == answer.status_code == 303
    assert [each.finding for each in rows(Complaint)] == [Finding.NO_REFUSAL, Finding.WITHIN_TERM]
    held = [each.unread_since for each in rows(Complaint)]
    assert held == [None, None], "words of who had it before hold nothing that the holder gets"
    assert "size bir ileti göndeririz" not in page and f"/s/{code}/ret" not in page
    assert clock.istanbul(rows.one(Receipt).decided_at).strftime("%H:%M:%S") not in page


@pytest.mark.parametrize("who", ["its own firm", "another firm"])
def test_a_case_of_who_had_the_address_before_is_read_by_nobody(app, code, rows, who):
    """Not even by who has the address now, and no code goes there."""
    before, since, holder = told(), clock.now() + timedelta(seconds=5), Visitor(app, app.test_client())
    if who == "another firm":
        another_firm_hears(app, since)
    else:
        with app.app_context():
            db.session.query(Recipient).update({"reassigned_at": since})
            db.session.commit()
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        path = app.test_client().post(f"/m/{code}/sikayet", data=before).location
        form = {"form": holder.token("/izinlerim")}
        asked = holder.browser.post(path.replace("/s/", "/izinlerim/basvuru/"), data=form)
        proves(holder.browser)
        page, summary = holder.browser.get(path).text, holder.browser.get(f"{path}/ozet.txt")
        word = holder.browser.post(f"{path}/ekle", data={"text": "Ben yazdım"})
        reported = holder.browser.post(f"/m/{code}/sikayet", data=before | {"text": "Bir daha"})

    assert asked.location == path and len(rows(Message, Message.kind == MessageKind.CODE)) == 1  # Of `proves`.
    assert (summary.location, word.status_code, reported.status_code) == (path, 403, 303)
    assert "Başvurunuz inceleniyor" in page
    assert TEXT not in page and clock.istanbul(rows.one(Receipt).decided_at).strftime("%H:%M:%S") not in page
    assert [each.proved_at for each in rows(Complaint)] == [None, None]


def test_receipt_and_case_tell_the_next_holder_nothing_of_iys_where_another_firm_heard(app, rows):
    """İYS's answer to their refusal tells whether the earlier holder had consented."""
    link, holder, said = make.codes(app)[make.PHONE], app.test_client(), []
    make.Person(app.test_client(), link).decides(MESAJ="ONAY")
    another_firm_hears(app, clock.now() + timedelta(seconds=5))
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        receipt = holder.post(new_link(app), data={"MESAJ": "RET"}).location
        proves(holder)
        case = complains(holder, receipt.removeprefix("/m/")).location
        for outcome, number in ((Outcome.ACCEPTED, "NEWTX"), (Outcome.NOT_NEEDED, None)):
            with app.app_context():
                db.session.execute(update(Submission).values(outcome=outcome, transaction_id=number))
                db.session.commit()
            paths = (receipt, f"{receipt}/belge.json", case, f"{case}/ozet.txt")
            said.append([re.sub(r'value="[^"]*"', "", holder.get(path).text) for path in paths])

    assert "Ret kararınız" in said[0][3] and said[0] == said[1]


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
    location = person.browser.post(f"/m/{code}/sikayet", data=told(channel="ARAMA")).location

    assert "bir ileti göndeririz" not in page + person.browser.get(location).text
    assert rows.one(Complaint).channel == "ARAMA"
