"""An account with somebody else's name, which a firm may have since sandbox mode, speaks in its own or not at all."""

import json
from copy import deepcopy
from email import message_from_bytes

from sqlalchemy import update

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, vault
from portal.core.models import Domain, GatewayState, MessageGateway, Provider
from portal.domain.notifications import gateways
from portal.domain.providers import domain_reviews
from portal.services import approvals
from portal.services.messaging import gateway_accounts, mailbox_reviews
from portal.services.messaging.gateway_accounts import OpenedAccount
from portal.services.messaging.gateways.protocol import OutgoingMessage
from tests import make
from tests.portal.services.messaging.gateways.test_vendors import UNKNOWN_VENDOR
from tests.portal.services.messaging.test_gateway_delivery import LOGINS

TITLE = "Örnek Mağazacılık A.Ş."
TRAP = "PTT Kargo: gönderiniz bekliyor, kart numaranızı yazın"


def opened(
    sender: str, vendor: str = "verimor", carries: AddressKind = AddressKind.PHONE, is_approved: bool = True, **of
) -> OpenedAccount | None:
    """A working account of Ayşe's firm with this sender, as messages would leave by it."""
    login = {"credentials": LOGINS.get(vendor, {"host": "127.0.0.1", "security": "smtp"})}
    row = gateways.add_gateway(
        db.session, vault(), carries=carries, vendor=vendor, header=sender, per_second=1, at=clock.now(), **login | of
    )
    gateways.mark_tested(row, clock.now())
    if is_approved:
        make.approve_mailboxes()
    return gateway_accounts.open_account(row.id)


def test_an_account_names_its_firm_or_a_brand_of_it(app):
    with app.app_context():
        own = {"provider_id": make.provider().id}
        mail = {"vendor": "smtp", "carries": AddressKind.EMAIL} | own
        make.prove_host(make.brand(), "y.com")
        shown = [opened(f"{name} <x@y.com>", **mail).header for name in (TRAP, "", "örnek mağaza")]
        assert shown == [f"{TITLE} <x@y.com>", f"{TITLE} <x@y.com>", "örnek mağaza <x@y.com>"]

        assert all(opened(sender, **own) for sender in ("ornek magaza", "08501234567", "DENEME"))
        assert opened("IZINLINK", provider_id=None).header == "IZINLINK"
        assert [opened(sender, **own) for sender in ("PTT KARGO", "ORNKMGZ", "ORNEK", "155", "4609")] == [None] * 5
        stopped = db.session.query(MessageGateway).filter_by(state=GatewayState.STOPPED).all()
        assert {each.stopped_code for each in stopped} == {"foreign_sender"} and len(stopped) == 5
        brand = make.brand()
        brand.header, brand.reply_number = "ORNKMGZ", "4609"  # The operator agreed.
        assert opened("ornkmgz", **own) and opened("4609", **own) and not opened("ORN", **own)
        brand.name = "Bahçe Online"
        assert [opened(sender, **own) for sender in ("bahce.online", "!!BAHCE ONLINE$$")] == [None] * 2
        assert opened("BAHCE ONLINE", **own)
        brand.name = "Bahçe.Online"
        assert opened("bahce.online", **own)
        db.session.rollback()


def test_an_account_with_a_sender_or_words_of_its_own_stops_and_goes_on_reading(app):
    with app.app_context():
        described = {
            "vendor": gateways.GENERIC, "provider_id": make.provider().id, "carries": AddressKind.PHONE,
            "header": "DENEME", "per_second": 1, "at": clock.now(),
        }  # fmt: skip
        stopped = []
        for sender, footer in (("{{header}}", "AC-7"), ("PTTKARGO", "AC-7"), ("{{header}}", "Iade: ptt-ode.com/k")):
            description = deepcopy(UNKNOWN_VENDOR)
            description["send"]["body"] |= {"From": sender, "footer": "{{secret.footer}}"}
            credentials = {"description": json.dumps(description), "secret.key": "x y", "secret.footer": footer}
            row = gateways.add_gateway(db.session, vault(), **described, credentials=credentials)
            gateways.mark_tested(row, clock.now())
            is_open = gateway_accounts.open_account(row.id) is not None
            stopped.append((is_open, row.state == GatewayState.STOPPED, row.stopped_code))
            assert gateway_accounts.adapter_of(row, only_reads=True)
        assert stopped == [(True, False, None)] + [(False, True, "words_of_description")] * 2
        db.session.rollback()


