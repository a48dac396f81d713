"""What a posted form becomes."""

import itertools
import json
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Engine, event

from portal.core import clock
from portal.core.extensions import vault
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import AuditEntry, Campaign, Consent, Decision, Outcome, Receipt, ReceiptDecision, Submission
from portal.domain import consents
from tests import databases, make
from tests.make import Person


def test_a_second_refusal_is_a_decision_with_a_receipt_and_a_submission_of_its_own(fatma, rows):
    """İYS may hold a grant by now of which nobody told us."""
    for _ in range(2):
        fatma.decides(MESAJ="RET")

    first, second = rows(Decision)
    assert first.consent_date < second.consent_date and rows.one(Consent).decision_id == second.id
    assert [told.decision_id for told in rows(Submission)] == [first.id, second.id]
    assert {(told.receipt_id, told.decision_id) for told in rows(ReceiptDecision)} == {
        (receipt.id, decision.id) for receipt, decision in zip(rows(Receipt), (first, second), strict=True)
    }


@pytest.mark.parametrize("has_token", [True, False])
def test_the_same_refusal_within_a_minute_is_one_act_and_later_another(fatma, rows, has_token):
    """Also where the form of yesterday is sent again: İYS may hold a grant by now."""
    form, start = fatma.form() if has_token else "forged", clock.now()
    answers = []
    for seconds, choices in (
        (0, {"MESAJ": "RET"}),
        (59, {"MESAJ": "RET"}),
        (59, {"ARAMA": "RET"}),
        (61, {"MESAJ": "RET"}),
        (120, {"MESAJ": "RET"}),
    ):
        with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
            answers.append(fatma.posts(form, **choices).location)

    assert answers[0] == answers[1] != answers[3] == answers[4]
    assert len(set(answers)) == rows.count(Receipt) == rows.count(Decision) == 3
    assert {each.served_at is not None for each in rows(Receipt)} == {has_token}


def test_a_first_decision_takes_few_statements_and_a_begin_once_the_calendar_is_read(app, browser):
    codes = make.codes(app)
    Person(browser, codes[make.EMAIL]).decides(EPOSTA="RET")
    fatma = Person(browser, codes[make.PHONE])
    form, seen = fatma.form(), []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        fatma.posts(form, MESAJ="ONAY", ARAMA="ONAY")
    finally:
        event.remove(Engine, "before_cursor_execute", note)

    of_visits = ("BEGIN", "INSERT INTO visit")  # Openings are written in batches, whenever the next one is due.
    of_lock = " FOR NO KEY UPDATE"  # PostgreSQL only: SQLite has a single writer.
    own = [each for each in seen if not each.startswith(of_visits) and not each.endswith(of_lock)]
    assert len(own) == (4 if databases.SERVER else 11)  # PostgreSQL takes the rows of several tables at once.
    assert not any("holiday" in each for each in seen)


def test_the_same_form_sent_twice_is_one_decision_and_one_receipt(fatma, rows):
    form = fatma.form()

    first, second = (fatma.posts(form, MESAJ="ONAY", ARAMA="RET") for _ in range(2))

    assert first.location == second.location
    assert rows.count(Receipt) == 1
    assert rows.count(Decision) == 2


def test_the_same_form_sent_by_eight_at_once_is_one_decision(app, fatma, rows):
    form = fatma.form()

    def send():
        Person(app.test_client(), fatma.code).posts(form, MESAJ="ONAY")

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rows.count(Decision) == rows.count(Receipt) == rows.count(Submission) == 1


def test_other_choices_on_a_used_form_refuse_but_do_not_grant(fatma, rows):
    form = fatma.form()
    fatma.posts(form, MESAJ="RET")

    granting = fatma.posts(form, MESAJ="ONAY")
    refusing = fatma.posts(form, ARAMA="RET")

    assert granting.status_code == 409
    assert refusing.status_code == 303
    assert [(d.channel, d.status) for d in rows(Decision)] == [("MESAJ", "RET"), ("ARAMA", "RET")]


@pytest.mark.parametrize("form", [None, "", "forged", "a.b.c", "ğ" * 2000])
def test_a_bad_form_decides_no_grant(fatma, rows, form):
    answer = fatma.posts(form, MESAJ="ONAY")

    assert answer.status_code == 409
    assert 'value="ONAY"' in answer.text
    assert rows.count(Decision) == rows.count(Receipt) == 0


def test_a_bad_form_never_stops_a_refusal(fatma, rows):
    answer = fatma.posts("forged", MESAJ="RET", ARAMA="ONAY")

    assert answer.status_code == 409
    assert [(d.channel, d.status) for d in rows(Decision)] == [("MESAJ", "RET")]


