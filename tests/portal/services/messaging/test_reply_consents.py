"""Yes by reply: a consent only as the answer to the one open question that was sent to that number."""

from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Source, Status
from portal.core.models import (
    Brand,
    Campaign,
    Consent,
    ConsentRequest,
    Decision,
    DecisionOrigin,
    Delivery,
    EventKind,
    EventOutcome,
    GatewayEvent,
    Message,
    MessageKind,
    MessageState,
)
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.messaging.vendor_pushes import add_brand, work
from tests.portal.web.recipient.open_complaints import another_firm_hears

pytestmark = pytest.mark.slow


ASKS = "Örnek Mağaza: SMS için ONAY yazıp bu numaraya gönderin."


def asked(app, vendor, rows, text: str = ASKS, **values) -> Message:
    """An invitation to Fatma's phone that left a day ago, with this text."""
    make.codes(app, make.PHONE, delivery=Delivery.GATEWAY)
    message = rows(Message)[-1]
    with app.app_context():
        sealed = vault().seal(text, Message.PLACE, message.provider_id, message.id)
        facts = {"state": MessageState.DELIVERED, "gateway_id": vendor.gateway_id, "due_at": None, "text": sealed}
        left = clock.now() - timedelta(days=1)
        db.session.execute(
            update(Message)
            .where(Message.id == message.id)
            .values(facts | {"called_at": left, "lease_until": None} | values)
        )
        db.session.commit()
    return message


def answers(vendor, text: str = "Onay", ago: timedelta = timedelta(0), **fields) -> datetime:
    """A reply that the vendor received so long ago; when that was."""
    said_at = (clock.now() - ago).replace(microsecond=0)
    vendor.brings(text, received_at=clock.istanbul(said_at).strftime("%Y-%m-%d %H:%M:%S"), **fields)
    return said_at


def test_yes_to_the_one_open_question_is_a_consent_that_is_confirmed(app, vendor, rows):
    asked(app, vendor, rows)

    with time_machine.travel(clock.now(), tick=False):
        answers(vendor, message_id=5)
        answers(vendor, message_id=5, network="TURKCELL")
    work(app)

    made = rows.one(Decision)
    assert (made.channel, made.status, made.source, made.origin) == ("MESAJ", "ONAY", "HS_MESAJ", "reply")
    assert len(rows(Message, Message.kind == MessageKind.CONFIRMATION)) == 1
    assert rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY).outcome == EventOutcome.GRANTED


def test_a_yes_to_a_question_from_after_a_change_of_hands_counts(app, vendor, rows):
    """As the page of its link does, whichever firm heard of the change."""
    another_firm_hears(app, clock.now() - timedelta(days=30))
    asked(app, vendor, rows)

    answers(vendor)
    work(app)

    assert rows.one(Decision).status == "ONAY"


@pytest.mark.parametrize("way", [DecisionOrigin.API, DecisionOrigin.IMPORT, DecisionOrigin.AT_IYS])
def test_a_refusal_after_a_yes_that_was_read_late_stands_whichever_was_heard_first(app, vendor, rows, way):
    """İYS is told when the yes was said, so it takes the refusal as the newer one."""
    asked(app, vendor, rows)
    said_at, refused_at = answers(vendor, ago=timedelta(hours=3)), clock.now() - timedelta(hours=1)
    work(app)
    granted = rows.one(Decision)
    if way == DecisionOrigin.AT_IYS:
        MovementReceiver(app).receives(row(at=refused_at))
    else:
        with app.app_context():
            told = entry(make.PHONE, Status.REFUSED, refused_at, source=Source.CALL_CENTRE)
            bring(make.brand(), told, origin=way)

    assert (granted.status, granted.consent_date, granted.effective_at) == ("ONAY", said_at, said_at)
    assert rows.one(Consent).status == "RET"


def test_a_yes_of_a_vendor_whose_clock_is_ahead_counts_from_now(app, vendor, rows):
    asked(app, vendor, rows)

    said_at = answers(vendor, ago=-timedelta(hours=1))
    work(app)

    assert rows.one(Decision).consent_date < said_at


