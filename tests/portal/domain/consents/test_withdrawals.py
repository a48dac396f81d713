"""Withdrawing by other ways than a link's form: all of one act is one receipt, at however many providers."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import (
    AuditEntry,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    Lane,
    Provider,
    Receipt,
    ReceiptDecision,
    Recipient,
    Submission,
)
from portal.domain.consents import recipients, refusals
from tests import make


def parts(*channels: Channel, text: str = make.PHONE) -> list[refusals.RefusalScope]:
    """What each provider that holds the address has of it."""
    address, found = addresses.parse(text), []
    for provider in db.session.query(Provider).order_by(Provider.id):
        recipient = recipients.find(db.session, vault(), provider.id, address)
        brands = db.session.query(Brand).filter_by(provider_id=provider.id).all()
        if recipient:
            found.append(refusals.RefusalScope(recipient, address, brands, channels or address.channels))
    return found


def withdraw(
    app, *channels: Channel, origin: DecisionOrigin = DecisionOrigin.MINE, text: str = make.PHONE
) -> refusals.Withdrawn:
    with app.app_context():
        done = refusals.withdraw(
            db.session,
            vault(),
            parts(*channels, text=text),
            origin=origin,
            language="tr",
            request_metadata="{}",
            at=clock.now(),
        )
        db.session.commit()
    return done


def somebody_else(app) -> None:
    """Another provider that holds Fatma's address as well."""
    with app.app_context():
        other = make.provider(700009, 700009, "cem@example.com")
        recipients.gather(db.session, vault(), other.id, [addresses.parse(make.PHONE)], clock.now())
        db.session.commit()


def test_it_is_obeyed_and_told_at_once_with_a_receipt(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")

    done = withdraw(app, Channel.SMS)

    head, receipt = rows.one(Consent), rows.one(Receipt, Receipt.origin == DecisionOrigin.MINE)
    refused = rows.one(Decision, Decision.status == Status.REFUSED)
    assert head.status == Status.REFUSED and head.decision_id == refused.id
    assert (refused.origin, refused.source) == (DecisionOrigin.MINE, "HS_WEB")
    assert rows.one(Submission, Submission.decision_id == refused.id).lane == Lane.REFUSALS
    assert (receipt.id, receipt.number, done.refused) == (done.receipt_id, done.number, 1)
    assert (receipt.link_id, receipt.text_id, receipt.choices) == (None, None, "MESAJ=RET")
    assert rows.one(ReceiptDecision, ReceiptDecision.receipt_id == receipt.id).decision_id == refused.id
    assert rows(AuditEntry, AuditEntry.act == "decision.made")[-1].facts == {"choices": "MESAJ=RET", "new": 1}


def test_one_act_at_two_providers_is_one_receipt(app, fatma, rows):
    somebody_else(app)

    done = withdraw(app)

    receipts = rows(Receipt)
    assert {receipt.number for receipt in receipts} == {done.number}
    assert len({receipt.provider_id for receipt in receipts}) == 2
    assert done.refused == 4
    assert all(head.status == Status.REFUSED for head in rows(Consent))


def test_a_second_one_is_an_act_of_its_own_unless_it_repeats_the_first_within_a_minute(app, fatma, rows):
    somebody_else(app)
    first, start = withdraw(app), clock.now()

    with time_machine.travel(start + timedelta(seconds=58)):
        again = withdraw(app)
    with time_machine.travel(start + timedelta(seconds=61)):
        later = withdraw(app)

    assert (again.receipt_id, again.nonce, again.number, again.refused) == (
        first.receipt_id, first.nonce, first.number, 0,
    )  # fmt: skip
    assert later.refused == 4 and later.number != first.number
    assert rows.count(Decision) == rows.count(ReceiptDecision) == 8 and rows.count(Receipt) == 4


@pytest.mark.parametrize("between", [
    lambda app, fatma: fatma.decides(MESAJ="ONAY"),
    lambda app, fatma: withdraw(app, origin=DecisionOrigin.NOT_MINE),
])  # fmt: skip
def test_it_repeats_nothing_where_something_else_was_decided_meanwhile(app, fatma, between):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        withdraw(app)
        traveller.shift(5)
        between(app, fatma)
        traveller.shift(5)
        assert withdraw(app).refused == 2


def test_one_click_ends_mails_and_says_so_to_iys(app, browser, rows):
    make.Person(browser, make.codes(app)[make.EMAIL]).decides(EPOSTA="ONAY")

    withdraw(app, Channel.EMAIL, origin=DecisionOrigin.ONE_CLICK, text=make.EMAIL)

    refused = rows.one(Decision, Decision.status == Status.REFUSED)
    assert (refused.channel, refused.source) == (Channel.EMAIL, "HS_EPOSTA")


def test_one_click_on_a_telephones_link_has_nothing_to_refuse(app, fatma):
    with pytest.raises(refusals.NothingToRefuse):
        withdraw(app, Channel.EMAIL, origin=DecisionOrigin.ONE_CLICK)


def test_a_merchants_key_is_refused_too(app, fatma, rows):
    with app.app_context():
        recipient = db.session.query(Recipient).filter_by(kind="phone").one()
        db.session.add(
            Consent(
                provider_id=recipient.provider_id, brand_id=make.brand().id, recipient_id=recipient.id,
                channel=Channel.SMS, recipient_type=RecipientType.MERCHANT,
            )
        )  # fmt: skip
        db.session.commit()

    withdraw(app, Channel.SMS)

    assert {head.recipient_type: head.status for head in rows(Consent)} == dict.fromkeys(RecipientType, Status.REFUSED)


def test_who_disowns_an_address_refuses_everything_there_and_marks_it(app, fatma, rows):
    fatma.decides(MESAJ="ONAY")
    with app.app_context():
        (part,) = parts()
        done = refusals.refuse_not_mine(
            db.session, vault(), part.recipient, part.address, language="en", request_metadata="{}", at=clock.now()
        )
        db.session.commit()

    recipient = rows.one(Recipient, Recipient.kind == "phone")
    assert recipient.reassigned_at is not None
    assert {head.channel: head.status for head in rows(Consent)} == dict.fromkeys(
        (Channel.SMS, Channel.CALL), Status.REFUSED
    )
    assert rows.one(Receipt, Receipt.id == done.receipt_id).origin == DecisionOrigin.NOT_MINE
