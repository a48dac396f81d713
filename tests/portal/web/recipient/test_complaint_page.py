"""A case's own page: what was found, what is done about it, and what its person may do there."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, limiter, vault
from portal.core.iys_protocol import Status
from portal.core.models import (
    AddressProof,
    Closing,
    Complaint,
    ComplaintStep,
    Consent,
    Decision,
    DecisionOrigin,
    Finding,
    Provider,
    Receipt,
    Recipient,
)
from portal.domain import complaints
from tests import make
from tests.portal.domain.complaints.cast import HEADER, TEXT, a_case, closed, code_of
from tests.portal.web.my_consents.conftest import Visitor
from tests.portal.web.recipient.open_complaints import complains, proves, told

pytestmark = [pytest.mark.slow, pytest.mark.alike]


@pytest.fixture
def case(app, rows):
    """A case and the code of its page."""
    return a_case(app, rows)


SAID = {
    timedelta(0): (Finding.WITHIN_TERM, "kayıtlı bir onay da yoktu"),
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
    assert [(each.status, each.origin) for each in refused] == [(Status.REFUSED, DecisionOrigin.LINK)]
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "refused"]
    assert rows.count(Receipt) == 2
    assert "için reddet" not in browser.get(location).text


def test_who_complains_refuses_what_the_form_says(browser, code, rows):
    """By a tick that is there from the beginning; what is refused already stays as it is."""
    assert browser.get(f"/m/{code}/sikayet").text.count(" checked") == 1
    for channel in ("ARAMA", "MESAJ"):
        complains(browser, code, channel=channel, refuses="y")

    assert [each.status for each in rows(Decision, Decision.channel == "ARAMA")] == [Status.REFUSED]
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "refused", "opened"]


@pytest.mark.parametrize("way", ["ekle", "yeniden-ac"])
@pytest.mark.parametrize(
    ("said", "is_refused"),
    [
        ({"text": "RET"}, True), ({"text": "Bugün yine aradılar.", "refuses": "y"}, True),
        ({"text": "Reddetmedim, aramaları istiyorum, ama gece olmasın."}, False),
    ],
)  # fmt: skip
def test_who_asks_in_a_case_that_messages_stop_refuses(app, browser, code, rows, way, said, is_refused):
    """By the tick, which is there from the beginning, or by a word that is nothing else."""
    proves(browser)
    location = complains(browser, code, channel="ARAMA").location
    if way == "yeniden-ac":
        closed(app, rows.one(Complaint), closing=Closing.OTHER)
    assert browser.get(location).text.count(" checked") == 1

    browser.post(f"{location}/{way}", data=said)

    assert [each.status for each in rows(Decision, Decision.channel == "ARAMA")] == [Status.REFUSED] * is_refused
    assert (rows(ComplaintStep)[-1].act == "refused") is is_refused


def test_who_refuses_in_a_case_what_is_refused_decides_anew(browser, code, rows):
    """A consent from before may be reported yet."""
    location = complains(browser, code).location
    refused = len(rows(Decision, Decision.channel == "MESAJ"))
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        browser.post(f"{location}/ret")

    assert [each.status for each in rows(Decision, Decision.channel == "MESAJ")][refused:] == [Status.REFUSED]
    assert [step.act for step in rows(ComplaintStep)] == ["opened"]


def test_nobody_grants_by_a_case(browser, code, rows):
    proves(browser)
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


@pytest.mark.parametrize("path", ["/s/{}", "/s/{}/ozet.txt"])
def test_a_wrong_code_finds_nothing(app, browser, case, path):
    found, code = case
    proves(browser)
    wrong = complaints.case_code(app.config["LINK_SALT"], Complaint(id=found.id, nonce=found.nonce ^ 1))

    for odd in (wrong, code[:-1], "x" * 500, "00"):
        answer = browser.get(path.format(odd))
        assert answer.status_code == 404 and "Bu bağlantıyı bulamadık" in answer.text
    assert browser.get(path.format(code)).status_code == 200


def test_wrong_codes_are_counted(browser, case):
    limiter.enabled = True

    answers = {browser.get(f"/s/{'a' * 20}").status_code for _ in range(61)}

    assert answers == {404, 429}


def test_a_word_is_added_and_stays_on_the_page(browser, case, rows):
    path = f"/s/{case[1]}"
    proves(browser)

    assert browser.post(f"{path}/ekle", data={"text": " Bugün yine geldi.\r\n14:05 "}).status_code == 303

    assert "Bugün yine geldi." in browser.get(path).text
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "added"]


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001, "a\0b"])
def test_a_word_that_is_none_comes_back(browser, case, rows, text):
    proves(browser)
    answer = browser.post(f"/s/{case[1]}/ekle", data={"text": text})

    assert answer.status_code == 422 and 'role="alert"' in answer.text
    assert rows.count(ComplaintStep) == 1


@pytest.mark.parametrize(
    "number",
    [
        "4543 6012 3456 7890 12/27 123",
        "5400-6100-0000-0001",
        "4543.6012.3456.7890",
        "4543601234567890 123",
        "TR33 0006 1005 1978 6457 8413 26",
        "TR33-0006-1005-1978-6457-8413-26",
    ],
)
def test_nobody_writes_a_card_or_an_account_beneath_a_firms_answer(browser, case, rows, number):
    proves(browser)
    path = f"/s/{case[1]}"
    answer = browser.post(f"{path}/ekle", data={"text": f"İade için: {number}"})

    assert answer.status_code == 422 and "Kart ya da hesap numarası yazmayın" in answer.text
    assert rows.count(ComplaintStep) == 1 and "kart ya da hesap numaranızı yazmayın" in browser.get(path).text
    said = "Sipariş 4543 6012 3456 7893, 0532 123 45 67 0533 765 43 21, 28.11.2026 14:05"
    assert browser.post(f"{path}/ekle", data={"text": said}).status_code == 303


def test_how_it_ended_is_read_and_what_is_among_staff_is_not(app, browser, case):
    closed(app, case[0])
    proves(browser)

    page = browser.get(f"/s/{case[1]}").text

    assert "Başvurunuz sonuçlandı" in page and "Gönderim durduruldu" in page and "listeden çıkardık" in page
    assert "Aramızda" not in page
    assert browser.post(f"/s/{case[1]}/ekle", data={"text": "Bir şey daha"}).status_code == 409


def test_it_may_be_opened_again_within_thirty_days(app, browser, case, rows):
    closed(app, case[0])
    proves(browser)

    assert browser.post(f"/s/{case[1]}/yeniden-ac", data={"text": "Yine geldi"}).status_code == 303
    assert browser.post(f"/s/{case[1]}/yeniden-ac", data={"text": "Yine geldi"}).status_code == 303  # Twice is once.

    assert rows.one(Complaint).closed_at is None
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "closed", "noted", "reopened"]


def test_after_thirty_days_it_says_what_to_do_instead(app, browser, case):
    closed(app, case[0])

    with time_machine.travel(clock.now() + timedelta(days=31)):
        proves(browser)
        page = browser.get(f"/s/{case[1]}").text
        answer = browser.post(f"/s/{case[1]}/yeniden-ac", data={"text": "Yine geldi"})

    assert "Yeniden aç" not in page
    assert answer.status_code == 409 and "yeni bir başvuru açın" in answer.text


def test_the_summary_holds_what_the_ministry_asks_for_and_the_address_masked(browser, code, rows):
    proves(browser)
    location = complains(browser, code).location

    answer = browser.get(f"{location}/ozet.txt")

    receipt = rows(Receipt)[0]
    for words in (
        "Örnek Mağazacılık A.Ş.", "0123456789012345", HEADER, TEXT, "SMS", "+90 5•• ••• •• 67", "7 Aralık 2026 11:00",
        "oraya da bildirilecek", receipt.number[:4],
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
        case = complaints.request_erasure(db.session, recipient, language="tr", at=clock.now())
        db.session.commit()
        page_code = code_of(app, case)

    proves(browser)
    page = browser.get(f"/s/{page_code}").text

    assert "silinmesini istediniz" in page and "Kişisel Verileri Koruma Kuruluna" in page
    assert "Bakanlığ" not in page and "Yeni bir ileti geldiyse" not in page
    assert browser.get(f"/s/{page_code}/ozet.txt").status_code == 404
    assert browser.post(f"/s/{page_code}/ret").status_code == 303
    assert rows.count(Decision) == 1


def test_person_and_summary_read_what_the_desk_reads_that_there_was_no_consent(browser, code):
    proves(browser)
    location = complains(browser, code).location
    page, summary = browser.get(location).text, browser.get(f"{location}/ozet.txt").text

    assert "kayıtlı bir onay da yoktu" in page and "üç iş günü tanır" not in page
    assert "kayıtlı bir onay yoktu" in summary
    assert "Karşılaştırma" not in summary and "Üç iş gününün sonu" not in summary
    assert "Siz açmadıysanız" not in page + summary


def test_page_and_summary_warn_of_words_that_somebody_wrote_without_proving_the_address(app, code):
    stranger, fatma = app.test_client(), app.test_client()
    location = complains(stranger, code).location
    proves(fatma)

    for path in (location, f"{location}/ozet.txt"):
        assert "Siz açmadıysanız" in fatma.get(path).text


def test_words_are_for_who_has_proved_the_address_and_for_nobody_else(app, code, rows):
    """A firm that reads the links it sent opens a case itself, and answers it with what it likes."""
    firm, location = app.test_client(), complains(app.test_client(), code).location
    with app.app_context():
        case = db.session.query(Complaint).one()
        complaints.answer_case(db.session, vault(), case, "Kartınızın numarasını yazın.", user_id=7, at=clock.now())
        db.session.commit()

    for visitor, address in ((firm, None), (app.test_client(), make.EMAIL)):
        if address:
            proves(visitor, address)
        page = visitor.get(location).text
        assert "Başvurunuz inceleniyor" in page and "Adresimi doğrula" in page and "Firma yanıt verdi" in page
        for words in (TEXT, HEADER, "Kartınızın numarasını", "<textarea", rows(Receipt)[0].number[:4], "/m/"):
            assert words not in page, words
        assert visitor.get(f"{location}/ozet.txt").location == location
        for act in ("ekle", "yeniden-ac"):
            answer = visitor.post(f"{location}/{act}", data={"text": "4111 1111"})
            assert answer.status_code == 403 and "4111" not in answer.text
    assert [step.act for step in rows(ComplaintStep)] == ["opened", "answered"]


def test_who_proved_the_address_elsewhere_and_reads_the_case_is_told_of_its_end(app, code, rows):
    stranger, fatma = app.test_client(), app.test_client()
    location = complains(stranger, code).location
    proves(fatma)
    stranger.get(location)
    assert rows.one(Complaint).proved_at is None

    fatma.get(location)

    assert rows.one(Complaint).proved_at is not None


def test_a_code_to_the_cases_address_leads_back_to_the_case(app, code, rows):
    location = complains(app.test_client(), code).location
    fatma = Visitor(app, app.test_client())
    assert rows.one(Complaint).proved_at is None

    path = location.replace("/s/", "/izinlerim/basvuru/")

    asked = fatma.browser.post(path, data={"form": fatma.token(location)})
    assert "Başvurudaki adrese bir kod gönderdik" in fatma.opens(asked.location).text
    renewed = fatma.browser.post(asked.location, data={"renew": "1", "form": fatma.token(asked.location)})
    came = fatma.types(renewed.location, fatma.code())

    page = fatma.opens(came.location).text
    assert came.location == location and TEXT in page and "siz açmadıysanız" in page.lower()
    assert rows.one(Complaint).proved_at is not None
    assert fatma.browser.post(f"{location}/ekle", data={"text": "Yine geldi"}).status_code == 303


def test_no_other_site_and_no_guess_asks_for_a_code(app, browser, case, rows):
    path = f"/izinlerim/basvuru/{case[1]}"

    form = {"form": re.search(r'name="form" value="([^"]*)"', browser.get(f"/s/{case[1]}").text)[1]}

    assert browser.post(path).location == f"/s/{case[1]}"
    assert browser.post(path, data=form, headers={"Sec-Fetch-Site": "cross-site"}).location == f"/s/{case[1]}"
    assert browser.post(f"/izinlerim/basvuru/{make.misspell(case[1])}", data=form).status_code == 404
    assert rows.count(AddressProof) == 0


def test_what_a_suspended_firm_writes_reaches_nobody(app, browser, case):
    proves(browser)
    closed(app, case[0], "Ödemeyi buradan yapın.")
    page = f"/s/{case[1]}"
    assert "Ödemeyi buradan" in browser.get(page).text

    with app.app_context():
        db.session.execute(update(Provider).values(suspended_at=clock.now()))
        db.session.commit()

    shown = browser.get(page).text
    assert "Ödemeyi buradan" not in shown and "Gönderim durduruldu" in shown


def test_at_another_host_the_page_leads_to_the_main_one(app, browser, case):
    page = browser.get(f"/s/{case[1]}", headers={"Host": "kisa.example"}).text

    assert f'href="{app.config["MAIN_BASE"]}/s/{case[1]}"' in page and "/izinlerim/basvuru/" not in page