@pytest.mark.parametrize(
    ("brand", "text"),
    [
        ({"requested_name": "Yok"}, "ONAY YOK"),
        ({"name": "Yok", "header": "OLMAZ"}, "Onay olmaz"),
        ({"keyword": "VERMEM"}, "Onay vermem"),
        ({"header": "Vallahi"}, "Vallahi onay"),  # Which no message named.
    ],
)
def test_no_name_makes_a_yes_of_other_words(app, vendor, rows, brand, text):
    asked(app, vendor, rows)
    with app.app_context():
        db.session.execute(update(Brand).values(brand))
        db.session.commit()

    answers(vendor, text)
    work(app)

    assert rows.count(Decision) == 0
    assert rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY).settled_at is None


@pytest.mark.parametrize(
    "case",
    [
        "no word",
        "another word",
        "never sent",
        "too early",
        "too old",
        "expired",
        "refused since",
        "may have refused since",
        "another number",
        "two brands",
        "another firm heard since that it is somebody else's",
    ],
)
def test_yes_is_no_consent_where_one_condition_fails(app, vendor, rows, case):
    asked(
        app, vendor, rows, "Bağlantıdan karar verin." if case == "no word" else ASKS,
        **({"state": MessageState.FAILED} if case == "never sent" else {}),
        **({"called_at": clock.now() + timedelta(hours=1)} if case == "too early" else {}),
        **({"called_at": clock.now() - timedelta(days=30)} if case == "too old" else {}),
    )  # fmt: skip
    if case == "expired":
        with app.app_context():
            db.session.execute(update(Campaign).values(expires_at=clock.now() - timedelta(minutes=1)))
            db.session.commit()
    if case == "two brands":
        add_brand(app, "Moda Evi", "MODAEVI")
        with app.app_context():
            second = db.session.scalars(select(Brand.id).order_by(Brand.id.desc())).first()
            for model in (Campaign, ConsentRequest):
                db.session.execute(update(model).values(brand_id=second))
            db.session.commit()
        asked(app, vendor, rows)
    if case == "refused since":
        vendor.brings("RET")
    if case == "may have refused since":
        vendor.brings("artık mesaj atmayın rica ederim")
    if case == "another firm heard since that it is somebody else's":
        another_firm_hears(app, clock.now())
    answers(
        vendor, "Evet" if case == "another word" else "Onay", timedelta(days=20 if case == "too old" else 0),
        **({"source_addr": "905329999999"} if case == "another number" else {}),
    )  # fmt: skip
    work(app)

    assert len(rows(Message, Message.kind == MessageKind.INVITATION)) == (2 if case == "two brands" else 1)
    assert not rows(Decision, Decision.status == "ONAY")
    assert rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY)[-1].outcome == EventOutcome.REVIEW


@pytest.mark.parametrize(
    ("keyword", "has_written", "outcome"),
    [("MODA", True, "review"), ("MODA", False, "review"), ("MODAEVI", True, "granted")],
)
def test_a_yes_for_a_keyword_is_no_consent_to_another_brand(app, vendor, rows, keyword, has_written, outcome):
    """Also to one that may be called so, and where the named one never wrote."""
    moda = add_brand(app, "Moda", "MODA", "MODA")
    with app.app_context():
        named = {"name": "Moda Evi", "header": "MODAEVI", "keyword": "MODAEVI"}
        db.session.execute(update(Brand).where(Brand.id == make.brand().id).values(named))
        db.session.commit()
    message = asked(app, vendor, rows, "Moda Evi: SMS almak için EVET yazıp gönderin.")
    with app.app_context():
        left = {"created_at": clock.now() - timedelta(hours=2), "called_at": clock.now() - timedelta(hours=2)}
        whose = {"provider_id": message.provider_id, "recipient_id": message.recipient_id, "brand_id": moda}
        code = {"kind": MessageKind.CODE, "state": MessageState.DELIVERED, "attempts": 1}
        db.session.add_all([Message(**whose, **code, **left, gateway_id=vendor.gateway_id)] * has_written)
        db.session.commit()

    answers(vendor, "EVET", keyword=keyword)
    work(app)

    assert rows.one(GatewayEvent, GatewayEvent.kind == EventKind.REPLY).outcome == outcome
    assert len(rows(Decision)) == (outcome == "granted")
