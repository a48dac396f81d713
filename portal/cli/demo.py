"""`flask demo …`: a provider and a newcomer, people of every role, a campaign, a consent point, and their codes.

Development only.
"""

import json
import os
from datetime import datetime, timedelta

import click
import pyotp
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from portal.cli import demo_cast
from portal.cli.demo_cast import Credentials
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

group = AppGroup("demo", help="Something to look at.")

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


@group.command()
def seed() -> None:
    """Make them once; a second run changes nothing. Prints who signs in how, a personal link and the point, as JSON."""
    _require_development()
    credentials, at = demo_cast.load_credentials(current_app.config["INSTANCE"]), clock.now()
    oldest_provider = select(Provider).order_by(Provider.created_at, Provider.id).limit(1)
    provider = db.session.scalar(oldest_provider) or _open_provider(at)
    _add_people(provider, credentials, at)
    _add_newcomer(credentials, at)
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
    links = {"link": _first_link(campaign), "point": absolute_url("consent_points.page", slug=point.slug, lang=None)}
    click.echo(json.dumps(people.pop(demo_cast.OWNER.key) | links | people))


@group.command()
@click.option("--email", default=demo_cast.OWNER.email, show_default=True)
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
    return provider


def _add_people(provider: Provider, credentials: dict[str, Credentials], at: datetime) -> None:
    """One person of each role at the provider, and at the operator, whose support is assigned to that provider."""
    for person in demo_cast.CAST[:-1]:
        if demo_cast.find_user(person) is None:
            user = demo_cast.ensure_user(person, credentials[person.key], at)
            if isinstance(person.role, OperatorRole):
                user.operator_role = person.role
            else:
                accounts.add_membership(db.session, user, provider.id, person.role, at)
            if person.role == OperatorRole.SUPPORT:
                db.session.add(Assignment(user_id=user.id, provider_id=provider.id, created_at=at))
        demo_cast.ensure_authenticator(person, credentials[person.key], at)


def _add_newcomer(credentials: dict[str, Credentials], at: datetime) -> None:
    """A company that has just signed up, in sandbox mode."""
    person = demo_cast.NEWCOMER
    if demo_cast.find_user(person) is None:
        onboarding.open_account(
            db.session, vault(), title="Yeni Ticaret Limited Şirketi", legal_form=LegalForm.COMPANY,
            kind=ProviderKind.PARTNER, tax_number=TAX_NUMBER, mersis=f"0{TAX_NUMBER}00017", contact="0850 765 43 21",
            notice_url="https://www.example.com/yeni/aydinlatma", representative=person.name, name=person.name,
            email=person.email, password=credentials[person.key].password, at=at,
        )  # fmt: skip
    demo_cast.ensure_authenticator(person, credentials[person.key], at)


def _launch_campaign(campaign: Campaign) -> None:
    """Launch, or finish what an interrupted earlier run began."""
    if campaign.launched_at is None:
        audience.add_list(db.session, vault(), campaign, read_address_list(AUDIENCE_CSV), None, clock.now())
        campaigns.launch(db.session, campaign, clock.now())
    db.session.commit()
    launches.run(campaign.id, current_app.config["LINK_SALT"], current_app.config["LINK_BASE"])


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
        slug=consent_points.suggest_slug(brand.name),
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


def _first_link(campaign: Campaign) -> str:
    config = current_app.config
    rows = launches.links_of(db.session, campaign, config["LINK_SALT"], config["LINK_BASE"])
    return next(link for _, link in rows)
