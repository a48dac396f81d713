"""A message is compared with the refusal and the clock."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Annulment, Brand, Decision, Finding, Recipient
from portal.domain import complaints
from portal.domain.consents import refusal_forwarding
from tests import make
from tests.make import Person
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import MovementReceiver, end_late_refused, row

pytestmark = [pytest.mark.alike, pytest.mark.slow]

TUESDAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # Refused at 11:00 in Istanbul.
LAST = datetime(2026, 11, 27, 20, 59, 59, tzinfo=UTC)  # Friday, the last second in Istanbul.
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def fatma(app):
    with time_machine.travel(TUESDAY - timedelta(days=1), tick=False):
        return Person(app.test_client(), make.codes(app)[make.PHONE])


def decides(fatma, at: datetime, **choices) -> None:
    with time_machine.travel(at, tick=False):
        fatma.decides(**choices)


def compared(app, rows, came_at: datetime, channel=Channel.SMS) -> complaints.Comparison:
    decision = rows(Decision)[0]
    with app.app_context():
        return complaints.compare_with_refusal(
            db.session, db.session.get_one(Recipient, decision.recipient_id), brand_id=decision.brand_id,
            channel=channel, came_at=came_at, held_at=clock.now(),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("came_at", "finding"),
    [
        (TUESDAY - A_MINUTE, Finding.BEFORE_REFUSAL),
        (TUESDAY, Finding.WITHIN_TERM),
        (LAST, Finding.WITHIN_TERM),
        (LAST + timedelta(seconds=1), Finding.AFTER_REFUSAL),
    ],
)
def test_three_business_days_are_what_the_law_gives(app, fatma, rows, came_at, finding):
    decides(fatma, TUESDAY, MESAJ="RET")

    found = compared(app, rows, came_at)

    assert (found.finding, found.refused_at, found.obeyed_by) == (finding, TUESDAY, LAST)


def test_a_weekend_is_no_business_day(app, fatma, rows):
    friday = TUESDAY + timedelta(days=3)
    decides(fatma, friday, MESAJ="RET")

    assert compared(app, rows, friday + timedelta(days=5)).finding == Finding.WITHIN_TERM
    assert compared(app, rows, friday + timedelta(days=6)).finding == Finding.AFTER_REFUSAL


def test_a_refusal_on_one_channel_says_nothing_of_another(app, fatma, rows):
    decides(fatma, TUESDAY, MESAJ="RET")

    assert compared(app, rows, LAST + A_MINUTE, Channel.CALL) == complaints.Comparison(Finding.NO_REFUSAL)


def test_saying_no_again_does_not_give_the_sender_more_time(app, fatma, rows):
    decides(fatma, TUESDAY, MESAJ="RET")
    decides(fatma, TUESDAY + timedelta(days=2), MESAJ="RET", ARAMA="RET")

    found = compared(app, rows, LAST + A_MINUTE)
    assert (found.finding, found.refused_at) == (Finding.AFTER_REFUSAL, TUESDAY)
    again = rows(Decision, Decision.channel == Channel.SMS)[-1]
    assert found.decision_id == again.id and again.consent_date > TUESDAY  # İYS was told this one last.


def test_a_message_between_a_new_yes_and_the_next_no_was_lawful(app, fatma, rows):
    decides(fatma, TUESDAY, MESAJ="RET")
    decides(fatma, TUESDAY + timedelta(days=1), MESAJ="ONAY")
    decides(fatma, TUESDAY + timedelta(days=10), MESAJ="RET")

    found = compared(app, rows, LAST + A_MINUTE)

    assert found.finding == Finding.BEFORE_REFUSAL
    assert found.refused_at == TUESDAY + timedelta(days=10)


def test_who_granted_had_not_refused(app, fatma, rows):
    decides(fatma, TUESDAY, MESAJ="ONAY")

    assert compared(app, rows, LAST + A_MINUTE).finding == Finding.NO_REFUSAL


def test_a_refusal_that_is_void_does_not_count(app, fatma, rows):
    decides(fatma, TUESDAY, MESAJ="RET")
    decision = rows.one(Decision)
    with app.app_context():
        db.session.add(Annulment(decision_id=decision.id, provider_id=decision.provider_id, at=TUESDAY))
        db.session.commit()

    assert compared(app, rows, LAST + A_MINUTE).finding == Finding.NO_REFUSAL


def test_three_days_are_for_who_had_granted(app, fatma, rows):
    decides(fatma, TUESDAY - timedelta(hours=1), MESAJ="ONAY")
    decides(fatma, TUESDAY, MESAJ="RET", ARAMA="RET")

    said = {channel: compared(app, rows, TUESDAY + A_MINUTE, channel) for channel in (Channel.SMS, Channel.CALL)}

    assert {each.finding for each in said.values()} == {Finding.WITHIN_TERM}
    assert {channel: each.was_allowed for channel, each in said.items()} == {Channel.SMS: True, Channel.CALL: False}


@pytest.mark.parametrize(("after", "allowed"), [(-A_MINUTE, False), (A_MINUTE, True)])
def test_a_grant_counts_from_its_moment_on(app, fatma, rows, after, allowed):
    decides(fatma, TUESDAY, MESAJ="ONAY")

    assert compared(app, rows, TUESDAY + after).was_allowed is allowed


def test_a_refusal_that_was_answered_by_another_leaves_nothing_allowed(app, fatma, rows):
    decides(fatma, TUESDAY, MESAJ="ONAY")
    decides(fatma, TUESDAY + timedelta(days=1), MESAJ="RET")
    decides(fatma, TUESDAY + timedelta(days=30), MESAJ="ONAY")

    assert not compared(app, rows, TUESDAY - A_MINUTE).was_allowed
    assert compared(app, rows, TUESDAY + timedelta(days=1, minutes=1)).was_allowed


def test_a_merchant_needs_no_grant_until_it_refuses(app, fatma, rows):
    with time_machine.travel(TUESDAY, tick=False), app.app_context():
        bring(make.brand(), entry(make.PHONE, Status.REFUSED, TUESDAY, recipient_type=RecipientType.MERCHANT))

    found = compared(app, rows, TUESDAY + A_MINUTE)

    assert (found.finding, found.was_allowed) == (Finding.WITHIN_TERM, True)


@pytest.mark.parametrize(("choices", "stands"), [({"MESAJ": "RET"}, True), ({"MESAJ": "ONAY"}, False)])
def test_a_refusal_stands_or_not(app, fatma, rows, choices, stands):
    decides(fatma, TUESDAY, **choices)
    decision, brand = rows.one(Decision), rows.one(Brand)

    with app.app_context():
        whose = {"recipient_id": decision.recipient_id, "brand_id": brand.id}
        assert complaints.has_refused(db.session, **whose, channel=Channel.SMS, held_since=None) is stands
        assert not complaints.has_refused(db.session, **whose, channel=Channel.CALL, held_since=None)


@pytest.mark.parametrize("came", [timedelta(minutes=-5), timedelta(days=1), timedelta(days=7)])
def test_a_grant_that_a_refusal_ended_which_was_heard_late_begins_no_new_term(app, fatma, rows, came):
    """She refused at İYS on Tuesday; the list of Sunday noon, dated by its export, came before that was heard."""
    sunday = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
    with time_machine.travel(sunday) as traveller:
        with app.app_context():
            assert bring(make.brand(), entry(make.PHONE, Status.GRANTED, sunday - 10 * A_MINUTE)) == ["grant"]
        traveller.shift(timedelta(hours=1))
        MovementReceiver(app).receives(row("RET", at=TUESDAY))
        assert end_late_refused(app) == 1
        traveller.shift(timedelta(days=8))

        found = compared(app, rows, sunday + came)

    assert (found.finding, found.refused_at, found.obeyed_by) == (Finding.AFTER_REFUSAL, TUESDAY, LAST)


def test_a_persons_own_grant_ends_a_period_also_where_the_refusal_was_renewed(app, fatma, rows):
    """She refused on Tuesday, and granted at İYS on Wednesday; the refusal expired and was renewed before that was
    heard."""
    decides(fatma, TUESDAY, MESAJ="RET")
    with time_machine.travel(TUESDAY + timedelta(days=6)) as traveller:
        with app.app_context():
            codes = make.IYS_CODE, make.BRAND_CODE
            (refusal,) = db.session.scalars(select(Decision))
            assert refusal_forwarding.renew(db.session, vault(), refusal.id, codes, clock.now())
            db.session.commit()
        traveller.shift(timedelta(hours=1))
        MovementReceiver(app).receives(row("ONAY", at=TUESDAY + timedelta(days=1), source="IYS_WEB"))
        traveller.shift(timedelta(hours=2))

        assert compared(app, rows, TUESDAY + timedelta(days=5)).finding != Finding.AFTER_REFUSAL
