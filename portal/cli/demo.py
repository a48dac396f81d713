"""`flask demo seed`: a provider, a brand, a campaign and people to look around with. Development only."""

import json
import os
import secrets
from datetime import datetime, timedelta

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from portal import accounts, campaigns, clock, launches, wording
from portal.extensions import db, vault
from portal.imports import audience
from portal.imports.reading import read
from portal.models import Brand, Campaign, CampaignKind, ContactKind, Delivery
from portal.registry import Channel

group = AppGroup("demo", help="Something to look at.")

EMAIL = "ayse@example.com"
PEOPLE = """Ad;Telefon;E-posta
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
    """Make them once; a second run changes nothing. Prints sign-in and one personal link as JSON."""
    if not current_app.config["DEVELOPMENT"]:
        raise click.ClickException("The demo is for development only (DEVELOPMENT=1).")
    password_file = current_app.config["INSTANCE"] / "demo-password"
    campaign = db.session.scalar(select(Campaign).order_by(Campaign.created_at).limit(1)) or _make(password_file)
    _launch(campaign)
    link = _first_link(campaign)
    click.echo(json.dumps({"email": EMAIL, "password": password_file.read_text(), "link": link}))


def _make(password_file) -> Campaign:
    at = clock.now()
    iys_code, brand_code = int(os.environ.get("IYS_CODE", 700001)), int(os.environ.get("IYS_BRAND_CODE", 700001))
    provider = accounts.open_provider(
        db.session, iys_code=iys_code, title="Örnek Mağazacılık A.Ş.", mersis="0123456789012345",
        contact="0850 123 45 67", notice_url="https://www.example.com/aydinlatma",
        brands={brand_code: "Örnek Mağaza"}, at=at,
    )  # fmt: skip
    password = _password(password_file)
    accounts.admit(db.session, vault(), provider, email=EMAIL, name="Ayşe Yılmaz", password=password, at=at)
    accounts.connect(
        db.session, vault(), provider, username=os.environ.get("IYS_USERNAME", "demo"),
        password=os.environ.get("IYS_PASSWORD", "demo-password"), at=at,
    )  # fmt: skip
    campaign = _campaign(
        db.session.scalar(select(Brand).where(Brand.provider_id == provider.id)), provider.notice_url, at
    )
    db.session.commit()
    return campaign


def _launch(campaign: Campaign) -> None:
    """As far as an earlier run, perhaps stopped half-way, did not come."""
    if campaign.launched_at is None:
        audience.bring(db.session, vault(), campaign, read(PEOPLE), None, clock.now())
        campaigns.launch(db.session, campaign, clock.now())
    db.session.commit()
    launches.run(campaign.id, current_app.config["LINK_SALT"], current_app.config["LINK_BASE"])


def _campaign(brand: Brand, notice_url: str, at: datetime) -> Campaign:
    return campaigns.open_campaign(
        db.session, brand, name="Hoş geldiniz", kind=CampaignKind.ASK, channels=list(Channel),
        wording=wording.usual(brand.name, CampaignKind.ASK, notice_url),
        contact=campaigns.Contact(ContactKind.PURCHASE, clock.day(at)),
        expires_at=at + timedelta(days=30), delivery=Delivery.GATEWAY, at=at, today=clock.day(at),
    )  # fmt: skip


def _password(file) -> str:
    """Kept beside the secrets, for the second run to print; made here, since there are no default ones."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(12))
    return file.read_text()


def _first_link(campaign: Campaign) -> str:
    config = current_app.config
    rows = launches.links_of(db.session, campaign, config["LINK_SALT"], config["LINK_BASE"])
    return next(link for _, link in rows)
