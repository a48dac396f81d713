"""“Not me”: the new owner of an address ends all messages of the firm, and the firm is told."""

from datetime import timedelta

from flask import current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from sqlalchemy import select

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import DecisionOrigin, Receipt, Recipient
from portal.core.models.link_context import LinkContext, load_consent_text
from portal.domain import consents
from portal.domain.consents import refusals
from portal.domain.providers import sandbox_mode
from portal.web.recipient import page_content, posted_form, receipts
from portal.web.recipient.blueprint import blueprint
from portal.web.recipient.link_page import find_link
from portal.web.shared import hosts

JUST_NOW = timedelta(minutes=10)


@blueprint.get("/k/<code>/ben-degilim", endpoint="not_mine")
@blueprint.get("/<code>/ben-degilim", endpoint="short_not_mine")
def show_not_mine(code: str) -> str:
    """Explain what it does. Opening it does nothing."""
    _, context = find_link(code)
    return _page(context)


@blueprint.post("/k/<code>/ben-degilim", endpoint="disown")
@blueprint.post("/<code>/ben-degilim", endpoint="short_disown")
def disown(code: str) -> ResponseReturnValue:
    """Refuse everything of this firm at the address, and tell the firm why. Within a minute it is done once."""
    _, context = find_link(code)
    posted = posted_form.read_token(request.form.get("form", ""), context.link_id, clock.now())
    g.language = posted.form.language if posted.form else None
    recipient = db.session.get_one(Recipient, context.recipient_id)
    withdrawn = refusals.refuse_not_mine(
        db.session, vault(), recipient, page_content.address_of(context), language=get_locale().language,
        request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string), at=clock.now(),
        link_id=context.link_id,
    )  # fmt: skip
    db.session.commit()
    if (
        hosts.brand_of_host() is not None or not withdrawn.refused
    ):  # The receipt speaks of all brands, this host of one.
        return redirect(page_content.not_mine_url(page_content.requested_code()), 303)
    return redirect(_receipt_url(withdrawn.receipt_id, withdrawn.nonce), 303)


def _page(context: LinkContext) -> str:
    text, language = load_consent_text(read_session(), context.text_id), get_locale().language
    address = page_content.address_of(context)
    return render_template(
        "recipient/not_mine.html",
        page=page_content.sender_content(context, text),
        firm=sandbox_mode.shown_name(text.sender_title, context.brand_code),
        address=addresses.mask(address.text),
        kind=address.kind,
        reassigned_at=context.reassigned_at if context.was_disowned else None,
        receipt_url=_last_receipt_url(context) if _was_done_just_now(context) else None,
        form_token=posted_form.sign_token(context.link_id, None, language, clock.now(), asks=False),
        post_url=page_content.not_mine_url(page_content.requested_code()),
        back_url=page_content.link_url(page_content.requested_code()),
    )


def _was_done_just_now(context: LinkContext) -> bool:
    """Whoever had the address before may keep the link: the receipt is offered to who has just pressed the button."""
    at = context.reassigned_at if context.was_disowned else None
    return at is not None and clock.now() - at < JUST_NOW


def _last_receipt_url(context: LinkContext) -> str | None:
    """URL of the receipt of an earlier "not me" by the same link."""
    own = select(Receipt.id, Receipt.nonce).where(
        Receipt.link_id == context.link_id, Receipt.origin == DecisionOrigin.NOT_MINE
    )
    last = read_session().execute(own.order_by(Receipt.decided_at.desc()).limit(1)).first()
    return _receipt_url(*last) if last else None


def _receipt_url(receipt_id: int, nonce: int) -> str:
    path = url_for(".receipt", code=receipts.receipt_code(receipt_id, nonce), **page_content.language_args())
    return path if hosts.brand_of_host() is None else current_app.config["MAIN_BASE"] + path
