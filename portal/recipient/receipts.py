"""The receipt: the page of one act, at an address that cannot be guessed, which tells the truth each time."""

import hmac
from dataclasses import dataclass
from datetime import datetime

from flask import abort, current_app, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal import clock, practice
from portal.consents.urgency import Urgency, urgency
from portal.extensions import reading, vault
from portal.models import Decision, Outcome, Receipt, ReceiptDecision, Recipient, Submission
from portal.models.invitation import Invitation, invitation_of, text_of
from portal.recipient import belongs_here, door, guesses, pages
from portal.registry import Channel, Status
from portal.vault import Vault
from portal.web.hosts import is_short_host


@door.get("/m/<code>", endpoint="receipt")
def show_receipt(code: str):
    """Show the receipt of one act, with the truth about İYS at this moment."""
    receipt = find_receipt(reading(), code)
    invitation = invitation_of(reading(), receipt.link_id) if receipt else None
    if not belongs_here(invitation):
        guesses.count()
        abort(404)
    shown = receipt_page(reading(), vault(), receipt, invitation, code, clock.now())
    return render_template("recipient/receipt.html", receipt=shown)


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
    look: pages.Look
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
        address=pages.masked(vault, recipient.address, recipient.provider_id, recipient.id),
        brand_name=text.brand_name,
        sender_title=text.sender_title,
        sender_mersis=text.sender_mersis,
        look=pages.look_of(invitation),
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


def _code_of(session: Session, link_id: int) -> str:
    nonce = session.get_one(shortlinks.Link, link_id).nonce
    return shortlinks.code_of(current_app.config["LINK_SALT"], link_id, nonce)


def _link_endpoint() -> str:
    """Short hosts serve links at their root, the main ones under /k/."""
    return ".short_page" if is_short_host() else ".page"