def test_a_form_older_than_a_day_asks_again(fatma, rows):
    form = fatma.form()

    with time_machine.travel(clock.now() + timedelta(hours=25)):
        answer = fatma.posts(form, MESAJ="ONAY")

    assert answer.status_code == 409
    assert rows.count(Decision) == 0


def test_the_form_of_another_link_asks_again(app, browser, rows):
    codes = make.codes(app)
    fatma, other = Person(browser, codes[make.PHONE]), Person(browser, codes[make.EMAIL])

    answer = fatma.posts(other.form(), MESAJ="ONAY")

    assert answer.status_code == 409
    assert rows.count(Decision) == 0


def test_no_choice_brings_the_page_back_with_a_message(fatma, rows):
    answer = fatma.decides()

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert rows.count(Receipt) == 0


def test_a_channel_that_the_address_cannot_serve_is_not_decided(fatma, rows):
    fatma.decides(EPOSTA="ONAY", MESAJ="RET")

    assert [d.channel for d in rows(Decision)] == ["MESAJ"]


def test_refusing_everything_is_one_button(fatma, rows):
    fatma.decides(all="RET")

    assert {(d.channel, d.status) for d in rows(Decision)} == {("MESAJ", "RET"), ("ARAMA", "RET")}


def test_dates_of_one_key_grow_by_a_second_at_least(fatma, rows):
    with time_machine.travel(clock.now().replace(microsecond=400_000), tick=False) as traveller:
        for status in ("ONAY", "RET", "ONAY"):
            fatma.decides(MESAJ=status)
            traveller.shift(timedelta(milliseconds=700))

    dates = sorted(d.consent_date for d in rows(Decision))
    assert len(dates) == 3
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in itertools.pairwise(dates))
    assert all(d.consent_date <= d.recorded_at + timedelta(seconds=1) for d in rows(Decision))


def test_a_key_decided_too_fast_gets_the_page_again(fatma, rows):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        answers = [fatma.decides(MESAJ=status).status_code for status in ("ONAY", "RET", "ONAY")]

    assert answers == [303, 303, 409]
    assert rows.count(Decision) == 2


def test_a_refusal_is_obeyed_at_once_where_the_clock_was_set_back(fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with time_machine.travel(clock.now() - timedelta(minutes=30), tick=False):
        answer = fatma.decides(MESAJ="RET")

    assert (answer.status_code, rows.one(Consent).status) == (303, Status.REFUSED)
    granted, refused = sorted(rows(Submission), key=lambda each: each.consent_date)
    assert (granted.status, refused.status) == (Status.GRANTED, Status.REFUSED)
    assert refused.due_at >= refused.consent_date


def test_a_submission_never_leaves_before_its_date(fatma, rows):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        fatma.decides(MESAJ="ONAY")
        fatma.decides(MESAJ="RET")

    assert all(submission.due_at >= submission.consent_date for submission in rows(Submission))


def test_a_refusal_applies_to_every_recipient_type_held(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    merchant(app, rows.one(Consent))

    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        fatma.decides(MESAJ="RET")

    assert {(c.recipient_type, c.status) for c in rows(Consent)} == {
        (RecipientType.INDIVIDUAL, Status.REFUSED),
        (RecipientType.MERCHANT, Status.REFUSED),
    }


def merchant(app, individual: Consent, **changes) -> None:
    """The same address held as a merchant, too."""
    from portal.core.extensions import db
    from portal.core.ids import new_id

    with app.app_context():
        facts = {c.name: getattr(individual, c.name) for c in Consent.__table__.columns}
        db.session.add(Consent(**(facts | {"id": new_id(), "recipient_type": RecipientType.MERCHANT} | changes)))
        db.session.commit()


def test_every_act_leaves_an_audit_entry_without_an_address(fatma, rows):
    fatma.decides(MESAJ="RET")

    entry = rows.one(AuditEntry, AuditEntry.act == "decision.made")
    assert entry.facts == {"choices": "MESAJ=RET", "new": 1}


def test_decisions_and_their_receipt_name_the_text_that_the_page_showed(fatma, rows):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    shown = rows.one(Campaign).text_id
    assert [each.text_id for each in (rows.one(Receipt), *rows(Decision))] == [shown] * 3


def test_a_receipt_keeps_from_where_and_under_which_name_it_was_posted(app, fatma, rows):
    posted = {"form": fatma.form(), "MESAJ": "ONAY", "name": "Fatma Yılmaz"}
    posted_from = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}, "headers": {"User-Agent": "Kalem/1.0"}}
    fatma.browser.post(fatma.path + fatma.code, data=posted, **posted_from)
    fatma.decides(ARAMA="RET")

    named, nameless = rows(Receipt)
    sealed = {Receipt.NAME: named.name, Receipt.PLACE: named.request_metadata}
    with app.app_context():
        name, facts = (vault().read(what, place, named.provider_id, named.id) for place, what in sealed.items())
    assert (name, nameless.name) == ("Fatma Yılmaz", None)
    assert json.loads(facts) == {"ip": "192.0.2.7", "user_agent": "Kalem/1.0"}


