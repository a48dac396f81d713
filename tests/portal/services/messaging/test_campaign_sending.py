"""A campaign's messages wait at a pause, at a cap and at night; those of a stopped campaign never leave."""

import random
import threading
import time
from datetime import timedelta

import pytest
import time_machine

import shortlinks
from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session
from portal.core.models import (
    AudienceEntry,
    Campaign,
    CampaignState,
    ConsentRequest,
    Delivery,
    ExclusionReason,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    PauseReason,
    Provider,
    UnsentReason,
)
from portal.domain import audit
from portal.domain.campaigns import sending
from portal.services import launches
from portal.services.messaging import outbox, sender
from tests import grants, make
from tests.make import Person
from tests.portal.services.messaging.test_gateway_delivery import launch, make_provider_with, send_all

pytestmark = pytest.mark.slow

ENDED = (MessageState.ACCEPTED, MessageState.UNCERTAIN)


@pytest.fixture
def at():
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def act(app, change, *arguments, **options):
    """Change the only campaign, as its page does."""
    with app.app_context():
        done = change(db.session, db.session.query(Campaign).one(), *arguments, **options)
        db.session.commit()
    return done


def work(app) -> None:
    """What the worker does each minute."""
    with app.app_context():
        for campaign_id in launches.unfinished():
            launches.run(campaign_id, app.config["LINK_SALT"])
        launches.finish_sent(clock.now())


def until(condition) -> None:
    give_up_at = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def test_nothing_leaves_while_a_campaign_is_paused(app, vendors, rows):
    gateway_id = make_provider_with(app, "verimor", per_second=1)
    launch(app, 60)
    stop = threading.Event()
    loops = threading.Thread(target=sender.run, args=(app, stop))
    loops.start()
    try:
        until(lambda: len(vendors.accepted()) >= 2)
        assert act(app, sending.pause, clock.now())
        until(lambda: not any(each.batch_id and each.state == MessageState.WAITING for each in rows(Message)))
        before = len(vendors.accepted())
        until(lambda: all(each.due_at is None for each in rows(Message)))  # Kept back, turn by turn.

        assert 2 <= before < 60 and len(vendors.accepted()) == before
        assert rows.one(Campaign).state == CampaignState.PAUSED

        with app.app_context():
            db.session.get_one(MessageGateway, gateway_id).per_second = 1000
            db.session.commit()
        assert act(app, sending.resume, clock.now())
        until(lambda: all(each.ended_at for each in rows(Message)))  # The vendor's reports come, too.
    finally:
        stop.set()
        loops.join()
    work(app)

    assert len({each["to"] for each in vendors.accepted()}) == len(vendors.accepted()) == 60
    assert rows.one(Campaign).state == CampaignState.FINISHED


def test_a_campaign_pauses_itself_before_it_passes_a_cap(app, vendors, at, rows, monkeypatch):
    monkeypatch.setitem(outbox.BATCHES, AddressKind.PHONE, 4)
    make_provider_with(app, "verimor")
    launch(app, 20)
    act(app, sending.set_budget, most_parts=None, most_cost=100, part_price=1000)  # 1 lira, 10 kuruş a part.
    dice, record = random.Random(17), outbox.message_outcomes.record

    def dies_sometimes(call, results):
        if dice.random() < 0.2:
            raise SystemExit
        record(call, results)

    monkeypatch.setattr(outbox.message_outcomes, "record", dies_sometimes)
    vendors.control("faults", vendor="verimor", code="lost", times=3, rate=0.3, seed=1)
    with app.app_context():
        for _ in range(40):
            try:
                send_all(at, 20)
            except SystemExit:
                db.session.rollback()

    campaign = rows.one(Campaign)
    left = [each for each in rows(Message) if each.state in ENDED]
    parts = {each.parts for each in left}.pop()
    assert (campaign.state, campaign.pause_reason, campaign.part_cap) == ("paused", PauseReason.BUDGET, 10)
    assert len(vendors.accepted()) == len(left) == 10 // parts
    assert campaign.parts_used == sum(each.parts for each in left)

    if 10 % parts == 0:  # Used up to the last part: a higher cap comes first.
        with app.app_context(), pytest.raises(sending.BudgetUsedUp):
            sending.resume(db.session, db.session.query(Campaign).one(), clock.now())
    act(app, sending.set_budget, most_parts=20 * parts, most_cost=None, part_price=1000)
    monkeypatch.setattr(outbox.message_outcomes, "record", record)
    assert act(app, sending.resume, clock.now())
    with app.app_context():
        send_all(at, 200)

    assert len(vendors.accepted()) == 20 and rows.one(Campaign).parts_used == 20 * parts


