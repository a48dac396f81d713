"""Checking a message without tapping its link: its code tells who sent it, when, and to which masked address."""

import re
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal import addresses, clock, practice
from portal.anybody import door
from portal.extensions import reading, vault
from portal.models import CampaignKind, ConsentText, Message, MessageKind, MessageState, Recipient
from portal.models.invitation import Invitation, invitation_of, text_of
from portal.pairs import pair_of
from portal.web import guesses
from shortlinks import LinkState

LONGEST = 1000  # Letters: somebody may paste the whole message.
# The host is no code, nor is a consent point's name or the page that a message with six digits leads to.
IN_A_LINK = re.compile(r"(?<!/)(?<!/b)/(?!gizlilik\b)([A-Za-z0-9]{6,16})(?![A-Za-z0-9/-])")
BARE = re.compile(r"(?!\d{6}$)[A-Za-z0-9]{6,16}")
SIX_DIGITS = re.compile(r"(?<!\d)\d{3} ?\d{3}(?!\d)")  # They show that an address is somebody's, not who wrote.
NOBODY = 0  # A link that nobody has: unknown codes take the same path.


@dataclass(frozen=True)
class Checked:
    """What is known of a message with a link."""

    kind: CampaignKind
    brand_name: str
    sender_title: str
    sender_mersis: str
    sender_contact: str
    address: str
    pair: str
    made_at: datetime
    sent_at: datetime | None  # None: not by us, but by the firm itself; or still on its way.
    is_ours: bool
    is_practice: bool
    page_url: str


@door.get("/kontrol", endpoint="message")
def ask_for_code():
    """Ask for the code."""
    return render_template("anybody/message.html", said="", checked=None, message=None)


@door.post("/kontrol", endpoint="message_checked")
def show_checked():
    """Say what the code leads to. It changes nothing, so reloading asks the same again."""
    said = request.form.get("code", "")[:LONGEST].strip()
    code = code_in(said)
    if code is None:
        why = "six_digits" if SIX_DIGITS.search(said) else "no_code"
        return render_template("anybody/message.html", said=said, checked=None, message=why), 422
    found = _find(reading(), code)
    if found is None:
        guesses.count()
    return render_template("anybody/message.html", said=said, checked=found, message=None if found else "unknown")


def code_in(text: str) -> str | None:
    """The code in what somebody typed or pasted: alone, within its link, or within the whole message."""
    if link := IN_A_LINK.search(text):
        return link[1]
    alone = "".join(text.split())
    return alone if BARE.fullmatch(alone) else None


def _find(session: Session, code: str) -> Checked | None:
    """Unknown, damaged and guessed codes ask the database the same."""
    link = shortlinks.resolve(session, current_app.config["LINK_SALT"], code, clock.now())
    link_id = link.link_id or NOBODY
    invitation = invitation_of(session, link_id)
    row = session.execute(select(shortlinks.Link).where(shortlinks.Link.id == link_id)).scalar_one_or_none()
    message = session.scalar(
        select(Message).where(Message.link_id == link_id, Message.kind == MessageKind.INVITATION)
    )
    if link.state == LinkState.UNKNOWN or invitation is None or row is None:
        return None
    return _checked(invitation, text_of(session, invitation.text_id), row, message, code)


def _checked(
    invitation: Invitation, text: ConsentText, link: shortlinks.Link, message: Message | None, code: str
) -> Checked:
    masked = addresses.mask(
        vault().read(invitation.address, Recipient.PLACE, invitation.provider_id, invitation.recipient_id)
    )
    is_sent = message is not None and message.state == MessageState.ACCEPTED
    return Checked(
        kind=invitation.kind,
        brand_name=text.brand_name,
        sender_title=text.sender_title,
        sender_mersis=text.sender_mersis,
        sender_contact=text.sender_contact,
        address=masked,
        pair=pair_of(current_app.config["LINK_SALT"], link.id, link.nonce),
        made_at=link.created_at,
        sent_at=message.ended_at if is_sent else None,
        is_ours=message is not None,
        is_practice=practice.hearer(invitation.iys_code, invitation.brand_code) == practice.Hearer.SANDBOX,
        page_url=url_for("recipient.page", code=code),
    )
