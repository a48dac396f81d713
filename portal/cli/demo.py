"""`flask demo …`: a provider and a newcomer, people of every role, a campaign, a consent point, and their codes.

Development only. Passwords and authenticator apps are made on the first run and stand in a private file beside the
secrets, since there are no default ones.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click
import pyotp
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Assignment,
    Brand,
    Campaign,
    CampaignKind,
    ConsentPoint,
    ContactKind,
    Delivery,
    FactorKind,
    LegalForm,
    OperatorRole,
    Provider,
    ProviderKind,
    Role,
    User,
)
from portal.domain import campaigns, consent_points
from portal.domain.campaigns import default_texts
from portal.domain.identity import accounts, factors
from portal.domain.providers import onboarding
from portal.services import launches
from portal.services.imports import audience
from portal.services.imports.audience import read_address_list
from portal.web.shared.absolute_urls import absolute_url

CREDENTIALS_FILE = "demo-people.json"
FORMER_PASSWORD_FILE = "demo-password"  # The owner's, in an instance of an earlier version.
group = AppGroup("demo", help="Something to look at.")

AT_IYS = """The demo firm counts as admitted, so its decisions would knock at İYS itself with an invented account.
Set IYS_BASE_URL to a sandbox's, here and for the forwarder."""
TAX_NUMBER = "9876543217"  # A valid check digit; nobody else's here.
AUDIENCE_CSV = """Ad;Telefon;E-posta
Ayşe Yılmaz;0532 123 45 67;ayse.yilmaz@example.com
Burak Demir;+90 (533) 234 56 78;
Cem Kaya;;cem.kaya@example.com
Deniz Çelik;5054567890;deniz@example.com
Elif Şahin;0(542) 345-67-89;
Fatma Öz;0212 345 67 89;fatma.oz@example.com
Gökhan Ak;0555 12;
"""


@dataclass(frozen=True)
class CastMember:
    key: str  # In the JSON output and the credentials file.
    email: str
    name: str
    role: Role | OperatorRole


OWNER = CastMember("owner", "ayse@example.com", "Ayşe Yılmaz", Role.OWNER)
MANAGER = CastMember("manager", "burak@example.com", "Burak Demir", Role.MANAGER)
AGENT = CastMember("agent", "elif@example.com", "Elif Şahin", Role.AGENT)
DEVELOPER = CastMember("developer", "deniz@example.com", "Deniz Çelik", Role.DEVELOPER)
AUDITOR = CastMember("auditor", "gokhan@example.com", "Gökhan Ak", Role.AUDITOR)
OPERATOR = CastMember("operator", "derya@example.com", "Derya Aksoy", OperatorRole.ADMIN)
SUPPORT = CastMember("support", "selin@example.com", "Selin Kurt", OperatorRole.SUPPORT)
NEWCOMER = CastMember("newcomer", "cem@example.com", "Cem Kaya", Role.OWNER)  # Of a company of their own.
CAST = (OWNER, MANAGER, AGENT, DEVELOPER, AUDITOR, OPERATOR, SUPPORT, NEWCOMER)


@dataclass(frozen=True)
class Credentials:
    email: str
    password: str
    totp: str