def test_what_a_vendor_does_not_take_costs_nothing(app, vendors, at, rows):
    make_provider_with(app, "verimor")
    launch(app, 6)
    vendors.control("faults", vendor="verimor", code="503", times=1)
    with app.app_context():
        outbox.send_due()

        assert (rows.one(Campaign).parts_used, {each.parts for each in rows(Message)}) == (0, {None})

        send_all(at)
    assert rows.one(Campaign).parts_used == sum(each.parts for each in rows(Message)) > 0


NIGHT, MORNING = "2026-12-01T20:30:00Z", "2026-12-02T06:00:00Z"  # 23:30 and 09:00 in Türkiye.


def test_invitations_leave_in_the_morning_and_confirmations_at_any_hour(app, browser, vendors, rows):
    make_provider_with(app, "verimor")
    with app.app_context():
        db.session.query(Provider).one().sends_from, db.session.query(Provider).one().sends_until = 9, 21
        db.session.commit()
    with time_machine.travel(NIGHT, tick=False) as at:
        code = make.codes(app, f"{make.PHONE}\n+905321234568", delivery=Delivery.GATEWAY)[make.PHONE]
        Person(browser, code).decides(MESAJ="ONAY")
        with app.app_context():
            while outbox.send_due():
                pass

        kinds = {each.kind: each.state for each in rows(Message)}
        assert kinds == {MessageKind.INVITATION: MessageState.WAITING, MessageKind.CONFIRMATION: MessageState.ACCEPTED}
        at.move_to(MORNING)
        with app.app_context():
            send_all(at)

    assert [each.state for each in rows(Message) if each.recipient_id != rows(Message)[0].recipient_id] == ["accepted"]


@pytest.mark.parametrize(
    ("hours", "moment", "opens_at"),
    [
        ((9, 21), "2026-12-01T20:30:00Z", "2026-12-02T06:00:00Z"),  # Before midnight, and
        ((9, 21), "2026-12-01T22:30:00Z", "2026-12-02T06:00:00Z"),  # after it: the same morning.
        ((9, 21), "2026-12-01T18:00:00Z", "2026-12-02T06:00:00Z"),  # 21:00 is too late,
        ((9, 21), "2026-12-01T17:59:59Z", None),  # and a second before is not.
        ((9, 21), "2026-12-01T06:00:00Z", None),
        ((0, 24), "2026-12-01T21:00:00Z", None),
        ((10, 24), "2026-12-31T21:00:00Z", "2027-01-01T07:00:00Z"),
    ],
)
def test_hours_are_those_of_turkiye_over_midnight(hours, moment, opens_at):
    from datetime import datetime

    from portal.domain.campaigns.quiet_hours import next_opening

    at = datetime.fromisoformat(moment)
    provider = Provider(admitted_at=at, sends_from=hours[0], sends_until=hours[1])

    assert next_opening(provider, at) == (datetime.fromisoformat(opens_at) if opens_at else None)


@pytest.fixture
def stopped(app, vendors, at, rows) -> dict[str, str]:
    """Four were sent their links, six were not when the campaign was stopped: codes by address."""
    make_provider_with(app, "verimor")
    codes = make.codes(app, "\n".join(grants.phones(10, 1_000_100)), delivery=Delivery.GATEWAY)
    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setitem(outbox.BATCHES, AddressKind.PHONE, 4)
        outbox.send_due()
    assert act(app, sending.stop, clock.now())
    return codes


