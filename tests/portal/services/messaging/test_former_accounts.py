"""What answers a brand or a message by an account that it left counts as by the one that it has."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import Decision, DecisionOrigin, EventKind, Message, MessageGateway, MessageState
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_accounts
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, token_address
from portal.services.messaging.gateways.protocol import InboundMessage
from portal.services.messaging.gateways.verimor import Verimor
from tests import grants, make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.test_feedback import PEOPLE, MailAccount, held, refusals
from tests.portal.services.messaging.vendor_pushes import add_brand, work

pytestmark = [pytest.mark.slow, pytest.mark.alike]

FORMER, OTHER = ({"username": each, "password": "x"} for each in ("908500000001", "908500000002"))


@pytest.mark.parametrize(
    "change",
    [
        "another login", "removed", "another account", "none chosen", "removed, none chosen", "never tested",
        "left, then another login",
        "said to be unused", "said to be unused, none chosen", "said to be unused, but used", "long ago",
    ],
)  # fmt: skip
def test_who_answers_the_number_that_a_brand_had_lately_refuses_it(app, rows, monkeypatch, change):
    """Nobody wrote to them but the firm's own programs, since the brand and the account were added just now; and
    another brand has no account of its own."""
    said: list[InboundMessage] = []
    for each in ("reports", "blocked"):
        monkeypatch.setattr(Verimor, each, lambda *_: [])
    is_former = {"secret.username": FORMER["username"]}.items()
    monkeypatch.setattr(Verimor, "inbound", lambda self, *_: said if is_former <= self.secrets.items() else [])
    other_brand = add_brand(app, "Moda Evi", "MODAEVI")
    delivery.launch(app, 1)
    with app.app_context():
        brand_id, its_id = make.brand().id, delivery.add("verimor", login=FORMER, works=change != "never tested")
        if change.endswith("but used"):
            left = {"gateway_id": its_id, "called_at": clock.now(), "state": MessageState.DELIVERED, "due_at": None}
            db.session.execute(update(Message).values(left))
        if not change.endswith("none chosen"):
            gateways.set_for_brand(db.session, brand_id, AddressKind.PHONE, [its_id], at=clock.now())
        row = db.session.get_one(MessageGateway, its_id)
        if change == "another login":
            gateways.keep_former_inbox(db.session, vault(), row, clock.now())
            gateways.replace_credentials(vault(), row, OTHER, header=row.header, per_second=10)
        if change.startswith("removed"):
            gateways.remove(db.session, row, clock.now())
        if change != "another login":
            left_at = clock.now() - timedelta(days=91 if change == "long ago" else 0)
            other, unused = delivery.add("verimor", login=OTHER), [its_id] if change.startswith("said") else []
            gateways.set_for_brand(db.session, brand_id, AddressKind.PHONE, [other], at=left_at, unused=unused)
        if change.startswith("left"):
            gateways.keep_former_inbox(db.session, vault(), row, clock.now())
            gateways.replace_credentials(vault(), row, {**OTHER, "username": "908500000003"}, header="X", per_second=10)
        if change == "never tested":  # It begins to be read.
            gateways.mark_tested(row, clock.now())
        db.session.commit()
    said.append(InboundMessage("1", grants.phones(1, 1_000_900)[0], FORMER["username"], "RET", clock.now()))
    work(app, *EventKind)

    is_meant = change not in ("said to be unused", "said to be unused, none chosen", "long ago")
    refusing = rows(Decision, Decision.origin == DecisionOrigin.REPLY)
    assert {each.brand_id for each in refusing} == {other_brand, *([brand_id] if is_meant else [])}


@pytest.mark.parametrize("purpose", [TokenPurpose.UNSUBSCRIBE, TokenPurpose.BOUNCE])
def test_a_mail_that_left_again_by_the_firms_own_account_is_answered_by_the_operators(app, browser, rows, purpose):
    """And the other way round, as the firm's own was removed. Another mailbox of the person's answers."""
    firms, domain = MailAccount(app, browser, feedback="post"), "geri.izinlink.example"
    with app.app_context():
        operators = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.EMAIL, vendor="smtp", header="<x@i.example>",
            credentials={"host": "127.0.0.1", "security": "smtp", "bounce_domain": domain, "feedback": "post"},
            per_second=10, at=clock.now(),
        )  # fmt: skip
        gateways.mark_tested(operators, clock.now())
        db.session.commit()
        key, secret = gateway_accounts.adapter_of(operators).token_keys[0], gateways.read_secret(vault(), operators)
        db.session.execute(
            update(Message).where(Message.id == firms.messages[PEOPLE[1]]).values(gateway_id=operators.id)
        )
        db.session.commit()
    text = "From: baska@example.org\nTo: {to}\n\nBana yazmayin\n"
    to = token_address(key, purpose, firms.messages[PEOPLE[0]], domain)
    browser.post(f"/callbacks/messages/{secret}", data=text.format(to=to).encode(), query_string={"to": to})
    to = firms.token(PEOPLE[1], purpose)
    firms.pushes(text.format(to=to), to=to)
    work(app)

    found = refusals(app, rows) if purpose == TokenPurpose.UNSUBSCRIBE else held(app)
    assert sorted(found) == PEOPLE[:2]
