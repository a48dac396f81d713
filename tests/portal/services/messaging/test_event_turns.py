"""Whose news is read first."""

import json
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.models import EventKind, EventOutcome, GatewayEvent, Message, MessageGateway, MessageState
from portal.domain.notifications import gateways
from portal.services.messaging import event_contents, event_turns, gateway_events, sender
from portal.services.messaging.gateways.protocol import BlockedAddress
from tests import grants, make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_feedback import PEOPLE, MailAccount
from tests.portal.services.messaging.vendor_pushes import Vendor, accepted, work

PERSON = grants.phones(1, 1_000_100)[0]
numbers = count(1)


@pytest.fixture
def rival(app) -> Vendor:
    """The account of another firm."""
    with app.app_context():
        gateway_id = gateways.add_gateway(
            db.session, vault(), provider_id=make.provider(800001, 800001, "cem@example.com").id,
            carries=AddressKind.PHONE, vendor="verimor", header="RAKIP", credentials=delivery.LOGINS["verimor"],
            per_second=1, at=clock.now(),
        ).id  # fmt: skip
        db.session.commit()
    return Vendor(app, app.test_client(), gateway_id)


def report(number: int | None = None) -> dict:
    """Of a message that nobody knows, if not said."""
    told = {"type": "outbound", "message_custom_id": str(number or next(numbers)), "campaign_id": "8"}
    return told | {"status": "DELIVERED"}


def steps_until_refused(app, by: EventKind = EventKind.REPLY) -> int:
    refused = select(GatewayEvent.id).where(GatewayEvent.kind == by, GatewayEvent.outcome == EventOutcome.REFUSED)
    with app.app_context():
        for step in count(1):
            assert gateway_events.work_due()
            if db.session.scalar(refused):
                return step
            db.session.rollback()


def test_a_refusal_waits_behind_no_reports_of_its_account_or_of_others(app, vendor, rival):
    delivery.launch(app, 1)
    for account in (rival, vendor, rival):
        for _ in range(4):
            account.pushes(report())
    vendor.brings("RET", PERSON)
    for _ in range(4):
        vendor.pushes(report())

    assert steps_until_refused(app) == 2  # The push, and the reply in it.


def test_accounts_take_turns_so_that_what_people_write_waits_behind_one_of_each(app, vendor, rival):
    delivery.launch(app, 1)
    for _ in range(6):
        rival.brings("merhaba")
    vendor.brings("RET", PERSON)

    assert steps_until_refused(app) == 3  # The push, one thing of the rival's, and the reply in the push.


@pytest.mark.parametrize("waits", ["complaint", "reply in a push"])
def test_what_a_vendor_told_and_pushes_do_not_wait_behind_all_of_the_other(app, vendor, waits):
    """Each time it is either one's turn by chance."""
    delivery.launch(app, 1)
    many = grants.phones(40, 3_000_100)
    is_complaint = waits == "complaint"
    keep_listed(app, vendor, [PERSON] if is_complaint else many)
    for phone in many if is_complaint else ():
        vendor.brings("merhaba", phone)
    if not is_complaint:
        vendor.brings("RET", PERSON)

    assert steps_until_refused(app, EventKind.BLOCKED if is_complaint else EventKind.REPLY) < 40


def keep_listed(app, vendor: Vendor, phones: list[str]) -> None:
    with app.app_context():
        gateway = db.session.get_one(MessageGateway, vendor.gateway_id)
        secret = gateways.read_secret(vault(), gateway)
        for phone in phones:
            blocked = BlockedAddress(phone, clock.now(), "MO")
            event_contents.keep_blocked(gateway, secret, blocked, clock.now(), "")
        db.session.commit()


def test_a_thread_of_its_own_reads_reports_beside_any_number_of_what_may_refuse(app, vendor, rival, rows):
    rival.brings("merhaba")
    vendor.pushes(report())
    with app.app_context():
        while {each.name: each.step for each in sender.LOOPS}["reports"]():
            pass

    pushes = sorted(rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH), key=lambda each: each.id)
    assert [is_unread(each) for each in pushes] == [True, False]


def is_unread(push: GatewayEvent) -> bool:
    return push.due_at == push.received_at


def test_what_cannot_be_looked_at_or_is_long_may_refuse(app, vendor, rows):
    vendor.pushes(report())
    vendor.pushes(*(report() for _ in range(200)))
    vendor.pushes(report() | {"status": "BLACKLIST", "gsm_error": "blacklist"})
    vendor.browser.post(f"/callbacks/messages/{vendor.secret}", data="{", content_type="application/json")

    assert [each.only_reports for each in rows(GatewayEvent)] == [True, False, False, False]


@pytest.mark.parametrize(("feedback", "looked_at"), [("brevo", [True, False, False]), ("post", [False] * 3)])
def test_events_of_mails_are_looked_at_where_the_account_has_a_vendors(app, browser, rows, feedback, looked_at):
    account = MailAccount(app, browser, feedback=feedback)
    for event in ({"event": "delivered"}, {"event": "unsubscribed"}, {"event": "objected"}):
        account.pushes(json.dumps(event | {"email": PEOPLE[0]}))

    assert [each.only_reports for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.PUSH)] == looked_at


def test_a_report_of_an_unknown_message_is_read_again_alone_behind_what_may_refuse(app, vendor, rows):
    accepted(app, vendor)
    known = rows.one(Message)
    late = report(known.id + 1)
    vendor.pushes(report(known.id), late, late | {"type": "inbound", "content": "merhaba"})
    work(app)

    push = rows.one(GatewayEvent, GatewayEvent.kind == EventKind.PUSH)
    assert rows.one(Message).state == MessageState.DELIVERED and push.due_at and push.only_reports
    with app.app_context():
        assert [each.message_id for each in event_contents.read_late_reports(push)] == [known.id + 1]
        db.session.add(
            Message(
                id=known.id + 1, kind=known.kind, provider_id=known.provider_id, recipient_id=known.recipient_id,
                gateway_id=vendor.gateway_id, created_at=clock.now(), state=MessageState.ACCEPTED, campaign_id=None,
            )
        )  # fmt: skip
        db.session.commit()
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        work(app)
    assert [each.state for each in rows(Message)] == [MessageState.DELIVERED] * 2
    assert rows.one(GatewayEvent, GatewayEvent.kind == EventKind.PUSH).outcome == EventOutcome.READ


def test_a_push_that_comes_again_before_its_late_report_is_read_whole(app, vendor, rows):
    accepted(app, vendor)
    told = [report(rows.one(Message).id), report()]
    with time_machine.travel(clock.now().replace(second=1), tick=False):
        vendor.pushes(*told)
        work(app)
        vendor.pushes(*told)

    with app.app_context():
        assert event_contents.read_late_reports(rows.one(GatewayEvent, GatewayEvent.kind == EventKind.PUSH)) == []


def test_the_age_of_what_waits_is_known_by_whether_it_may_refuse(app, vendor, rival):
    def ages() -> list[float | None]:
        with app.app_context():
            due = [event_turns.oldest_due(read_session(), at, only_reports=each) for each in (False, True)]
        return [each and round((at - each).total_seconds()) for each in due]

    at = clock.now()
    assert ages() == [None, None]
    for minutes, account, told in ((9, rival, report()), (7, vendor, report()), (5, vendor, {"content": "RET"})):
        with time_machine.travel(at - timedelta(minutes=minutes), tick=False):
            account.pushes(told)
    assert ages() == [300, 540]
