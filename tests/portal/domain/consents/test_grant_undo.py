"""A grant waits so that it can be taken back; then it is void, and İYS never hears of it. A refusal never waits."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Annulment, Consent, Decision, Outcome, Submission
from portal.domain.providers import sandbox_mode
from tests import make


@pytest.fixture
def app(app):
    app.config["UNDO_SECONDS"] = 300
    return app


def later(**by):
    return time_machine.travel(clock.now() + timedelta(**by))


def test_a_grant_waits_before_it_is_told_and_a_refusal_does_not(fatma, rows):
    fatma.decides(MESAJ="ONAY", ARAMA="RET")

    refused, granted = sorted(rows(Submission), key=lambda told: told.due_at)
    assert (refused.status, granted.status) == (Status.REFUSED, Status.GRANTED)
    assert granted.due_at - granted.created_at == timedelta(seconds=300)
    assert refused.due_at - refused.created_at < timedelta(seconds=2)


def test_grants_of_another_act_and_of_others_stay(app, browser, rows):
    codes = make.codes(app)
    fatma, cem = (make.Person(browser, codes[each]) for each in (make.PHONE, make.EMAIL))
    cem.decides(EPOSTA="ONAY")
    fatma.decides(MESAJ="ONAY")
    with later(seconds=5):
        browser.post(f"{fatma.decides(ARAMA='ONAY').location}/geri-al")

    assert {each.channel: each.status for each in rows(Consent)} == {
        Channel.EMAIL: Status.GRANTED, Channel.SMS: Status.GRANTED, Channel.CALL: Status.REFUSED,
    }  # fmt: skip


NOBODY_IS_TOLD = [{"outcome": Outcome.NOT_NEEDED, "code": code} for code in (sandbox_mode.EXEMPT, sandbox_mode.OVER)]
IYS_MAY_KNOW = [
    {"attempts": 1}, {"lease_until": clock.now() + timedelta(hours=1)}, {"outcome": Outcome.NOT_NEEDED, "code": "H174"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("so_far", "void"), [*((each, 1) for each in NOBODY_IS_TOLD), *((each, 0) for each in IYS_MAY_KNOW)]
)
def test_void_is_only_what_nobody_can_have_heard(app, fatma, rows, so_far, void):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        ended = {"due_at": None, "ended_at": Submission.due_at} if "code" in so_far else {}
        db.session.query(Submission).update(so_far | ended)
        db.session.commit()

    with later(seconds=5):
        fatma.decides(MESAJ="RET")

    assert rows.count(Annulment) == void
    assert rows.one(Consent).status == Status.REFUSED


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
