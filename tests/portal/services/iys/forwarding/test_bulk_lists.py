"""Grants in lists, held against an İYS in a box: what is sent when, what comes of each, and what is lost on the way."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation
from portal.core.models import Attempt, BulkRequest, BulkState, Consent, Lane, Outcome, Submission
from portal.services.iys.forwarding.bulk_dispatch import sub_request_id_of
from tests import grants, make
from tests.portal.services.iys.forwarding.bulk_steps import asked, later, outcomes

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_a_list_is_sent_once_and_its_result_asked_after_five_minutes(app, bring, sandbox, iys, rows):
    bring(20)

    make.forward_all(app, iys)
    later(app, iys, seconds=290)
    too_early = asked(sandbox, "bulk_result")
    later(app, iys, seconds=310)

    assert too_early == 0
    assert asked(sandbox, "bulk_add") == asked(sandbox, "bulk_result") == 1
    assert outcomes(rows) == {Outcome.ACCEPTED: 20}
    held = {movement["transactionId"] for movement in sandbox.movements()}
    assert {each.transaction_id for each in rows(Submission)} == held
    assert {consent.iys_status for consent in rows(Consent)} == {"ONAY"}
    assert rows.one(BulkRequest).state == BulkState.ENDED


def test_what_iys_called_an_item_stands_in_its_answer_only(app, bring, iys, rows):
    bring(20)

    make.forward_all(app, iys)
    called = {each.id: each.sub_request_id for each in rows(Submission)}
    later(app, iys, seconds=310)

    with app.app_context():
        said = {
            each.submission_id: json.loads(vault().open(each.answer, Attempt.PLACE, each.provider_id, each.id))
            for each in rows(Attempt)
        }
    assert {each: sub_request_id_of(answer) for each, answer in said.items()} == called
    assert {each.sub_request_id for each in rows(Submission)} == {None}


def test_each_item_keeps_what_iys_said_of_it(app, bring, iys, rows):
    bring(3)

    make.forward_all(app, iys)
    later(app, iys, seconds=310)

    attempts = rows(Attempt)
    assert {attempt.question for attempt in attempts} == {Operation.BULK_RESULT}
    assert {attempt.submission_id for attempt in attempts} == {each.id for each in rows(Submission)}


def test_a_list_holds_a_thousand_at_most_oldest_first(app, bring, sandbox, iys, rows):
    with time_machine.travel(clock.now() - timedelta(minutes=1)):
        bring(1000)
    bring(5, first=5000)

    make.forward_all(app, iys)

    assert [each.size for each in rows(BulkRequest)] == [1000, 5]
    assert asked(sandbox, "bulk_add") == 2


def test_peoples_grants_that_wait_a_minute_go_in_a_list_where_ten_of_a_brand_do(app, bring, sandbox, iys, rows):
    bring(2, lane=None)

    later(app, iys, seconds=61)

    assert {each.lane for each in rows(Submission)} <= {Lane.PEOPLE}, "the single lane was free, and took them"
    bring(9, first=10, lane=None)
    put_off_single_lane(app)
    assert rows(Submission, Submission.lane == Lane.BULK) == []
    bring(1, first=20, lane=None)
    put_off_single_lane(app)
    later(app, iys, seconds=130)
    assert asked(sandbox, "bulk_add") == 1 and asked(sandbox, "add") == 2


def test_a_few_grants_go_singly_and_many_in_a_list(app, bring, sandbox, iys, rows):
    bring(9, lane=Lane.BULK)
    for _ in range(2):  # One step takes them out of the lane of lists.
        make.forward_all(app, iys)

    assert (asked(sandbox, "add"), asked(sandbox, "bulk_add")) == (9, 0)
    assert outcomes(rows) == {Outcome.ACCEPTED: 9}

    bring(10, first=20, lane=Lane.BULK)
    make.forward_all(app, iys)
    assert (asked(sandbox, "add"), rows.one(BulkRequest).size) == (9, 10)


def test_a_few_grants_go_in_a_list_while_people_wait(app, bring, sandbox, iys, rows):
    from portal.services.iys.forwarding import bulk_lists

    bring(1, lane=None)
    bring(9, first=10, lane=Lane.BULK)
    with app.app_context():
        assert bulk_lists.claim_list_to_send(db.session, clock.now())

    assert rows.one(BulkRequest).size == 9


def put_off_single_lane(app):
    """As if so much waited before them that nobody came to them."""
    with app.app_context():
        from portal.services.iys.forwarding import bulk_lists

        with time_machine.travel(clock.now() + timedelta(seconds=61)):
            bulk_lists.move_waiting_people(db.session, clock.now())


def test_laggards_are_asked_for_again_and_the_rest_is_kept(app, bring, sandbox, iys, rows):
    sandbox.set_list_timing(seconds=60, laggards=0.5, laggard_seconds=900)
    bring(40)

    make.forward_all(app, iys)
    later(app, iys, seconds=310)
    first = outcomes(rows)
    for minutes in (7, 10, 14, 16, 18):
        later(app, iys, minutes=minutes)

    assert 0 < first[Outcome.ACCEPTED] < 40
    assert first[Outcome.SENT] == 40 - first[Outcome.ACCEPTED]
    assert outcomes(rows) == {Outcome.ACCEPTED: 40}
    assert asked(sandbox, "bulk_add") == 1


@pytest.mark.alike
@pytest.mark.parametrize(
    "kind", ["500-after-apply", "reset-after-apply", "500", "reset", "html", "cut", "empty", "H123"]
)
def test_a_list_without_an_answer_is_sent_again_byte_for_byte_and_held_once(app, bring, sandbox, iys, rows, kind):
    sandbox.fault("bulk_add", kind, count=1)
    bring(10)

    make.forward_all(app, iys)
    later(app, iys, minutes=1)
    for minutes in (7, 8, 9, 12):
        later(app, iys, minutes=minutes)

    assert outcomes(rows) == {Outcome.ACCEPTED: 10}
    assert len(sandbox.movements()) == 10
    assert asked(sandbox, "bulk_add") == 2


@pytest.mark.alike
@pytest.mark.parametrize("kind", ["500", "reset", "html", "cut", "empty", "429"])
def test_a_result_without_an_answer_is_asked_again(app, bring, sandbox, iys, rows, kind):
    bring(4)
    make.forward_all(app, iys)
    sandbox.fault("bulk_result", kind, count=1)

    for minutes in (6, 8, 10):
        later(app, iys, minutes=minutes)

    assert outcomes(rows) == {Outcome.ACCEPTED: 4}


def test_what_would_fail_is_parked_before_anything_is_sent(app, bring, sandbox, iys, rows):
    bring(3)
    damage_one(app, '"+90532', '"532')

    make.forward_all(app, iys)

    assert outcomes(rows) == {Outcome.SENT: 2, Outcome.PARKED: 1}
    assert rows.one(Submission, Submission.outcome == Outcome.PARKED).code == "H121"
    assert sandbox.ledger()["failures"] == 0


def damage_one(app, what, by):
    """Spoil one payload, as a fault of ours would."""
    with app.app_context():
        one = db.session.query(Submission).order_by(Submission.id).first()
        payload = vault().read(one.payload, Submission.PLACE, one.provider_id, one.id)
        one.payload = vault().seal(payload.replace(what, by), Submission.PLACE, one.provider_id, one.id)
        db.session.commit()


def test_what_iys_names_leaves_the_list_and_the_rest_goes_at_once(app, bring, sandbox, iys, rows):
    with time_machine.travel(MONDAY):
        bring(1)
    with time_machine.travel(MONDAY + timedelta(days=3)):  # Its last lawful day; İYS's clock says it is over.
        bring(4, first=10)
        sandbox.move_clock(forward=timedelta(days=1).total_seconds())
        make.forward_all(app, iys)

    assert outcomes(rows) == {Outcome.SENT: 4, Outcome.EXPIRED: 1}
    assert asked(sandbox, "bulk_add") == 2
    assert rows.one(Attempt).code == "H467"


def test_a_seal_that_cannot_be_opened_parks_its_row_and_no_other(app, bring, iys, rows):
    bring(3)
    with app.app_context():
        damaged = db.session.query(Submission).first()
        damaged.payload = damaged.payload[:-1] + bytes((damaged.payload[-1] ^ 1,))
        db.session.commit()

    make.forward_all(app, iys)

    assert outcomes(rows) == {Outcome.SENT: 2, Outcome.PARKED: 1}


def test_a_newer_decision_at_iys_overtakes_an_item(app, bring, sandbox, iys, rows):
    bring(2)
    with time_machine.travel(clock.now() + timedelta(seconds=2)):
        sandbox.acts(grants.phones(1)[0], "MESAJ", "ONAY")
        make.forward_all(app, iys)

    later(app, iys, seconds=310)

    assert outcomes(rows) == {Outcome.ACCEPTED: 1, Outcome.OVERTAKEN: 1}


def test_a_list_killed_after_it_was_formed_comes_back_when_its_lease_ends(app, bring, sandbox, iys, rows):
    from portal.services.iys.forwarding import bulk_lists

    bring(3)
    with app.app_context():
        killed = bulk_lists.claim_list_to_send(db.session, clock.now())

    make.forward_all(app, iys)
    meanwhile = asked(sandbox, "bulk_add")
    later(app, iys, seconds=16)

    assert killed is not None and meanwhile == 0
    assert outcomes(rows) == {Outcome.SENT: 3}
    assert len(rows(BulkRequest)) == 1


def test_a_late_answer_of_a_lost_lease_changes_nothing(app, bring, rows):
    from portal.services.iys.forwarding import bulk_lists

    bring(3)
    with app.app_context():
        at = clock.now()
        late = bulk_lists.claim_list_to_send(db.session, at)
        bulk_lists.claim_list_to_send(db.session, at + timedelta(seconds=16))
        kept = bulk_lists.release_list(db.session, late, state=BulkState.SENT)
        db.session.rollback()

    assert not kept


def test_an_empty_result_for_a_day_sends_the_list_again(app, bring, sandbox, iys, rows):
    sandbox.set_list_timing(seconds=60)
    bring(3)
    make.forward_all(app, iys)
    with app.app_context():
        db.session.query(BulkRequest).one().request_id = "00000000-0000-4000-8000-00000000000a"
        db.session.commit()

    for hours in (1, 12, 25):
        later(app, iys, hours=hours)
    later(app, iys, hours=25, minutes=6)

    assert outcomes(rows) == {Outcome.ACCEPTED: 3}
    assert len(sandbox.movements()) == 3
    assert sorted(each.state for each in rows(BulkRequest)) == [BulkState.ENDED] * 2


def test_no_payload_is_ever_changed(app, bring, sandbox, iys, rows):
    bring(5)
    with app.app_context():
        before = {
            each.id: json.loads(vault().open(each.payload, Submission.PLACE, each.provider_id, each.id))
            for each in rows(Submission)
        }
    sandbox.fault("bulk_add", "500-after-apply", count=2)
    for minutes in (0, 2, 4, 12, 14):
        later(app, iys, minutes=minutes)

    sent = {movement["recipient"]: movement["consentDate"] for movement in sandbox.movements()}
    assert sent == {payload["recipient"]: payload["consentDate"] for payload in before.values()}