@group.command()
def seed() -> None:
    """Make them once; a second run changes nothing. Prints who signs in how, a personal link and the point, as JSON."""
    _require_development()
    host = f".{urlsplit(current_app.config['IYS_BASE_URL']).hostname}"
    if host.endswith(".iys.org.tr") and ".sandbox." not in host:  # İYS has a sandbox of its own, too.
        raise click.ClickException(AT_IYS)
    credentials, at = load_credentials(current_app.config["INSTANCE"]), clock.now()
    oldest_provider = select(Provider).order_by(Provider.created_at, Provider.id).limit(1)
    provider = db.session.scalar(oldest_provider) or _open_provider(at)
    _add_people(provider, credentials, at)
    _add_newcomer(credentials, at)
    newcomers_code = _add_partner(at)
    of_links = select(Campaign).where(Campaign.delivery != Delivery.POINT).order_by(Campaign.created_at).limit(1)
    campaign = db.session.scalar(of_links) or _open_campaign(provider, at)
    points = (
        select(ConsentPoint)
        .where(ConsentPoint.provider_id == provider.id)
        .order_by(ConsentPoint.created_at, ConsentPoint.id)
        .limit(1)
    )
    point = db.session.scalar(points) or _open_point(provider, at)
    db.session.commit()
    _launch_campaign(campaign)
    people = {role: vars(each) for role, each in credentials.items()}
    salt, base = current_app.config["LINK_SALT"], current_app.config["LINK_BASE"]
    _, first_link = next(iter(launches.links_of(db.session, campaign, salt, base)))
    links = {"link": first_link, "point": absolute_url("consent_points.page", slug=point.slug, lang=None)}
    click.echo(json.dumps(people.pop(OWNER.key) | links | people | newcomers_code))


@group.command()
@click.option("--email", default=OWNER.email, show_default=True)
def code(email: str) -> None:
    """Print what somebody's authenticator app shows now, or next where that was used: a code opens once."""
    _require_development()
    user = db.session.scalar(select(User).where(User.has_index(accounts.email_indexes(vault(), email))))
    enrolled = factors.list_factors(db.session, user.id) if user else []
    app = next((each for each in enrolled if each.kind == FactorKind.TOTP), None)
    if app is None:
        raise click.ClickException("Nobody with that address has an authenticator app.")
    totp, at = pyotp.TOTP(factors.totp_secret(vault(), app), interval=factors.PERIOD), clock.now()
    step = max(totp.timecode(at), (app.last_step or 0) + 1)
    if step > totp.timecode(at) + factors.TOLERANCE:
        raise click.ClickException(f"Both codes were used; ask again in {factors.PERIOD} seconds.")
    click.echo(totp.generate_otp(step))


def _require_development() -> None:
    if not current_app.config["DEVELOPMENT"]:
        raise click.ClickException("The demo is for development only (DEVELOPMENT=1).")


def _open_provider(at: datetime) -> Provider:
    iys_code, brand_code = int(os.environ.get("IYS_CODE", 700001)), int(os.environ.get("IYS_BRAND_CODE", 700001))
    provider = accounts.open_provider(
        db.session, iys_code=iys_code, title="Örnek Mağazacılık A.Ş.", mersis="0123456789012345",
        contact="0850 123 45 67", notice_url="https://www.example.com/aydinlatma",
        brands={brand_code: "Örnek Mağaza"}, at=at,
    )  # fmt: skip
    accounts.connect(
        db.session, vault(), provider, username=os.environ.get("IYS_USERNAME", "demo"),
        password=os.environ.get("IYS_PASSWORD", "demo-password"), at=at,
    )  # fmt: skip
    provider.sends_from, provider.sends_until = 0, 24  # A demo shows its messages at once.
    return provider


def _add_people(provider: Provider, credentials: dict[str, Credentials], at: datetime) -> None:
    """One person of each role at the provider, and at the operator, whose support is assigned to that provider."""
    for person in CAST[:-1]:
        if find_user(person) is None:
            password = credentials[person.key].password
            user = accounts.create_user(
                db.session, vault(), email=person.email, name=person.name, password=password, at=at
            )
            if isinstance(person.role, OperatorRole):
                user.operator_role = person.role
            else:
                accounts.add_membership(db.session, user, provider.id, person.role, at)
            if person.role == OperatorRole.SUPPORT:
                db.session.add(Assignment(user_id=user.id, provider_id=provider.id, created_at=at))
        ensure_authenticator(person, credentials[person.key], at)


def _add_partner(at: datetime) -> dict[str, str]:
    """The partner of SANDBOX_PARTNER, so that a newcomer can walk all steps; the code that they are to enter."""
    account = os.environ.get("SANDBOX_PARTNER")
    if not account:
        return {}
    user, code, providers = account.rsplit(":", 2)
    username, password = user.split(":", 1)
    accounts.store_partner_credential(
        db.session, vault(), integrator_code=int(code), username=username, password=password, at=at
    )
    return {"iys_code": providers.split()[0]}


