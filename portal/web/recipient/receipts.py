"""The receipt of one act, at a URL that cannot be guessed. Shows the current state at İYS each time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Status
from portal.core.models import (
    Campaign,
    ConsentText,
    DecisionOrigin,
    Message,
    MessageState,
    Receipt,
    ReceiptDecision,
    Recipient,
    Submission,
    UnsentReason,
)
from portal.domain import complaints, consents
from portal.domain.campaigns import text_reviews
from portal.domain.consents import annulments, recipients, refusals
from portal.domain.consents.urgency import Urgency, urgency
from portal.domain.providers import brands
from portal.domain.receipts import contents, format_number, lookup
from portal.domain.receipts.contents import ReceiptContents
from portal.services.messaging import outgoing_messages
from portal.web.recipient import branding, page_content
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.foreign_host import check_host
from portal.web.shared import absolute_urls, decision_status, limits, qr_code


@dataclass(frozen=True)
class Line:
    """One decision; how urgent its report to İYS is, and whether another status holds today."""

    decision: contents.DecisionLine
    urgency: Urgency
    is_changed: bool


@blueprint.get("/m/<code>", endpoint="receipt")
def show_receipt(code: str) -> str:
    return _page(code, find_act(code))


@blueprint.post("/m/<code>/geri-al")
def undo(code: str) -> ResponseReturnValue:
    """Refuse what this act granted, and show the receipt of that. Tapped twice, it is one refusal."""
    act, args = find_act(code), page_content.language_args()
    withdrawn = refusals.take_back_grants(
        db.session, vault(), db.session.get_one(Receipt, act.receipt_ids[0]), language=get_locale().language,
        at=clock.now(), request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string),
    )  # fmt: skip
    db.session.commit()
    if withdrawn is None:
        return _page(code, act, has_nothing_left=True), 409
    return redirect(url_for(".receipt", code=receipt_code(withdrawn.receipt_id, withdrawn.nonce), **args), 303)


def find_act(code: str) -> ReceiptContents:
    """The act of a receipt. Unknown, damaged and guessed codes take one path to the same 404, and a brand's own host
    shows receipts of its firm only."""
    receipt = find_receipt(read_session(), code)
    act = contents.read_contents(read_session(), vault(), receipt) if receipt else None
    if act is None:
        limits.count_bad_code()
        abort(404)
    check_host(part.provider_id for part in act.parts)
    return act


def receipt_code(receipt_id: int, nonce: int) -> str:
    return lookup.receipt_code(current_app.config["LINK_SALT"], receipt_id, nonce)


def find_receipt(session: Session, code: str) -> Receipt | None:
    """The receipt with this code; None where there is none, or its nonce is wrong."""
    return lookup.find_receipt(session, current_app.config["LINK_SALT"], code)


def _page(code: str, act: ReceiptContents, *, has_nothing_left: bool = False) -> str:
    """Each decision with its state at İYS, the text, and what one can do now."""
    lines, colours, at = act.lines, {part.colour for part in act.parts}, clock.now()
    language_args = page_content.language_args()
    return render_template(
        "recipient/receipt.html",
        act=act,
        number=format_number(act.number),
        parts=[_part_context(part, act, at) for part in act.parts],
        has_grant=any(line.status == Status.GRANTED and not line.annulled_at for line in lines),
        told_by=told_by(act),
        has_refusal=any(line.status == Status.REFUSED for line in lines),
        is_for_iys=any(line.outcome for line in lines),
        disowned=disowned_text(act),
        undo_until=None if act.is_disowned else _undo_until(act, at),
        has_nothing_left=has_nothing_left,
        colour_url=branding.colour_url(colours.pop()) if len(colours) == 1 and not act.is_sandbox else None,
        qr=qr_code.svg(absolute_receipt_url(act, code), _("Bu belgenin adresi, karekod olarak")),
        code=code,
        language_args=language_args,
        verify_url=absolute_urls.url_on_main_host("verification.verify", **language_args),
        page_url=_page_url(act),
    )


def disowned_text(act: ReceiptContents) -> str | None:
    """What a receipt says that may be another's than the present holder's; who says just that by it knows."""
    if act.is_disowned:
        return decision_status.disowned_text()
    is_known = act.origin == DecisionOrigin.NOT_MINE or not act_may_be_anothers(act)
    return None if is_known else decision_status.earlier_link_text()


def act_may_be_anothers(act: ReceiptContents) -> bool:
    """Whether a receipt may be of another person than who has the address now: it shows its own decisions, and nothing
    that was decided besides."""
    if act.held_since is None:
        return False
    receipt = read_session().get_one(Receipt, act.receipt_ids[0])
    return act.held_since > complaints.held_at(read_session(), receipt)


def told_by(act: ReceiptContents) -> str | None:
    """How the person is told of the act on the same day: by a "message", or where none goes by the provider's "call".
    What was undone is not told, nor are refusals after a change of hands: which ones need telling says what was refused
    before."""
    if act.held_since is not None and all(line.status == Status.REFUSED for line in act.lines):
        return None
    whose = select(Receipt.recipient_id).where(Receipt.id.in_(act.receipt_ids))  # For the index.
    theirs = select(Message, Recipient).join(Recipient, Recipient.id == Message.recipient_id)
    theirs = theirs.where(Message.recipient_id.in_(whose), Message.receipt_id.in_(act.receipt_ids))
    told = read_session().execute(theirs.order_by(Message.id.desc())).first()
    if told is None:
        return None
    message, recipient = told
    address = recipients.read_address(vault(), recipient)
    if not outgoing_messages.is_reachable(read_session(), message.provider_id, address):
        is_due = message.state == MessageState.WAITING or message.unsent_reason == UnsentReason.LANDLINE
        return "call" if is_due else None
    is_sent = message.state in (MessageState.WAITING, MessageState.ACCEPTED, MessageState.DELIVERED)
    return "message" if is_sent else None


def absolute_receipt_url(act: ReceiptContents, code: str) -> str:
    """Absolute URL of the receipt for its QR code; at the brand's own host, if it is of one brand that has one."""
    base, brand_ids = current_app.config["LINK_BASE"], {part.brand_id for part in act.parts}
    if len(brand_ids) == 1:
        base = brands.link_base_url(read_session(), brand_ids.pop(), base)
    return f"{base.removesuffix('/k')}/m/{code}"


