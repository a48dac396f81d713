"""Taking a grant back from its receipt: by a form, within minutes without a trace, otherwise as a refusal."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.iys_protocol import Status
from portal.core.models import Annulment, Consent, DecisionOrigin, Outcome, Submission
from portal.domain.consents import annulments
from portal.domain.providers import sandbox_mode
from tests import make
from tests.grants import insert_decisions
from tests.make import Person

pytestmark = [pytest.mark.slow, pytest.mark.alike]

WAIT = 300  # Seconds.


@pytest.fixture
def fatma(app, browser):
    app.config["UNDO_SECONDS"] = WAIT
    return Person(browser, make.codes(app)[make.PHONE])


def test_the_page_says_until_when_and_a_form_takes_it_back(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY").location
    page = browser.get(location).text

    answer = browser.post(f"{location}/geri-al")

    assert "Onayınızı şu ana kadar geri alabilirsiniz" in page and "O ana dek kimseye bildirilmez" in page
    assert f'action="{location}/geri-al"' in page
    assert (answer.status_code, answer.location) == (303, location)
    assert rows.one(Submission).outcome == Outcome.ANNULLED
    assert rows.count(Annulment) == 1


def test_afterwards_it_says_that_it_was_taken_back_and_what_holds(fatma, browser):
    location = fatma.decides(MESAJ="ONAY").location
    browser.post(f"{location}/geri-al")

    page = browser.get(location).text

    assert "<h1>Onayınız geri alındı</h1>" in page and "<title>Onayınız geri alındı" in page
    assert "onay geri alındı" in page and "İYS&#39;ye bildirilmedi" in page
    assert "Şu an: kayıtlı bir kararınız yok" in page
    assert "Onayımı geri al<" not in page


def test_what_stood_before_holds_again(fatma, browser, rows):
    with time_machine.travel(clock.now() - timedelta(days=1)):
        fatma.decides(MESAJ="RET")
    location = fatma.decides(MESAJ="ONAY").location

    browser.post(f"{location}/geri-al")

    assert "Şu an: reddettiniz" in browser.get(location).text
    assert [head.status for head in rows(Consent, Consent.channel == "MESAJ")] == [Status.REFUSED]


def test_again_it_changes_nothing_and_is_no_error(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY").location

    answers = [browser.post(f"{location}/geri-al").status_code for _ in range(3)]

    assert answers == [303, 303, 303]
    assert rows.count(Annulment) == 1


def test_tapped_twice_at_once_both_say_that_it_is_taken_back(fatma, browser, rows, monkeypatch):
    location, undo = fatma.decides(MESAJ="ONAY").location, annulments.undo_grants

    def the_other_was_first(session, *facts):
        undo(session, *facts)
        session.commit()
        return undo(session, *facts)

    monkeypatch.setattr(annulments, "undo_grants", the_other_was_first)

    assert browser.post(f"{location}/geri-al").status_code == 303
    assert rows.count(Annulment) == 1


def test_a_refusal_of_the_same_act_stays(fatma, browser, rows):
    location = fatma.decides(MESAJ="ONAY", ARAMA="RET").location

    browser.post(f"{location}/geri-al")

    page = browser.get(location).text
    assert "onay geri alındı" in page and "reddettiniz" in page
    assert [head.status for head in rows(Consent, Consent.channel == "ARAMA")] == [Status.REFUSED]


@pytest.mark.parametrize("way", ["link", "file"])
def test_where_another_grant_would_stand_who_takes_it_back_refuses(app, fatma, browser, rows, way):
    """İYS hears of the refusal alone, and the page says that."""
    with time_machine.travel(clock.now() - timedelta(days=1)):
        if way == "link":
            fatma.decides(MESAJ="ONAY")
        else:
            with app.app_context():
                insert_decisions(make.brand(), [make.PHONE], clock.now(), origin=DecisionOrigin.IMPORT)
    location = fatma.decides(MESAJ="ONAY", ARAMA="ONAY").location

    answers = [browser.post(f"{location}/geri-al") for _ in range(2)]

    assert {answer.status_code for answer in answers} == {303} and answers[0].location != location
    assert {head.channel: head.status for head in rows(Consent)} == {"MESAJ": "RET", "ARAMA": "RET"}
    page = browser.get(answers[0].location).text
    assert "<h1>Kararınız kaydedildi</h1>" in page and "reddettiniz" in page
    assert rows.count(Annulment) == 2 and "Şu an: reddettiniz" in browser.get(location).text


def test_what_is_claimed_for_sending_in_that_moment_is_refused(fatma, browser, rows, monkeypatch):
    location, undo = fatma.decides(MESAJ="ONAY").location, annulments.undo_grants

    def claimed_just_before(session, *given):
        session.execute(update(Submission).values(attempts=1))
        return undo(session, *given)

    monkeypatch.setattr(annulments, "undo_grants", claimed_just_before)

    with time_machine.travel(clock.now() + timedelta(seconds=5)):
        assert browser.post(f"{location}/geri-al").status_code == 303
    assert rows.one(Consent).status == Status.REFUSED


def test_too_late_it_refuses(fatma, browser, rows):
    """A page may have been left open. Nothing that is taken back stays granted, even where it cannot be undone."""
    location = fatma.decides(MESAJ="ONAY").location

    with time_machine.travel(clock.now() + timedelta(seconds=WAIT + 1)):
        page = browser.get(location).text
        answer, again = (browser.post(f"{location}/geri-al") for _ in range(2))

    assert "Onayımı geri al<" not in page
    assert answer.status_code == 303 and answer.location != location
    assert (again.status_code, again.location) == (303, location)
    assert rows.one(Consent).status == Status.REFUSED and rows.count(Annulment) == 0


def test_a_refusal_alone_cannot_be_undone(fatma, browser, rows):
    location = fatma.decides(MESAJ="RET").location

    assert "Onayımı geri al<" not in browser.get(location).text
    answer = browser.post(f"{location}/geri-al")
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

    assert browser.post(f"{location}/geri-al?lang=en").location == f"{location}?lang=en"


@pytest.fixture
def exempt(app, browser) -> Person:
    """Fatma with a link of a provider that need tell İYS nothing."""
    app.config["UNDO_SECONDS"] = WAIT
    with app.app_context():
        make.provider(sandbox_mode.EXEMPT_CODES.start, sandbox_mode.EXEMPT_CODES.start)
    return Person(browser, make.codes(app)[make.PHONE])


def test_a_grant_that_nobody_is_told_of_is_taken_back_as_well(exempt, browser, rows):
    with time_machine.travel(clock.now() - timedelta(days=1)):
        exempt.decides(MESAJ="RET")
    location = exempt.decides(MESAJ="ONAY", ARAMA="ONAY").location
    page = browser.get(location).text

    answer = browser.post(f"{location}/geri-al")

    assert "Onayınızı şu ana kadar geri alabilirsiniz" in page and "kimseye bildirilmez" not in page
    assert (answer.status_code, answer.location) == (303, location)
    assert rows.count(Annulment) == 2
    assert {head.channel: head.status for head in rows(Consent)} == {"MESAJ": Status.REFUSED, "ARAMA": None}
    page = browser.get(location).text
    assert "onay geri alındı" in page and "Şu an: reddettiniz" in page and "Onayımı geri al<" not in page
    assert "İYS" not in page
    assert browser.post(f"{location}/geri-al").status_code == 303 and rows.count(Annulment) == 2


def test_what_nobody_is_told_of_is_taken_back_within_the_same_time(exempt, browser, rows):
    location = exempt.decides(MESAJ="ONAY").location

    with time_machine.travel(clock.now() + timedelta(seconds=WAIT - 2)):
        assert "Onayımı geri al<" in browser.get(location).text
    with time_machine.travel(clock.now() + timedelta(seconds=WAIT + 1)):
        page = browser.get(location).text
        answer = browser.post(f"{location}/geri-al")

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
