"""Whoever has the address now says so: everything of the firm ends, the firm is told, and no cookie is needed."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import Brand, Consent, Decision, Event, EventType, Outcome, Receipt, Recipient, Submission
from portal.domain.consents import locking, references
from portal.domain.events import sequencer
from portal.services.webhooks import payloads
from tests import make

pytestmark = [pytest.mark.slow, pytest.mark.alike]

AT_HOST = {"Host": "izin.ornek.example"}


@pytest.fixture
def second_brand(app, fatma, rows):
    with app.app_context():
        its = db.session.query(Brand).one()
        other = Brand(provider_id=its.provider_id, brand_code=700002, name="Öteki", created_at=clock.now())
        db.session.add(other)
        db.session.commit()


def form_in(page: str) -> dict[str, str]:
    return {"form": re.search(r'name="form" value="([^"]+)"', page)[1]}


@pytest.mark.parametrize(("host", "base"), [("localhost", "/k/"), ("kisa.example", "/")])
def test_it_is_a_link_on_the_page_and_a_form_behind_it(fatma, browser, rows, host, base):
    headers = {"Host": host}
    where = re.search(r'href="([^"]+/ben-degilim)"', browser.get(base + fatma.code, headers=headers).text)[1]

    page = browser.get(where, headers=headers).text
    before = rows.count(Decision)
    answer = browser.post(where, data=form_in(page), headers=headers)

    assert where == f"{base}{fatma.code}/ben-degilim"
    assert "Örnek Mağazacılık A.Ş." in page and before == 0
    assert answer.status_code == 303 and "Set-Cookie" not in answer.headers
    assert rows.one(Recipient, Recipient.reassigned_at.is_not(None)).reassigned_at
    assert {(each.channel, each.status) for each in rows(Consent)} == {("MESAJ", "RET"), ("ARAMA", "RET")}
    assert {receipt.origin for receipt in rows(Receipt)} == {"not_mine"}


def name_as(app, reference: str) -> None:
    """What the firm's CRM calls who has the number."""
    with app.app_context():
        references.save_references(db.session, vault(), db.session.query(Brand).one(), {make.PHONE: reference})
        db.session.commit()


def test_webhooks_tell_no_decision_of_before_as_that_of_whom_the_crm_names_now(app, fatma, browser, rows):
    """Also where one is sent again after the number changed hands."""
    name_as(app, "OLD")
    fatma.decides(MESAJ="ONAY")
    with time_machine.travel(clock.now() + timedelta(days=30)):
        browser.post(f"/k/{fatma.code}/ben-degilim")
        name_as(app, "NEW")
        with app.app_context():
            sequencer.sequence_events(db.session)
            made = db.session.scalars(select(Event).where(Event.type == EventType.DECISION_MADE)).all()
            bodies = payloads.event_bodies(db.session, vault(), made, in_full=True).values()

    told = [(each["status"], each["reference"]) for each in (json.loads(body)["data"] for body in bodies)]
    assert sorted(set(told), key=str) == [("ONAY", None), ("RET", "NEW")]


def test_the_crms_name_of_the_earlier_holder_goes(app, fatma, browser, rows):
    name_as(app, "C-1042")
    assert rows.one(Recipient, Recipient.reference.is_not(None))

    browser.post(f"/k/{fatma.code}/ben-degilim")

    assert rows(Recipient, Recipient.reference.is_not(None)) == []


def test_all_brands_of_the_firm_are_refused(second_brand, fatma, browser, rows):
    browser.post(f"/k/{fatma.code}/ben-degilim")

    assert len(rows(Consent)) == 4
    assert {each.status for each in rows(Consent)} == {"RET"}


def test_a_second_time_changes_nothing(fatma, browser, rows):
    browser.post(f"/k/{fatma.code}/ben-degilim")
    said = [each.reassigned_at for each in rows(Recipient)]

    answer = browser.post(f"/k/{fatma.code}/ben-degilim")

    assert answer.status_code == 303 and answer.location == f"/k/{fatma.code}/ben-degilim"
    assert "bildirdiniz" in browser.get(answer.location).text and "Belgenizi açın" in browser.get(answer.location).text
    with time_machine.travel(clock.now() + timedelta(minutes=11)):  # The earlier holder may still have the link.
        assert "Belgenizi açın" not in browser.get(answer.location).text
    assert [each.reassigned_at for each in rows(Recipient)] == said
    assert rows.count(Receipt) == 1


def test_afterwards_the_link_asks_no_more_and_shows_no_earlier_day(app, fatma, browser, rows):
    fatma.decides(MESAJ="RET")
    with app.app_context():
        db.session.execute(update(Consent).values(effective_at=clock.now().replace(year=2020)))
        db.session.commit()
    browser.post(f"/k/{fatma.code}/ben-degilim")

    page = fatma.opens().text

    assert 'value="ONAY"' not in page and "artık başka birinin kullandığı" in page
    assert "2020" not in page
    assert fatma.decides(ARAMA="ONAY").status_code == 409


def test_its_receipt_shows_no_earlier_day_either(app, fatma, browser, rows):
    with time_machine.travel(clock.now() - timedelta(days=1)):
        fatma.decides(MESAJ="RET", ARAMA="RET")
    with app.app_context():
        db.session.execute(update(Submission).values(accepted_at=clock.now(), transaction_id="of-who-was-there-before"))
        db.session.commit()

    location = browser.post(f"/k/{fatma.code}/ben-degilim").location
    page, receipt = browser.get(location).text, browser.get(f"{location}/belge.json").json["receipt"]

    assert page.count("reddettiniz") == 2 and "of-who-was-there-before" not in page
    said = receipt["purposes"][0]["decisions"]
    assert {each["consent_date"] for each in said} == {receipt["event_time"]}
    assert {each["transaction_id"] for each in said} == {each["registered_at"] for each in said} == {None}


