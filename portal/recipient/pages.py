"""What the recipient's pages show, read for one page at a time."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal import addresses, practice
from portal.consents.urgency import Urgency, urgency
from portal.models import (
    CampaignKind,
    Decision,
    Outcome,
    Receipt,
    ReceiptDecision,
    Recipient,
    Submission,
)
from portal.models.invitation import Invitation, text_of
from portal.recipient import forms
from portal.registry import Channel, Status
from portal.vault import Vault
from portal.web.hosts import is_short_host
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
        address=_masked(vault, invitation.address, invitation.provider_id, invitation.recipient_id),
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


@dataclass(frozen=True)
class Line:
    """One channel of a receipt, with its state at İYS as we know it now."""

    channel: Channel
    status: Status
    decided_at: datetime
    outcome: Outcome | None
    transaction_id: str | None
    accepted_at: datetime | None
    deadline: datetime | None  # While İYS has not heard it.
    urgency: Urgency


@dataclass(frozen=True)
class ReceiptPage:
    """A receipt as it is shown."""

    number: str
    decided_at: datetime
    address: str
    brand_name: str
    sender_title: str
    sender_mersis: str
    look: Look
    hearer: practice.Hearer
    lines: list[Line]
    refresh_url: str
    page_url: str


def receipt_code(receipt_id: int, nonce: int) -> str:
    """The part of a receipt's address that cannot be guessed."""
    return shortlinks.Codes(current_app.config["LINK_SALT"]).encode_long(receipt_id, nonce)


def find_receipt(session: Session, code: str) -> Receipt | None:
    """The receipt at an address; None where there is none, or its nonce is wrong."""
    receipt_id, nonce = shortlinks.Codes(current_app.config["LINK_SALT"]).decode_long(code) or (0, 0)
    receipt = session.get(Receipt, receipt_id)
    fits = hmac.compare_digest((receipt.nonce if receipt else 0).to_bytes(8), nonce.to_bytes(8))
    return receipt if receipt and fits else None


def receipt_page(
    session: Session, vault: Vault, receipt: Receipt, invitation: Invitation, code: str, at: datetime
) -> ReceiptPage:  # fmt: skip
    """What a receipt says now."""
    lines = session.execute(
        select(Decision, Submission)
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(ReceiptDecision.receipt_id == receipt.id)
        .order_by(Decision.recipient_type)
    )
    recipient = session.get_one(Recipient, receipt.recipient_id)
    text = text_of(session, receipt.text_id)
    return ReceiptPage(
        number=f"{receipt.id:020d}",
        decided_at=receipt.decided_at,
        address=_masked(vault, recipient.address, recipient.provider_id, recipient.id),
        brand_name=text.brand_name,
        sender_title=text.sender_title,
        sender_mersis=text.sender_mersis,
        look=look_of(invitation),
        hearer=practice.hearer(invitation.iys_code, invitation.brand_code),
        lines=sorted((_line(*line, at) for line in lines), key=lambda line: list(Channel).index(line.channel)),
        refresh_url=url_for(".receipt", code=code, lang=request.args.get("lang")),
        page_url=url_for(_link_endpoint(), code=_code_of(session, receipt.link_id), lang=request.args.get("lang")),
    )


def _line(decision: Decision, submission: Submission | None, at: datetime) -> Line:
    if submission is not None and submission.code in (practice.OVER, practice.EXEMPT):
        submission = None  # Nobody heard of it, and nothing is said of İYS.
    waits = submission is not None and submission.is_open
    return Line(
        channel=decision.channel,
        status=decision.status,
        decided_at=decision.consent_date,
        outcome=submission.outcome if submission else None,
        transaction_id=submission.transaction_id if submission else None,
        accepted_at=submission.accepted_at if submission else None,
        deadline=submission.safe_deadline if waits else None,
        urgency=urgency(submission.created_at, at) if waits else Urgency.OK,
    )


def _masked(vault: Vault, sealed: bytes, provider_id: int, recipient_id: int) -> str:
    return addresses.mask(vault.read(sealed, Recipient.PLACE, provider_id, recipient_id))


def _code_of(session: Session, link_id: int) -> str:
    nonce = session.get_one(shortlinks.Link, link_id).nonce
    return shortlinks.code_of(current_app.config["LINK_SALT"], link_id, nonce)


def _link_endpoint() -> str:
    """Short hosts serve links at their root, the main ones under /k/."""
    return ".short_page" if is_short_host() else ".page"
