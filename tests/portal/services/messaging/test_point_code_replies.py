"""Replies to the code of a consent point, which leaves by the operator's account in the brand's name."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.models import (
    AddressProof,
    Brand,
    Consent,
    Decision,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageGateway,
    MessageKind,
    Provider,
    Purpose,
    Recipient,
)
from portal.domain import address_proofs
from portal.domain.consents import recipients
from portal.domain.notifications import gateways
from portal.services.messaging import event_contents, news_keeping, replies
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_answered_messages import grant_at_every_brand, write
from tests.portal.services.messaging.vendor_pushes import Vendor, add_brand, work
from tests.portal.web.consent_points import visitor
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.my_consents.conftest import Visitor
from tests.portal.web.recipient.open_complaints import proves

pytestmark = pytest.mark.slow
SAID_AT = datetime(2026, 11, 20, 7, tzinfo=UTC)  # As vendor_pushes dates replies.
UNCLEAR = "beni bir daha rahatsız etmeyin"


@pytest.fixture
def operators(app, browser) -> Vendor:
    """The operator's account, by which somebody got a code at the point of Örnek Mağaza, which never wrote to them
    before and sends campaigns by an account of its own. The firm's other brand, Moda Evi, has none, and never wrote."""
    visitor.opened(app)
    add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        own, others = (
            gateways.add_gateway(
                db.session, vault(), provider_id=provider_id, carries=AddressKind.PHONE, vendor="verimor",
                header=header, credentials=delivery.LOGINS["verimor"], per_second=1, at=clock.now(),
            )
            for provider_id, header in ((make.brand().provider_id, "ORNEK"), (None, "IZINLINK"))
        )  # fmt: skip
        gateways.set_for_brand(db.session, make.brand().id, AddressKind.PHONE, [own.id], at=clock.now())
        db.session.commit()
        gateway_id = others.id
    fatma = visitor.Visitor(app)
    fatma.chooses(MESAJ="ONAY")
    fatma.writes(make.PHONE)
    with app.app_context():
        db.session.execute(update(Message).values(gateway_id=gateway_id, called_at=Message.created_at))
        db.session.commit()
    return Vendor(app, browser, gateway_id)


@pytest.mark.parametrize("text", ["RET", "Örnek Mağaza RET", "IZINLINK RET"])
def test_a_refusal_refuses_the_brand_that_the_code_named(app, operators, rows, text):
    """Also of a number that its firm did not have: no list brings it later."""
    assert rows.count(Recipient) == 0 and {each.recipient_id for each in rows(Message)} == {None}
    operators.brings(text)
    work(app)

    refused = {each.brand_id for each in rows(Consent) if (each.status, each.channel) == ("RET", "MESAJ")}
    assert refused == {rows.one(AddressProof).brand_id}
    assert rows.one(Recipient).provider_id == rows.one(Provider).id


def test_a_list_that_is_heard_days_later_refuses_the_brand_that_the_code_named(app, operators, rows):
    """The code left in the week before the list's word, though not in the week before that was heard."""
    listed = BlockedAddress(make.PHONE, clock.now(), "MO")
    with time_machine.travel(clock.now() + timedelta(days=9)):
        with app.app_context():
            account = db.session.get_one(MessageGateway, operators.gateway_id)
            news_keeping.keep_news(account, Feedback(blocked=(listed,)), clock.now())
            db.session.commit()
        work(app)

    refused = {each.brand_id for each in rows(Consent) if (each.status, each.channel) == ("RET", "MESAJ")}
    assert refused == {rows.one(AddressProof).brand_id}


def test_an_unclear_reply_holds_and_is_read_by_that_firm_alone(app, operators, rows):
    operators.brings(UNCLEAR)
    work(app)

    read, held = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)
    assert (read.provider_id, read.outcome, held.outcome) == (None, "read", "likely_refusal")
    assert (held.provider_id, held.recipient_id) == (rows.one(Provider).id, rows.one(Recipient).id)


@pytest.mark.parametrize(("model", "values"), [
    (Provider, {"admitted_at": None}),  # Its codes speak for the portal, and name no firm.
    (AddressProof, {"purpose": Purpose.MINE}),
    (AddressProof, {"was_sent": False}),
    (AddressProof, {"created_at": SAID_AT - timedelta(days=8)}),
])  # fmt: skip
def test_a_code_that_named_no_brand_makes_no_firms_reply(app, operators, rows, model, values):
    with app.app_context():
        db.session.execute(update(model).values(**values))
        db.session.commit()
    operators.brings("RET")
    work(app)

    assert rows.count(Recipient) == 0
    assert rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY).settled_at is None


def brings_now(operators: Vendor, text: str, *, ahead: timedelta = timedelta(0)) -> None:
    operators.brings(text, received_at=f"{clock.istanbul(clock.now() + ahead):%Y-%m-%d %H:%M:%S}")


def test_a_firm_reads_what_was_said_to_the_operators_number_when_no_code_in_it_is_valid(app, operators, rows):
    """Its people ask for a code at İzinlerim, and then at their own point, and have it sent to the number of both."""
    brings_now(operators, "gelen kod 481 592")
    work(app)
    heard = rows.one(GatewayEvent, GatewayEvent.provider_id.is_not(None))
    assert heard.recipient_id == rows.one(Recipient).id  # Nothing is sent meanwhile.
    path, staff = f"/desk/replies/{heard.id}", signed_in(app)

    with time_machine.travel(heard.received_at + AddressProof.CODE_LIFETIME - timedelta(seconds=1), tick=False):
        page = staff.opens("/desk/replies").text
        assert "481 592" not in page and "süresi o zamana kadar dolar" in page and f"{path}/" not in page
        for act in ("reading", "refusal"):
            staff.posts(f"{path}/{act}", {"channels": ["MESAJ"]})
    assert rows.one(GatewayEvent, GatewayEvent.id == heard.id).settled_at is None and rows.count(Decision) == 0
    with time_machine.travel(heard.received_at + AddressProof.CODE_LIFETIME):
        assert "gelen kod 481 592" in staff.opens("/desk/replies").text
        staff.posts(f"{path}/reading")
    assert rows.one(GatewayEvent, GatewayEvent.id == heard.id).settled_at is not None


