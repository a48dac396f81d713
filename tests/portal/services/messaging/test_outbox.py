"""Messages to the gateway: each once, none lost, whatever the gateway answers."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine
from flask import Flask, current_app, request
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db
from portal.core.models import (
    Campaign,
    CampaignKind,
    Delivery,
    ExclusionReason,
    Message,
    MessageKind,
    MessageState,
    OperatorRole,
    Provider,
    Recipient,
    UnsentReason,
)
from portal.domain.campaigns import lifecycle
from portal.domain.providers import brands, suspension
from portal.services import launches
from portal.services.messaging import gateway_accounts, message_outcomes, message_queues, outbox, outgoing_messages
from portal.services.messaging.gateways.demo import FAILED
from portal.services.messaging.gateways.protocol import LONGEST_TURN, SendResult
from portal.services.messaging.message_outcomes import Call
from tests import make, servers
from tests.make import Person, send, send_all
from tests.portal.web.recipient.open_complaints import another_firm_hears

pytestmark = pytest.mark.slow

LEASE = outbox.LEASES[AddressKind.PHONE]
LIST = "\n".join(f"+9053200000{number:02}" for number in range(5))


class Gateway:
    """A gateway that answers as it is told, and remembers what it was sent."""

    def __init__(self):
        self.answer, self.calls = 202, []
        self.app = Flask("gateway")
        self.app.add_url_rule("/messages", view_func=self.take, methods=["POST"])

    def take(self):
        self.calls.append(request.get_json()["messages"])
        return "", self.answer


@pytest.fixture
def gateway():
    gateway = Gateway()
    with servers.serving(gateway.app) as gateway.url:
        yield gateway


@pytest.fixture
def waiting(app):
    """Five messages that wait for the gateway."""
    make.codes(app, LIST, delivery=Delivery.GATEWAY)
    with app.app_context():
        yield
        db.session.rollback()


def claim(url: str) -> Sequence[Call]:
    """Claim a queue's messages, as a sender does before it calls the gateway."""
    current_app.config["MESSAGE_GATEWAY_URL"] = url
    at = clock.now()
    queue = next(message_queues.due_queues(db.session, at, gateway_accounts.defaults(at)))
    return outbox._claim(queue, at).calls


def hears_no_answer(call: Call) -> None:
    message_outcomes.record(call, [SendResult(each.id, error=FAILED) for each in call.batch.messages])


def test_each_message_is_sent_once(waiting, gateway, rows):
    send_all(gateway.url)
    send_all(gateway.url)

    sent = [message for call in gateway.calls for message in call]
    assert {message["to"] for message in sent} == set(LIST.split())
    assert {message["id"] for message in sent} == {message.id for message in rows(Message)}
    assert len(sent) == 5
    assert {(m.state, m.due_at, m.attempts) for m in rows(Message)} == {(MessageState.ACCEPTED, None, 1)}


@pytest.mark.parametrize("answer", [500, 503, 429, 404, 302, 200])
def test_what_was_not_taken_is_sent_later_with_the_same_id(waiting, gateway, rows, answer):
    gateway.answer = answer
    send_all(gateway.url)
    assert {m.state for m in rows(Message)} == {MessageState.WAITING}

    gateway.answer = 202
    with time_machine.travel(clock.now() + timedelta(minutes=2)):
        send_all(gateway.url)

    first, second = ({message["id"] for message in call} for call in gateway.calls)
    assert first == second
    assert {m.state for m in rows(Message)} == {MessageState.ACCEPTED}


def test_a_gateway_that_is_not_there_is_not_called_again_at_once(waiting, rows):
    assert [send("http://127.0.0.1:9") for _ in range(2)] == [True, False]

    assert {(m.state, m.attempts) for m in rows(Message)} == {(MessageState.WAITING, 1)}
    assert all(m.due_at > clock.now() and m.lease_until is None for m in rows(Message))


@pytest.mark.alike
def test_a_day_without_a_gateway_loses_no_message(waiting, gateway, rows):
    gateway.answer, start = 503, clock.now()
    at = start
    while at < start + timedelta(hours=24):  # Each time that all of them are due again.
        with time_machine.travel(at):
            send(gateway.url)
        at = max(at + timedelta(minutes=1), *[each.due_at for each in rows(Message)])

    assert len(gateway.calls) > 10
    gateway.answer = 202
    with time_machine.travel(start + timedelta(hours=27)):
        send_all(gateway.url)

    assert {m.state for m in rows(Message)} == {MessageState.ACCEPTED}


