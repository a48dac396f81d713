"""What gateways tell: replies refuse at once, reports move messages forward only, and what comes twice counts once."""

import threading
from datetime import timedelta
from itertools import count, permutations

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, limiter, vault
from portal.core.models import (
    Brand,
    ConsentRequest,
    Decision,
    Delivery,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageState,
    Recipient,
)
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_events, outbox
from portal.services.messaging.fake_gateway import create_gateway
from portal.services.messaging.gateways import vendor_rows
from portal.services.messaging.gateways.protocol import BlockedAddress, Push
from tests import grants, make, servers
from tests.portal.services.messaging import test_gateway_delivery as delivery

pytestmark = pytest.mark.slow

ids = count(1)
NUMBER = "908500000001"  # Replies go there.
REFUSED, LIKELY, REVIEW = EventOutcome.REFUSED, EventOutcome.LIKELY_REFUSAL, EventOutcome.REVIEW


class Vendor:
    """Verimor, which pushes to the secret URL of an account."""

    def __init__(self, app, browser, gateway_id: int):
        self.app, self.browser, self.gateway_id = app, browser, gateway_id
        with app.app_context():
            self.secret = gateways.read_secret(vault(), db.session.get_one(MessageGateway, gateway_id))

    def pushes(self, *items: dict):
        return self.browser.post(f"/callbacks/messages/{self.secret}", json=list(items))

    def brings(self, text: str, sender: str = make.PHONE, **fields):
        """A reply; its sender's number is written as the vendor does."""
        item = {
            "type": "inbound", "message_id": next(ids), "received_at": "2026-11-20 10:00:00", "keyword": "",
            "source_addr": sender.removeprefix("+"), "destination_addr": NUMBER, "content": text,
        }  # fmt: skip
        return self.pushes(item | fields)

    def reports(self, message: Message, status: str, **fields):
        item = {"type": "outbound", "message_custom_id": str(message.id), "campaign_id": "7", "status": status}
        return self.pushes(item | fields)


@pytest.fixture
def vendor(app, browser) -> Vendor:
    with app.app_context():
        gateway_id = delivery.add("verimor")
    return Vendor(app, browser, gateway_id)


def work(app, *kinds: EventKind) -> None:
    """Read what was kept, until nothing is due."""
    with app.app_context():
        while gateway_events.work_due(kinds or gateway_events.NEWS):
            pass


def add_brand(app, name: str, header: str) -> None:
    with app.app_context():
        db.session.add(
            Brand(
                provider_id=make.brand().provider_id,
                brand_code=700009,
                name=name,
                header=header,
                created_at=clock.now(),
            )
        )
        db.session.commit()


def test_the_words_of_a_reply_decide(app, vendor, rows):
    add_brand(app, "Moda Evi", "MODAEVI")
    table = (
        ("RET", "", REFUSED, 2), ("iptal", "", REFUSED, 2), ("R E T B038", "", REFUSED, 2), ("STOP", "", REFUSED, 2),
        ("red", "ORNEK", REFUSED, 2), ("?ptal", "", REFUSED, 2), ("MODAEVI RET", "", REFUSED, 1),
        ("RET moda evi", "", REFUSED, 1), ("ret", "MODAEVI", REFUSED, 1), ("ret", "FILANCA", REFUSED, 2),
        ("FILANCA RET", "", LIKELY, 0), ("artık mesaj atmayın rica ederim", "", LIKELY, 0),
        ("evet istemiyorum", "", LIKELY, 0),
        ("ONAY", "", REVIEW, 0), ("kargom nerede", "", REVIEW, 0), ("👍", "", REVIEW, 0),
    )  # fmt: skip
    senders = grants.phones(len(table))

    for sender, (text, keyword, *_) in zip(senders, table, strict=True):
        assert vendor.brings(text, sender, keyword=keyword).status_code == 200
    work(app)

    kept = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    decided = [len(rows(Decision, Decision.recipient_id == each.recipient_id)) for each in kept]
    found = [
        (text, keyword, each.outcome, made)
        for (text, keyword, *_), each, made in zip(table, kept, decided, strict=True)
    ]
    assert found == list(table)
    assert {(each.channel, each.status, each.source, each.origin) for each in rows(Decision)} == {
        ("MESAJ", "RET", "HS_MESAJ", "reply")
    }
    assert {each.settled_at is None for each in kept if each.outcome in (LIKELY, REVIEW)} == {True}
    assert not any(text.encode() in each.body for each in kept for text, *_ in table)


def test_a_reply_counts_once_and_a_sender_that_is_no_phone_decides_nothing(app, vendor, rows):
    for _ in range(2):
        vendor.brings("RET", message_id=77)
        vendor.brings("RET", sender="TURKCELL", message_id=78)
        vendor.brings("RET", sender="+902121234567", message_id=79)  # A landline has no SMS.
    vendor.brings("RET", message_id=77, network="TURKCELL")  # The same in another push.
    work(app)

    assert len(rows(Decision)) == 1
    assert [each.outcome for each in rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)] == [
        REFUSED,
        REVIEW,
        REVIEW,
    ]


