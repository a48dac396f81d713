"""Feeds pull from the sandbox as from İYS."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    Brand,
    CallTally,
    Connection,
    Consent,
    Decision,
    DecisionOrigin,
    Feed,
    FeedSource,
    Movement,
    Outcome,
    PushRegistration,
    Recipient,
    Submission,
    Sweep,
)
from portal.services.iys.inflow import feeds
from tests import make
from tests.portal.domain.consents.iys_movements import row
from tests.portal.services.iys.forwarding.scripted import iys_that_says
from tests.portal.web.callbacks import registration

pytestmark = pytest.mark.slow

LONG_AGO = timedelta(hours=2)


def people(rows) -> Feed:
    return rows.one(Feed, Feed.source == FeedSource.PEOPLE)


def asked(sandbox) -> int:
    return sandbox.ledger()["requests"].get("changes", 0)


def at(app, **values) -> None:
    """Write values to the feed of what people do."""
    with app.app_context():
        db.session.execute(db.update(Feed).where(Feed.source == FeedSource.PEOPLE).values(values))
        db.session.commit()


def test_a_citizens_movement_is_pulled_once_its_hour_has_passed(inflow, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    inflow.pulls()
    assert rows.count(Movement) == 0

    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        inflow.pulls()

    assert rows.one(Decision).origin == DecisionOrigin.AT_IYS
    assert (rows.one(Consent).status, rows.one(Consent).iys_status) == (Status.GRANTED, "ONAY")
    assert rows.count(Submission) == 0


def test_a_row_is_pulled_once(inflow, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    inflow.pulls()
    cursor = people(rows).cursor

    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        inflow.pulls()

    assert rows.count(Movement) == 1
    assert people(rows).cursor == cursor and cursor


def test_a_brand_has_a_feed_of_each_source_and_both_rest_in_between(inflow, sandbox, rows):
    inflow.pulls()
    before = asked(sandbox)

    inflow.pulls()

    assert {feed.source for feed in rows(Feed)} == set(FeedSource)
    assert asked(sandbox) == before
    assert all(feed.due_at > clock.now() and feed.pulled_at for feed in rows(Feed))


def test_a_brand_just_connected_is_pulled_before_all_that_wait(app, inflow, iys, sandbox, rows):
    inflow.pulls()
    with app.app_context():
        db.session.execute(db.update(Feed).values(due_at=clock.now() - timedelta(hours=3)))
        db.session.commit()
        first = db.session.scalars(db.select(Brand.id)).one()
        connected = make.provider(make.IYS_CODE + 1, make.BRAND_CODE + 1, "ayse2@example.com").id
    sandbox.add_account("other", make.PASSWORD, make.IYS_CODE + 1, [make.BRAND_CODE + 1])

    with app.app_context():
        feeds.pull_next_page(iys)

    assert {feed.provider_id for feed in rows(Feed, Feed.brand_id != first)} == {connected}
    assert rows.count(Feed) == 4
    assert all(feed.due_at < clock.now() for feed in rows(Feed, Feed.brand_id == first))


def test_what_people_do_is_asked_for_more_often_than_what_was_sent(app, inflow, rows):
    inflow.pulls()

    minutes = {feed.source: (feed.due_at - feed.pulled_at) / timedelta(minutes=1) for feed in rows(Feed)}
    assert minutes == {FeedSource.PEOPLE: 20, FeedSource.PROVIDER: 60}


def pauses(app, inflow, rows, times: int, rested: int = 0) -> list[int]:
    """In minutes, after each of so many pulls of what people do, one whenever the feed is due."""
    found = []
    for _ in range(times):
        now = clock.now()
        at(app, due_at=now, pulled_at=now - timedelta(minutes=found[-1] if found else rested))
        inflow.pulls()
        found.append(round((people(rows).due_at - people(rows).pulled_at) / timedelta(minutes=1)))
    return found


def test_a_quiet_feed_is_pulled_ever_more_rarely_up_to_once_an_hour(app, inflow, sandbox, rows):
    inflow.pulls()
    assert pauses(app, inflow, rows, 4) == [20, 40, 60, 60]

    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)

    assert pauses(app, inflow, rows, 1, rested=60) == [20] and rows.count(Movement) == 1


def test_a_quiet_feed_is_pulled_more_rarely_where_iys_pushes_every_channel(app, inflow, rows):
    inflow.pulls()
    with app.app_context():
        for channel in Channel:
            registered = db.session.get_one(PushRegistration, registration.registered(make.brand(), channel))
            registered.tested_at = clock.now()
        db.session.commit()

    assert pauses(app, inflow, rows, 5) == [20, 40, 80, 160, 180]
    assert (rows.one(Feed, Feed.source == FeedSource.PROVIDER).due_at - clock.now()) <= timedelta(hours=1)


def test_pages_follow_each_other_at_once(inflow, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    multiply(sandbox, 2100)

    inflow.pulls()

    assert rows.count(Movement) == rows.count(Consent) == 2101
    assert len(rows(Consent, Consent.iys_status == "ONAY")) == 2101


def multiply(sandbox, times: int) -> None:
    """Copy the movement for so many other numbers, each with its own transactionId."""
    with sandbox.app.extensions["sandbox"].store.transaction() as store:
        columns = [row["name"] for row in store.execute("PRAGMA table_info(movement)")]
        values = {"seq": "seq + n", "recipient": "'+9053' || (20000000 + n)", "transaction_id": "'other-' || n"}
        store.execute(
            f"""INSERT INTO movement ({", ".join(columns)})
            WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {times})
            SELECT {", ".join(values.get(name, name) for name in columns)} FROM movement, number"""
        )


def test_our_own_movement_is_verified_by_the_other_feed(app, fatma, inflow, iys, sandbox, rows):
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    assert rows.one(Submission).outcome == Outcome.ACCEPTED

    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        inflow.pulls()

    assert rows.one(Submission).outcome == Outcome.VERIFIED
    assert rows.one(Movement).decision_id == rows.one(Decision).id


def test_another_senders_movement_is_recorded(inflow, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", source="HS_CAGRI_MERKEZI", at=clock.now() - LONG_AGO)

    inflow.pulls()

    assert rows.one(Decision).origin == DecisionOrigin.OTHER_SENDER
    assert rows.count(Recipient) == 1


class Killed(BaseException):
    """The process is killed."""


def test_a_cursor_does_not_move_without_its_page(app, inflow, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    with app.app_context():
        engine = db.engine

    def kill(_connection, _cursor, statement, *_):
        if statement.replace('"', "").startswith("INSERT INTO movement"):
            raise Killed

    event.listen(engine, "before_cursor_execute", kill)
    with pytest.raises(Killed):
        inflow.pulls()
    event.remove(engine, "before_cursor_execute", kill)
    assert people(rows).cursor is None

    with time_machine.travel(clock.now() + feeds.LEASE + timedelta(seconds=1)):
        inflow.pulls()

    assert rows.count(Movement) == rows.count(Decision) == 1
    assert people(rows).cursor


def test_rows_that_say_nothing_usable_are_counted_and_the_cursor_moves(inflow, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    with sandbox.app.extensions["sandbox"].store.transaction() as store:
        store.execute("UPDATE movement SET status = 'BEKLIYOR'")

    inflow.pulls()

    assert rows.count(Movement) == 0
    assert people(rows).cursor
    assert rows.one(CallTally, CallTally.name == CallTally.UNREADABLE_ROW).calls == 1


def test_a_pulled_refusal_that_is_spelled_otherwise_is_obeyed(inflow, sandbox, rows):
    sandbox.acts(make.PHONE, "MESAJ", "RET", at=clock.now() - LONG_AGO)
    with sandbox.app.extensions["sandbox"].store.transaction() as store:
        store.execute("UPDATE movement SET recipient_type = 'bireysel'")

    inflow.pulls()

    assert rows.one(Consent).status == Status.REFUSED
    assert rows(CallTally, CallTally.name == CallTally.UNREADABLE_ROW) == []


def test_a_pulled_refusal_on_a_channel_that_nobody_knows_is_obeyed_on_all_and_counted(app, inflow, rows):
    listed = {"after": "1_ab", "list": [row("RET", type="GUVERCIN")]}

    with iys_that_says(changes=(200, listed)) as iys, app.app_context():
        feeds.pull_next_page(iys)

    assert {each.channel: each.status for each in rows(Consent)} == {
        Channel.CALL: Status.REFUSED, Channel.SMS: Status.REFUSED,
    }  # fmt: skip
    assert rows.one(CallTally, CallTally.name == CallTally.UNREADABLE_ROW).calls == 1


@pytest.mark.parametrize("fault", ["500", "html", "cut", "empty", "reset", "H192", "429", "H520"])
def test_whatever_befalls_a_page_it_is_pulled_later(inflow, sandbox, rows, fault):
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    sandbox.fault("changes", fault)
    inflow.pulls()
    assert rows.count(Movement) == 0
    assert asked(sandbox) <= 4

    sandbox.mend()
    with time_machine.travel(clock.now() + timedelta(minutes=11)):
        inflow.pulls()

    assert rows.count(Movement) == 1
    assert people(rows).code is None and people(rows).attempts == 0


def test_a_cursor_that_iys_rejects_is_dropped(app, inflow, sandbox, rows):
    inflow.pulls()
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    at(app, cursor="no cursor of İYS", cursor_at=clock.now(), due_at=clock.now())

    inflow.pulls()
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        inflow.pulls()

    assert rows.count(Movement) == 1
    assert people(rows).code is None


@pytest.mark.parametrize(
    ("status", "body", "is_kept"), [(400, {}, False), (422, b"Bad cursor", False), (500, {}, True)]
)
def test_a_cursor_that_is_rejected_without_a_code_is_dropped(app, inflow, rows, status, body, is_kept):
    inflow.pulls()
    at(app, cursor="1_ab", cursor_at=clock.now(), due_at=clock.now())

    with iys_that_says(changes=(status, body)) as iys, app.app_context():
        feeds.pull_next_page(iys)

    assert people(rows).cursor == ("1_ab" if is_kept else None)


def test_a_cursor_from_before_the_window_is_dropped_and_the_brand_is_swept(app, inflow, sandbox, rows):
    inflow.pulls()
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    past = clock.now() - timedelta(days=6, minutes=1)
    at(app, cursor="1700000000_ab", cursor_at=past, pulled_at=past, due_at=clock.now())

    inflow.pulls()

    assert rows.count(Movement) == 1
    assert rows.one(Sweep).ended_at is None


def test_a_brand_where_nothing_moves_is_not_swept_for_its_old_cursor(app, inflow, sandbox, rows):
    inflow.pulls()
    at(app, cursor="1700000000_ab", cursor_at=clock.now() - timedelta(days=6, minutes=1), due_at=clock.now())

    inflow.pulls()

    assert rows.count(Sweep) == 0
    assert people(rows).cursor is None


def test_nothing_is_pulled_for_a_partner_whose_title_was_not_compared(app, inflow, sandbox, rows):
    with app.app_context():
        db.session.execute(db.update(Connection).values(forwarding_enabled_at=None))
        db.session.commit()

    inflow.pulls()

    assert rows.count(Feed) == asked(sandbox) == 0


def test_a_feed_leased_by_another_process_is_left_alone(app, inflow, sandbox, rows):
    inflow.pulls()
    before = asked(sandbox)
    at(app, due_at=clock.now(), lease_until=clock.now() + timedelta(seconds=30))

    inflow.pulls()

    assert asked(sandbox) == before


def test_a_killed_process_holds_a_feed_no_longer_than_its_lease(app, inflow, sandbox, rows):
    inflow.pulls()
    sandbox.acts(make.PHONE, "MESAJ", "ONAY", at=clock.now() - LONG_AGO)
    at(app, due_at=clock.now(), lease_until=clock.now() + feeds.LEASE)

    with time_machine.travel(clock.now() + feeds.LEASE + timedelta(seconds=1)):
        inflow.pulls()

    assert rows.count(Movement) == 1


def test_a_grant_at_iys_after_a_refusal_here_is_current(app, fatma, inflow, iys, sandbox, rows, may_send):
    fatma.decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        fatma.decides(MESAJ="RET")
        make.forward_all(app, iys)
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        sandbox.acts(make.PHONE, "MESAJ", "ONAY")
    with time_machine.travel(clock.now() + timedelta(minutes=75)):
        inflow.pulls()

    consent = rows.one(Consent)
    assert (consent.status, consent.iys_status, may_send(consent)) == (Status.GRANTED, "ONAY", True)
    assert {each.outcome for each in rows(Submission)} == {Outcome.VERIFIED}


def test_a_closed_line_is_closed_here_too(app, inflow, sandbox, rows):
    for channel in ("MESAJ", "ARAMA"):
        sandbox.acts(make.PHONE, channel, "ONAY", at=clock.now() - timedelta(hours=5))
    sandbox.acts(make.PHONE, close_line=True, at=clock.now() - LONG_AGO)

    inflow.pulls()

    assert {consent.status for consent in rows(Consent)} == {Status.REFUSED}
    assert rows.count(Consent) == 2
