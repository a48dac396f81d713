"""Content of a link's page."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app, request, url_for
from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

import shortlinks
from portal.core import addresses
from portal.core.display_names import trial_name
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.models import CampaignKind, ConsentText, Receipt, Recipient
from portal.core.models.link_context import (
    ClosureReason,
    CurrentConsent,
    CurrentConsents,
    LinkContext,
    load_consent_text,
)
from portal.core.word_pairs import word_pair
from portal.domain.campaigns import Wording, default_texts
from portal.domain.consent_points import PublicPoint
from portal.domain.providers import sandbox_mode
from portal.domain.receipts import lookup
from portal.web.recipient import branding, posted_form
from portal.web.recipient.link_states import DECIDABLE, State, View
from portal.web.shared.hosts import is_short_host


@dataclass(frozen=True)
class ChannelRow:
    """One channel on the page: the current consent, and the person's choice where the form is shown again."""

    channel: Channel
    held: CurrentConsent | None
    chosen: Status | None


@dataclass(frozen=True)
class Branding:
    logo_url: str | None
    colour_url: str | None


@dataclass(frozen=True)
class Personal:
    """The values of a link's page that differ from person to person."""

    address: str  # Masked.
    pair: str  # The two words that the message shows, too.
    form_token: str


@dataclass(frozen=True)
class FormState:
    """Why a form is shown again, with the person's own choices and name."""

    messages: tuple[str, ...] = ()
    chosen: dict[Channel, Status] = field(default_factory=dict)
    name: str = ""


def personal_content(
    link: shortlinks.Resolution, context: LinkContext, view: View, *, language: str, at: datetime
) -> Personal:
    text_id = _shown_text_id(context, view)
    return Personal(
        pair=word_pair(current_app.config["LINK_SALT"], context.link_id, link.nonce or 0),
        address=addresses.mask(view.address.text),
        form_token=posted_form.sign_token(context.link_id, text_id, language, at, asks=view.may_grant),
    )


def build_link_page(
    context: LinkContext, view: View, current: CurrentConsents, mine: Personal, form_state: FormState, *, language: str
) -> dict[str, Any]:
    """What templates/recipient/page.html shows of a link in one language."""
    session = read_session()
    text = load_consent_text(session, context.text_id)
    receipt = last_receipt(session, context) if current.held else None
    decided_at = receipt.decided_at if receipt and view.state == State.LIVE else None
    title, body = _title_and_body(text, context, view, language)
    return {
        "state": State.USED if decided_at else view.state,
        "asks": view.asks,
        "may_grant": view.may_grant,
        "decided_at": decided_at,  # By this link.
        "receipt_code": lookup.receipt_code(current_app.config["LINK_SALT"], receipt.id, receipt.nonce)
        if receipt else None,
        "language_args": language_args(),
        "held_since": context.held_since,
        "was_disowned": context.was_disowned,
        "was_closed": context.was_closed,
        **sender_content(context, text),
        "title": title,
        "body": body,
        "mine": mine,
        "has_words": not context.is_permanent,
        "is_phone": Channel.EMAIL not in view.channels,
        "is_merchant": current.is_merchant,
        "rows": [ChannelRow(each, current.held.get(each), form_state.chosen.get(each)) for each in view.channels],
        "all_channels": view.all_channels,
        "requires_name": context.requires_name,
        "post_url": url_for(str(request.endpoint), code=requested_code()),
        "not_mine_url": not_mine_url(requested_code()),
        "form_state": form_state,
    }  # fmt: skip


def address_of(context: LinkContext) -> addresses.Address:
    whose = (context.provider_id, context.recipient_id)
    return addresses.read_canonical(vault().read(context.address, Recipient.PLACE, *whose))


def last_receipt(session: Session, context: LinkContext) -> Receipt | None:
    """The receipt of what the present holder of the address last decided by this link, if ever."""
    mine = select(Receipt).where(Receipt.link_id == context.link_id)
    if context.held_since is not None:
        mine = mine.where(Receipt.decided_at > context.held_since)
    return session.scalars(mine.order_by(Receipt.decided_at.desc(), Receipt.id.desc()).limit(1)).first()


def link_url(code: str) -> str:
    """URL of a link's page in the current language."""
    return url_for(".short_page" if is_short_host() else ".page", code=code, **language_args())


def not_mine_url(code: str) -> str:
    """URL of the "not me" page in the current language."""
    return url_for(".short_not_mine" if is_short_host() else ".not_mine", code=code, **language_args())


def requested_code() -> str:
    """The code in the URL of this request."""
    code: str = (request.view_args or {})["code"]
    return code


def language_args() -> dict[str, Any]:
    """Arguments for url_for that keep the language."""
    return {"lang": "en"} if get_locale().language == "en" else {}


def _title_and_body(text: ConsentText, context: LinkContext, view: View, language: str) -> tuple[str, str]:
    """Title and body; our own refusing ones where the firm's are not shown."""
    words: ConsentText | Wording = text
    if _shown_text_id(context, view) is None:
        name = sandbox_mode.shown_name(text.brand_name, context.brand_code)
        words = default_texts.default_wording(name, CampaignKind.REFUSE, text.notice_url)
    return title_and_body(words, language)


def title_and_body(words: ConsentText | Wording, language: str) -> tuple[str, str]:
    return (words.title_en, words.body_en) if language == "en" else (words.title_tr, words.body_tr)


def _shown_text_id(context: LinkContext, view: View) -> int | None:
    """Id of the campaign's text, if the page shows it: while the link is live, of an asking one where it asks. Taking a
    text's approval back closes what runs with it, so nothing that is over shows a firm's words."""
    is_shown = view.may_grant if context.kind.takes_grants else view.state in DECIDABLE
    return context.text_id if is_shown else None


def sender_content(of: LinkContext | PublicPoint, text: ConsentText) -> dict[str, Any]:
    """Who asks, for components/sender.html. A brand of sandbox mode has no look: nobody has reviewed whose it is. Of a
    suspended firm only the name, title and number stay, for who refuses it."""
    destination, shown = sandbox_mode.find_destination(of.iys_code, of.brand_code), Branding(None, None)
    is_suspended = (of.closure if isinstance(of, LinkContext) else of.state) == ClosureReason.SUSPENDED
    if destination != sandbox_mode.Destination.SANDBOX and not is_suspended:
        shown = Branding(branding.logo_url(of.brand_id, of.logo_digest), branding.colour_url(of.colour))
    return {
        "text": text, "contact": "" if is_suspended else text.sender_contact,
        "notice_url": "" if is_suspended else text.notice_url,
        "branding": shown, "destination": destination, "account": trial_name(of.brand_code),
    }  # fmt: skip
