"""`flask campaign launch`: make personal links for a list from a shell or cron."""

import json
import os
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from portal.cli.parameter_types import Channels, brand_option
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, CampaignKind, ContactKind, Delivery, ExclusionReason, Provider
from portal.domain import audit, campaigns, packages
from portal.domain.campaigns import default_texts
from portal.domain.consents import recipients
from portal.domain.consents.may_send import standing
from portal.services import launches
from portal.services.imports import audience
from portal.services.imports.audience import CHUNK, AddressList, read_address_list
from portal.services.imports.reading import Unreadable
from portal.web.shared.downloads import BYTE_ORDER_MARK, csv_line

MAX_NAME, MAX_NOTE, MAX_URL = 120, 255, 500  # Characters that the columns hold.
POLL_INTERVAL = 0.5  # Seconds, while a worker holds the launch.

group = AppGroup("campaign", help="Campaigns and their links.")


class ContactBasis(click.ParamType):
    """KIND:DATE, as in purchase:2026-11-20. An unknown kind becomes the note of the kind "other"."""

    name = "KIND:DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> campaigns.Contact:
        kind, _, day = (part.strip() for part in value.rpartition(":"))
        try:
            when = date.fromisoformat(day)
        except ValueError:
            self.fail(f"{day!r} is not a date; write KIND:YYYY-MM-DD", param, ctx)
        if not kind:
            self.fail("the kind of contact is missing; write KIND:YYYY-MM-DD", param, ctx)
        if kind.lower() in set(ContactKind):
            return campaigns.Contact(ContactKind(kind.lower()), when)
        if len(kind) > MAX_NOTE:
            self.fail(f"the kind of contact is longer than {MAX_NOTE} characters", param, ctx)
        return campaigns.Contact(ContactKind.OTHER, when, note=kind)


class Name(click.ParamType):
    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not 1 <= len(value.strip()) <= MAX_NAME:
            self.fail(f"1 to {MAX_NAME} characters, please", param, ctx)
        return value.strip()


class WebAddress(click.ParamType):
    name = "URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.startswith(("https://", "http://")) or len(value) > MAX_URL:
            self.fail(f"{value!r} is no web address of at most {MAX_URL} characters", param, ctx)
        return value


@group.command()
@brand_option
@click.option("--name", type=Name(), required=True)
@click.option("--kind", type=click.Choice([kind.value for kind in CampaignKind]), required=True)
@click.option(
    "--audience", "audience_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True
)
@click.option("--channels", type=Channels(), default=list(Channel), show_default="all")
@click.option(
    "--contact-basis", type=ContactBasis(),
    help=f"How they came into contact, where the list does not say it: one of {', '.join(ContactKind)}, or a word of "
    "your own.",
)  # fmt: skip
@click.option("--expires", "expires_days", type=click.IntRange(1, 365), default=30, show_default=True, help="Days.")
@click.option("--notice-url", type=WebAddress(), default=None, help="Where the privacy notice stands [the provider's].")
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True)
@click.option("--ignore-unread", is_flag=True, help="No refusals stand in columns of yes and no that are not read.")
@click.option("--send", is_flag=True, help="Let the message gateway send the links, too.")
def launch(
    brand_code: int, name: str, kind: str, audience_file: Path, channels: list[Channel],
    contact_basis: campaigns.Contact | None, expires_days: int, notice_url: str | None, out: Path, ignore_unread: bool,
    send: bool,
) -> None:  # fmt: skip
    """Make personal links for a list of addresses and write them to a CSV (address;link;words;text;subject).

    Prints a JSON summary. Exit code 0: launched (bad rows are counted and listed on stderr); 1: nothing was launched.
    """
    brand, campaign_kind = _open_brand(brand_code), CampaignKind(kind)
    _require_place(out)
    found = _read_audience(audience_file)
    if (found.unread or found.unread_sheets) and not ignore_unread:
        _exit_with("Refusals may stand in what is not read or not understood. If none do, pass --ignore-unread.")
    _require_anyone(brand, campaign_kind, channels, found)
    _require_room(brand, campaign_kind, found)
    if campaign_kind == CampaignKind.ASK and contact_basis is None and not any(map(all, found.contacts.values())):
        _exit_with("Asking needs --contact-basis KIND:DATE, or columns of the list that say it of each person.")
    campaign = _open_campaign(
        brand, name, campaign_kind, channels, contact_basis, expires_days, notice_url,
        Delivery.GATEWAY if send else Delivery.CSV,
    )  # fmt: skip
    campaign_id = campaign.id
    audience.add_list(db.session, vault(), campaign, found, None, clock.now())
    if found.unread or found.unread_sheets:
        campaigns.confirm_unread(db.session, campaign, clock.now())
        audit.note(
            db.session, "audience.unread_confirmed", "campaign", campaign_id, provider_id=campaign.provider_id,
            at=clock.now(), facts={"from": "shell"},
        )  # fmt: skip
    _launch_campaign(campaign)
    _report(read_session().get_one(Campaign, campaign_id), found, out)


