"""Create providers, users and campaigns by the product's own functions. Ayşe owns a provider, Cem is a stranger."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Brand,
    BulkRequest,
    Campaign,
    CampaignKind,
    ContactKind,
    Delivery,
    Domain,
    ForwardingHold,
    Message,
    MessageKind,
    MessageState,
    OperatorRole,
    Process,
    Provider,
    Recipient,
    Review,
    ReviewAct,
    Role,
    Submission,
    User,
)
from portal.domain import campaigns
from portal.domain.campaigns import default_texts, text_reviews
from portal.domain.identity import accounts, factors
from portal.domain.providers import brand_requests, domain_reviews
from portal.services import launches
from portal.services.imports import audience
from portal.services.imports.audience import read_address_list
from portal.services.messaging import mailbox_reviews
from tests import statements
from tests.snapshots import made_once

IYS_CODE, BRAND_CODE = 700001, 700001
USERNAME, PASSWORD = "izinlink", "sandbox-password"
AYSE, AYSES_PASSWORD = "ayse@example.com", "correct horse battery"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # The seed of all authenticator apps.
NOTICE = "https://www.example.com/aydinlatma"
PHONE, EMAIL = "+905321234567", "fatma@example.com"


class Rows:
    """Reads rows in a new session each time."""

    def __init__(self, app):
        self._app = app

    def __call__(self, model, *conditions) -> list:
        with self._app.app_context(), Session(db.engines["reader"], expire_on_commit=False) as session:
            found = select(model).where(*conditions).order_by(*model.__table__.primary_key)
            return list(session.scalars(found.execution_options(**{statements.OF_TESTS: True})))

    def one(self, model, *conditions):
        (row,) = self(model, *conditions)
        return row

    def count(self, model) -> int:
        with self._app.app_context(), Session(db.engines["reader"]) as session:
            count = select(func.count()).select_from(model)
            return session.scalar(count.execution_options(**{statements.OF_TESTS: True}))


def hold(code: str, *, until: datetime, channel: str = "", of: Brand | None = None) -> None:
    """Hold the first provider's forwarding, or a brand's."""
    brand_id = of.id if of else ForwardingHold.EVERY_BRAND
    key = {"provider_id": brand().provider_id, "brand_id": brand_id, "channel": channel}
    db.session.add(ForwardingHold(**key, code=code, until=until, failures=1))
    db.session.commit()


def misspell(code: str) -> str:
    """A code, or an address that ends in one, with another last letter."""
    return code[:-1] + ("a" if code[-1] != "a" else "b")


def provider(iys_code: int = IYS_CODE, brand_code: int = BRAND_CODE, email: str = AYSE) -> Provider:
    """A provider with one brand, its owner, and a credential for İYS. Its invitations leave at any hour."""
    key = iys_code, brand_code, email
    provider_id = made_once(("provider", *key), lambda: _provider(*key))
    made = db.session.get_one(Provider, provider_id)
    db.session.commit()
    return made


def _provider(iys_code: int, brand_code: int, email: str) -> int:
    made = accounts.open_provider(
        db.session, iys_code=iys_code, title="Örnek Mağazacılık A.Ş.", mersis="0123456789012345",
        contact="0850 123 45 67", notice_url=NOTICE, brands={brand_code: "Örnek Mağaza"}, at=clock.now(),
    )  # fmt: skip
    made.sends_from, made.sends_until = 0, 24
    person(made, email)
    accounts.connect(db.session, vault(), made, username=USERNAME, password=PASSWORD, at=clock.now())
    db.session.commit()
    return made.id


def person(of: Provider, email: str, role: Role = Role.OWNER, name: str = "Ayşe") -> User:
    """Create a member of a provider, with AYSES_PASSWORD and an authenticator app."""
    user = create_user(email, name)
    accounts.add_membership(db.session, user, of.id, role, clock.now())
    enrol_app(user)
    return user


def staff(email: str, role: OperatorRole) -> User:
    """Create a member of the operator's staff, with AYSES_PASSWORD and an authenticator app."""
    user = create_user(email, "Derya")
    user.operator_role = role
    enrol_app(user)
    return user


