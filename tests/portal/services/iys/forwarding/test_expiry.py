"""What ran out of time: said so at once, and a refusal that still counts is said anew."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.models import AuditEntry, Consent, Decision, DecisionOrigin, Outcome, Submission
from portal.domain.consents import annulments
from portal.services.iys.forwarding import expiry
from portal.services.iys.inflow import feeds
from tests import grants, make
from tests.make import Person
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
TOO_LATE = MONDAY + timedelta(days=4)  # Friday: three business days are over.
JUST_TOO_LATE = datetime(2026, 11, 26, 21, 1, tzinfo=UTC)  # A minute after Thursday in Istanbul.
LOOKS = [timedelta(seconds=1.5 * looks) for looks in range(5)]


@pytest.fixture
def fatma(app, browser):
    with time_machine.travel(MONDAY):
        return Person(browser, make.codes(app, expires=timedelta(days=365))[make.PHONE])


def decide(fatma, at=MONDAY, **choices):
    with time_machine.travel(at):
        fatma.decides(**choices)


def forward_at(app, iys, at):
    for after in LOOKS:
        with time_machine.travel(at + after, tick=True):
            make.forward_all(app, iys)


def block(app, until):
    with app.app_context():
        make.hold("H520", until=until)


def test_what_nobody_could_send_expires_in_time(app, fatma, sandbox, iys, rows):
    decide(fatma, MESAJ="ONAY")
    block(app, TOO_LATE + timedelta(days=1))
    last_minute = rows.one(Submission).lenient_deadline

    forward_at(app, iys, last_minute - timedelta(minutes=1))
    before = rows.one(Submission).outcome
    forward_at(app, iys, last_minute + timedelta(seconds=1))

    assert before == Outcome.WAITING
    assert rows.one(Submission).outcome == Outcome.EXPIRED
    assert rows.one(Submission).due_at is None
    assert sandbox.ledger()["requests"]["add"] == 0


def test_an_expired_refusal_is_said_anew_where_iys_holds_a_grant(app, fatma, sandbox, iys, rows):
    with time_machine.travel(MONDAY):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    decide(fatma, MONDAY + timedelta(minutes=1), MESAJ="RET")

    forward_at(app, iys, TOO_LATE)

    first, again = rows(Decision)
    assert (again.origin, again.source, again.renews_id) == (DecisionOrigin.RENEWAL, "HS_KARAR", first.id)
    assert [movement["source"] for movement in sandbox.movements()][-1] == "HS_KARAR"
    assert [each.outcome for each in rows(Submission)] == [Outcome.EXPIRED, Outcome.ACCEPTED]
    assert rows.one(Consent).decision_id == again.id
    assert rows.one(Consent).status == "RET" == rows.one(Consent).iys_status
    assert sandbox.ledger()["failures"] == 0
    assert rows.one(AuditEntry, AuditEntry.act == "decision.renewed").subject_id == first.id


def test_a_refusal_that_expired_under_a_files_grant_is_said_anew_once_the_file_is_taken_back(app, sandbox, iys, rows):
    with time_machine.travel(MONDAY):
        make.codes(app, expires=timedelta(days=365))
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    block(app, TOO_LATE)
    for status, days in ((Status.REFUSED, 0), (Status.GRANTED, 2)):
        with time_machine.travel(MONDAY + timedelta(days=days, hours=2)), app.app_context():
            bring(make.brand(), entry(make.PHONE, status), batch_id=days)
    refusal, grant = rows(Decision)
    forward_at(app, iys, JUST_TOO_LATE)
    expired = rows.one(Submission, Submission.decision_id == refusal.id)

    with time_machine.travel(JUST_TOO_LATE + timedelta(minutes=1)), app.app_context():
        assert annulments.annul_decisions(db.session, vault(), [grant.id], None, clock.now()) == [grant.id]
        db.session.commit()
    for minutes in (1, 2):  # The first call after a hold goes alone.
        forward_at(app, iys, TOO_LATE + timedelta(minutes=minutes))

    assert (expired.outcome, expired.due_at) == (Outcome.EXPIRED, None)
    assert rows(Decision)[-1].renews_id == refusal.id
    assert [movement["source"] for movement in sandbox.movements()][-1] == "HS_KARAR"


@pytest.fixture
def parked(app, fatma, sandbox, iys):
    """A refusal of a grant at İYS that was parked on Monday by a code that nobody knows."""
    with time_machine.travel(MONDAY):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    sandbox.fault("add", "H486")
    decide(fatma, MONDAY + timedelta(minutes=1), MESAJ="RET")
    forward_at(app, iys, MONDAY + timedelta(minutes=2))
    sandbox.mend()


def expire_parked(app, at) -> bool:
    with time_machine.travel(at, tick=False), app.app_context():
        return expiry.expire_parked_refusals()


def test_a_parked_refusal_is_said_anew_once_it_is_too_late_for_it(app, parked, sandbox, iys, rows):
    before = rows.one(Submission).outcome
    in_time = expire_parked(app, TOO_LATE - timedelta(days=1))

    assert (before, in_time, expire_parked(app, TOO_LATE)) == (Outcome.PARKED, False, True)
    forward_at(app, iys, TOO_LATE)

    assert [each.outcome for each in rows(Submission)] == [Outcome.EXPIRED, Outcome.ACCEPTED]
    assert (rows(Decision)[1].origin, rows(Decision)[1].renews_id) == (DecisionOrigin.RENEWAL, rows(Decision)[0].id)
    assert [movement["source"] for movement in sandbox.movements()][-1] == "HS_KARAR"
    assert not expire_parked(app, TOO_LATE + timedelta(days=1))


def test_a_refusal_that_is_parked_again_when_it_is_too_late_stays_so(app, parked, rows):
    expire_parked(app, TOO_LATE)
    with app.app_context():  # İYS was not asked, so it is not known to hold a grant.
        db.session.query(Consent).update({"iys_status": None})
        db.session.commit()
    with iys_that_says(MESAJ=(422, {"errors": [{"code": "H464", "location": ["recipients", 0]}]})) as iys:
        forward_at(app, iys, TOO_LATE)

    assert rows.one(Submission).outcome == Outcome.PARKED
    assert not expire_parked(app, TOO_LATE + timedelta(days=2))


@pytest.mark.parametrize("change", [{"closed_at": TOO_LATE}, {"status": "ONAY"}, {"decision_id": 1}])
def test_what_was_closed_or_granted_or_decided_anew_is_not_said_anew(app, parked, rows, change):
    model = Consent if "decision_id" in change else Submission
    with app.app_context():
        db.session.query(model).update(change)
        db.session.commit()

    assert not expire_parked(app, TOO_LATE)
    assert rows.one(Submission).outcome == Outcome.PARKED


def test_an_expired_refusal_is_not_needed_where_iys_holds_none(app, fatma, sandbox, iys, rows):
    decide(fatma, MESAJ="RET")

    forward_at(app, iys, TOO_LATE)

    assert rows.one(Submission).outcome == Outcome.NOT_NEEDED
    assert rows.count(Decision) == 1


def test_an_expired_refusal_is_shown_while_iys_is_away_and_said_anew_afterwards(app, fatma, sandbox, iys, rows):
    with time_machine.travel(MONDAY):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    decide(fatma, MONDAY + timedelta(minutes=1), MESAJ="RET")
    sandbox.fault("*", "reset")
    forward_at(app, iys, TOO_LATE)
    away = [each.outcome for each in rows(Submission)]
    sandbox.mend()

    for minutes in (2, 4, 6):
        forward_at(app, iys, TOO_LATE + timedelta(minutes=minutes))

    assert away == [Outcome.EXPIRED]
    assert [each.outcome for each in rows(Submission)] == [Outcome.EXPIRED, Outcome.ACCEPTED]


def test_a_person_who_decided_anew_is_not_refused_once_more(app, fatma, sandbox, iys, rows):
    with time_machine.travel(MONDAY):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    decide(fatma, MONDAY + timedelta(minutes=1), MESAJ="RET")
    decide(fatma, TOO_LATE - timedelta(minutes=5), MESAJ="ONAY")

    forward_at(app, iys, TOO_LATE)

    assert DecisionOrigin.RENEWAL not in {decision.origin for decision in rows(Decision)}
    assert rows.one(Consent).status == "ONAY"
    assert [each.outcome for each in rows(Submission)] == [Outcome.EXPIRED, Outcome.ACCEPTED]


def test_an_iys_that_calls_everything_too_old_is_told_once_a_day(app, fatma, sandbox, iys, rows):
    with time_machine.travel(MONDAY):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    sandbox.fault("add", "H467")
    decide(fatma, MONDAY + timedelta(minutes=1), MESAJ="RET")

    for hours in (0, 1, 5, 12, 23):
        forward_at(app, iys, MONDAY + timedelta(hours=hours, minutes=2))
    within_a_day = rows.count(Decision)
    forward_at(app, iys, MONDAY + timedelta(hours=24, minutes=3))

    assert within_a_day == 1
    assert rows.count(Decision) == 2


def test_what_iys_may_have_heard_in_time_is_asked_for_after_it(app, fatma, sandbox, iys, rows):
    sandbox.fault("add", "reset-after-apply", count=1)
    decide(fatma, MESAJ="ONAY")
    with time_machine.travel(MONDAY + timedelta(seconds=2), tick=False):
        make.forward_all(app, iys)
    unsure = rows.one(Submission).outcome

    forward_at(app, iys, JUST_TOO_LATE)

    assert unsure == Outcome.SENT
    assert rows.one(Submission).outcome == Outcome.ACCEPTED
    assert len(sandbox.movements()) == 1


def test_what_iys_never_answered_expires_and_is_accepted_once_iys_lists_it(app, fatma, sandbox, iys, rows):
    sandbox.fault("add", "reset-after-apply", count=1)
    decide(fatma, MESAJ="ONAY")
    with time_machine.travel(MONDAY + timedelta(seconds=2), tick=False):
        make.forward_all(app, iys)
    sandbox.fault("*", "reset")
    with time_machine.travel(TOO_LATE + timedelta(minutes=11), tick=False), app.app_context():
        expiry.expire_late_submissions(iys)
    without_iys = rows.one(Submission).outcome

    sandbox.mend()
    with time_machine.travel(TOO_LATE + timedelta(hours=2), tick=False), app.app_context():
        while feeds.pull_next_page(iys):
            pass

    assert without_iys == Outcome.EXPIRED
    assert rows.one(Submission).outcome == Outcome.VERIFIED


def test_lists_of_late_grants_expire_as_one(app, iys, rows):
    with app.app_context(), time_machine.travel(MONDAY):
        grants.insert_decisions(make.brand(), grants.phones(700), clock.now())

    forward_at(app, iys, TOO_LATE)

    assert Counter(each.outcome for each in rows(Submission)) == {Outcome.EXPIRED: 700}
