"""A grant waits so that it can be taken back; then it is void, and İYS never hears of it. A refusal never waits."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Annulment, AuditEntry, Consent, Decision, Outcome, Receipt, Submission
from portal.domain.consents import annulments
from portal.domain.providers import sandbox_mode
from tests import make


@pytest.fixture
def app(app):
    app.config["UNDO_SECONDS"] = 300
    return app


@pytest.fixture
def fatma(app, browser) -> make.Person:
    return make.Person(browser, make.codes(app)[make.PHONE])


def undo(app, rows) -> list[Channel]:
    with app.app_context():
        freed = annulments.undo_grants(db.session, vault(), [rows(Receipt)[-1].id], clock.now())
        db.session.commit()
    return freed


def later(**by):
    return time_machine.travel(clock.now() + timedelta(**by))


def test_a_grant_waits_before_it_is_told_and_a_refusal_does_not(fatma, rows):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    refused, granted = sorted(rows(Submission), key=lambda told: told.due_at)
    assert (refused.status, granted.status) == (Status.REFUSED, Status.GRANTED)
    assert granted.due_at - granted.created_at == timedelta(seconds=300)
    assert refused.due_at - refused.created_at < timedelta(seconds=2)


def test_what_is_undone_never_was(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")

    assert undo(app, rows) == [Channel.SMS]

    head = rows.one(Consent)
    assert (head.status, head.decision_id) == (None, None)
    assert rows.one(Annulment).decision_id == rows.one(Decision).id
    told = rows.one(Submission)
    assert (told.outcome, told.due_at) == (Outcome.ANNULLED, None)
    assert len(rows(AuditEntry, AuditEntry.act == "decision.undone")) == 1


def test_grants_of_another_act_and_of_others_stay(app, browser, rows):
    codes = make.codes(app)
    fatma, cem = (make.Person(browser, codes[each]) for each in (make.PHONE, make.EMAIL))
    cem.decides(EPOSTA="ONAY")
    fatma.decides(MESAJ="ONAY")
    with later(seconds=5):
        fatma.decides(ARAMA="ONAY")
        assert undo(app, rows) == [Channel.CALL]

    assert {each.channel: each.status for each in rows(Consent)} == {
        Channel.EMAIL: Status.GRANTED, Channel.SMS: Status.GRANTED, Channel.CALL: None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "freed"), [(sandbox_mode.EXEMPT, [Channel.SMS]), (sandbox_mode.OVER, [Channel.SMS]), ("H174", [])]
)
def test_of_what_needs_no_telling_only_what_nobody_is_told_is_undone(app, fatma, rows, code, freed):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        ends = {"outcome": Outcome.NOT_NEEDED, "code": code, "due_at": None, "ended_at": Submission.due_at}
        db.session.query(Submission).update(ends)
        db.session.commit()

    assert undo(app, rows) == freed


def test_what_stood_before_stands_again(app, fatma, rows):
    fatma.decides(MESAJ="RET")
    with later(seconds=5):
        fatma.decides(MESAJ="ONAY")
        undo(app, rows)

    assert_stands_on(rows.one(Consent), rows(Decision)[0])


def assert_stands_on(consent: Consent, decision: Decision):
    assert (consent.decision_id, consent.status) == (decision.id, decision.status)
    assert (consent.consent_date, consent.effective_at) == (decision.consent_date, decision.effective_at)


def test_of_several_decisions_that_stood_before_the_newest_stands_again(app, fatma, rows):
    for seconds, choice in ((0, "RET"), (5, "ONAY"), (10, "ONAY")):
        with later(seconds=seconds):
            fatma.decides(MESAJ=choice)
    with later(seconds=15):
        undo(app, rows)

    assert rows.one(Annulment).decision_id == rows(Decision)[2].id
    assert_stands_on(rows.one(Consent), rows(Decision)[1])


def test_undoing_twice_changes_nothing_more(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    undo(app, rows)

    assert undo(app, rows) == []
    assert rows.count(Annulment) == 1
    assert len(rows(AuditEntry, AuditEntry.act == "decision.undone")) == 1


def test_refusals_of_the_same_act_stay(app, fatma, rows):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    assert undo(app, rows) == [Channel.SMS]
    assert {head.channel: head.status for head in rows(Consent)} == {Channel.SMS: None, Channel.CALL: Status.REFUSED}


@pytest.mark.parametrize("so_far", [{"attempts": 1}, {"lease_until": clock.now() + timedelta(hours=1)}])
def test_what_iys_may_have_heard_stays(app, fatma, rows, so_far):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        db.session.query(Submission).update(so_far)
        db.session.commit()

    assert undo(app, rows) == []
    assert rows.one(Consent).status == Status.GRANTED


def test_after_the_wait_nothing_is_undone(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")

    with later(seconds=301):
        assert undo(app, rows) == []


def test_a_refusal_within_the_wait_voids_the_grant_and_is_recorded(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with later(seconds=5):
        fatma.decides(MESAJ="RET")

    granted, refused = rows(Decision)
    assert rows.one(Annulment).decision_id == granted.id
    assert rows.one(Consent).decision_id == refused.id
    assert {told.decision_id: told.outcome for told in rows(Submission)} == {
        granted.id: Outcome.ANNULLED,
        refused.id: Outcome.WAITING,
    }


def test_a_refusal_after_the_wait_voids_nothing(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with later(seconds=301):
        fatma.decides(MESAJ="RET")

    assert rows.count(Annulment) == 0
    assert {told.outcome for told in rows(Submission)} == {Outcome.WAITING}


def test_a_refusal_waits_for_no_grant_that_may_be_taken_back_however_often_it_was_given(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with later(seconds=5):
        fatma.decides(MESAJ="ONAY")
    with later(seconds=10):
        fatma.decides(MESAJ="RET")

    first, second, refused = rows(Decision)
    assert {each.decision_id for each in rows(Annulment)} == {first.id, second.id}
    assert {told.decision_id: told.outcome for told in rows(Submission)} == {
        first.id: Outcome.ANNULLED, second.id: Outcome.ANNULLED, refused.id: Outcome.WAITING,
    }  # fmt: skip
