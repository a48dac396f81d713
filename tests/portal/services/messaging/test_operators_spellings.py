"""Of a firm that is meant every spelling of the mailbox is refused, also those to which nobody wrote by the account;
and while words wait to be read none is written to."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.core import clock
from portal.core.addresses import AddressKind, parse
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    AudienceEntry,
    Brand,
    Consent,
    EventKind,
    ExclusionReason,
    Message,
    MessageGateway,
    MessageKind,
    MessageState,
    Recipient,
)
from portal.domain.consents import may_send, recipients
from portal.domain.notifications import gateways
from portal.services.messaging import gateway_accounts, news_keeping
from portal.services.messaging.gateways.mail_tokens import TokenPurpose, token_address
from portal.services.messaging.gateways.protocol import BlockedAddress, Feedback
from tests import make
from tests.portal.domain.consents.import_entries import bring, entry
from tests.portal.services.messaging.test_feedback import DOMAIN, held
from tests.portal.services.messaging.test_mail_answers import (  # noqa: F401 - a fixture
    AYSE,
    account,
    add_account,
    answer,
    own_id,
    refuse_all_as_read,
    waiting,
)
from tests.portal.services.messaging.vendor_pushes import add_brand, work
from tests.portal.web.dashboard.staff import signed_in

# ruff: noqa: F811 - a fixture of another file is asked for by its name.

pytestmark = pytest.mark.slow

OTHER, LATER = "ayse@gmail.com", "ayse+yeni@gmail.com"


def by_operator(account) -> int:
    """The account of the operator's by which the mails left."""
    with account.app.app_context():
        gateway_id = add_account(account, None)
        db.session.execute(update(Message).values(gateway_id=gateway_id))
        db.session.commit()
    return gateway_id


def grant(account, *addresses: str) -> None:
    with account.app.app_context():
        at = clock.now() - timedelta(days=1)
        bring(make.brand(), *(entry(each, Status.GRANTED, at, channel=Channel.EMAIL) for each in addresses))


def refused(account, status=Status.REFUSED) -> set[tuple[str, str]]:
    """Addresses and brands that have this status."""
    with account.app.app_context():
        found = db.session.execute(
            select(Recipient, Brand.name)
            .join(Consent, Consent.recipient_id == Recipient.id)
            .join(Brand, Brand.id == Consent.brand_id)
            .where(Consent.status == status)
        )
        return {(recipients.address_of(vault(), each), name) for each, name in found}


@pytest.mark.parametrize("how", ["mailto", "complaint", AYSE, OTHER])
def test_who_refuses_by_a_mail_of_the_operators_account_refuses_by_all_that_the_firm_has(app, account, rows, how):
    """Of the brand that wrote: also at the spelling to which none did."""
    add_brand(app, "Moda Evi", "", "", 8)
    grant(account, AYSE, OTHER)
    gateway_id = by_operator(account)
    with app.app_context():
        gateway, message_id, name = (
            db.session.get_one(MessageGateway, gateway_id),
            account.messages[AYSE],
            make.brand().name,
        )
        key = gateway_accounts.adapter_of(gateway).token_keys[0]
        if how == "complaint":
            told = BlockedAddress("", clock.now(), "complaint abuse", message_id)
            news_keeping.keep_news(gateway, Feedback(blocked=(told,)), clock.now())
            db.session.commit()
    if how == "mailto":
        to = token_address(key, TokenPurpose.UNSUBSCRIBE, message_id, DOMAIN)
        account.pushes(f"From: {AYSE}\nTo: {to}\nSubject: unsubscribe\n\n.\n".encode(), to=to)
    work(app, *EventKind)
    if "@" in how:
        answer(account, how, f"In-Reply-To: {own_id(account, gateway_id)}", said="Onayımı geri alıyorum")
        assert held(app) == [AYSE, OTHER]
        refuse_all_as_read(app, rows)

    assert refused(account) == {(AYSE, name), (OTHER, name)}


def test_a_complaint_may_be_of_what_another_account_wrote_lately_to_another_spelling(app, account):
    """A firm wrote by this one weeks ago, and another firm by that one within the hour: both are refused."""
    gateway_id = by_operator(account)
    with app.app_context():
        at, rival = clock.now(), make.provider(800001, 800001, "cem@example.com").id
        db.session.execute(
            update(Message).values(created_at=at - timedelta(days=20), called_at=at - timedelta(days=20))
        )
        other = gateways.add_gateway(
            db.session, vault(), provider_id=None, carries=AddressKind.EMAIL, vendor="smtp", per_second=10, at=at,
            header="haber@ikinci.example", credentials={"host": "127.0.0.1", "security": "smtp"},
        )  # fmt: skip
        db.session.flush()
        theirs = recipients.gather(db.session, vault(), rival, [parse(OTHER)], at)
        db.session.add(
            Message(
                provider_id=rival, recipient_id=theirs[OTHER], gateway_id=other.id, kind=MessageKind.CODE, attempts=1,
                state=MessageState.DELIVERED, created_at=at - timedelta(hours=1), called_at=at - timedelta(hours=1),
            )
        )  # fmt: skip
        gateway = db.session.get_one(MessageGateway, gateway_id)
        told = BlockedAddress(AYSE, at, "complaint abuse")
        news_keeping.keep_news(gateway, Feedback(blocked=(told,)), at)
        db.session.commit()
    work(app, *EventKind)

    assert {address for address, _ in refused(account)} == {AYSE, OTHER}


def test_a_spelling_that_comes_while_the_answer_waits_is_refused_with_the_others(app, account, rows):
    gateway_id = by_operator(account)
    answer(account, OTHER, f"In-Reply-To: {own_id(account, gateway_id)}", said="Onayımı geri alıyorum")
    grant(account, OTHER)

    refuse_all_as_read(app, rows)

    assert {address for address, _ in refused(account)} == {AYSE, OTHER}


@pytest.mark.parametrize("act", ["refusal", "reading"])
def test_a_spelling_that_is_granted_while_words_wait_gets_nothing_until_they_are_read(app, account, rows, act):
    """Their refusal then ends the grant, and what a file brings later of before it; else what was left out goes on."""
    answer(account, AYSE, f"In-Reply-To: {own_id(account)}")
    grant(account, OTHER)
    make.codes(app, f"{OTHER}\n")
    with app.app_context():
        other = recipients.find(db.session, vault(), make.brand().provider_id, parse(OTHER))
        found = db.session.execute(may_send.decided_consents([other.id])).one()
        entry_of_other = AudienceEntry.recipient_id == other.id

    assert (held(app), found[3]) == ([AYSE, OTHER], True)
    assert rows.one(AudienceEntry, entry_of_other).left_out == ExclusionReason.UNREAD_REPLY

    (event,) = waiting(rows)
    assert signed_in(app).posts(f"/desk/replies/{event.id}/{act}", {"channels": "EPOSTA"}).status_code == 303
    grant(account, LATER)

    is_refused = act == "refusal"
    assert held(app) == []
    assert {address for address, _ in refused(account)} == ({AYSE, OTHER} if is_refused else set())
    assert {address for address, _ in refused(account, Status.GRANTED)} == (set() if is_refused else {OTHER, LATER})
    assert rows.one(AudienceEntry, entry_of_other).left_out is None  # To be looked at again.
