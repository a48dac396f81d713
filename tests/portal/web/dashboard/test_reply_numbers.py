"""SMS name a number for replies only while an account that works brings what is written to it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

import shortlinks
from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Brand,
    Delivery,
    EventKind,
    GatewayEvent,
    GatewayState,
    Mail,
    MailKind,
    MessageGateway,
    Provider,
)
from portal.core.vault import Vault
from portal.domain.notifications import gateways, mails, reply_numbers
from portal.jobs import reply_number_alarms
from portal.services.launches.invitation_text import text_writer
from portal.services.launches.launch_checks import check_launch
from portal.services.launches.needs import Need
from tests import make
from tests.portal.services.messaging import test_gateway_delivery as delivery
from tests.portal.services.messaging.vendor_pushes import bring_reply

pytestmark = pytest.mark.slow

NUMBER = "4609"


@pytest.fixture
def account(app) -> int:
    """One that lately brought an SMS to the brand's number, which the operator has seen."""
    with app.app_context():
        db.session.execute(update(Brand).where(Brand.id == make.brand().id).values(reply_number=NUMBER))
        db.session.execute(update(Provider).values(admitted_at=clock.now()))
        account_id = delivery.add("verimor")
        bring_reply(account_id, NUMBER)
        return account_id


def is_named(app) -> bool:
    """Whether the SMS of a launch name the number; a draft's checks say so where they do not."""
    with app.app_context():
        campaign, salt = make.campaign(delivery=Delivery.GATEWAY), app.config["LINK_SALT"]
        text = text_writer(db.session, campaign, salt, "https://iz.example/k")
        named = NUMBER in text(shortlinks.code_of(salt, 7, 11), False)
        checks = {each.need: each for each in check_launch(db.session, campaign, by=None, at=clock.now())}
        db.session.rollback()
    assert named == (Need.REPLY_NUMBER not in checks)
    assert named or (not checks[Need.REPLY_NUMBER].is_met and checks[Need.REPLY_NUMBER].is_advice)
    return named


def mails_of_losses(app, rows) -> list[str]:
    for _ in range(2):
        with app.app_context():
            reply_number_alarms.notify_owners_of_reply_numbers()
    with app.app_context():
        sent = [mails.read_facts(vault(), each) for each in rows(Mail, Mail.kind == MailKind.REPLY_NUMBER_LOST)]
    return [each["reply_number"] for each in sent]


def test_texts_name_no_number_whose_account_was_removed_until_another_one_brings_replies(app, account, rows):
    assert is_named(app) and mails_of_losses(app, rows) == []

    with app.app_context():
        gateways.remove(db.session, db.session.get_one(MessageGateway, account), clock.now())
        other = delivery.add("verimor")
        bring_reply(other, "4610")
    assert not is_named(app) and mails_of_losses(app, rows) == [NUMBER]

    with app.app_context():
        bring_reply(other, NUMBER)
    assert is_named(app) and mails_of_losses(app, rows) == [NUMBER]
    acts = [each.act for each in rows(AuditEntry, AuditEntry.subject == "brand")]
    assert acts == ["brand.reply_number_lost", "brand.reply_number_found"]


def _stop(account: MessageGateway) -> None:
    account.state = GatewayState.STOPPED


def _change_inbox(account: MessageGateway) -> None:
    gateways.keep_former_inbox(db.session, vault(), account, clock.now())


def _leave_unread(account: MessageGateway) -> None:
    account.swept_at = clock.now() - timedelta(days=2)
    db.session.execute(update(GatewayEvent).values(kind=EventKind.REPLY))
    made = {"provider_id": account.provider_id, "gateway_id": account.id, "received_at": clock.now()}
    db.session.add(GatewayEvent(kind=EventKind.SWEEP, digest=bytes(32), due_at=clock.now(), failures=1, **made))


def _grow_old(account: MessageGateway) -> None:
    db.session.execute(update(GatewayEvent).values(received_at=clock.now() - timedelta(days=91)))


@pytest.mark.parametrize("happens", [_stop, _change_inbox, _leave_unread, _grow_old])
def test_texts_name_no_number_of_an_account_that_brings_replies_no_longer(app, account, happens):
    with app.app_context():
        happens(db.session.get_one(MessageGateway, account))
        db.session.commit()

    assert not is_named(app)


def test_many_replies_to_another_number_of_the_account_hide_none(app, account):
    with app.app_context():
        bring_reply(account, "4610", reply_numbers.AT_ONCE + 1)

    assert is_named(app)


class CountingVault(Vault):
    opened = 0

    def read(self, *place):
        self.opened += 1
        return super().read(*place)


def test_a_process_opens_the_replies_of_an_account_once_for_all_numbers(app, account, monkeypatch):
    monkeypatch.setattr(reply_numbers, "OVERLAP", 1)  # All replies of this test are of one moment.
    with app.app_context():
        bring_reply(account, "4610", 3)
        provider_id, counting = make.brand().provider_id, CountingVault(vault().keys)

        def takes(number: str) -> tuple[bool, int]:
            counting.opened = 0
            return reply_numbers.takes_replies(db.session, counting, provider_id, number, clock.now()), counting.opened

        bring_reply(account, "4611")
        assert takes("4610") == (True, 5)
        # The newest ones are opened again: another process may have kept an older one meanwhile.
        assert [takes(each) for each in (NUMBER, "4610", "4612")] == [(True, 1), (True, 1), (False, 1)]
        bring_reply(account, "4612")
        assert takes("4612") == (True, 2)


def test_who_removes_an_account_reads_before_which_numbers_it_takes_along(app, account, ayse):
    page = f"/dashboard/gateways/{account}"
    assert "Örnek Mağaza: 4609" in ayse.opens(page).text

    with app.app_context():
        bring_reply(delivery.add("verimor"), NUMBER)

    assert "Örnek Mağaza: 4609" not in ayse.opens(page).text


def test_who_moves_a_brand_to_another_account_is_told_that_its_number_stays_behind(app, account, ayse):
    with app.app_context():
        other, brand_id = delivery.add("verimor"), make.brand().id
    path, phone = f"/dashboard/gateways/brands/{brand_id}", f"brand-{brand_id}-phone"

    told = []
    for each in (account, other):
        ayse.posts(path, {f"{phone}_1": str(each), f"{phone}_2": ""})
        told.append("numarasına yazılmış bir SMS getirmedi" in ayse.opens("/dashboard/gateways").text)

    assert told == [False, True]
    assert is_named(app)  # The account is still there, and brings replies.


def test_the_page_of_a_brand_says_that_its_number_is_lost(app, account, ayse):
    with app.app_context():
        path = f"/dashboard/brands/{make.brand().id}"
    assert "numarasına yazılanlar bize gelmiyor" not in ayse.opens(path).text

    with app.app_context():
        gateways.remove(db.session, db.session.get_one(MessageGateway, account), clock.now())
        db.session.commit()

    assert "4609 numarasına yazılanlar bize gelmiyor" in ayse.opens(path).text