@pytest.mark.alike
def test_a_message_that_is_never_taken_fails_after_days(waiting, gateway, rows, monkeypatch):
    days = message_outcomes.LONG
    assert days.attempts * days.longest_pause > timedelta(days=3)
    monkeypatch.setattr(message_outcomes, "LONG", days._replace(attempts=5))
    gateway.answer, start = 503, clock.now()
    for hour in range(0, 7 * 3, 3):
        with time_machine.travel(start + timedelta(hours=hour)):
            send(gateway.url)

    assert {(m.state, m.due_at) for m in rows(Message)} == {(MessageState.FAILED, None)}
    assert {m.attempts for m in rows(Message)} == {5} == {len(gateway.calls)}


def test_what_a_killed_sender_had_in_hand_is_sent_when_its_lease_ends(waiting, gateway, rows):
    at = clock.now()
    db.session.query(Message).update({Message.lease_until: at + LEASE})
    db.session.commit()

    assert send(gateway.url) == 0
    with time_machine.travel(at + LEASE + timedelta(seconds=1)):
        send_all(gateway.url)

    assert {m.state for m in rows(Message)} == {MessageState.ACCEPTED}


def test_nothing_to_send_calls_nobody(app, gateway):
    with app.app_context():
        assert send(gateway.url) == 0

    assert gateway.calls == []


def test_nothing_to_send_asks_for_no_turn_to_write(app, gateway, monkeypatch):
    monkeypatch.setattr(outbox, "_claim", pytest.fail)
    with app.app_context():
        assert send(gateway.url) == 0


@pytest.mark.alike
def test_who_waits_is_told_on_the_same_day_after_hours_without_a_gateway(app, browser, gateway, rows):
    """From eight in the evening to eleven it takes nothing."""
    code = make.codes(app, make.PHONE)[make.PHONE]
    evening = clock.now().astimezone(clock.ISTANBUL).replace(hour=20, minute=0)
    gateway.answer = 503
    with app.app_context():
        for minute in range(0, 4 * 60, 5):
            if minute == 3 * 60:
                gateway.answer = 202
            with time_machine.travel(evening + timedelta(minutes=minute), tick=False):
                if minute == 0:
                    make.Person(browser, code).decides(MESAJ="ONAY")
                send(gateway.url)
        db.session.rollback()

    told = rows.one(Message)
    assert told.state == MessageState.ACCEPTED
    assert clock.day(told.ended_at) == evening.date()


def test_what_another_sender_got_through_meanwhile_is_not_put_off(waiting, gateway, rows):
    (call,) = claim(gateway.url)
    later = clock.now() + LEASE + timedelta(seconds=1)
    with time_machine.travel(later):
        send_all(gateway.url)

        hears_no_answer(call)  # Who was held up beyond its lease.

    assert {(m.state, m.due_at) for m in rows(Message)} == {(MessageState.ACCEPTED, None)}


def test_a_campaign_that_is_closed_while_its_messages_are_in_hand_sends_none_later(waiting, gateway, rows):
    (call,) = claim(gateway.url)
    lifecycle.close(db.session, db.session.query(Campaign).one(), clock.now())
    db.session.commit()

    hears_no_answer(call)

    assert {(m.state, m.due_at, m.lease_until) for m in rows(Message)} == {(MessageState.WAITING, None, None)}


@pytest.mark.parametrize("is_suspended", [True, False])
def test_a_suspended_firm_and_a_passive_brand_send_nothing_until_they_go_on(waiting, gateway, rows, is_suspended):
    brand, by = make.brand(), make.staff("derya@example.com", OperatorRole.ADMIN).id
    provider = db.session.get_one(Provider, brand.provider_id)
    if is_suspended:
        suspension.suspend(db.session, provider, by=by, note="Sahte ileti.", at=clock.now())
    else:
        brands.close_brand(brand, clock.now())
    db.session.commit()

    send_all(gateway.url)

    assert gateway.calls == []
    assert {(m.state, m.due_at) for m in rows(Message)} == {(MessageState.WAITING, None)}

    if is_suspended:
        suspension.resume(db.session, provider, by=by, note="Açıklandı.", at=clock.now())
    else:
        brands.reopen_brand(db.session, brand, clock.now())
    db.session.commit()
    send_all(gateway.url)

    assert sum(map(len, gateway.calls)) == 5


