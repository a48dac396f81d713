"""A refusal in answer to messages that are no campaign's: of settled cases, and the portal's own."""

import re
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.models import (
    Brand,
    Complaint,
    ComplaintKind,
    Consent,
    EventKind,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Recipient,
)
from portal.domain import complaints
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import event_contents, gateway_events, outgoing_messages
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback
from tests import make
from tests.grants import insert_decisions
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import Vendor, add_brand, work
from tests.portal.web.recipient.open_complaints import proves

pytestmark = pytest.mark.slow


@pytest.fixture
def operators(app, browser) -> Vendor:
    """The operator's account, by which only the portal wrote to Fatma, whom two brands of a firm may write to."""
    add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        account = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="verimor", header="IZINLINK",
            credentials=delivery.LOGINS["verimor"], per_second=1, at=clock.now(),
        )  # fmt: skip
        db.session.commit()
        gateway_id = account.id
    grant_at_every_brand(app)
    return Vendor(app, browser, gateway_id)


def grant_at_every_brand(app) -> None:
    with app.app_context():
        for brand in db.session.query(Brand).order_by(Brand.id).all():
            insert_decisions(brand, [make.PHONE], clock.now() - timedelta(days=30), lane=None, held=None)


def refuses_calls_at_izinlerim(app, browser, brand_id: int | None = None) -> None:
    """Of one brand; the portal tells it by SMS, in the brand's name."""
    proves(browser)
    page = browser.get("/izinlerim/liste").text
    token = re.search(r'name="form" value="([^"]+)"', page)[1]
    with app.app_context():
        refused = brand_id or make.brand().id
    browser.post("/izinlerim/liste", data={"form": token, "refuse": f"{refused}-ARAMA"})


def write(app, gateway_id: int, provider_id: int, ago: timedelta, **whose) -> None:
    """A message of a firm to Fatma, by an account."""
    with app.app_context():
        at = clock.now() - ago
        theirs = recipients.gather(db.session, vault(), provider_id, [parse(make.PHONE)], at)
        sent = {"state": MessageState.DELIVERED, "attempts": 1, "created_at": at, "called_at": at}
        db.session.add(
            Message(provider_id=provider_id, recipient_id=theirs[make.PHONE], gateway_id=gateway_id, **sent, **whose)
        )
        db.session.commit()


@pytest.fixture
def rival(app, operators) -> int:
    """Another firm."""
    with app.app_context():
        return make.provider(800001, 800001, "cem@example.com").id


def refused_brands(rows) -> set[int]:
    return {each.brand_id for each in rows(Consent) if (each.status, each.channel) == ("RET", "MESAJ")}


def test_who_answers_what_the_portal_told_of_a_brand_refuses_that_brand(app, browser, operators, rows):
    refuses_calls_at_izinlerim(app, browser)

    operators.brings("RET")
    work(app)

    with app.app_context():
        assert refused_brands(rows) == {make.brand().id}


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("RET", "likely_refusal"), ("hepsini reddediyorum, bir daha aramayın", "likely_refusal"),
        ("durdurun artik su mesajlari", "review"),
    ],
)  # fmt: skip
def test_who_answers_the_portal_itself_is_held_everywhere_until_the_operator_reads_it(
    app, operators, rows, words, outcome
):
    with time_machine.travel(clock.now() + timedelta(days=8)):
        operators.brings(words, received_at=f"{clock.now():%Y-%m-%d %H:%M:%S}")
        work(app)

    read, held = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert (read.provider_id, read.settled_at, held.outcome) == (None, None, outcome)
    assert held.recipient_id == rows.one(Recipient).id


def test_a_vendors_block_of_what_the_portal_itself_wrote_holds_everywhere_until_the_operator_reads_it(
    app, browser, operators, rows
):
    proves(browser)
    with app.app_context():
        account, code = db.session.get_one(MessageGateway, operators.gateway_id), db.session.query(Message).one()
        code.gateway_id = account.id
        told, secret = BlockedAddress("", None, "report", code.id), gateways.read_secret(vault(), account)
        event_contents.keep_blocked(account, secret, told, clock.now(), "")
        db.session.commit()
    work(app)

    read, held = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert (read.provider_id, read.outcome, read.settled_at) == (None, "likely_refusal", None)
    assert (held.recipient_id, held.settled_at) == (rows.one(Recipient).id, None)