def _part_context(part: contents.BrandDecisions, act: ReceiptContents, at: datetime) -> dict[str, Any]:
    return {
        "brand_name": part.brand_name,
        "sender": part.sender,
        "logo_url": branding.logo_url(part.brand_id, part.logo_digest),
        "text": part.text,
        "title_and_body": words_shown(part.text, act.language) if part.text else None,
        "lines": [_line(line, act, at) for line in part.lines],
    }


def words_shown(text: ConsentText, language: str) -> tuple[str, str]:
    """Title and body of a text; its digest instead where the operator took its approval back."""
    if is_taken_back(text):
        return _("Onayı geri alındı"), f"SHA-256: {text.digest.hex()}"
    return page_content.title_and_body(text, language)


def is_taken_back(text: ConsentText) -> bool:
    return text_reviews.is_taken_back(read_session(), Campaign.id == text.campaign_id, of_page=True)


def _line(line: contents.DecisionLine, act: ReceiptContents, at: datetime) -> Line:
    differs = line.annulled_at is not None or line.now_status != line.status
    return Line(
        decision=line,
        urgency=urgency(line.told_since, at) if line.told_since else Urgency.OK,
        # Later decisions may be somebody else's.
        is_changed=differs and act.origin != DecisionOrigin.NOT_MINE and not act_may_be_anothers(act),
    )


def _undo_until(act: ReceiptContents, at: datetime) -> datetime | None:
    """Until when grants of this act can be undone; None where none can."""
    return read_session().scalar(
        select(func.min(annulments.undo_until()))
        .join(ReceiptDecision, ReceiptDecision.decision_id == Submission.decision_id)
        .where(ReceiptDecision.receipt_id.in_(act.receipt_ids), annulments.may_be_undone(at))
    )


def _page_url(act: ReceiptContents) -> str | None:
    """URL of the link by which it was decided: there the person can change their mind."""
    if act.link_id is None or act.is_disowned:
        return None
    link = read_session().get(shortlinks.Link, act.link_id)
    if link is None:
        return None
    return page_content.link_url(shortlinks.code_of(current_app.config["LINK_SALT"], link.id, link.nonce))