def create_user(email: str, name: str) -> User:
    """Create a user with AYSES_PASSWORD, but without memberships and second factors."""
    return accounts.create_user(db.session, vault(), email=email, name=name, password=AYSES_PASSWORD, at=clock.now())


def enrol_app(user: User) -> None:
    """Give a user an authenticator app."""
    made = factors.enrol_totp(db.session, vault(), user.id, name="Telefon", at=clock.now(), secret=TOTP)
    made.confirmed_at = clock.now()
    db.session.commit()


def brand() -> Brand:
    """The first brand, created with its provider if there is none."""
    found = db.session.scalar(select(Brand).order_by(Brand.id).limit(1))
    if found is None:
        provider()
        found = db.session.scalar(select(Brand).order_by(Brand.id).limit(1))
    return found


def prove_host(of: Brand, name: str) -> None:
    """Add a verified domain to a brand."""
    at = clock.now()
    db.session.add(
        Domain(provider_id=of.provider_id, brand_id=of.id, host=name, proof="x", verified_at=at, created_at=at)
    )
    db.session.commit()


def add_domain(of: Brand, name: str) -> None:
    """Add a verified and reviewed short domain to a brand."""
    prove_host(of, name)
    approve_host(of.provider_id, name)
    db.session.commit()


def campaign(
    kind=CampaignKind.ASK, channels=tuple(Channel), delivery=Delivery.CSV, expires=timedelta(days=30), wording=None
) -> Campaign:
    """Create a campaign of the first brand, with the default text if no other."""
    at = clock.now()
    of = brand()
    made = campaigns.open_campaign(
        db.session, of, name="Hoş geldiniz", kind=kind, channels=list(channels),
        wording=wording or default_texts.default_wording(of.name, kind, NOTICE),
        contact=campaigns.Contact(ContactKind.PURCHASE, clock.day(at)) if kind == CampaignKind.ASK else None,
        expires_at=at + expires, delivery=delivery, at=at, today=clock.day(at),
    )  # fmt: skip
    db.session.commit()
    return made


def approve_host(provider_id: int, host: str) -> None:
    """As the operator: let links begin with a proved host."""
    found = {"digest": domain_reviews.digest_of(host).hex(), "reason": "", "by": 1, "at": clock.now()}
    domain_reviews.settle(db.session, provider_id, is_approved=True, **found)


def approve_mailboxes() -> None:
    """As the operator: let firms' mails come from the addresses of their accounts."""
    for provider_id, address in mailbox_reviews.list_waiting(db.session):
        found = {"digest": mailbox_reviews.digest_of(address).hex(), "reason": "", "by": 1, "at": clock.now()}
        mailbox_reviews.settle(db.session, provider_id, is_approved=True, **found)


def approve_texts() -> None:
    """As the operator: let people read what firms wrote."""
    for text in text_reviews.list_waiting(db.session):
        found = {"digest": text.digest.hex(), "reason": "", "by": 1, "at": clock.now()}
        text_reviews.settle(db.session, text.campaign.provider_id, is_approved=True, **found)
    db.session.commit()


def approve_request(brand: Brand) -> bool:
    """As the operator: let people see what a firm wants of its brand."""
    seen, by = brand_requests.describe_request(brand), {"by": 1, "reason": "", "at": clock.now()}
    return brand_requests.settle_request(db.session, brand, seen, is_approved=True, **by)


def decline_texts() -> None:
    """As the operator: take back the approval of all that firms wrote."""
    for text in text_reviews.list_written(db.session):
        found = {"provider_id": text.campaign.provider_id, "digest": text.digest, "made_by": 1, "made_at": clock.now()}
        db.session.add(Review(act=ReviewAct.TEXT_DECLINED, note="", **found))
    db.session.commit()


def add_to_audience(to: Campaign, text: str) -> None:
    """Add a pasted list to a campaign's audience."""
    audience.add_list(db.session, vault(), to, read_address_list(text), None, clock.now())


def launch(to: Campaign, salt: str) -> None:
    """Launch a campaign and create its links."""
    campaigns.launch(db.session, to, clock.now())
    db.session.commit()
    launches.run(to.id, salt)


