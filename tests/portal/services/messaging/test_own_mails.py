"""İzinlink's own mails, such as codes, are of every firm that has the mailbox, however the firm or the person spells
it."""

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.models import Brand, Decision, EventKind, Message, MessageGateway, MessageState, Purpose
from portal.domain import address_proofs
from portal.domain.consents import recipients
from portal.services.messaging import gateway_accounts, news_keeping
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, token_address
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback
from tests import make
from tests.portal.services.messaging.test_feedback import DOMAIN
from tests.portal.services.messaging.test_mail_answers import (  # noqa: F401
    AYSE,
    BOSS,
    account,
    add_account,
    answer,
    held,
    people,
    refuse_all_as_read,
    refused,
    waiting,
)
from tests.portal.services.messaging.vendor_pushes import add_brand, work

pytestmark = pytest.mark.slow

PLAIN, OTHER = "ayse@gmail.com", "ayse+baska@gmail.com"


def send_code(operators_id: int, address: str, brand: Brand | None = None) -> int:
    """By an account of the operator's: of İzinlerim, or of a brand's consent point."""
    proof = address_proofs.request_code(
        db.session, vault(), "x", parse(address), Purpose.POINT if brand else Purpose.MINE, sends=True, language="tr",
        network="", at=clock.now(), brand_id=brand.id if brand else None,
    )  # fmt: skip
    db.session.flush()
    code = db.session.query(Message).filter(Message.created_at == proof.created_at).one()
    code.gateway_id, code.state, code.due_at, code.called_at = operators_id, MessageState.ACCEPTED, None, clock.now()
    db.session.commit()
    return code.id


def bounce_address(gateway_id: int, message_id: int) -> str:
    key = gateway_accounts.adapter_of(db.session.get_one(MessageGateway, gateway_id)).token_keys[0]
    return token_address(key, TokenPurpose.BOUNCE, message_id, DOMAIN)


def complain(app, gateway_id: int, message_id: int) -> None:
    with app.app_context():
        gateway, at = db.session.get_one(MessageGateway, gateway_id), clock.now()
        told = BlockedAddress("", at, "complaint", message_id)
        news_keeping.keep_news(gateway, Feedback(blocked=(told,)), at)
        db.session.commit()
    work(app, *EventKind)


@pytest.mark.parametrize(("how", "typed", "has_operator_written"), [
    ("complaint", PLAIN, False), ("complaint", AYSE, True), ("answer", PLAIN, True), ("answer", AYSE, False),
    ("answer of another", PLAIN, False),
])  # fmt: skip
def test_every_firm_that_has_the_mailbox_is_held_and_can_be_refused(
    app, account, rows, how, typed, has_operator_written  # noqa: F811
):  # fmt: skip
    """With all its brands, whether or not the operator's accounts ever wrote for one."""
    add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        operators_id, other = add_account(account, None), make.provider(800001, 800001, "cem@example.com").id
        recipients.gather(db.session, vault(), other, [parse(OTHER)], clock.now())
        if has_operator_written:
            db.session.execute(update(Message).values(gateway_id=operators_id))
        code_id = send_code(operators_id, typed)
        to = bounce_address(operators_id, code_id)
    if how == "complaint":
        complain(app, operators_id, code_id)
    else:
        answer(account, typed if how == "answer" else BOSS, "X: y", to=to)

    assert held(app) == [AYSE, OTHER] and rows.count(Decision) == 0
    refuse_all_as_read(app, rows)
    assert refused(app) == [AYSE, OTHER] and len({each.brand_id for each in rows(Decision)}) == 3


def test_who_has_refused_at_all_of_them_does_not_wait(app, account, rows):  # noqa: F811
    with app.app_context():
        operators_id = add_account(account, None)
        code_id = send_code(operators_id, PLAIN)
    complain(app, operators_id, code_id)
    refuse_all_as_read(app, rows)
    before = len(waiting(rows))
    with app.app_context():
        gateway = db.session.get_one(MessageGateway, operators_id)
        told = BlockedAddress("", None, "list", code_id)
        news_keeping.keep_news(gateway, Feedback(blocked=(told,)), clock.now())
        db.session.commit()
    work(app, *EventKind)

    assert refused(app) == [AYSE] and len(waiting(rows)) == before


def test_a_mail_that_names_no_true_token_holds_nobody_by_another_spelling(app, account, rows):  # noqa: F811
    """Anybody may call themselves so."""
    with app.app_context():
        send_code(add_account(account, None), PLAIN)
    answer(account, PLAIN, "X: y", to=f"unsubscribe@{DOMAIN}")

    assert len(waiting(rows)) == 1 and held(app) == []


@pytest.mark.parametrize("how", ["complaint", "answer"])
def test_a_code_of_a_brands_consent_point_is_that_firms(app, account, rows, how):  # noqa: F811
    with app.app_context():
        operators_id, other = add_account(account, None), make.provider(800001, 800001, "cem@example.com").id
        recipients.gather(db.session, vault(), other, [parse(OTHER)], clock.now())
        code_id = send_code(operators_id, AYSE, make.brand())
        to = bounce_address(operators_id, code_id)
    if how == "complaint":
        complain(app, operators_id, code_id)
        assert refused(app) == [AYSE]
    else:
        answer(account, AYSE, "X: y", to=to)
        assert held(app) == [AYSE]
    assert OTHER in people(app)