def _add_newcomer(credentials: dict[str, Credentials], at: datetime) -> None:
    """A company that has just signed up, in sandbox mode."""
    person = NEWCOMER
    if find_user(person) is None:
        onboarding.open_account(
            db.session, vault(), title="Yeni Ticaret Limited Şirketi", legal_form=LegalForm.COMPANY,
            kind=ProviderKind.PARTNER, tax_number=TAX_NUMBER, mersis=f"0{TAX_NUMBER}00017", contact="0850 765 43 21",
            notice_url="https://www.example.com/yeni/aydinlatma", representative=person.name, name=person.name,
            email=person.email, password=credentials[person.key].password, at=at,
        )  # fmt: skip
    ensure_authenticator(person, credentials[person.key], at)


def _launch_campaign(campaign: Campaign) -> None:
    """Launch, or finish what an interrupted earlier run began."""
    if campaign.launched_at is None:
        audience.add_list(db.session, vault(), campaign, read_address_list(AUDIENCE_CSV), None, clock.now())
        campaigns.launch(db.session, campaign, clock.now())
    db.session.commit()
    launches.run(campaign.id, current_app.config["LINK_SALT"])


def _open_campaign(provider: Provider, at: datetime) -> Campaign:
    brand = _first_brand(provider)
    return campaigns.open_campaign(
        db.session, brand, name="Hoş geldiniz", kind=CampaignKind.ASK, channels=list(Channel),
        wording=default_texts.default_wording(brand.name, CampaignKind.ASK, provider.notice_url),
        contact=campaigns.Contact(ContactKind.PURCHASE, clock.day(at)),
        expires_at=at + timedelta(days=30), delivery=Delivery.GATEWAY, at=at, today=clock.day(at),
    )  # fmt: skip


def _open_point(provider: Provider, at: datetime) -> ConsentPoint:
    """A published consent point with the code budget of the sandbox mode."""
    brand = _first_brand(provider)
    point = consent_points.open_point(
        db.session,
        brand,
        name="Kasa",
        channels=list(Channel),
        wording=default_texts.default_wording(brand.name, CampaignKind.ASK, provider.notice_url),
        daily_budget=consent_points.SANDBOX_CODES,
        at=at,
        today=clock.day(at),
    )
    consent_points.publish_point(db.session, point, at)
    return point


def _first_brand(provider: Provider) -> Brand:
    oldest = select(Brand).where(Brand.provider_id == provider.id).order_by(Brand.id).limit(1)
    return db.session.scalars(oldest).one()


def load_credentials(instance: Path) -> dict[str, Credentials]:
    """Credentials by the key of the person; made where the file lacks them."""
    file = instance / CREDENTIALS_FILE
    stored = json.loads(file.read_text()) if file.exists() else {}
    former = instance / FORMER_PASSWORD_FILE
    if OWNER.key not in stored and former.exists():
        stored[OWNER.key] = {"email": OWNER.email, "password": former.read_text(), "totp": pyotp.random_base32()}
    for person in CAST:
        stored.setdefault(
            person.key, asdict(Credentials(person.email, secrets.token_urlsafe(12), pyotp.random_base32()))
        )
    _write_private(file, json.dumps(stored, indent=2))
    return {key: Credentials(**credentials) for key, credentials in stored.items()}


def find_user(person: CastMember) -> User | None:
    return db.session.scalar(select(User).where(User.has_index(accounts.email_indexes(vault(), person.email))))


def ensure_authenticator(person: CastMember, credentials: Credentials, at: datetime) -> None:
    """Enrol an authenticator app for a known person without any factor."""
    user = find_user(person)
    if user is not None and not factors.list_factors(db.session, user.id):
        app = factors.enrol_totp(db.session, vault(), user.id, name="Demo", at=at, secret=credentials.totp)
        app.confirmed_at = at
        db.session.flush()


def _write_private(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