def _require_place(out: Path) -> None:
    if out.is_file():  # Of an earlier launch: its audience can't be asked a second time.
        _exit_with(f"{out} exists already and is not overwritten. Name another file with --out.")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        _exit_with(f"{out} cannot be written.")


def _report(launched: Campaign, found: AddressList, out: Path) -> None:
    """Write the links, note it in the audit, and print the summary."""
    campaign_id = launched.id
    links, counted = _write_links(launched, out), launches.count_links(read_session(), launched)
    audit.note(
        db.session, "links.taken", "campaign", campaign_id, provider_id=launched.provider_id, at=clock.now(),
        facts={"from": "shell", "links": links, **{reason.value: count for reason, count in counted.left_out.items()}},
    )  # fmt: skip
    db.session.commit()
    progress = campaigns.count_progress(read_session(), launched)
    summary = {
        "campaign": campaign_id,
        "state": launched.state,
        "links": links,
        "left_out": sum(progress.left_out.values()),
        "refused_since": sum(counted.left_out.values()),
        "bad": len(found.bad),
        "repeated": len(found.repeats),
        "refused_in_list": len(found.refused),
        "left_out_reasons": progress.left_out,
    }
    click.echo(json.dumps(summary))


def _open_brand(brand_code: int) -> Brand:
    brand = read_session().scalar(select(Brand).where(Brand.brand_code == brand_code))
    if brand is None:
        _exit_with(f"There is no brand {brand_code} here.")
    if brand.closed_at or read_session().get_one(Provider, brand.provider_id).suspended_at:
        _exit_with(f"Brand {brand_code} is passive, or its provider suspended: nothing new begins.")
    return brand


def _read_audience(file: Path) -> AddressList:
    """Read the list, and print its bad rows to stderr."""
    try:
        audience.check_name(file.name)
        found = read_address_list(file.read_bytes(), file.name)
    except Unreadable as unreadable:
        _exit_with(f"{file.name}: {unreadable.problem.sentence} {unreadable.problem.cure}")
    for row in found.bad:
        click.echo(f"line {row.line}: {row.problem.sentence} {row.problem.cure}", err=True)
    for line, _, reason in found.refused:
        click.echo(f"line {line}: {reason}; not asked. Import the list to record its refusals.", err=True)
    for mark in found.unread:
        click.echo(f"{' '.join(filter(None, (mark.kind, mark.where, mark.text)))}: not understood.", err=True)
    for sheet in found.unread_sheets:
        click.echo(f"sheet {sheet}: not read; it has no addresses or another header, or is hidden.", err=True)
    if not found.good:
        _exit_with(f"{file.name}: no good row.")
    return found


