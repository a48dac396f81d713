"""By which of the operator's accounts a code, or what İzinlerim told, left: what is said to another one's number means
it beside others only, and where nobody knows that, it takes no refusal from who wrote by the number."""

import re
from datetime import timedelta

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
    EventKind,
    GatewayEvent,
    Message,
    MessageKind,
    Provider,
    Purpose,
    Recipient,
)
from portal.domain import address_proofs
from portal.domain.notifications import gateways
from portal.services.messaging.earlier_messages import find_any_firms, find_codes, find_messages
from portal.web.my_consents.overview import EVERYTHING
from tests import make
from tests.grants import insert_decisions
from tests.portal.services.messaging.test_answered_messages import operators, refuses_calls_at_izinlerim, rival, write
from tests.portal.services.messaging.vendor_pushes import work
from tests.portal.web.recipient.open_complaints import proves

__all__ = ["operators", "rival"]
pytestmark = pytest.mark.slow
OWN, OTHER, UNKNOWN = "own", "other", "unknown"
FIRM, RIVAL = "firm", "rival"


@pytest.fixture
def accounts(app, operators, rival) -> dict[str, int | None]:
    """That to whose number people write, and another one of the operator's. Every firm may write to Fatma."""
    with app.app_context():
        rivals = db.session.query(Brand).filter_by(provider_id=rival).one()
        insert_decisions(rivals, [make.PHONE], clock.now() - timedelta(days=30), lane=None, held=None)
        other = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.PHONE, vendor="verimor", header="BASKA",
            credentials={"username": "908500000077", "password": "x"}, per_second=1, at=clock.now(),
        )  # fmt: skip
        db.session.execute(update(Provider).values(admitted_at=clock.now()))
        db.session.commit()
        return {OWN: operators.gateway_id, OTHER: other.id, UNKNOWN: None}


def send_code(app, gateway_id: int | None, purpose: Purpose = Purpose.POINT) -> None:
    """Of the point of the first firm's brand, or of İzinlink's own; it leaves by an account."""
    with app.app_context():
        at, brand_id = clock.now(), make.brand().id if purpose == Purpose.POINT else None
        address_proofs.request_code(
            db.session, vault(), "secret", parse(make.PHONE), purpose, sends=True, language="tr",
            network="203.0.113.7", at=at, brand_id=brand_id,
        )  # fmt: skip
        leaves(gateway_id)


def leaves(gateway_id: int | None) -> None:
    """What the portal wrote itself. Commits."""
    if gateway_id is not None:
        left = {"gateway_id": gateway_id, "called_at": Message.created_at}
        db.session.execute(update(Message).where(Message.provider_id.is_(None)).values(**left))
    db.session.commit()


def refused(rows) -> set[int]:
    return {each.provider_id for each in rows(Consent) if (each.status, each.channel) == ("RET", "MESAJ")}


def says(app, operators, text: str) -> None:
    operators.brings(text, received_at=f"{clock.istanbul(clock.now()):%Y-%m-%d %H:%M:%S}")
    work(app)


BY_CODES_ACCOUNT = [
    (OWN, OWN, 2, {FIRM, RIVAL}), (OWN, OWN, 20, {FIRM}), (OWN, OTHER, 2, {FIRM}),
    (OTHER, OWN, 2, {RIVAL}), (OTHER, OWN, 20, {FIRM, RIVAL}), (OTHER, OTHER, 2, {FIRM, RIVAL}),
    (UNKNOWN, OWN, 2, {FIRM, RIVAL}), (UNKNOWN, OWN, 20, {FIRM, RIVAL}), (UNKNOWN, OTHER, 2, {FIRM, RIVAL}),
]  # fmt: skip


@pytest.mark.parametrize("told_by", ["code", "izinlerim"])
@pytest.mark.parametrize(("by", "rivals", "days", "means"), BY_CODES_ACCOUNT)
def test_a_refusal_means_who_wrote_by_its_number_and_a_code_that_may_have_left_by_it(
    app, browser, operators, rival, accounts, rows, told_by, by, rivals, days, means
):  # fmt: skip
    write(app, accounts[rivals], rival, timedelta(days=days), kind=MessageKind.CODE)
    if told_by == "code":
        send_code(app, accounts[by])
    else:
        refuses_calls_at_izinlerim(app, browser)
        with app.app_context():
            db.session.execute(update(AddressProof).values(was_sent=False))  # By which Fatma came there.
            leaves(accounts[by])

    says(app, operators, "RET")

    with app.app_context():
        firm = make.brand().provider_id
    assert refused(rows) == {{FIRM: firm, RIVAL: rival}[each] for each in means}


@pytest.mark.parametrize(
    ("by", "days", "means"),
    [(OWN, 2, set()), (OTHER, 2, {RIVAL}), (OTHER, 20, set()), (UNKNOWN, 2, set()), (UNKNOWN, 20, set())],
)  # fmt: skip
def test_izinlinks_own_code_holds_everywhere_unless_it_left_by_another_number_than_who_wrote_lately(
    app, operators, rival, accounts, rows, by, days, means
):  # fmt: skip
    write(app, accounts[OWN], rival, timedelta(days=days), kind=MessageKind.CODE)
    send_code(app, accounts[by], Purpose.MINE)

    says(app, operators, "RET")

    assert refused(rows) == {rival for each in means if each == RIVAL}
    held = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.settled_at.is_(None))
    assert bool(held) is not bool(means)


def test_a_yes_to_a_number_is_nobodys_where_a_later_code_may_have_left_by_it(app, operators, rival, accounts, rows):
    write(app, accounts[OWN], rival, timedelta(days=2), kind=MessageKind.CODE)
    send_code(app, None)

    says(app, operators, "EVET")

    at_firms = rows(GatewayEvent, GatewayEvent.kind == EventKind.REPLY, GatewayEvent.provider_id.is_not(None))
    assert len({each.provider_id for each in at_firms}) == 2 and not any(each.body for each in at_firms)


def test_an_act_at_several_firms_that_one_message_told_left_by_its_account_at_each(app, browser, accounts):
    proves(browser)
    token = re.search(r'name="form" value="([^"]+)"', browser.get("/izinlerim/liste").text)[1]
    browser.post("/izinlerim/liste", data={"form": token, "refuse": EVERYTHING})

    with app.app_context():
        leaves(accounts[OTHER])
        address = parse(make.PHONE)
        found = find_messages(address, find_any_firms(address), clock.now())
        told = {(each.recipient_id, each.gateway_id) for each in found if each.recipient_id is not None}
        assert told == {(each.id, accounts[OTHER]) for each in db.session.query(Recipient)}
    assert len(told) == 2


def test_the_account_of_a_code_is_known_as_long_as_a_reply_that_may_answer_it_is_unread(app, operators, accounts):
    send_code(app, accounts[OTHER])
    heard_at = clock.now()
    says(app, operators, "beni bir daha rahatsız etmeyin")

    with time_machine.travel(heard_at + timedelta(days=60)), app.app_context():
        address_proofs.delete_old_proofs(db.session, clock.now())
        db.session.commit()
        (code,) = find_codes(parse(make.PHONE), heard_at)
    assert code.gateway_id == accounts[OTHER]