def test_what_had_not_left_a_stopped_campaign_is_withdrawn(app, browser, vendors, at, rows, stopped):
    work(app)
    with app.app_context():
        send_all(at, 5)

    sent = {each["to"] for each in vendors.accepted()}
    withdrawn = [each for each in rows(Message) if each.unsent_reason == UnsentReason.STOPPED]
    assert len(sent) == 4 and len(withdrawn) == 6 and {each.due_at for each in withdrawn} == {None}
    assert sum(entry.left_out == ExclusionReason.STOPPED for entry in rows(AudienceEntry)) == 6
    asked = {request.entry_id for request in rows(ConsentRequest)}
    assert asked == {entry.id for entry in rows(AudienceEntry) if entry.left_out is None}
    assert sum(link.revoked_at is not None for link in rows(shortlinks.Link)) == 6
    campaign = rows.one(Campaign)
    assert (campaign.state, bool(campaign.finished_at)) == (CampaignState.STOPPED, True)
    reached, unreached = (next(code for to, code in stopped.items() if (to in sent) == way) for way in (True, False))
    assert Person(browser, reached).decides(MESAJ="ONAY").status_code == 303
    assert 'value="ONAY"' not in Person(browser, unreached).opens().text
    assert Person(browser, unreached, "/u/").decides(MESAJ="RET").status_code == 303


def test_whom_no_message_reached_may_be_asked_again(app, at, rows, stopped):
    work(app)
    again = make.codes(app, "\n".join(stopped), delivery=Delivery.CSV)

    assert len(again) == 6


def test_links_that_were_downloaded_stay_as_they_are(app, at, rows, stopped):
    """The provider may have sent them itself: these people were asked."""
    with app.app_context():
        campaign = db.session.query(Campaign).one()
        audit.note(db.session, "links.taken", "campaign", campaign.id, provider_id=campaign.provider_id, at=clock.now())
        db.session.commit()
    work(app)

    assert rows.count(ConsentRequest) and not any(link.revoked_at for link in rows(shortlinks.Link))
    assert {entry.left_out for entry in rows(AudienceEntry)} == {None}
    assert sum(each.state == MessageState.NOT_NEEDED for each in rows(Message)) == 6


def test_a_message_in_a_call_ends_as_the_vendor_says(app, vendors, at, rows):
    """The call had begun when the campaign was stopped: what it did not take is withdrawn after it."""
    make_provider_with(app, "verimor")
    launch(app, 3)
    vendors.control("faults", vendor="verimor", code="503", times=1)
    record = outbox.message_outcomes.record

    def is_stopped_meanwhile(call, results):
        db.session.rollback()
        act(app, sending.stop, clock.now())
        work(app)
        assert {each.state for each in rows(Message)} == {MessageState.WAITING}
        record(call, results)

    with pytest.MonkeyPatch.context() as patch, app.app_context():
        patch.setattr(outbox.message_outcomes, "record", is_stopped_meanwhile)
        outbox.send_due()
    work(app)

    assert {each.unsent_reason for each in rows(Message)} == {UnsentReason.STOPPED}
    assert vendors.accepted() == [] and rows.one(Campaign).finished_at
    with app.app_context():
        assert read_session().get_one(Campaign, rows.one(Campaign).id).parts_used == 0


def test_a_worker_that_is_stopped_keeps_nothing_of_its_chunk(app, at, rows):
    with app.app_context():
        made = make.campaign(delivery=Delivery.GATEWAY)
        make.add_to_audience(made, make.PHONE)
        made.launched_at, made.lease_until = clock.now(), clock.now() + timedelta(minutes=1)
        db.session.commit()
        campaign = db.session.get_one(Campaign, made.id)
        db.session.expunge(campaign)
    act(app, sending.stop, clock.now())

    with app.app_context(), pytest.raises(launches.worker.leases.LeaseLost):
        launches.worker._link_next_chunk(campaign, app.config["LINK_SALT"])
    work(app)

    assert rows.count(Message) == 0 and rows.one(AudienceEntry).left_out == ExclusionReason.STOPPED
