"""The mails that an answer names by their tokens and links are always among those that it refuses, whatever else was
written there."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Decision, Message, MessageGateway, MessageKind, MessageState
from portal.domain.consents import recipients
from portal.services.messaging import event_contents, gateway_accounts, replies, shared_replies
from portal.services.messaging.gateways.protocol import OutgoingMessage
from tests import make
from tests.portal.services.messaging.test_mail_answers import (  # noqa: F401
    AYSE,
    BOSS,
    BURCU,
    CHANGED,
    SAID,
    account,
    add_account,
    answer,
    held,
    own_code,
    own_id,
    refuse_all_as_read,
    waiting,
)
from tests.portal.services.messaging.vendor_pushes import add_brand

pytestmark = pytest.mark.slow


def write(address: str, provider_id: int, gateway_id: int, ago: timedelta, brand_id: int | None = None) -> None:
    theirs = recipients.gather(db.session, vault(), provider_id, [parse(address)], clock.now())[address]
    at = clock.now() - ago
    db.session.add(
        Message(
            kind=MessageKind.CODE, provider_id=provider_id, recipient_id=theirs, gateway_id=gateway_id,
            brand_id=brand_id, created_at=at, called_at=at, state=MessageState.ACCEPTED,
        )
    )  # fmt: skip
    db.session.commit()


def now() -> str:
    return f"Date: {clock.now():%a, %d %b %Y %H:%M:%S +0000}\n"


@pytest.mark.parametrize("by", ["id", "link"])
@pytest.mark.parametrize("is_old", [True, False])
def test_the_firm_whose_mail_is_named_is_held_and_can_be_refused(app, account, rows, is_old, by):  # noqa: F811
    """Another one wrote lately; or by another account of the operator's, at which the answer comes."""
    with app.app_context():
        first, at = add_account(account, None), clock.now() - timedelta(days=21 if is_old else 1)
        db.session.execute(update(Message).values(gateway_id=first, created_at=at, called_at=at))
        db.session.commit()
        second = first if is_old else add_account(account, None)
        header = db.session.get_one(MessageGateway, second).header
        db.session.execute(update(MessageGateway).where(MessageGateway.id == second).values(header=f"x{header}"))
        write(AYSE, make.provider(800001, 800001, "cem@example.com").id, second, timedelta(days=1))
        firm, brand_id = make.brand().provider_id, make.brand().id
    if by == "id":
        answer(account, AYSE, f"{now()}In-Reply-To: {own_id(account, first)}")
    else:
        answer(account, AYSE, f"{now()}{CHANGED}", f"{SAID}\n> https://izin.example/u/{own_code(account)}")

    assert len({each.provider_id for each in waiting(rows) if each.recipient_id}) == 2
    with app.app_context():
        (event,) = (each for each in waiting(rows) if each.body is not None)
        event, at = db.session.merge(event), clock.now()
        reply = event_contents.read_reply(event)
        assert replies.refuse_as_read(event, reply, [Channel.EMAIL], 7, at, [firm])
        shared_replies.settle(event, 7, at)
        db.session.commit()
    assert {each.brand_id for each in rows(Decision)} == {brand_id}


@pytest.mark.parametrize("said", [SAID, "Artik istemiyorum\n\n> Moda Evi", "Artik istemiyorum.\nAyse\nModa Evi"])
@pytest.mark.parametrize("is_operators", [True, False])
def test_the_brand_whose_mail_is_named_is_refused_beside_any_other(
    app, account, rows, said, is_operators  # noqa: F811
):  # fmt: skip
    """One that wrote since, or whose name stands at an end, such as of a quotation; at each spelling of the mailbox."""
    moda = add_brand(app, "Moda Evi", "MODAEVI")
    with app.app_context():
        gateway_id, at = add_account(account, None) if is_operators else account.id, clock.now() - timedelta(days=21)
        db.session.execute(update(Message).values(gateway_id=gateway_id, created_at=at, called_at=at))
        for address in (AYSE, "ayse@gmail.com"):
            write(address, make.brand().provider_id, gateway_id, timedelta(days=1), moda)
        both = {make.brand().id, moda}
    answer(account, AYSE, f"{now()}In-Reply-To: {own_id(account, gateway_id)}", said)
    refuse_all_as_read(app, rows)

    refused = {(each.recipient_id, each.brand_id) for each in rows(Decision)}
    assert {brand_id for _, brand_id in refused} == both and len(refused) == 4


@pytest.mark.parametrize("how", ["addresses", "references", "links"])
def test_all_whose_mails_are_named_are_held_and_refused(app, account, rows, how):  # noqa: F811
    """Such as by one of a shared mailbox."""
    with app.app_context():
        adapter = gateway_accounts.adapter_of(db.session.get_one(MessageGateway, account.id))
        sent = [OutgoingMessage(account.messages[each], each, "x", "x") for each in (AYSE, BURCU)]
        ids = [message_from_bytes(adapter._content(each, "bilgi@ornek.com.tr"))["Message-ID"] for each in sent]
    if how == "addresses":
        answer(account, BOSS, "X: y", to=f"{account.token(AYSE)}, {account.token(BURCU)}")
    elif how == "references":
        answer(account, BOSS, f"References: {' '.join(ids)}")
    else:
        codes = [own_code(account, each) for each in (AYSE, BURCU)]
        answer(account, BOSS, CHANGED, "\n".join([SAID, *(f"> https://izin.example/u/{each}" for each in codes)]))

    assert held(app) == [AYSE, BURCU]
    refuse_all_as_read(app, rows)
    assert held(app) == [] and len({each.recipient_id for each in rows(Decision)}) == 2
