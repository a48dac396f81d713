"""Feeds, day files, forwarders and people write the same keys at once: people are locked first, then what is on its
way, then heads, or on PostgreSQL two of them would wait for each other in a circle."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import addresses, clock, iys_protocol
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source
from portal.core.models import (
    BulkRequest,
    BulkState,
    Closing,
    Complaint,
    Consent,
    DayState,
    Decision,
    Lane,
    Outcome,
    Recipient,
    Submission,
    User,
)
from portal.domain import complaints
from portal.domain.consents import locking, refusals, verification
from portal.services.iys.forwarding import bulk_dispatch, bulk_lists, bulk_results, outcomes
from portal.services.iys.reconciliation import comparison_results, day_file
from portal.services.iys.reconciliation.schedule import ClaimedDay
from tests import grants, make
from tests.portal.domain.complaints.cast import a_case, closed
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.recipient.open_complaints import proves

pytestmark = pytest.mark.slow

PHONES = grants.phones(2)


@pytest.fixture
def bring(app):
    """Bring grants of two people in a lane; (consent id, submission id) of each."""

    def them(lane=None) -> list[tuple[int, int]]:
        with app.app_context():
            grants.insert_decisions(make.brand(), PHONES, clock.now() - timedelta(minutes=5), lane=lane)
            return [(each.consent_id, each.id) for each in db.session.query(Submission).order_by(Submission.id)]

    return them


def meanwhile(app, holds, act, then) -> None:
    """Hold some rows, let another act run into them, and then write what it must not have locked before them."""

    def acts():
        with app.app_context():
            act()

    with app.app_context(), ThreadPoolExecutor(1) as pool:
        holds()
        acting = pool.submit(acts)
        time.sleep(1)
        then()
        db.session.commit()
        acting.result()


def touch(model, its_id: int):
    """The act of writing one row."""
    return lambda: db.session.execute(update(model).where(model.id == its_id).values(id=its_id))


def test_a_days_file_holds_nothing_while_it_waits_for_a_person(app, bring, rows):
    _, (_, second) = bring()
    with app.app_context():
        taken = {"outcome": Outcome.ACCEPTED, "due_at": None, "transaction_id": "t2"}
        theirs = update(Submission).where(Submission.id == second)
        db.session.execute(theirs.values(accepted_at=Submission.consent_date, **taken))
        db.session.execute(update(Submission).where(Submission.id != second).values(attempts=1))  # Its answer was lost.
        db.session.commit()
        brand = make.brand()
        at = clock.now()
        claimed = ClaimedDay(brand.provider_id, brand.id, clock.day(at), 0, 0, 0, DayState.WAITING, 1, at)
    listed = [",".join(day_file.COLUMNS), *(_line(told, number) for number, told in enumerate(rows(Submission), 1))]
    file = "\n".join([*listed, ""]).encode()

    meanwhile(
        app,
        holds=lambda: locking.lock_consents(db.session, brand.id, [rows(Consent)[0].recipient_id]),
        act=lambda: comparison_results.compare_and_record(claimed, file, clock.now()),
        then=touch(Submission, second),
    )

    assert {each.outcome for each in rows(Submission)} == {Outcome.VERIFIED}


def _line(told: Submission, number: int) -> str:
    date = iys_protocol.format_wire_date(told.consent_date)
    return f"{date},t{number},{PHONES[number - 1]},BIREYSEL,MESAJ,ONAY,{date},HS_ISLAK_IMZA"


def test_an_accepted_grant_wakes_its_refusal_before_it_touches_the_head(app, bring, rows):
    (consent_id, _), (_, asleep) = bring()
    with app.app_context():
        later = {"lane": Lane.REFUSALS, "due_at": clock.now() + timedelta(minutes=5), "code": verification.ABSENT}
        theirs = update(Submission).where(Submission.id == asleep)
        db.session.execute(theirs.values(consent_id=consent_id, status="RET", **later))
        db.session.commit()
        (claimed,) = make.claim(clock.now())

    meanwhile(
        app,
        holds=touch(Submission, asleep),
        act=lambda: outcomes.accept_submission(claimed, "t1", iys_protocol.format_wire_date(clock.now())),
        then=touch(Consent, consent_id),
    )

    assert rows(Submission)[0].outcome == Outcome.ACCEPTED
    assert rows(Consent)[0].iys_status == "ONAY"


def test_a_refusal_is_not_held_while_others_of_its_kind_are_taken_in_hand(app, bring, rows):
    (_, other), (_, oldest) = bring()
    with app.app_context():
        refuses = update(Submission).values(status="RET", lane=Lane.REFUSALS)
        db.session.execute(refuses)
        earlier = {"due_at": clock.now() - timedelta(hours=1)}
        db.session.execute(update(Submission).where(Submission.id == oldest).values(**earlier))
        db.session.commit()

    meanwhile(app, holds=touch(Submission, other), act=lambda: make.claim(clock.now()), then=touch(Submission, oldest))

    assert all(each.lease_until for each in rows(Submission))


def test_a_result_writes_every_submission_before_the_first_head(app, bring, rows):
    (accepted, _), (_, failed) = bring(Lane.BULK)
    with app.app_context():
        bulk = bulk_lists.claim_list_to_send(db.session, clock.now())
        bulk_dispatch.mark_sent(
            bulk, bulk_dispatch.open_payloads(bulk, bulk_lists.read_items(bulk)), {"requestId": "a-1"}
        )
        db.session.execute(update(BulkRequest).values(due_at=clock.now()))
        db.session.commit()
        bulk = bulk_lists.claim_list(db.session, clock.now(), (BulkState.SENT,))
    said = [
        {"index": 0, "status": "success", "transactionId": "t1"},
        {"index": 1, "status": "failure", "error": {"code": "H174"}},
    ]

    meanwhile(
        app,
        holds=touch(Submission, failed),
        act=lambda: bulk_results.record_results(bulk, said),
        then=touch(Consent, accepted),
    )

    assert [each.outcome for each in rows(Submission)] == [Outcome.ACCEPTED, Outcome.PARKED]


def test_of_two_who_refuse_for_one_person_at_once_the_second_waits_and_finds_it_done(app, bring, rows):
    bring()
    phone = addresses.parse(PHONES[0])
    (decided,) = rows(Decision)[:1]

    def refuse():
        refusals.refuse(
            db.session, vault(), db.session.get_one(Recipient, decided.recipient_id), [make.brand()], [Channel.SMS],
            address=phone, source=Source.CALL_CENTRE, user_id=db.session.query(User).first().id, at=clock.now(),
        )  # fmt: skip

    def refuse_too():
        refuse()
        db.session.commit()

    meanwhile(app, holds=refuse, act=refuse_too, then=lambda: None)

    assert [each.status for each in rows(Decision, Decision.consent_id == decided.consent_id)] == ["ONAY", "RET"]


@pytest.mark.parametrize("act", ["ekle", "yeniden-ac", "closing"])
def test_a_step_of_a_case_locks_its_person_before_the_case(app, browser, rows, act):
    case, code = a_case(app, rows)
    proves(browser)
    ayse = signed_in(app)
    if act == "yeniden-ac":
        closed(app, case, closing=Closing.OTHER)
    said, answers = {"text": "Yazmayın.", "refuses": "y"}, []

    meanwhile(
        app,
        holds=lambda: locking.lock_recipients(db.session, [case.recipient_id]),
        act=lambda: answers.append(
            ayse.posts(f"/desk/{case.id}/closing", {"closing": "not_ours", "shown": "1/"})
            if act == "closing"
            else browser.post(f"/s/{code}/{act}", data=said)
        ),
        then=touch(Complaint, case.id),
    )

    assert [each.status_code for each in answers] == [303]


def test_who_locked_the_person_of_a_case_reads_since_when_another_has_the_address(app, bring, rows):
    bring()
    whose, since, seen = rows(Recipient)[0].id, clock.now(), []

    def looks():
        found_before = db.session.get_one(Recipient, whose)
        complaints.lock_recipient(db.session, whose)
        seen.append(found_before.held_since)
        db.session.rollback()

    handed_on = update(Recipient).where(Recipient.id == whose).values(reassigned_at=since)
    meanwhile(app, holds=lambda: db.session.execute(handed_on), act=looks, then=lambda: None)

    assert seen == [since]


def test_who_locked_a_consent_reads_what_another_just_wrote_of_it(app, bring):
    (consent_id, _), _ = bring()
    seen = []

    def looks():
        locking.lock_submissions_and_consents(db.session, [consent_id])
        seen.append(db.session.scalar(select(Consent.iys_status).where(Consent.id == consent_id)))
        db.session.rollback()

    learned = update(Consent).where(Consent.id == consent_id).values(iys_status="RET")
    meanwhile(app, holds=lambda: db.session.execute(learned), act=looks, then=lambda: None)

    assert seen == ["RET"]
