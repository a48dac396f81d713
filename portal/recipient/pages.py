"""What a link's page shows, read for one page at a time."""

from dataclasses import dataclass
from datetime import datetime

from flask import request, url_for
from sqlalchemy.orm import Session

import shortlinks
from portal import addresses, practice
from portal.models import CampaignKind, Recipient
from portal.models.invitation import Invitation, text_of
from portal.recipient import forms
from portal.registry import Channel, Status
from portal.vault import Vault
from shortlinks import LinkState


@dataclass(frozen=True)
class Row:
    """One channel on the page: what holds now, and what the person had chosen where the page comes back."""

    channel: Channel
    held_status: Status | None
    held_since: datetime | None
    chosen: Status | None


@dataclass(frozen=True)
class Look:
    """How a brand looks, by the addresses of what dresses it."""

    logo_url: str | None
    colour_url: str | None


@dataclass(frozen=True)
class Personal:
    """What is one's own on a link's page, though everything else be the same: the masked address, the form's token."""

    address: str
    form_token: str


@dataclass(frozen=True)
class Page:
    """A link's page."""

    kind: CampaignKind
    state: LinkState
    may_grant: bool
    title: str
    body: str
    sender_title: str
    sender_mersis: str
    sender_contact: str
    brand_name: str
    notice_url: str
    look: Look
    is_closed: bool
    hearer: practice.Hearer
    address: str
    rows: list[Row]
    form_token: str
    post_url: str
    message: str | None


def personal(vault: Vault, invitation: Invitation, *, language: str, at: datetime) -> Personal:
    """What this serving of a link's page has for one person alone."""
    return Personal(
        address=masked(vault, invitation.address, invitation.provider_id, invitation.recipient_id),
        form_token=forms.sign(invitation.link_id, invitation.text_id, language, at),
    )


def link_page(
    session: Session, link: shortlinks.Resolution, invitation: Invitation, heads: dict[Channel, tuple], mine: Personal,
    *, language: str, message: str | None = None, chosen: dict[Channel, Status] | None = None,
) -> Page:  # fmt: skip
    """The page of a link in one language. `heads` is what holds now, as heads_of tells it."""
    text = text_of(session, invitation.text_id)
    title, body = (text.title_en, text.body_en) if language == "en" else (text.title_tr, text.body_tr)
    return Page(
        kind=invitation.kind,
        state=link.state,
        may_grant=may_grant(link, invitation),
        title=title,
        body=body,
        sender_title=text.sender_title,
        sender_mersis=text.sender_mersis,
        sender_contact=text.sender_contact,
        brand_name=text.brand_name,
        notice_url=text.notice_url,
        look=look_of(invitation),
        is_closed=invitation.is_closed,
        hearer=practice.hearer(invitation.iys_code, invitation.brand_code),
        address=mine.address,
        rows=[Row(each, *heads.get(each, (None, None)), (chosen or {}).get(each)) for each in invitation.channels],
        form_token=mine.form_token,
        post_url=request.path,
        message=message,
    )


def may_grant(link: shortlinks.Resolution, invitation: Invitation) -> bool:
    """Whether a grant is taken here: a passive brand, or a suspended provider, begins nothing new."""
    return invitation.kind == CampaignKind.ASK and link.state == LinkState.LIVE and not invitation.is_closed


def look_of(invitation: Invitation) -> Look:
    """How the brand of a link looks."""
    logo, colour = invitation.logo_digest, invitation.colour
    return Look(
        logo_url=url_for("recipient.logo", brand_id=invitation.brand_id, digest=logo) if logo else None,
        colour_url=url_for("recipient.colour", colour=colour.removeprefix("#")) if colour else None,
    )


def masked(vault: Vault, sealed: bytes, provider_id: int, recipient_id: int) -> str:
    """An address as pages show it."""
    return addresses.mask(vault.read(sealed, Recipient.PLACE, provider_id, recipient_id))
