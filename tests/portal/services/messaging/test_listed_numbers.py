"""A number that a vendor tells as on its list, without a message: at the operator's account it means what a RET from it
would mean there."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, EventKind, GatewayEvent, Message, MessageGateway, MessageKind, Recipient
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback, Reason, Report, ReportState
from portal.services.messaging.news_keeping import keep_news
from tests import make
from tests.portal.services.messaging.test_answered_messages import operators, refused_brands, rival, write
from tests.portal.services.messaging.vendor_pushes import Vendor, work
from tests.portal.web.recipient.open_complaints import proves

__all__ = ["operators", "rival"]
pytestmark = pytest.mark.slow


@pytest.fixture
def after_a_code(app, browser, operators) -> Iterator[Vendor]:
    """The operator's account, by which İzinlink's own code reached Fatma an hour ago."""
    proves(browser)
    with app.app_context():
        db.session.query(Message).one().gateway_id = operators.gateway_id
        db.session.commit()
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        yield operators


def tell(app, vendor: Vendor, news: Feedback) -> None:
    with app.app_context():
        keep_news(db.session.get_one(MessageGateway, vendor.gateway_id), news, clock.now())
        db.session.commit()
    work(app)


def held_firms(rows) -> set[int | None]:
    """By what waits for the operator."""
    replies = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    return {each.provider_id for each in replies if each.recipient_id}


@pytest.mark.parametrize("has_written", [False, True])
@pytest.mark.parametrize("by", ["list", "undated list", "report of an unknown message"])
def test_who_is_listed_after_the_portals_own_message_is_held_everywhere(
    app, after_a_code, rival, rows, by, has_written
):
    if has_written:
        write(app, after_a_code.gateway_id, rival, timedelta(days=60), kind=MessageKind.CODE)
    at = None if by == "undated list" else clock.now()
    report = Report(ReportState.FAILED, ref="x", to=make.PHONE, reason=Reason.BLOCKED_BY_VENDOR, code="2", at=at)
    listed = BlockedAddress(make.PHONE, at, "MO")

    tell(app, after_a_code, Feedback((report,)) if by.startswith("report") else Feedback(blocked=(listed,)))

    assert refused_brands(rows) == set()
    assert held_firms(rows) == {each.provider_id for each in rows(Recipient)}


def test_what_wrote_after_the_moment_of_a_list_does_not_take_its_word(app, after_a_code, rival, rows):
    """The list is read two days later; that firm wrote in between."""
    listed = BlockedAddress(make.PHONE, clock.now(), "MO")
    with time_machine.travel(clock.now() + timedelta(days=2)):
        write(app, after_a_code.gateway_id, rival, timedelta(days=1), kind=MessageKind.CODE)
        tell(app, after_a_code, Feedback(blocked=(listed,)))

    assert refused_brands(rows) == set()
    assert held_firms(rows) == {each.provider_id for each in rows(Recipient)}


@pytest.mark.parametrize("by", ["RET", "list"])
def test_a_list_refuses_the_firms_of_the_week_as_a_ret_does(app, operators, rival, rows, by):
    with app.app_context():
        own = make.brand()
    write(app, operators.gateway_id, rival, timedelta(days=400), kind=MessageKind.CODE)
    write(app, operators.gateway_id, own.provider_id, timedelta(hours=1), kind=MessageKind.CODE)
    if by == "RET":
        operators.brings("RET", received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    tell(app, operators, Feedback(blocked=(BlockedAddress(make.PHONE, clock.now(), "MO"),) if by == "list" else ()))

    refused = {each.provider_id for each in rows(Brand) if each.id in refused_brands(rows)}
    assert (refused, held_firms(rows)) == ({own.provider_id}, set())


@pytest.mark.parametrize("by", ["RET", "list"])
def test_what_left_after_a_refusal_hides_nothing_that_left_before(app, operators, rival, rows, by):
    with app.app_context():
        own = make.brand()
    said_at = clock.now()
    write(app, operators.gateway_id, own.provider_id, timedelta(days=10), kind=MessageKind.CODE)
    with time_machine.travel(said_at + timedelta(days=1)):
        write(app, operators.gateway_id, rival, timedelta(minutes=10), kind=MessageKind.CODE)
        if by == "RET":
            operators.brings("RET", received_at=f"{clock.istanbul(said_at):%Y-%m-%d %H:%M:%S}")
        tell(app, operators, Feedback(blocked=(BlockedAddress(make.PHONE, said_at, "MO"),) if by == "list" else ()))

    assert own.provider_id in {each.provider_id for each in rows(Brand) if each.id in refused_brands(rows)}


@pytest.mark.parametrize(("ago", "is_held"), [(timedelta(hours=20), False), (timedelta(), True)])
def test_what_is_listed_since_before_the_account_was_added_holds_nobody(app, operators, rows, ago, is_held):
    """It answers nothing that left by it; after that it may be a word to any firm."""
    tell(app, operators, Feedback(blocked=(BlockedAddress(make.PHONE, clock.now() - ago, "MO"),)))

    assert held_firms(rows) == ({rows.one(Recipient).provider_id} if is_held else set())
    assert not refused_brands(rows)


def test_what_wrote_on_the_day_of_a_list_came_before_its_word(app, browser, operators, rival, rows):
    """It tells the day alone: a firm wrote two days before, İzinlink's own code came that day at 14:00."""
    afternoon = clock.istanbul(clock.now() + timedelta(days=1)).replace(hour=14, minute=0)
    with time_machine.travel(afternoon, tick=False):
        proves(browser)
        with app.app_context():
            db.session.query(Message).one().gateway_id = operators.gateway_id
            db.session.commit()
    with time_machine.travel(afternoon + timedelta(hours=1), tick=False):
        write(app, operators.gateway_id, rival, timedelta(days=2), kind=MessageKind.CODE)
        today = clock.start_of_day(clock.day(clock.now()))
        tell(app, operators, Feedback(blocked=(BlockedAddress(make.PHONE, today, "MO"),)))

    assert refused_brands(rows) == set()
    assert held_firms(rows) == {each.provider_id for each in rows(Recipient)}


def test_who_is_listed_after_a_firms_message_refuses_that_firm_at_once(app, operators, rival, rows):
    write(app, operators.gateway_id, rival, timedelta(hours=1), kind=MessageKind.CODE)

    tell(app, operators, Feedback(blocked=(BlockedAddress(make.PHONE, clock.now(), "MO"),)))

    assert (len(refused_brands(rows)), held_firms(rows)) == (1, set())


def test_of_strangers_on_a_list_that_is_heard_again_nobody_waits(app, operators, rows):
    """No firm has their numbers: the list refused nothing that could have ended."""
    listed = (BlockedAddress("+905329998877", None, "MO"),)
    for _ in range(2):
        tell(app, operators, Feedback(blocked=listed))

    assert not rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