def test_a_mail_leaves_from_an_address_that_the_firm_proved(app):
    with app.app_context():
        brand = make.brand()
        mail = {"vendor": "smtp", "carries": AddressKind.EMAIL, "provider_id": brand.provider_id}
        make.prove_host(brand, "ornek.com.tr")
        for sender in ("bilgi@ORNEK.com.tr", make.AYSE):  # Ayşe signs in with hers.
            assert opened(f"<{sender}>", **mail).header == f"{TITLE} <{sender}>"
        for sender in ("bilgi@ptt.gov.tr", "a@ptt.gov.tr.ornek.com.tr", "a@xornek.com.tr", "cem@example.com", "yanlış"):
            assert opened(f"<{sender}>", **mail) is None
        stopped = db.session.query(MessageGateway).filter_by(state=GatewayState.STOPPED).all()
        assert {each.stopped_code for each in stopped} == {"unproved_sender"} and len(stopped) == 5

        db.session.execute(update(Domain).values(missing_since=clock.now()))  # The record is gone.
        assert opened("<bilgi@ornek.com.tr>", **mail) is None
        db.session.get_one(Provider, brand.provider_id).admitted_at = None  # Its mails reach its own people only.
        assert opened("<bilgi@ptt.gov.tr>", **mail)


def test_readers_see_a_domain_for_what_comes_back_that_the_firm_proved(app):
    with app.app_context():
        brand = make.brand()
        make.prove_host(brand, "ornek.com.tr")
        mail = {"vendor": "smtp", "carries": AddressKind.EMAIL, "provider_id": brand.provider_id}

        def headers(domain: str) -> tuple[bool, bool, str]:
            """Whether a mail that can be refused names the domain, and how it can be in any case."""
            login = {"host": "127.0.0.1", "security": "smtp", "feedback": "post", "bounce_domain": domain}
            account = opened("<bilgi@ornek.com.tr>", credentials=login, **mail)
            message = OutgoingMessage(7, make.EMAIL, "Metin", "Konu", "https://izin.ornek.com.tr/u/x")
            wire = message_from_bytes(account.adapter._content(message, account.header))
            ways = "".join(wire["List-Unsubscribe"].split())
            return f"@{domain}" in (wire["Reply-To"] or ""), f"@{domain}>" in ways, ways.partition(",")[0]

        one_click = "<https://izin.ornek.com.tr/u/x>"
        for own in ("posta.ornek.com.tr", "ornek.com.tr"):
            assert headers(own) == (True, True, one_click)
        for foreign in ("musteri.banka.example", "xornek.com.tr", "banka.com.tr.ornek.com.tr", "com.tr"):
            assert headers(foreign) == (False, False, one_click)
        decided = {"is_approved": False, "by": 1, "reason": "Banka değilsiniz.", "at": clock.now()}
        make.prove_host(brand, "banka.ornek.com.tr")
        domain_reviews.settle(
            db.session, brand.provider_id, domain_reviews.digest_of("banka.ornek.com.tr").hex(), **decided
        )
        assert headers("banka.ornek.com.tr") == (False, False, one_click)
        make.prove_host(brand, "ornek.example")
        db.session.execute(update(Domain).where(Domain.host == "ornek.example").values(missing_since=clock.now()))
        assert headers("posta.ornek.example") == (False, False, one_click)
        assert not db.session.query(MessageGateway).filter_by(state=GatewayState.STOPPED).count()
        db.session.rollback()


def test_an_address_waits_for_the_operator_and_a_declined_host_sends_none(app):
    with app.app_context():
        brand = make.brand()
        mail = {"vendor": "smtp", "carries": AddressKind.EMAIL, "provider_id": brand.provider_id, "is_approved": False}
        make.add_domain(brand, "ornek.com.tr")
        trap = "kodunuzu.0850-999-99-99.a.soyleyin@ornek.com.tr"
        assert opened(f"Örnek Mağaza <{trap}>", **mail) is None
        assert mailbox_reviews.list_waiting(db.session) == [(brand.provider_id, trap)]
        decided = {"by": 1, "reason": "Banka değilsiniz.", "at": clock.now()}
        mailbox_reviews.settle(
            db.session, brand.provider_id, mailbox_reviews.digest_of(trap).hex(), is_approved=False, **decided
        )
        assert opened(f"<{trap}>", **mail | {"is_approved": True}) is None
        assert (
            db.session.query(MessageGateway).order_by(MessageGateway.id.desc()).first().stopped_code
            == "unapproved_sender"
        )

        assert opened("<bilgi@ornek.com.tr>", **mail | {"is_approved": True})
        of, host = db.session.get_one(Provider, brand.provider_id), domain_reviews.digest_of("ornek.com.tr").hex()
        assert approvals.take_back(db.session, of, host, **decided)
        assert opened("<bilgi@ornek.com.tr>", **mail) is None
        make.prove_host(brand, "banka-guvenlik.com")
        host = domain_reviews.digest_of("banka-guvenlik.com").hex()
        domain_reviews.settle(db.session, brand.provider_id, host, is_approved=False, **decided)
        assert opened("<bilgi@banka-guvenlik.com>", **mail | {"is_approved": True}) is None
        assert (
            db.session.query(MessageGateway).order_by(MessageGateway.id.desc()).first().stopped_code
            == "unproved_sender"
        )
        db.session.rollback()
