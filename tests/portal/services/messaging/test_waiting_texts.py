"""What a message names holds when it leaves, however long it waited: the host of its links, the number for replies."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import Brand, Campaign, Delivery, Domain, Message, MessageGateway
from portal.domain.campaigns import sending
from portal.domain.notifications import gateways, messages
from portal.domain.providers import brands
from portal.services import domains
from portal.services.messaging import outbox
from tests import make, servers
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_outbox import Gateway
from tests.portal.services.messaging.vendor_pushes import bring_reply

pytestmark = pytest.mark.slow

HOST, NUMBER = "izin.ornek.example", "4609"
WAIT = timedelta(days=5)


@pytest.fixture
def gateway():
    gateway = Gateway()
    with servers.serving(gateway.app) as gateway.url:
        yield gateway


@pytest.fixture
def at_own_host(app, gateway):
    """Launch a campaign of a brand with its own host."""

    def launch(to: str = make.PHONE) -> None:
        with app.app_context():
            make.provider()
            make.add_domain(make.brand(), HOST)
        make.codes(app, to, delivery=Delivery.GATEWAY)

    return launch


def only(model):
    return db.session.scalars(select(model)).one()


def pause() -> None:
    sending.pause(db.session, only(Campaign), clock.now())


def resume() -> None:
    sending.resume(db.session, only(Campaign), clock.now())


def close() -> None:
    brands.close_brand(only(Brand), clock.now())


def reopen() -> None:
    brands.reopen_brand(db.session, only(Brand), clock.now())


def lose_host() -> None:
    only(Domain).missing_since = clock.now()


def remove_host() -> None:
    domains.remove(db.session, only(Domain), clock.now())


def act(app, *acts) -> None:
    with app.app_context():
        for each in acts:
            each()
        db.session.commit()


def send(app, gateway, after: timedelta = timedelta(0)) -> None:
    with time_machine.travel(clock.now() + after), app.app_context():
        make.send_all(gateway.url)


def last_text(gateway) -> str:
    return gateway.calls[-1][0]["text"]


@pytest.mark.parametrize("to", [make.PHONE, make.EMAIL])
@pytest.mark.parametrize(("waits", "goes_on"), [(pause, resume), (close, reopen)])
@pytest.mark.parametrize("lose", [lose_host, remove_host])
def test_a_host_that_was_lost_since_the_launch_is_in_no_message(
    app, gateway, at_own_host, rows, to, waits, goes_on, lose
):
    at_own_host(to)
    act(app, waits)
    send(app, gateway)
    act(app, lose, goes_on)

    send(app, gateway, WAIT)

    text = last_text(gateway)
    assert HOST not in text and text.count("localhost/k/") == text.count("localhost/u/") == 1
    with app.app_context():
        assert messages.read_text(vault(), rows.one(Message)).endswith(text)


def test_a_message_that_waits_is_nowhere_written_yet(app, gateway, at_own_host, rows):
    at_own_host()
    act(app, pause)
    send(app, gateway)

    assert rows.one(Message).text is None


def test_a_message_that_was_not_taken_is_written_anew_for_the_next_call(app, gateway, at_own_host, rows):
    at_own_host()
    gateway.answer = 503
    send(app, gateway)
    assert HOST in last_text(gateway)
    act(app, lose_host)
    gateway.answer = 202

    send(app, gateway, WAIT)

    assert HOST not in last_text(gateway)
    with app.app_context():
        assert messages.read_text(vault(), rows.one(Message)) == last_text(gateway)


def test_a_text_that_a_launch_of_before_kept_is_written_anew(app, gateway, at_own_host):
    at_own_host()
    act(app, make.keep_texts, lose_host)

    send(app, gateway)

    assert HOST not in last_text(gateway)


def test_what_did_not_change_leaves_with_the_host_and_the_words_of_the_launch(app, gateway, at_own_host):
    at_own_host()
    act(app, make.keep_texts)
    with app.app_context():
        written = messages.read_text(vault(), only(Message))
    act(app, pause, resume)

    send(app, gateway, WAIT)

    assert last_text(gateway) == written and HOST in written


def test_a_number_that_takes_no_replies_any_more_is_in_no_message(app, vendors):
    with app.app_context():
        gateway_id = delivery.add("verimor")
        db.session.execute(update(Brand).values(reply_number=NUMBER))
        db.session.commit()
        bring_reply(gateway_id, NUMBER)
        delivery.add("iletimerkezi")
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    act(app, make.keep_texts)
    with app.app_context():
        assert NUMBER in messages.read_text(vault(), only(Message))
        gateways.remove(db.session, db.session.get_one(MessageGateway, gateway_id), clock.now())
        db.session.commit()

    with time_machine.travel(clock.now() + WAIT), app.app_context():
        while outbox.send_due():
            pass

    (left,) = vendors.accepted()
    assert NUMBER not in str(left) and "/u/" in str(left)
