"""Delivery reports move messages forward only, in whatever order they come, and free what nobody received."""

from itertools import permutations

import pytest
from sqlalchemy import func, select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    ConsentRequest,
    EventKind,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Recipient,
)
from portal.domain.consents import recipients
from portal.services.messaging import gateway_accounts, message_outcomes
from portal.services.messaging.gateways.protocol import (
    Batch,
    ErrorClass,
    Feedback,
    OutgoingMessage,
    Reason,
    Report,
    ReportState,
    SendError,
    SendResult,
)
from portal.services.messaging.news_keeping import keep_news
from tests import grants, make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import accepted, work

pytestmark = pytest.mark.slow


def test_reports_in_any_order_and_twice_move_a_message_only_forward(app, vendor, rows):
    """Delivered wins wherever it stands; of other ends the first."""
    words = {"SENDING": "accepted", "EXPIRED": "expired", "NOT_DELIVERED": "failed", "DELIVERED": "delivered"}
    orders = list(permutations(words, 3))
    accepted(app, vendor, len(orders))
    messages = rows(Message)

    for message, order in zip(messages, orders, strict=True):
        for word in (*order, *order):
            vendor.reports(message, word, size=2, credits="1,5", done_at=f"2026-11-20 10:00:0{len(word) % 10}")
    work(app)

    ends = {order: next((words[each] for each in order if words[each] != "accepted"), None) for order in orders}
    expected = ["delivered" if "DELIVERED" in order else ends[order] for order in orders]
    found = rows(Message)
    assert [each.state for each in found] == expected
    assert {(each.parts, each.cost) for each in found} == {(2, "1.5")}
    assert all(each.reported_at for each in found)


@pytest.mark.parametrize(
    ("before", "word", "after"),
    [
        ({"state": "uncertain"}, "SENDING", "accepted"),
        ({"state": "uncertain"}, "EXPIRED", "expired"),
        ({"state": "waiting", "batch_id": 5}, "NOT_DELIVERED", "failed"),
        ({"state": "waiting"}, "NOT_DELIVERED", "waiting"),
        ({"state": "waiting"}, "DELIVERED", "delivered"),
        ({"state": "not_needed"}, "DELIVERED", "not_needed"),
        ({"state": "accepted"}, "NOT_ALLOWED_BY_IYS", "blocked"),
        ({"state": "accepted"}, "A_NEW_WORD", "accepted"),
        ({"state": "accepted", "gateway_id": None}, "DELIVERED", "accepted"),  # Of another gateway.
    ],
)
def test_a_report_moves_what_it_may(app, vendor, rows, before, word, after):
    accepted(app, vendor, **before)

    vendor.reports(rows.one(Message), word)
    work(app)

    assert rows.one(Message).state == after


def test_a_report_without_our_id_is_known_by_the_vendors_and_the_address(app, vendor, rows):
    accepted(app, vendor, 3)
    second = rows(Message)[1]
    with app.app_context():
        recipient = db.session.get_one(Recipient, second.recipient_id)
        phone = recipients.address_of(vault(), recipient).removeprefix("+")

    vendor.reports(second, "DELIVERED", message_custom_id="", dest=phone)
    vendor.reports(second, "DELIVERED", message_custom_id="", dest="905999999999")
    vendor.reports(second, "DELIVERED", message_custom_id="", dest=phone, campaign_id="8")
    work(app)

    assert [each.id for each in rows(Message, Message.state == MessageState.DELIVERED)] == [second.id]


def test_an_address_that_does_not_exist_may_be_asked_once_more(app, vendor, rows):
    accepted(app, vendor, 2)
    bad, late = rows(Message)
    asked = len(rows(ConsentRequest))

    vendor.reports(bad, "INVALID_DESTINATION_ADDRESS")
    vendor.reports(late, "EXPIRED")
    work(app)

    assert {each.recipient_id for each in rows(ConsentRequest)} == {late.recipient_id}
    assert asked == 2 * len(rows(ConsentRequest))


def test_what_the_vendor_refuses_as_no_address_frees_its_request_as_well(app, vendor, rows):
    accepted(app, vendor, state=MessageState.WAITING, batch_id=5)
    message_id = rows.one(Message).id
    with app.app_context():
        batch = Batch(5, "DENEME", [OutgoingMessage(message_id, "+905320000000", "Merhaba")])
        adapter = gateway_accounts.adapter_of(db.session.get_one(MessageGateway, vendor.gateway_id))
        error = SendError(ErrorClass.PERMANENT, Reason.BAD_ADDRESS, "INVALID")
        call = message_outcomes.Call(adapter, vendor.gateway_id, batch, frozenset())
        message_outcomes.record(call, [SendResult(message_id, error=error)])

    assert (rows.one(Message).state, rows.one(Message).reason) == (MessageState.FAILED, "bad_address")
    assert rows.count(ConsentRequest) == 0


def test_no_campaign_writes_to_an_address_that_does_not_exist_until_something_arrives_there(app, vendor, rows):
    accepted(app, vendor)
    bad = rows.one(Message)
    vendor.reports(bad, "INVALID_DESTINATION_ADDRESS")
    work(app)
    (phone,) = grants.phones(1, 1_000_100)
    stopped = make.codes(app, phone)

    with app.app_context():
        arrived = {"kind": MessageKind.CODE, "state": MessageState.ACCEPTED, "ended_at": clock.now()}
        its = {"provider_id": bad.provider_id, "recipient_id": bad.recipient_id, "created_at": clock.now()}
        db.session.add(Message(**arrived, **its))
        db.session.commit()

    assert not stopped and make.codes(app, phone)


def test_refusals_of_messages_that_nobody_knows_are_looked_at_once_each(app, monkeypatch):
    """A push may hold thousands: none is looked for among all others."""
    compared: list[object] = []
    monkeypatch.setattr(Report, "__eq__", lambda *pair: compared.append(pair) is None and pair[0] is pair[1])
    listed = [
        Report(to=number, ref="7", state=ReportState.FAILED, reason=Reason.BLOCKED_BY_VENDOR, code="21610")
        for number in grants.phones(100)
    ]
    with app.app_context():
        make.brand()
        gateway = db.session.get_one(MessageGateway, delivery.add("iletimerkezi"))
        keep_news(gateway, Feedback(reports=tuple(listed)), clock.now(), read_until=clock.now())

        told = select(func.count()).where(GatewayEvent.kind == EventKind.BLOCKED)
        assert (db.session.scalar(told), len(compared) < len(listed)) == (len(listed), True)
