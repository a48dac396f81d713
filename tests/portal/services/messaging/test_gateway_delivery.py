"""Messages through gateways of a provider's own: none twice, none lost, in its pace, over the one that works."""

import itertools
import random
from collections import Counter
from datetime import timedelta
from unittest.mock import Mock

import pytest
import requests
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import (
    BrandGateway,
    Delivery,
    GatewayState,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Provider,
)
from portal.domain.notifications import gateways, messages
from portal.services.messaging import gateway_accounts, message_outcomes, outbox, routing
from portal.services.messaging.fake_gateway import create_gateway
from portal.services.messaging.gateways.protocol import Batch, Capabilities, Lookup, LookupOutcome, OutgoingMessage
from portal.services.messaging.message_outcomes import Call
from tests import grants, make, servers

pytestmark = pytest.mark.slow

LOGINS = {
    "verimor": {"username": "908500000001", "password": "demo"},
    "netgsm": {"username": "8500000002", "password": "demo"},
    "iletimerkezi": {"key": "demo", "hash": "demo"},
}
OTHERS = ("netgsm", "iletimerkezi")
WRONG = {"verimor": {"username": "908500000001", "password": "wrong"}}
SECOND = timedelta(seconds=1)


class Vendors:
    """The fake gateway's vendors."""

    def __init__(self, url: str):
        self.url = url
        self.control("settings", report_delay=0, hang_seconds=0)

    def control(self, what: str, **fields) -> None:
        answer = requests.post(f"{self.url}/control/{what}", json=fields, timeout=5)
        assert answer.ok, answer.text

    def accepted(self) -> list[dict]:
        return requests.get(f"{self.url}/control/messages", timeout=5).json()["messages"]


@pytest.fixture
def vendors(app, tmp_path):
    with servers.serving(create_gateway(tmp_path / "messages.db")) as url:
        app.config["MESSAGE_GATEWAY_URL"] = url
        yield Vendors(url)


def add(vendor: str, *, per_second: int = 1000, provider_id=None, works=True, login=None) -> int:
    """An account of the provider at a vendor; its id."""
    at = clock.now()
    gateway = gateways.add_gateway(
        db.session, vault(), provider_id=provider_id or make.brand().provider_id, carries=AddressKind.PHONE,
        vendor=vendor, header="DENEME", credentials=login or LOGINS[vendor], per_second=per_second, at=at,
    )  # fmt: skip
    if works:
        gateways.mark_tested(gateway, at)
    db.session.commit()
    return gateway.id


def launch(app, count: int, first: int = 0) -> None:
    make.codes(app, "\n".join(grants.phones(count, 1_000_100 + first)), delivery=Delivery.GATEWAY)


def send_all(at, seconds: int = 600) -> None:
    """Send for so long, by the clock of `at`."""
    for _ in range(seconds):
        while outbox.send_due():
            pass
        at.shift(SECOND)
        if not is_anything_due():
            break
    db.session.rollback()


def is_anything_due() -> bool:
    return db.session.scalar(select(Message.id).where(Message.due_at.is_not(None)).limit(1)) is not None


@pytest.fixture
def at():
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("vendor", ["verimor", *(pytest.param(each, marks=pytest.mark.long) for each in OTHERS)])
def test_what_a_killed_sender_or_a_lost_answer_leaves_behind_arrives_once(app, vendors, at, rows, vendor, monkeypatch):
    make_provider_with(app, vendor)
    launch(app, 30)
    dice, record = random.Random(vendor), outbox.message_outcomes.record
    monkeypatch.setitem(outbox.BATCHES, AddressKind.PHONE, 5)

    def dies_sometimes(call, results):
        """After the vendor has it, and before it is written."""
        if dice.random() < 0.3:
            raise SystemExit
        record(call, results)

    monkeypatch.setattr(outbox.message_outcomes, "record", dies_sometimes)
    vendors.control("faults", vendor=vendor, code="lost", times=4, rate=0.3, seed=1)

    with app.app_context():
        for _ in range(100):
            try:
                send_all(at, 20)
            except SystemExit:
                db.session.rollback()
            if not is_anything_due():
                break

    arrived = Counter(each["to"] for each in vendors.accepted())
    assert set(arrived.values()) == {1} and len(arrived) == 30
    found = rows(Message)
    undecided = [each for each in found if each.state != MessageState.ACCEPTED]
    assert all(each.vendor_ref and each.gateway_id for each in found if each not in undecided)
    assert all(each.batch_id for each in undecided)  # NetGSM cannot always tell: they wait for a person.
    assert vendor == "netgsm" or undecided == []