def _open_campaign(
    brand: Brand, name: str, kind: CampaignKind, channels: list[Channel], contact: campaigns.Contact | None,
    expires_days: int, notice_url: str | None, delivery: Delivery,
) -> Campaign:  # fmt: skip
    at = clock.now()
    own_notice = notice_url or brand.notice_url or read_session().get_one(Provider, brand.provider_id).notice_url
    try:
        campaign = campaigns.open_campaign(
            db.session, brand, name=name, kind=kind, channels=channels,
            wording=default_texts.default_wording(brand.name, kind, own_notice), contact=contact,
            expires_at=at + timedelta(days=expires_days), delivery=delivery, at=at, today=clock.day(at),
        )  # fmt: skip
    except campaigns.ContactToCome:
        _exit_with("Write --contact-basis KIND:DATE with a date that is not in the future.")
    db.session.commit()
    return campaign


def _require_anyone(brand: Brand, kind: CampaignKind, channels: list[Channel], found: AddressList) -> None:
    """Check that the campaign would make a link at all, before a draft is opened that nobody wants."""
    planned, at = Campaign(brand_id=brand.id, kind=kind, channels=",".join(channels)), clock.now()
    reasons: Counter[ExclusionReason] = Counter()
    for some in recipients.chunks([address for _, address in found.good], CHUNK):
        indexes = recipients.blind_indexes(vault(), brand.provider_id, (address.text for address in some))
        known = recipients.find_known_ids(read_session(), vault(), brand.provider_id, indexes)
        serves = {known[address.text]: address.channels for address in some if address.text in known}
        excluded = campaigns.find_excluded(read_session(), planned, serves, standing=standing(at), at=at)
        unserved = sum(not set(channels) & set(address.channels) for address in some if address.text not in known)
        reasons.update([*excluded.values(), *[ExclusionReason.NO_CHANNEL] * unserved])
    if reasons.total() == len(found.good):
        asked, refused = reasons[ExclusionReason.ALREADY_ASKED], reasons[ExclusionReason.REFUSED]
        rest = f"{refused} refused, {reasons[ExclusionReason.NO_CHANNEL]} without such a channel"
        _exit_with(f"Nothing was launched: of {len(found.good)} addresses {asked} already asked, {rest}.")


def _require_room(brand: Brand, kind: CampaignKind, found: AddressList) -> None:
    """Check the package before a draft is opened that nobody wants."""
    try:
        audience.require_room(read_session(), vault(), brand.provider_id, kind, found, clock.now())
    except packages.PackageFull as no_room:
        _exit_with(
            f"The provider's package takes no new addresses now ({no_room}); its page on the dashboard says more."
        )


def _launch_campaign(campaign: Campaign) -> None:
    """Launch it and make all links, or wait for a worker that does: the CSV must hold every link."""
    try:
        launches.launch(db.session, campaign, by=None, at=clock.now())
    except launches.LaunchRefused as refused:
        db.session.rollback()
        missing = "\n".join(f"{each.need}: {each.words.title}. {each.words.cure}" for each in refused.checks)
        _exit_with(f"Nothing was launched; campaign {campaign.id} stays a draft:\n{missing}")
    audit.note(
        db.session, "campaign.launched", "campaign", campaign.id, provider_id=campaign.provider_id, at=clock.now(),
        facts={"from": "shell"},
    )  # fmt: skip
    db.session.commit()
    campaign_id = campaign.id
    linked = select(Campaign.linked_at).where(Campaign.id == campaign_id)
    launches.run(campaign_id, current_app.config["LINK_SALT"])
    while read_session().scalar(linked) is None:  # A worker was quicker.
        time.sleep(POLL_INTERVAL)
        launches.run(campaign_id, current_app.config["LINK_SALT"])


def _write_links(campaign: Campaign, out: Path) -> int:
    count = 0
    with out.open("w", newline="", encoding="utf-8") as file:
        file.write(BYTE_ORDER_MARK + csv_line(launches.COLUMNS))
        config = current_app.config
        for line in launches.link_lines(read_session(), campaign, config["LINK_SALT"], config["LINK_BASE"]):
            file.write(csv_line(line))
            count += 1
    return count


def _exit_with(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(1)
