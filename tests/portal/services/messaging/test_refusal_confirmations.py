"""Who refuses is told so once, at the address itself, without promotion; and not where it would be wrong to write."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, select, update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import (
    Brand,
    Decision,
    DecisionOrigin,
    Message,
    MessageKind,
    MessageState,
    Provider,
    Recipient,
    UnsentReason,
)
from portal.domain.consents import recipients, refusals
from portal.domain.notifications import messages
from portal.services.messaging import message_outcomes, outbox
from portal.services.messaging.gateways.protocol import ErrorClass, Reason, SendError, SendResult
from portal.services.messaging.message_queues import MessageQueue
from tests import make
from tests.portal.services.imports.test_older_refusals import find_scans, statements
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_confirmations import addresses_in, gateway, send_all, sent
from tests.portal.services.messaging.vendor_pushes import Vendor, work
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.slow
__all__ = ["gateway"]

LANDLINE = "+902125550101"
IS_OF_ACT = Message.receipt_id.is_not(None)
UNDO = 300


@pytest.fixture
def codes(app) -> dict[str, str]:
    found = make.codes(app, f"{make.PHONE}\n{make.EMAIL}\n{LANDLINE}\n")
    make.write_to_all(app)
    return found


def asks_staff(app, rows, address: str, source: str = "HS_CAGRI_MERKEZI"):
    kind = addresses.parse(address).kind
    form = {
        "brand": rows.one(Brand).id, "channels": [each.value for each in addresses.parse(address).channels],
        "source": source,
    }  # fmt: skip
    (person,) = [
        each for each in rows(Recipient, Recipient.kind == kind) if recipients.address_of(vault(), each) == address
    ]
    return signed_in(app).posts(f"/dashboard/recipients/{person.id}/refusal", form)


def refuse(app, browser, rows, codes, way: str) -> str:
    """Refuse by one of the ways; the address."""
    if way == "link":
        make.Person(browser, codes[make.PHONE]).decides(MESAJ="RET", ARAMA="RET")
    elif way == "one-click":
        browser.post(f"/u/{codes[make.EMAIL]}", data={"List-Unsubscribe": "One-Click"})
        return make.EMAIL
    elif way == "staff":
        with app.app_context():
            asks_staff(app, rows, make.PHONE)
    else:
        with app.app_context():
            gateway_id = delivery.add("verimor")
        Vendor(app, browser, gateway_id).brings("RET")
        work(app)
    return make.PHONE


@pytest.mark.parametrize("way", ["link", "one-click", "staff", "reply"])
def test_who_refuses_is_told_once_by_each_way(app, browser, codes, gateway, rows, way):
    for _ in range(2):
        address = refuse(app, browser, rows, codes, way)
    if way == "reply":  # In development the demo gateway takes what has no account.
        with app.app_context():
            db.session.execute(update(delivery.MessageGateway).values(state="removed"))
            db.session.commit()

    send_all(app, gateway.url)

    (message,) = sent(gateway)
    told = rows.one(Message, Message.kind == MessageKind.REFUSAL)
    assert (message["to"], told.state) == (address, MessageState.ACCEPTED)
    (receipt,) = addresses_in(message["text"])
    assert browser.get(receipt).status_code == 200
    if address == make.EMAIL:
        assert message["subject"] == "Örnek Mağaza: reddiniz kaydedildi" and "one_click" not in message
        assert "tanıtım içermez" in message["text"] and "Mersis 0123456789012345" in message["text"]
    else:
        channels = "SMS" if way == "reply" else "SMS ve arama"
        assert message["text"].startswith(f"Ornek Magaza: {channels} reddiniz kaydedildi. Belgeniz: http")
        assert len(message["text"]) <= 155


def test_one_message_tells_a_whole_act_and_what_of_it_was_taken_back(app, browser, codes, gateway, rows):
    app.config["UNDO_SECONDS"] = UNDO
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    make.Person(browser, codes[make.EMAIL]).decides(EPOSTA="ONAY")
    with time_machine.travel(clock.now() + timedelta(seconds=UNDO + 1)):
        send_all(app, gateway.url)
    text = next(each["text"] for each in sent(gateway) if each["to"] == make.PHONE)
    assert "SMS icin onayiniz, arama icin reddiniz kaydedildi" in text and len(addresses_in(text)) == 2

    browser.post(f"{make.Person(browser, codes[make.PHONE]).decides(MESAJ='ONAY', ARAMA='RET').location}/geri-al")
    with time_machine.travel(clock.now() + timedelta(seconds=UNDO + 1)):
        send_all(app, gateway.url)

    texts = sorted(each["text"] for each in sent(gateway)[2:])
    assert [text.split(":")[1].split(".")[0] for text in texts] == [
        " SMS reddiniz kaydedildi", " arama reddiniz kaydedildi",
    ]  # fmt: skip


def test_who_takes_back_what_was_confirmed_already_is_told_that_too(app, browser, codes, gateway, rows):
    app.config["UNDO_SECONDS"] = UNDO
    before_midnight = clock.start_of_day(clock.day(clock.now()) + timedelta(days=1)) - timedelta(seconds=50)
    with time_machine.travel(before_midnight, tick=False), app.app_context():
        location = make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY").location
        make.send_all(gateway.url)
        browser.post(f"{location}/geri-al")
        make.send_all(gateway.url)

    first, second = (each["text"] for each in sent(gateway))
    assert "SMS icin onayiniz kaydedildi" in first and "SMS reddiniz kaydedildi" in second


@pytest.mark.parametrize("days", [0, 9])
def test_who_refused_before_their_grant_was_told_hears_of_the_refusal_alone(app, browser, codes, gateway, rows, days):
    """Also where no account worked for days; what else they granted is told."""
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY")
    make.Person(browser, codes[make.EMAIL]).decides(EPOSTA="ONAY")
    at = clock.now()
    with time_machine.travel(at + timedelta(hours=2)), app.app_context():
        asks_staff(app, rows, make.PHONE)
    with time_machine.travel(at + timedelta(days=days, hours=2)):
        send_all(app, gateway.url)

    told = {each["to"]: each["text"] for each in sent(gateway)}
    assert len(sent(gateway)) == 2 and "reddiniz kaydedildi" in told[make.PHONE] and "onay verdiniz" in told[make.EMAIL]
    assert {each.unsent_reason for each in rows(Message, IS_OF_ACT)} == {None, UnsentReason.REFUSED}


def test_expired_refusals_are_claimed_without_reading_all_confirmations(app, browser, codes, rows):
    """SQLite's one writer is held meanwhile."""
    for said in ("ONAY", "RET"):
        make.Person(browser, codes[make.PHONE]).decides(MESAJ=said)
    with time_machine.travel(clock.now() + timedelta(days=4)), app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("It has statistics.")
        queue = MessageQueue(rows.one(Provider).id, addresses.AddressKind.PHONE, messages.HIGH_PRIORITY)
        with statements() as asked:
            outbox._claim(queue, clock.now())
        assert "message" in "".join(asked) and find_scans(asked) == set()

    assert rows.one(Message, Message.kind == MessageKind.REFUSAL).expires_at > clock.now() + timedelta(days=6)