def test_a_vendor_that_is_too_busy_for_questions_gets_the_next_messages_all_the_same(app, vendors, at, rows):
    gateway_id = make_provider_with(app, "verimor")
    vendors.control("faults", vendor="verimor", code="lost", times=1)
    launch(app, 5)
    with app.app_context():
        send_all(at, 20)
        at.shift(120 * SECOND)
        vendors.control("faults", vendor="verimor", code="429", times=1, any_call=True)

        assert outbox.send_due()

        gateway = db.session.get_one(MessageGateway, gateway_id)
        assert routing.is_ready(gateway, clock.now())
        assert set(db.session.scalars(select(Message.state))) == {MessageState.UNCERTAIN}
        assert len(set(db.session.scalars(select(Message.due_at)))) == 1, "they are looked up together again"
        send_all(at)
    assert {each.state for each in rows(Message)} == {MessageState.ACCEPTED}


@pytest.mark.parametrize("finds_calls", [False, True])
def test_a_vendor_that_finds_no_call_is_not_asked_for_an_hour_before_a_person_decides(app, vendors, rows, finds_calls):
    gateway_id = make_provider_with(app, "verimor")
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    lost, at = OutgoingMessage(rows.one(Message).id, make.PHONE, "Merhaba"), clock.now()
    in_call = {"gateway_id": gateway_id, "state": MessageState.UNCERTAIN, "batch_id": 7, "attempts": 2}
    adapter = Mock(capabilities=Capabilities(1, finds_calls=finds_calls))
    adapter.lookup.return_value = Lookup(LookupOutcome.CANNOT_TELL)
    with app.app_context():
        db.session.execute(update(Message).values(in_call))
        message_outcomes.settle_lost_call(Call(adapter, gateway_id, Batch(7, "", [lost], at), frozenset(), True))

    assert (rows.one(Message).due_at is None) != finds_calls and rows.one(Message).state == MessageState.UNCERTAIN


def make_provider_with(app, vendor: str, **facts) -> int:
    with app.app_context():
        return add(vendor, **facts)


def test_nothing_leaves_through_a_gateway_that_nobody_tried(app, vendors, at, rows):
    make_provider_with(app, "verimor", works=False)
    launch(app, 3)

    with app.app_context():
        send_all(at, 5)

    assert vendors.accepted() == []
    assert {(each.state, each.attempts) for each in rows(Message)} == {(MessageState.WAITING, 0)}


def test_a_wrong_password_stops_the_gateway_and_costs_no_message_an_attempt(app, vendors, at, rows):
    gateway_id = make_provider_with(app, "verimor", login=WRONG["verimor"])
    launch(app, 3)

    with app.app_context():
        send_all(at, 30)
        gateway = db.session.get_one(MessageGateway, gateway_id)
        assert (gateway.state, bool(gateway.stopped_code)) == (GatewayState.STOPPED, True)
        assert {(each.state, each.attempts) for each in rows(Message)} == {(MessageState.WAITING, 0)}
        gateways.replace_credentials(vault(), gateway, LOGINS["verimor"], header="DENEME", per_second=100)
        db.session.commit()
        send_all(at, 30)

    assert {each.state for each in rows(Message)} == {MessageState.ACCEPTED}
    assert len(vendors.accepted()) == 3


def test_a_gateway_keeps_its_pace(app, vendors, at):
    make_provider_with(app, "verimor", per_second=10)
    launch(app, 40)
    begins = clock.now()

    with app.app_context():
        send_all(at)

    assert 3 <= (clock.now() - begins).total_seconds() <= 5
    assert len(vendors.accepted()) == 40


def test_a_firms_many_messages_hold_up_neither_anothers_nor_who_waits(app, vendors, at, rows):
    make_provider_with(app, "verimor", per_second=5)
    launch(app, 200)
    with app.app_context():
        other = make.provider(800001, 800001, "cem@example.com")
        add("netgsm", provider_id=other.id)
        code = {"code": "12345678", "purpose": "mine", "sender": "", "notice": "", "brand_id": ""}
        theirs = messages.write_message(
            db.session, vault(), MessageKind.CODE, facts=code, language="tr", at=clock.now(), provider_id=other.id,
            address=grants.phones(1)[0],
        )  # fmt: skip
        theirs.rank, its_id = messages.NORMAL_PRIORITY, theirs.id
        last = db.session.scalars(select(Message.id).order_by(Message.id)).all()[-2]
        db.session.execute(update(Message).where(Message.id == last).values(rank=messages.HIGH_PRIORITY))
        db.session.commit()
        for _ in range(2):
            outbox.send_due()

    assert [each.id for each in rows(Message, Message.state == MessageState.ACCEPTED)] == [last, its_id]