def write_to_all(app) -> None:
    """As if a message of ours had reached everybody whom a firm has."""
    with app.app_context():
        for each in db.session.scalars(select(Recipient)):
            db.session.add(
                Message(
                    kind=MessageKind.COMPLAINT_SETTLED, provider_id=each.provider_id, recipient_id=each.id,
                    state=MessageState.DELIVERED, created_at=clock.now(),
                )
            )  # fmt: skip
        db.session.commit()


def run_programs(app) -> None:
    """Each program tells that it runs, on another machine."""
    at, alike = clock.now(), {"host": "a", "pid": 1, "generations": "7:0"}
    with app.app_context():
        for number, role in enumerate(("worker", "forwarder", "sender", "webhooks")):
            db.session.add(Process(node=8000 + number, role=role, leased_until=at, seen_at=at, **alike))
        db.session.commit()


def codes(app, text: str = f"{PHONE}\n{EMAIL}\n", **facts) -> dict[str, str]:
    """Launch a campaign for these addresses: {address: code}."""
    with app.app_context():
        return dict(made_once(("codes", text, repr(facts)), lambda: _codes(app.config["LINK_SALT"], text, facts)))


def _codes(salt: str, text: str, facts: dict) -> dict[str, str]:
    made = campaign(**facts)
    if "wording" in facts:
        approve_texts()
    add_to_audience(made, text)
    campaigns.confirm_unread(db.session, made, clock.now())
    launch(made, salt)
    links = launches.links_of(db.session, made, salt, "")
    found = {address: link.removeprefix("/") for address, link in links}
    db.session.rollback()
    return found


@dataclass
class Person:
    """A recipient who uses a link."""

    browser: object
    code: str
    path: str = "/k/"

    def opens(self, **options):
        return self.browser.get(self.path + self.code, **options)

    def form(self) -> str:
        """The token of a page served now."""
        return re.search(r'name="form"[^>]*value="([^"]+)"', self.opens().text)[1]

    def posts(self, form: str | None = None, **choices):
        return self.browser.post(self.path + self.code, data={**choices, **({"form": form} if form else {})})

    def decides(self, **choices):
        return self.posts(self.form(), **choices)


def forward_all(app, client, rounds: int = 200) -> None:
    """Forward until nothing is due."""
    with app.app_context():
        for _ in range(rounds):
            if not forward_one(client):
                return


_at = bindparam("at", type_=Submission.due_at.type)
_late_or_due = or_(Submission.due_at <= _at, and_(Submission.due_at.is_not(None), Submission.lenient_deadline < _at))
IS_ANYTHING_DUE = select(or_(exists().where(_late_or_due), exists().where(BulkRequest.due_at <= _at)))


def forward_one(client) -> bool:
    """Take the forwarder's next step; False if there is none. Where nothing is due at all, its look through all lanes
    is spared, which takes ten times as long as this one."""
    from portal.services.iys import forwarder

    return bool(read_session().scalar(IS_ANYTHING_DUE, {"at": clock.now()})) and forwarder.forward_one(client)


def claim(at, **facts):
    """Claim what is due, as a forwarder does that is killed then: the leases stay."""
    from portal.services.iys.forwarding import claims

    with claims.claim_due_submissions(db.session, at, **facts) as claimed:
        return claimed


def send(url: str) -> bool:
    """Take one turn of the outbox, with the demo gateway at this URL."""
    from portal.services.messaging import outbox

    current_app.config["MESSAGE_GATEWAY_URL"] = url
    return outbox.send_due()


def send_all(url: str) -> None:
    """Send until nothing may leave."""
    while send(url):
        pass


def keep_texts() -> None:
    """Let what campaigns have waiting be written, and its texts kept, as by a call that takes it now. Commits."""
    from portal.services.messaging import outgoing_messages

    for each in db.session.query(Message).filter_by(kind=MessageKind.INVITATION, text=None):
        written = outgoing_messages.written_text(db.session, each, is_mail=each.address_kind == AddressKind.EMAIL)
        outgoing_messages.keep_text(each, written)
    db.session.commit()