def test_its_receipt_shows_no_later_grant(app, fatma, browser):
    """Whoever had the address keeps the receipt; who has it now may grant."""
    location = browser.post(f"/k/{fatma.code}/ben-degilim").location
    with app.app_context():
        db.session.execute(update(Consent).values(status=Status.GRANTED, effective_at=clock.now()))
        db.session.commit()

    assert "Şu an" not in browser.get(location).text


@pytest.mark.parametrize("way", ["not_mine", "later"])
def test_no_receipt_of_the_new_holder_tells_what_iys_held_of_the_earlier_one(app, fatma, browser, way):
    """İYS accepts the refusal of a consent, or knows of nothing to withdraw."""
    fatma.decides(MESAJ="ONAY")
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        location = browser.post(f"/k/{fatma.code}/ben-degilim").location
    if way == "later":
        with time_machine.travel(clock.now() + timedelta(hours=2)):
            location = fatma.decides(all="RET").location
    said = []
    for outcome, wire in (
        (Outcome.ACCEPTED, "of-who-is-here-now"),
        (Outcome.NOT_NEEDED, None),
        (Outcome.WAITING, None),
    ):
        at = clock.now() if wire else None
        with app.app_context():
            its = update(Submission).where(Submission.status == Status.REFUSED)
            db.session.execute(its.values(outcome=outcome, transaction_id=wire, accepted_at=at, ended_at=at))
            db.session.commit()
        purposes = browser.get(f"{location}/belge.json").json["receipt"]["purposes"]
        page = re.sub(r'(content|value)="[^"]*"', "", browser.get(location).text)
        said.append((page, [each["decisions"] for each in purposes]))

    assert said[0] == said[1] == said[2] and "of-who-is-here-now" not in said[0][0]


def test_at_the_brands_own_host_it_leads_to_the_receipt_at_ours(app, fatma, browser, rows):
    its = rows.one(Brand)
    with app.app_context():
        make.add_domain(its, AT_HOST["Host"])

    answer = browser.post(f"/{fatma.code}/ben-degilim", headers=AT_HOST)
    page = browser.get(answer.location, headers=AT_HOST).text

    assert answer.location == f"/{fatma.code}/ben-degilim"
    assert re.search(rf'href="{app.config["MAIN_BASE"]}/m/\w+"', page)


def test_it_answers_in_the_language_of_its_form(fatma, browser):
    page = browser.get(f"/k/{fatma.code}/ben-degilim?lang=en").text

    answer = browser.post(f"/k/{fatma.code}/ben-degilim", data=form_in(page))

    assert "is no longer that person" in page and "lang=en" in answer.location


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_it_says_nothing_to_the_firm(fatma, browser, rows, method):
    assert browser.open(f"/k/{fatma.code}/ben-degilim", method=method).status_code == 200
    assert rows.count(Decision) == 0 and {each.reassigned_at for each in rows(Recipient)} == {None}


def test_a_wrong_code_says_nothing(fatma, browser, rows):
    assert browser.post(f"/k/{make.misspell(fatma.code)}/ben-degilim").status_code == 404
    assert browser.get(f"/{fatma.code}/ben-degilim").status_code == 404  # Only short hosts serve links at their root.
    assert rows.count(Decision) == 0


def test_what_was_told_is_acknowledged_in_words_of_its_own(fatma, browser):
    page = browser.get(browser.post(f"/k/{fatma.code}/ben-degilim").location).text

    assert "<h1>Bildiriminiz kaydedildi</h1>" in page and "bu adreste olmadığını bildirdik" in page


def test_the_next_holder_is_heard_as_well(fatma, browser, rows):
    """Ceren, who said it first, refuses; then the number is Deniz's."""
    browser.post(f"/k/{fatma.code}/ben-degilim")
    with time_machine.travel(clock.now() + timedelta(hours=1)) as then:
        fatma.decides(all="RET")
        then.shift(timedelta(hours=1))
        answer, deniz = browser.post(f"/k/{fatma.code}/ben-degilim"), clock.now()
        page = fatma.opens().text

    assert answer.location.startswith("/m/")
    assert rows.one(Recipient, Recipient.reassigned_at > deniz - timedelta(minutes=1))
    assert {each.origin for each in rows(Decision)[-2:]} == {"not_mine"} and "/m/" not in page


@pytest.mark.parametrize("refused", [{}, {"ARAMA": "RET"}])
def test_a_grant_that_waited_while_the_address_changed_hands_is_asked_again(app, fatma, rows, monkeypatch, refused):
    """Its page was read before; the refusal beside it counts, as any by an old link."""
    form, lock = fatma.form(), locking.lock_channels

    def lock_later(*arguments):
        monkeypatch.setattr(locking, "lock_channels", lock)
        app.test_client().post(f"/k/{fatma.code}/ben-degilim")
        return lock(*arguments)

    monkeypatch.setattr(locking, "lock_channels", lock_later)
    answer = fatma.posts(form, MESAJ="ONAY", **refused)

    assert answer.status_code == 409
    assert {each.status for each in rows(Consent)} == {"RET"} and len(rows(Consent)) == 2