def test_a_submission_waits_with_both_deadlines(fatma, rows):
    fatma.decides(MESAJ="ONAY")

    submission = rows.one(Submission)
    assert submission.outcome == Outcome.WAITING
    assert submission.consent_date < submission.safe_deadline <= submission.lenient_deadline


def test_a_refusal_on_a_spent_form_counts_where_a_grant_came_between(fatma, rows):
    start = clock.now()
    with time_machine.travel(start, tick=False):
        spent = fatma.form()
        fatma.posts(spent, MESAJ="RET")
    with time_machine.travel(start + timedelta(seconds=3), tick=False):
        fatma.decides(MESAJ="ONAY")

    with time_machine.travel(start + timedelta(seconds=6), tick=False):
        answer = fatma.posts(spent, MESAJ="RET")

    assert answer.status_code == 303
    assert rows.one(Consent).status == Status.REFUSED
    assert [d.status for d in sorted(rows(Decision), key=lambda d: d.consent_date)] == ["RET", "ONAY", "RET"]


def test_going_back_and_ticking_one_more_keeps_the_refusal_and_asks_for_the_grant(fatma, rows):
    form = fatma.form()
    first = fatma.posts(form, ARAMA="RET")

    second = fatma.posts(form, ARAMA="RET", MESAJ="ONAY")

    assert (first.status_code, second.status_code) == (303, 409)
    assert rows.count(Receipt) == rows.count(Decision) == 1


def test_one_form_grants_once_whichever_channels_it_names(app, fatma, rows):
    form = fatma.form()

    def send(channel):
        Person(app.test_client(), fatma.code).posts(form, **{channel: "ONAY"})

    threads = [threading.Thread(target=send, args=(channel,)) for channel in ("MESAJ", "ARAMA")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert rows.count(Decision) == rows.count(Receipt) == 1


def test_a_grant_beside_a_merchants_head_makes_an_individuals(app, fatma, rows):
    fatma.decides(ARAMA="RET")
    merchant(app, rows.one(Consent), channel="MESAJ")

    answer = fatma.decides(MESAJ="ONAY")

    assert answer.status_code == 303
    granted = rows.one(Consent, Consent.status == Status.GRANTED)
    assert (granted.channel, granted.recipient_type) == ("MESAJ", RecipientType.INDIVIDUAL)


def test_a_refusal_is_never_too_soon(fatma, rows):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        for _ in range(2):
            fatma.decides(MESAJ="ONAY")
        answer = fatma.decides(MESAJ="RET")

    assert (answer.status_code, rows.one(Consent).status) == (303, Status.REFUSED)
    refused = rows(Submission, Submission.status == Status.REFUSED)[0]
    assert refused.due_at >= refused.consent_date


def test_a_grant_that_comes_too_soon_takes_no_refusal_with_it(fatma, rows):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False):
        for _ in range(2):
            fatma.decides(MESAJ="ONAY")
        answer = fatma.decides(MESAJ="ONAY", ARAMA="RET")

    assert answer.status_code == 409 and "Ret kararlarınızı kaydettik" in answer.text
    assert {(head.channel, head.status) for head in rows(Consent)} == {("MESAJ", "ONAY"), ("ARAMA", "RET")}


def test_a_link_decides_so_often_a_minute_and_a_refusal_that_is_new_all_the_same(fatma, rows, monkeypatch):
    monkeypatch.setattr(consents, "MOST_A_MINUTE", 2)
    with time_machine.travel(clock.now(), tick=False) as traveller:
        answers = []
        for choices in ({"MESAJ": "ONAY"}, {"MESAJ": "ONAY"}, {"MESAJ": "ONAY"}, {"MESAJ": "RET"}, {"MESAJ": "RET"}):
            answers.append(fatma.decides(**choices).status_code)
            traveller.shift(5)

    assert answers == [303, 303, 429, 303, 429]
    assert rows.one(Consent).status == Status.REFUSED