def share() -> int:
    """The first gateway's share of the brand's batches, in percent."""
    found = db.session.scalar(select(BrandGateway.share).where(BrandGateway.place == 1))
    db.session.rollback()
    return found


def test_a_second_gateway_takes_over_slowly_and_gives_back_slowly(app, at):
    random.seed(16)
    with app.app_context():
        both = add("verimor"), add("netgsm")
        gateways.set_for_brand(db.session, make.brand().id, AddressKind.PHONE, both, at=clock.now())
        db.session.commit()
        without = [take_turn(at, both[0], works=False) for _ in range(40)]
        again = [take_turn(at, both[0], works=True) for _ in range(250)]

    assert 0 in without and again[-1] == 100
    assert all(abs(after - before) <= 25 for before, after in itertools.pairwise(without + again))


def take_turn(at, first: int, *, works: bool) -> int:
    """Send a batch of the brand's by one of its gateways, of which the first one may not work; its share afterwards."""
    brand, now = make.brand(), clock.now()
    chosen = routing.choose(db.session, brand.id, gateways.own_gateways(db.session, brand.provider_id), now)
    if chosen is not None:
        routing.note_outcome(db.session, chosen, {brand.id}, now, went_well=works or chosen != first)
    db.session.commit()
    at.shift(SECOND if works else 20 * SECOND)
    return share()


def test_messages_take_the_second_gateway_while_the_first_one_fails(app, vendors, at, rows):
    random.seed(16)
    with app.app_context():
        first, second = add("verimor"), add("netgsm")
        gateways.set_for_brand(db.session, make.brand().id, AddressKind.PHONE, [first, second], at=clock.now())
        db.session.commit()
    vendors.control("faults", vendor="verimor", code="503", times=10**6)
    launch(app, 10)

    with app.app_context():
        send_all(at)
        assert share() < 100

    assert {(each.state, each.gateway_id) for each in rows(Message)} == {(MessageState.ACCEPTED, second)}


def test_before_admission_only_the_demo_gateway_is_called_whatever_is_set(app, vendors, at, rows):
    make_provider_with(app, "verimor")
    with app.app_context():
        db.session.execute(update(Provider).values(admitted_at=None))
        db.session.commit()
    launch(app, 3)

    with app.app_context():
        send_all(at, 5)

    assert vendors.accepted() == []
    assert {each.gateway_id for each in rows(Message)} == {None}


def test_codes_and_confirmations_go_by_the_operators_gateway_where_a_firm_has_none(app, vendors, at, rows):
    app.config["DEVELOPMENT"] = False
    try:
        with app.app_context():
            operators = gateways.add_gateway(
                db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="verimor", header="DENEME",
                credentials=LOGINS["verimor"], per_second=100, at=clock.now(),
            )  # fmt: skip
            gateways.mark_tested(operators, clock.now())
            operators_id = operators.id
            db.session.commit()
        launch(app, 2)
        with app.app_context():
            ids = db.session.scalars(select(Message.id).order_by(Message.id)).all()
            db.session.execute(update(Message).where(Message.id == ids[0]).values(rank=0, kind=MessageKind.CODE))
            db.session.commit()
            routes = {
                each.rank: gateway_accounts.default_route(each, clock.now()) for each in db.session.query(Message)
            }
            assert routes == {0: gateway_accounts.Route(operators_id), 1: None}
    finally:
        app.config["DEVELOPMENT"] = True


def test_a_line_that_nothing_may_leave_now_holds_up_no_other(app, vendors, at, rows):
    """Its brand's gateway rests, and its provider's other one serves other brands."""
    with app.app_context():
        resting, _ready = add("verimor"), add("iletimerkezi")
        gateways.set_for_brand(db.session, make.brand().id, AddressKind.PHONE, [resting], at=clock.now())
        db.session.get_one(MessageGateway, resting).resting_until = clock.now() + 60 * SECOND
        db.session.commit()
    launch(app, 2)
    with app.app_context():
        db.session.execute(update(Message).values(rank=messages.HIGH_PRIORITY))
        other = make.provider(800001, 800001, "cem@example.com")
        facts = {"code": "12345678", "purpose": "mine", "sender": "", "notice": "", "brand_id": ""}
        add("netgsm", provider_id=other.id)
        theirs = messages.write_message(
            db.session, vault(), MessageKind.CODE, facts=facts, language="tr", at=clock.now(), provider_id=other.id,
            address=grants.phones(1)[0],
        )  # fmt: skip
        theirs.rank, its_id = messages.NORMAL_PRIORITY, theirs.id
        db.session.commit()

        outbox.send_due()

    assert [each.id for each in rows(Message, Message.state == MessageState.ACCEPTED)] == [its_id]