def test_one_that_cannot_be_written_holds_up_no_other(waiting, gateway, rows, monkeypatch):
    faulty, write = rows(Message)[0].id, outgoing_messages.outgoing_message_of

    def breaks_once(message, *args):
        if message.id == faulty:
            raise KeyError("of a template")
        return write(message, *args)

    monkeypatch.setattr(outgoing_messages, "outgoing_message_of", breaks_once)
    send_all(gateway.url)

    left = {m.id: m for m in rows(Message)}.pop(faulty)
    assert len(gateway.calls[0]) == 4
    assert (left.state, left.attempts, left.lease_until) == (MessageState.WAITING, 1, None)
    assert left.due_at > clock.now()


def test_a_turn_begins_as_its_people_are_looked_at(waiting, gateway):
    with time_machine.travel(clock.now(), tick=False) as at:
        (call,) = claim(gateway.url)
        was_over = call.batch.is_over(clock.now())
        at.shift(LONGEST_TURN)

        assert not was_over and call.batch.is_over(clock.now())


def test_what_a_call_left_untried_is_looked_at_again_at_once(app, browser, gateway, rows):
    codes = make.codes(app, LIST, delivery=Delivery.GATEWAY)
    with app.app_context():
        (call,) = claim(gateway.url)
        sent, refused = call.batch.messages[0].id, call.batch.messages[1].to
        message_outcomes.record(call, [SendResult(sent)])
        untried = rows(Message, Message.id != sent)
        left = [(each.attempts, each.batch_id, each.due_at <= clock.now()) for each in untried]
        Person(browser, codes[refused]).decides(MESAJ="RET")
        send_all(gateway.url)

    assert left == [(0, None, True)] * 4
    assert {each["to"] for each in gateway.calls[0]} == {each.to for each in call.batch.messages[2:]}


@pytest.mark.parametrize("kind", [CampaignKind.ASK, CampaignKind.REFUSE])
def test_a_link_is_not_sent_to_who_refused_its_channel_meanwhile(app, browser, gateway, rows, kind):
    codes = make.codes(app, f"{make.PHONE}\n{make.EMAIL}", kind=kind, delivery=Delivery.GATEWAY)
    Person(browser, codes[make.PHONE]).decides(MESAJ="RET")

    with app.app_context():
        send_all(gateway.url)

    links = {message.id: message for message in rows(Message, Message.kind == MessageKind.INVITATION)}
    sent = [message for call in gateway.calls for message in call if message["id"] in links]
    assert [message["to"] for message in sent] == [make.EMAIL]  # Beside the confirmation of the refusal.
    assert {(message.state, message.unsent_reason) for message in links.values()} == {
        (MessageState.NOT_NEEDED, UnsentReason.REFUSED), (MessageState.ACCEPTED, None),
    }  # fmt: skip


@pytest.mark.parametrize("moment", ["closed_at", "reassigned_at", "reassigned_anywhere_at"])
def test_nobody_is_asked_who_has_the_address_only_since(app, gateway, rows, moment):
    make.codes(app, f"{make.PHONE}\n{make.EMAIL}", delivery=Delivery.GATEWAY)
    with app.app_context():
        db.session.execute(update(Recipient).where(Recipient.kind != AddressKind.EMAIL).values({moment: clock.now()}))
        db.session.commit()
        campaign, salt = db.session.query(Campaign).one(), app.config["LINK_SALT"]
        counted = launches.count_links(db.session, campaign)
        assert (counted.links, counted.left_out) == (1, {ExclusionReason.CHANGED_HANDS: 1})
        assert [address for address, _ in launches.links_of(db.session, campaign, salt, "")] == [make.EMAIL]
        send_all(gateway.url)

    assert [message["to"] for call in gateway.calls for message in call] == [make.EMAIL]


def test_who_has_the_address_only_since_is_asked_by_a_later_campaign(app, gateway, rows):
    """The waiting message would have led to a page that asks for nothing."""
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    another_firm_hears(app, clock.now())
    with app.app_context():
        send_all(gateway.url)
    ended = rows.one(Message)
    assert (ended.state, ended.unsent_reason) == (MessageState.NOT_NEEDED, UnsentReason.REASSIGNED)

    code = make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)[make.PHONE]
    with app.app_context():
        send_all(gateway.url)

    assert [code in message["text"] for call in gateway.calls for message in call] == [True]
