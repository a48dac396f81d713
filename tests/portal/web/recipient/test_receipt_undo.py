"""Taking a consent back from its receipt refuses: İYS hears of that alone, and nothing of before grants again."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import (
    Annulment,
    Consent,
    Decision,
    DecisionOrigin,
    Outcome,
    Provider,
    Receipt,
    Recipient,
    Submission,
)
from portal.domain.providers import sandbox_mode
from tests import make
from tests.make import Person
from tests.portal.api.programs import CONSENTS, Program, grant, make_key
from tests.portal.domain.consents.import_entries import bring, entry

pytestmark = [pytest.mark.slow, pytest.mark.alike]

WAIT = 300  # Seconds.


@pytest.fixture
def fatma(app, browser):
    app.config["UNDO_SECONDS"] = WAIT
    return Person(browser, make.codes(app)[make.PHONE])


def takes_back(browser, location: str):
    return browser.post(f"{location}/geri-al")


def test_the_page_says_until_when_and_a_form_refuses(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY").location
    page = browser.get(location).text

    answer = takes_back(browser, location)

    assert "Onayınızı şu ana kadar geri alabilirsiniz" in page and "O ana dek kimseye bildirilmez" in page
    assert f'action="{location}/geri-al"' in page
    assert answer.status_code == 303 and answer.location != location
    assert "<h1>Kararınız kaydedildi</h1>" in (new := browser.get(answer.location).text) and "SMS: reddettiniz" in new
    granted, refused = rows(Decision)
    assert (refused.status, refused.origin) == (Status.REFUSED, DecisionOrigin.LINK)
    assert [each.link_id for each in rows(Receipt)] == [rows(Receipt)[0].link_id] * 2
    assert {told.decision_id: told.outcome for told in rows(Submission)} == {
        granted.id: Outcome.ANNULLED, refused.id: Outcome.WAITING,
    }  # fmt: skip


def test_the_receipt_of_the_grant_says_that_it_was_taken_back_and_what_holds(fatma, browser):
    location = fatma.decides(MESAJ="ONAY").location
    takes_back(browser, location)

    page = browser.get(location).text

    assert "<h1>Onayınız geri alındı</h1>" in page and "<title>Onayınız geri alındı" in page
    assert "onay geri alındı" in page and "İYS&#39;ye bildirilmedi" in page
    assert "Şu an: reddettiniz" in page
    assert "Onayımı geri al<" not in page


def test_tapped_again_it_is_the_same_refusal(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY").location

    answers = [takes_back(browser, location) for _ in range(3)]

    assert {(each.status_code, each.location) for each in answers} == {(303, answers[0].location)}
    assert (rows.count(Annulment), rows.count(Decision), rows.count(Receipt)) == (1, 2, 2)


def test_another_channel_of_the_same_act_stays_as_it_was_decided(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY", ARAMA="RET").location
    of_calls = rows.one(Consent, Consent.channel == "ARAMA").decision_id

    takes_back(browser, location)

    page = browser.get(location).text
    assert "onay geri alındı" in page and "Telefon araması: reddettiniz" in page
    assert rows.one(Consent, Consent.channel == "ARAMA").decision_id == of_calls


@pytest.mark.parametrize("way", ["file", "program"])
def test_what_is_dated_before_it_and_comes_later_grants_nothing(app, fatma, browser, rows, way):
    takes_back(browser, fatma.decides(MESAJ="ONAY").location)

    with app.app_context():
        if way == "file":
            came = bring(make.brand(), entry(make.PHONE))
        else:
            program = Program(app, make_key(db.session.get_one(Provider, make.brand().provider_id)))
            said = program.post(f"{CONSENTS}/bulk", {"consents": [grant(ago=timedelta(minutes=40))]}).json
            came = [each["result"] for each in said["results"]]

    assert came == ["older"] and rows.one(Consent).status == Status.REFUSED


def test_a_merchants_consent_is_refused_with_it(app, fatma, browser, rows):
    with app.app_context():
        bring(make.brand(), entry(make.PHONE, recipient_type=RecipientType.MERCHANT))

    answer = takes_back(browser, fatma.decides(MESAJ="ONAY").location)

    assert {head.recipient_type: head.status for head in rows(Consent)} == dict.fromkeys(RecipientType, "RET")
    assert "tacir ya da esnaf): reddettiniz" in browser.get(answer.location).text


def test_too_late_it_refuses_all_the_same(fatma, browser, rows):
    """A page may have been left open. İYS may have heard of the grant: it is not void."""
    location = fatma.decides(MESAJ="ONAY").location

    with time_machine.travel(clock.now() + timedelta(seconds=WAIT + 1)):
        page = browser.get(location).text
        answer = takes_back(browser, location)

    assert "Onayımı geri al<" not in page
    assert answer.status_code == 303 and answer.location != location
    assert rows.one(Consent).status == Status.REFUSED and rows.count(Annulment) == 0


def test_a_stranger_who_has_the_number_now_finds_nothing_to_take_back(app, fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY").location
    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        browser.post(f"{fatma.path}{fatma.code}/ben-degilim", data={"form": fatma.form()})
    assert rows.one(Recipient, Recipient.reassigned_at.is_not(None))
    decided = rows.count(Decision)

    assert takes_back(browser, location).status_code == 409
    assert rows.count(Decision) == decided


def test_a_refusal_alone_cannot_be_undone(fatma, browser, rows):
    location = fatma.decides(MESAJ="RET").location

    assert "Onayımı geri al<" not in browser.get(location).text
    answer = takes_back(browser, location)
    assert answer.status_code == 409 and "Geri alınacak bir onay yok" in answer.text
    alert = answer.text.split('role="alert"')[1].split("</div>")[0]
    assert f'<a href="{fatma.path}{fatma.code}">Kararımı değiştir</a>' in alert
    assert rows.count(Annulment) == 0


def test_opening_takes_nothing_back(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY").location

    assert [browser.open(f"{location}/geri-al", method=each).status_code for each in ("GET", "HEAD")] == [405, 405]
    assert rows.count(Annulment) == 0


def test_a_wrong_code_takes_nothing_back(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY").location

    assert browser.post(f"{make.misspell(location)}/geri-al").status_code == 404
    assert rows.count(Annulment) == 0


def test_english_stays_english(fatma, browser):
    location = fatma.decides(MESAJ="ONAY").location

    assert browser.post(f"{location}/geri-al?lang=en").location.endswith("?lang=en")


@pytest.fixture
def exempt(app, browser) -> Person:
    """Fatma with a link of a provider that need tell İYS nothing."""
    app.config["UNDO_SECONDS"] = WAIT
    with app.app_context():
        make.provider(sandbox_mode.EXEMPT_CODES.start, sandbox_mode.EXEMPT_CODES.start)
    return Person(browser, make.codes(app)[make.PHONE])


def test_a_grant_that_nobody_is_told_of_is_taken_back_as_well(exempt, browser, rows):
    location = exempt.decides(MESAJ="ONAY", ARAMA="ONAY").location
    page = browser.get(location).text

    answer = takes_back(browser, location)

    assert "Onayınızı şu ana kadar geri alabilirsiniz" in page and "kimseye bildirilmez" not in page
    assert rows.count(Annulment) == 2
    assert {head.channel: head.status for head in rows(Consent)} == {"MESAJ": Status.REFUSED, "ARAMA": Status.REFUSED}
    page = browser.get(location).text
    assert "onay geri alındı" in page and "Şu an: reddettiniz" in page and "Onayımı geri al<" not in page
    assert "İYS" not in page + browser.get(answer.location).text


def test_what_nobody_is_told_of_is_taken_back_within_the_same_time(exempt, browser, rows):
    location = exempt.decides(MESAJ="ONAY").location

    with time_machine.travel(clock.now() + timedelta(seconds=WAIT - 2)):
        assert "Onayımı geri al<" in browser.get(location).text
    with time_machine.travel(clock.now() + timedelta(seconds=WAIT + 1)):
        page = browser.get(location).text
        answer = takes_back(browser, location)

    assert "Onayımı geri al<" not in page and answer.status_code == 303
    assert rows.count(Annulment) == 0
    assert rows.one(Consent).status == Status.REFUSED


def test_a_refusal_voids_what_nobody_is_told_of_and_there_is_nothing_left_to_take_back(exempt, browser, rows):
    location = exempt.decides(MESAJ="ONAY").location

    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        exempt.decides(MESAJ="RET")
        page = browser.get(location).text

    assert rows.count(Annulment) == 1
    assert rows.one(Consent).status == Status.REFUSED
    assert "onay geri alındı" in page and "Onayımı geri al<" not in page
    assert {told.due_at for told in rows(Submission)} == {None}