def test_a_push_that_comes_twice_at_once_is_kept_and_done_once(app, vendor, rows):
    push = Push(b'[{"type":"inbound","message_id":5,"source_addr":"905321234567","content":"RET"}]', "application/json")
    both = threading.Barrier(2)

    def takes_part() -> None:
        with app.app_context():
            row = db.session.get_one(MessageGateway, vendor.gateway_id)
            db.session.rollback()
            both.wait()
            gateway_events.keep_push(row, vendor.secret, push, clock.now())
            db.session.commit()
            both.wait()
            while gateway_events.work_due(gateway_events.NEWS):
                pass

    threads = [threading.Thread(target=takes_part) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(each.kind for each in rows(GatewayEvent)) == ["push", "reply"]
    assert len(rows(Decision)) == 1


def test_a_reply_without_id_and_time_counts_once_a_day():
    mapping, row = {"from": "/from", "to": "/to", "text": "/text"}, {"from": "5321234567", "to": "4609", "text": "RET"}
    with time_machine.travel(clock.now(), tick=False) as at:
        first, again = (vendor_rows.read_inbound(mapping, row)[0].id for _ in range(2))
        at.shift(timedelta(days=1))
        later = vendor_rows.read_inbound(mapping, row)[0].id

    assert first == again != later


def test_a_refusal_by_sms_reaches_iys_as_such(app, browser, vendor, sandbox, iys):
    make.Person(browser, make.codes(app)[make.PHONE]).decides(MESAJ="ONAY")
    make.forward_all(app, iys)

    vendor.brings("RET")
    work(app)
    with time_machine.travel(clock.now() + timedelta(seconds=2)):  # İYS takes each date of a person once.
        make.forward_all(app, iys)

    told = [(each["recipient"], each["type"], each["status"], each["source"]) for each in sandbox.movements()]
    assert told[-1] == (make.PHONE, "MESAJ", "RET", "HS_MESAJ")


def test_who_may_have_refused_gets_no_link_until_somebody_has_read_it(app, vendor, vendors, rows):
    vendor.brings("artık bana yazmayın, sıkıldım", grants.phones(1, 1_000_100)[0])
    work(app)
    delivery.launch(app, 2)

    with app.app_context():
        while outbox.send_due():
            pass

    assert sorted(each.state for each in rows(Message)) == [MessageState.ACCEPTED, MessageState.NOT_NEEDED]
    assert rows.count(Decision) == 0


@pytest.fixture
def vendors(app, tmp_path):
    with servers.serving(create_gateway(tmp_path / "messages.db")) as url:
        app.config["MESSAGE_GATEWAY_URL"] = url
        yield delivery.Vendors(url)


def accepted(app, vendor: Vendor, phones: int = 1, **values) -> None:
    """Messages that the vendor has taken in one call."""
    delivery.launch(app, phones)
    with app.app_context():
        facts = {"state": MessageState.ACCEPTED, "gateway_id": vendor.gateway_id, "vendor_ref": "7", "due_at": None}
        db.session.execute(update(Message).values(facts | {"called_at": clock.now(), "ended_at": clock.now()} | values))
        db.session.commit()


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


def test_who_is_on_the_vendors_list_has_refused_sms(app, vendor, rows):
    accepted(app, vendor)

    for _ in range(2):
        vendor.reports(rows.one(Message), "BLACKLISTED_DESTINATION_ADDRESS", size=len(rows(GatewayEvent)))
    work(app)

    assert rows.one(Message).state == MessageState.BLOCKED
    assert [(each.channel, each.status, each.source) for each in rows(Decision)] == [("MESAJ", "RET", "HS_MESAJ")]


def test_a_complaint_or_a_refusal_by_mail_refuses_mails_of_the_brand(app, browser, rows):
    """The mail that comes back names its message by a token of the gateway's."""
    add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        row = gateways.add_gateway(
            db.session, vault(), provider_id=make.brand().provider_id, carries=AddressKind.EMAIL, vendor="smtp",
            header="Marka <bilgi@marka.example>", credentials={}, per_second=10, at=clock.now(),
        )  # fmt: skip
        db.session.commit()
        gateway_id, secret = row.id, gateways.read_secret(vault(), row)
    make.codes(app, make.EMAIL, delivery=Delivery.GATEWAY)
    with app.app_context():
        db.session.execute(update(Message).values(gateway_id=gateway_id, state=MessageState.ACCEPTED))
        message_id = db.session.scalars(select(Message.id)).one()
        row = db.session.get_one(MessageGateway, gateway_id)
        refused = [BlockedAddress("", clock.now(), source, message_id) for source in ("mailto", "arf")]
        gateway_events.keep_news(row, [], [], refused, clock.now())
        db.session.commit()
    work(app)

    assert secret and {(each.channel, each.source) for each in rows(Decision)} == {("EPOSTA", "HS_EPOSTA")}
    assert len({each.brand_id for each in rows(Decision)}) == 1


def test_only_the_secret_address_takes_pushes(app, browser, vendor, rows, quiet_logs, monkeypatch):
    for secret in (vendor.secret[:-1], vendor.secret.swapcase(), "x"):
        for method in ("GET", "POST"):
            assert browser.open(f"/callbacks/messages/{secret}?content=RET", method=method).status_code == 404
    too_large = browser.post(f"/callbacks/messages/{vendor.secret}", data=b"x" * (2 * 1024 * 1024 + 1))
    empty = browser.get(f"/callbacks/messages/{vendor.secret}")
    assert (too_large.status_code, empty.status_code, rows.count(GatewayEvent)) == (413, 200, 0)

    assert vendor.brings("RET").text == "OK"
    assert browser.get(f"/callbacks/messages/{vendor.secret}?content=RET").status_code == 200
    assert rows.count(GatewayEvent) == 2
    assert not [line for line in quiet_logs if vendor.secret in line or "content=" in line]

    monkeypatch.setattr(limiter, "enabled", True)
    limiter.reset()
    answers = [browser.post(f"/callbacks/messages/{number}", data=b"x").status_code for number in range(62)]
    assert answers[0] == 404 and answers[-1] == 429
    assert vendor.brings("RET").status_code == 200


def test_a_push_that_cannot_be_read_holds_up_nothing(app, browser, vendor, rows):
    browser.post(f"/callbacks/messages/{vendor.secret}", data=b"{not json", content_type="application/json")
    vendor.brings("RET")
    work(app)

    assert EventOutcome.UNREADABLE in {each.outcome for each in rows(GatewayEvent)}
    assert len(rows(Decision)) == 1


@pytest.mark.parametrize("kind", [EventKind.PUSH, EventKind.REPLY])
def test_what_a_killed_worker_held_is_done_once_its_lease_has_ended(app, vendor, rows, monkeypatch, kind):
    """It dies with all its writes made, but none committed."""
    vendor.brings("RET")
    commit, dies = db.session.commit, {kind}

    def dying():
        busy = [each for each in db.session if isinstance(each, GatewayEvent) and each.kind in dies]
        if busy:
            dies.clear()
            raise SystemExit
        commit()

    with app.app_context():
        monkeypatch.setattr(db.session, "commit", dying)
        with pytest.raises(SystemExit):
            while gateway_events.work_due(gateway_events.NEWS):
                pass
        db.session.rollback()
    monkeypatch.undo()
    work(app)
    assert len(rows(Decision)) == 0

    with time_machine.travel(clock.now() + 2 * gateway_events.MINUTE):
        work(app)
    assert len(rows(Decision)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("vendor_name", delivery.LOGINS)
def test_a_sweep_hears_what_was_not_pushed(app, vendors, rows, vendor_name):
    """Reports of everything, a reply, and who left by the vendor's own list."""
    with app.app_context():
        gateway_id = delivery.add(vendor_name)
    make.codes(app, "\n".join(("+905321110001", "+905321110002", "+905321110012")), delivery=Delivery.GATEWAY)
    has_list = vendor_name != "netgsm"
    if has_list:
        vendors.control("blocked", vendor=vendor_name, number="905321119999", source="ret_web")
    with time_machine.travel(clock.now()) as at, app.app_context():
        delivery.send_all(at, 5)
        for _ in range(3):
            vendors.control("clock", forward=120)
            at.shift(timedelta(minutes=2))
            work(app, *EventKind)

        gateway = db.session.get_one(MessageGateway, gateway_id)
        assert clock.now() - gateway.swept_at <= timedelta(minutes=2)
        db.session.rollback()
    assert sorted(each.state for each in rows(Message)) == [
        "delivered", "delivered", "failed" if vendor_name == "iletimerkezi" else "expired",
    ]  # fmt: skip
    assert len({each.recipient_id for each in rows(Decision)}) == (2 if has_list else 1)


@pytest.mark.slow
def test_a_vendor_that_does_not_answer_is_asked_from_the_same_moment_again(app, vendors, rows):
    with app.app_context():
        gateway_id = delivery.add("verimor")
    vendors.control("faults", vendor="verimor", code="503", times=2, any_call=True)

    with time_machine.travel(clock.now()) as at, app.app_context():
        for expected in (False, True):
            work(app, EventKind.SWEEP)
            assert (db.session.get_one(MessageGateway, gateway_id).swept_at is not None) is expected
            db.session.rollback()
            at.shift(timedelta(minutes=1))
            work(app, EventKind.SWEEP)