def write_for_other_brand(app, operators: Vendor, rows, at: datetime) -> None:
    """The operator's account tells something in Moda Evi's name."""
    with time_machine.travel(at):
        moda, shop = rows.one(Brand, Brand.name == "Moda Evi"), rows.one(Brand, Brand.name == "Örnek Mağaza")
        settled = {"kind": MessageKind.COMPLAINT_SETTLED, "brand_id": moda.id}
        write(app, operators.gateway_id, shop.provider_id, timedelta(0), **settled)


@pytest.mark.parametrize("days", [0, 8, 60])
def test_what_a_reply_refuses_is_the_same_however_late_it_is_read(app, operators, rows, days):
    """Also where another brand wrote long before, or by the time somebody reads it."""
    write_for_other_brand(app, operators, rows, clock.now() - timedelta(days=60))
    brings_now(operators, UNCLEAR)
    work(app)
    write_for_other_brand(app, operators, rows, clock.now() + timedelta(hours=1))

    with time_machine.travel(clock.now() + timedelta(days=days, hours=2)):
        with app.app_context():
            address_proofs.delete_old_proofs(db.session, clock.now())
            db.session.commit()
        staff = signed_in(app)
        page = staff.opens("/desk/replies").text
        assert "Ret kaydedilirse: Örnek Mağaza<" in page
        (read,) = rows(GatewayEvent, GatewayEvent.outcome == EventOutcome.LIKELY_REFUSAL)
        staff.posts(f"/desk/replies/{read.id}/refusal", {"channels": ["MESAJ"]})

    assert {each.brand_id for each in rows(Decision)} == {rows.one(Brand, Brand.name == "Örnek Mağaza").id}


@pytest.mark.parametrize("days_ahead", [0, 8, 40])
@pytest.mark.parametrize("text", ["RET", "gelen kod 481 592"])
def test_a_reply_that_its_vendor_dates_ahead_answers_what_left_before_it_was_heard(
    app, browser, operators, rows, text, days_ahead
):  # fmt: skip
    write_for_other_brand(app, operators, rows, clock.now() - timedelta(days=60))
    proves(browser)
    brings_now(operators, text, ahead=timedelta(days=days_ahead))
    work(app)

    waiting = rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_(None))
    assert waiting.settled_at is None and rows.count(Decision) == 0


def test_a_reply_answers_what_a_machine_sent_whose_clock_is_ahead(app, operators, rows):
    grant_at_every_brand(app)
    write_for_other_brand(app, operators, rows, clock.now() + timedelta(seconds=5))
    brings_now(operators, "RET", ahead=timedelta(seconds=1))
    work(app)

    assert {each.brand_id for each in rows(Decision, Decision.status == "RET")} == {each.id for each in rows(Brand)}


def test_what_a_reply_refuses_at_all_firms_is_the_same_however_late_it_is_read(app, browser, operators, rows):
    """To İzinlink's own code: all brands of a firm that the operator chooses."""
    grant_at_every_brand(app)
    write_for_other_brand(app, operators, rows, clock.now() - timedelta(days=60))
    proves(browser)
    brings_now(operators, "RET")
    work(app)

    firm = rows.one(Provider).id
    with time_machine.travel(clock.now() + timedelta(days=60)), app.app_context():
        address_proofs.delete_old_proofs(db.session, clock.now())
        (event,) = db.session.query(GatewayEvent).filter(
            GatewayEvent.kind == EventKind.REPLY, GatewayEvent.body.is_not(None)
        )
        reply = event_contents.read_reply(event)
        assert replies.refuse_as_read(event, reply, ["MESAJ"], None, clock.now(), [firm])
        db.session.commit()

    assert {each.brand_id for each in rows(Decision, Decision.status == "RET")} == {each.id for each in rows(Brand)}


@pytest.mark.parametrize("is_recipient", [True, False])
@pytest.mark.parametrize("days", [2, 9])
def test_what_a_vendor_says_of_a_code_refuses_its_brand_alone(app, operators, rows, days, is_recipient):
    """Also long after, where İzinlink's own code left since, and whether the firm has the number or not yet."""
    with app.app_context():
        code, at = db.session.query(Message).one(), clock.now()
        left = {"created_at": at - timedelta(days=days), "called_at": at - timedelta(days=days)}
        db.session.execute(update(Message).values(left))
        db.session.execute(update(AddressProof).values(created_at=left["created_at"]))
        if is_recipient:
            recipients.gather(db.session, vault(), make.brand().provider_id, [parse(make.PHONE)], left["created_at"])
        message_id = code.id
        db.session.commit()
    Visitor(app, operators.browser, make.PHONE).asks()
    with app.app_context():
        own = {"gateway_id": operators.gateway_id, "called_at": Message.created_at}
        db.session.execute(update(Message).where(Message.id != message_id).values(own))
        told = Feedback(blocked=(BlockedAddress(make.PHONE, clock.now(), "MO", message_id),))
        news_keeping.keep_news(db.session.get_one(MessageGateway, operators.gateway_id), told, clock.now())
        db.session.commit()
    work(app)

    assert [(each.brand_id, each.status, each.channel) for each in rows(Consent)] == [
        (rows.one(AddressProof, AddressProof.brand_id.is_not(None)).brand_id, "RET", "MESAJ")
    ]