@pytest.mark.parametrize(
    "case", ["not me", "feedback", "provider decided", "landline", "repeated", "reassigned", "never written to"]
)
def test_nobody_is_told_where_it_would_be_wrong(app, browser, codes, gateway, rows, case):
    person, told = make.Person(browser, codes[make.PHONE]), []
    if case == "never written to":
        with app.app_context():
            db.session.execute(delete(Message))
            db.session.commit()
        person.decides(MESAJ="RET")
    elif case == "not me":
        form = person.form()
        browser.post(f"/k/{codes[make.PHONE]}/ben-degilim", data={"form": form})
    elif case == "landline":
        make.Person(browser, codes[LANDLINE]).decides(ARAMA="RET")
    elif case == "repeated":
        person.decides(MESAJ="RET")
        with time_machine.travel(clock.now() + timedelta(days=1)):
            person.decides(MESAJ="RET")
        told = [MessageState.WAITING]
    else:
        with app.app_context():
            (found,) = rows(Recipient, Recipient.id == rows(Recipient)[0].id)
            recipient = db.session.get_one(Recipient, found.id)
            address = addresses.parse(recipients.address_of(vault(), recipient))
            brand = db.session.scalars(select(Brand)).one()
            part = refusals.RefusalScope(recipient, address, [brand], address.channels)
            origin = DecisionOrigin.FEEDBACK if case == "feedback" else DecisionOrigin.STAFF
            source = {"provider decided": Source.PROVIDER_DECISION, "reassigned": Source.CALL_CENTRE}.get(case)
            recipient.reassigned_at = clock.now() if case == "reassigned" else None
            refusals.withdraw(
                db.session, vault(), [part], origin=origin, language="tr", request_metadata="{}", source=source,
                at=clock.now(),
            )  # fmt: skip
            db.session.commit()
        told = [MessageState.WAITING] if case == "reassigned" else []

    assert [each.state for each in rows(Message, IS_OF_ACT)] == told
    send_all(app, gateway.url)
    if case == "reassigned":
        assert rows.one(Message, IS_OF_ACT).unsent_reason == UnsentReason.REASSIGNED and sent(gateway) == []