@pytest.mark.parametrize("ago", [timedelta(days=700), timedelta(days=2)])
def test_a_message_of_a_firm_before_the_portals_own_takes_no_refusal_for_itself(
    app, browser, operators, rival, rows, ago
):
    write(app, operators.gateway_id, rival, ago, kind=MessageKind.CODE)
    proves(browser)

    operators.brings("RET", received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    work(app)

    read, *held = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert (refused_brands(rows), read.settled_at) == (set(), None)
    assert sorted(each.provider_id for each in held) == sorted(each.provider_id for each in rows(Recipient))


@pytest.mark.parametrize(
    ("words", "firms"),
    [
        ("Merhaba, siparişim nerede?", 1), ("Evet", 1), ("artık yazmayın bana lütfen", 2), ("atmyn", 2), ("🚫", 2),
        ("siparişim 👎", 2), ("reklamları kesin", 2),
    ],
)  # fmt: skip
def test_the_firm_that_wrote_last_reads_a_question_and_all_else_holds_who_wrote_that_week(
    app, browser, operators, rival, rows, words, firms
):
    refuses_calls_at_izinlerim(app, browser)
    with time_machine.travel(clock.now() + timedelta(days=3)):
        write(app, operators.gateway_id, rival, timedelta(hours=1), kind=MessageKind.CODE)
        operators.brings(words, received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
        work(app)

    at_firms = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_not(None))
    assert len({each.provider_id for each in at_firms}) == firms
    assert [each.provider_id for each in at_firms if each.body] == [rival][: 2 - firms]


@pytest.mark.parametrize("told", ["RET", "list", "EVET", "artık yazmayın bana ne olur"])
def test_who_answers_in_the_thread_of_one_number_may_mean_its_firm_and_who_wrote_by_another(
    app, operators, rival, rows, told
):
    with app.app_context():
        rivals_brand = db.session.query(Brand).filter_by(provider_id=rival).one()
        rivals_brand.name = "Rakip"
        insert_decisions(rivals_brand, [make.PHONE], clock.now() - timedelta(days=30), lane=None, held=None)
        own, wrote = make.brand(), {make.brand().id, rivals_brand.id}
        other = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="verimor", header="BASKA",
            credentials={"username": "908500000077", "password": "x"}, per_second=1, at=clock.now(),
        )  # fmt: skip
        db.session.commit()
        own_id, other_id, brand_id = own.provider_id, other.id, own.id
    write(app, operators.gateway_id, own_id, timedelta(days=20), kind=MessageKind.CODE, brand_id=brand_id)
    write(app, other_id, rival, timedelta(minutes=30), kind=MessageKind.CODE)
    if told == "list":
        with app.app_context():
            account, listed = (
                db.session.get_one(MessageGateway, operators.gateway_id),
                (BlockedAddress(make.PHONE, clock.now(), "MO"),),
            )
            gateway_events.keep_news(account, Feedback(blocked=listed), clock.now())
            db.session.commit()
    else:
        operators.brings(told, received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    work(app)

    assert refused_brands(rows) == (wrote if told in ("RET", "list") else set())
    read = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_not(None))
    assert not any(each.body for each in read if told != "RET")


def test_a_refusal_at_a_brands_own_account_is_not_of_what_izinlerim_told_of_another_brand(app, browser, rows):
    moda = add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        shop = make.brand()
        provider_id, shop_id, own, other = shop.provider_id, shop.id, delivery.add("verimor"), delivery.add("netgsm")
        gateways.set_for_brand(db.session, shop_id, AddressKind.PHONE, [own], at=clock.now())
        gateways.set_for_brand(db.session, moda, AddressKind.PHONE, [other], at=clock.now(), unused=[own])
        db.session.commit()
    grant_at_every_brand(app)
    refuses_calls_at_izinlerim(app, browser, moda)
    with app.app_context():
        campaign_id = make.campaign().id
        db.session.commit()
    write(app, own, provider_id, timedelta(hours=1), kind=MessageKind.INVITATION, campaign_id=campaign_id)

    Vendor(app, browser, own).brings("RET")
    work(app)

    assert refused_brands(rows) == {shop_id}


@pytest.mark.parametrize("kind", [ComplaintKind.STILL_RECEIVING, ComplaintKind.ERASURE])
def test_who_answers_that_a_case_was_settled_refuses_the_brand_of_the_case(app, browser, rows, kind):
    """Or all of its firm, for erasure; also once it is open again. Its firm's brands send by an account each, and this
    message left by the other brand's."""
    moda, kid = add_brand(app, "Moda Evi", "MODAEVI"), add_brand(app, "Çocuk", "COCUK", code=700010)
    with app.app_context():
        shop = make.brand()
        provider_id, shop_id, own, other = shop.provider_id, shop.id, delivery.add("verimor"), delivery.add("netgsm")
        for brand_id, account in ((shop_id, own), (moda, other), (kid, other)):
            gateways.set_for_brand(db.session, brand_id, AddressKind.PHONE, [account], at=clock.now(), unused=[own])
        db.session.commit()
    grant_at_every_brand(app)
    is_erasure = kind == ComplaintKind.ERASURE
    with app.app_context():
        at, whose = clock.now(), {"brand_id": None if is_erasure else moda, "channel": None if is_erasure else "MESAJ"}
        recipient_id = db.session.query(Recipient.id).scalar()
        case = Complaint(
            kind=kind, language="tr", nonce=1, due_at=at, provider_id=provider_id, recipient_id=recipient_id,
            created_at=at, proved_at=at, **whose,
        )  # fmt: skip
        db.session.add(case)
        db.session.flush()
        closing = complaints.list_closings(case)[-1]
        told = {"link": "https://izinlink.example/b/x", "sender": "x", "user_id": 7, "at": at}
        complaints.close_case(db.session, vault(), case, closing, "Bitti.", **told)
        complaints.reopen_case(db.session, vault(), case, "Sürüyor.", user_id=None, at=at)
        message = db.session.query(Message).one()
        assert outgoing_messages.brand_of(message) == whose["brand_id"]  # By whose account it leaves, where it can.
        message.gateway_id, message.state, message.called_at, message.due_at = own, MessageState.DELIVERED, at, None
        db.session.commit()

    Vendor(app, browser, own).brings("RET")
    work(app)

    assert refused_brands(rows) == {shop_id, moda, *([kid] if is_erasure else [])}