def test_a_killed_sender_tells_a_refusal_once(app, browser, codes, rows, tmp_path, monkeypatch):
    with app.app_context():
        delivery.add("verimor")
    with delivery.servers.serving(delivery.create_gateway(tmp_path / "messages.db")) as url:
        app.config["MESSAGE_GATEWAY_URL"] = url
        vendors, record = delivery.Vendors(url), message_outcomes.record

        def dies(call, results):
            """After the vendor has it, and before it is written."""
            raise SystemExit

        make.Person(browser, codes[make.PHONE]).decides(MESAJ="RET")
        monkeypatch.setattr(outbox.message_outcomes, "record", dies)
        with time_machine.travel(clock.now(), tick=False) as at, app.app_context():
            with pytest.raises(SystemExit):
                outbox.send_due()
            db.session.rollback()
            monkeypatch.setattr(outbox.message_outcomes, "record", record)
            delivery.send_all(at, 300)

        assert [each["to"] for each in vendors.accepted()] == [make.PHONE]
    assert rows.one(Message, IS_OF_ACT).state == MessageState.ACCEPTED


def test_who_is_on_the_vendors_list_is_not_written_to_again(app, browser, codes, rows):
    make.Person(browser, codes[make.PHONE]).decides(MESAJ="RET")
    with app.app_context():
        delivery.add("verimor")
        queue = MessageQueue(rows.one(Provider).id, addresses.AddressKind.PHONE, messages.HIGH_PRIORITY)
        (call,) = outbox._claim(queue, clock.now()).calls
        blocked = SendError(ErrorClass.PERMANENT, Reason.BLOCKED_BY_VENDOR, "BLACKLISTED_DESTINATION_ADDRESS")
        message_outcomes.record(call, [SendResult(each.id, error=blocked) for each in call.batch.messages])

    message = rows.one(Message, IS_OF_ACT)
    assert (message.state, message.due_at) == (MessageState.BLOCKED, None)
    page = signed_in(app).opens("/dashboard/confirmations").text
    assert "SMS ile bildirilemedi." in page and "Kişi, firmanın kendi ret listesinde." in page
    assert "Kendimiz bildirdik" not in page


def test_an_act_at_several_providers_is_told_by_the_portal(app, browser, codes, gateway, rows):
    refuses_all(app, others=1)

    send_all(app, gateway.url)

    (message,) = sent(gateway)
    assert message["text"].startswith("Izinlink: your refusal of SMS from 2 brands is recorded. Your receipt: http")
    assert browser.get(addresses_in(message["text"])[0]).status_code == 200


@pytest.mark.parametrize("others", [0, 1])
def test_no_firm_sees_by_its_messages_whether_others_were_refused_too(app, codes, rows, others):
    refuses_all(app, others)

    told = rows.one(Message, Message.kind == MessageKind.REFUSAL)
    assert (told.provider_id, told.recipient_id) == (None, None)


def refuses_all(app, others: int) -> None:
    """Somebody refuses in İzinlerim all firms there are, the first one and so many others."""
    with app.app_context():
        for number in range(others):
            make.provider(700002 + number, 700002 + number, "cem@example.com")
        address = addresses.parse(make.PHONE)
        parts = []
        for provider in db.session.scalars(select(Provider).order_by(Provider.id)):
            ids = recipients.gather(db.session, vault(), provider.id, [address], clock.now())
            brands = db.session.scalars(select(Brand).where(Brand.provider_id == provider.id)).all()
            parts.append(
                refusals.RefusalScope(db.session.get_one(Recipient, ids[address.text]), address, brands, (Channel.SMS,))
            )
        refusals.withdraw(
            db.session, vault(), parts, origin=DecisionOrigin.MINE, language="en", request_metadata="{}", at=clock.now()
        )
        db.session.commit()


@pytest.mark.parametrize("granted", [False, True])
@pytest.mark.parametrize("way", ["links", "staff"])
def test_a_firm_cannot_have_strangers_written_to_by_refusing_for_them(app, browser, rows, way, granted):
    """Whoever makes links for any numbers, also while suspended, could post their refusals."""
    code = make.codes(app)[make.PHONE]
    if granted:
        make.Person(browser, code).decides(MESAJ="ONAY")
    with time_machine.travel(clock.now() + timedelta(minutes=2)), app.app_context():
        if way == "links":
            assert browser.post(f"/u/{code}", data={"all": "RET"}).status_code == 303
        else:
            asks_staff(app, rows, make.PHONE)

    assert {each.status for each in rows(Decision, Decision.channel == "ARAMA")} == {Status.REFUSED}
    assert len(rows(Message, Message.kind == MessageKind.REFUSAL)) == granted
