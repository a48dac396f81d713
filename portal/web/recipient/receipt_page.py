"""Content of a receipt's page: each decision with its state at İYS, the text, and what one can do now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.iys_protocol import Status
from portal.core.models import ConsentText, ReceiptDecision, Submission
from portal.domain.consents import annulments
from portal.domain.consents.urgency import Urgency, urgency
from portal.domain.providers import brands
from portal.domain.receipts import contents, format_number
from portal.domain.receipts.contents import ReceiptContents
from portal.web.recipient import page_content
from portal.web.shared import absolute_urls, qr_code
from portal.web.shared.hosts import is_short_host


@dataclass(frozen=True)
class Line:
    """One decision; how urgent its report to İYS is, and whether another status holds today."""

    decision: contents.DecisionLine
    urgency: Urgency
    is_changed: bool


@dataclass(frozen=True)
class Text:
    """The text that was shown, in its language."""

    version: int
    language: str
    title: str
    body: str


@dataclass(frozen=True)
class Part:
    brand_name: str
    sender: contents.Sender
    logo_url: str | None
    text: Text | None
    lines: list[Line]


@dataclass(frozen=True)
class ReceiptPage:
    act: ReceiptContents
    number: str
    parts: list[Part]
    has_grant: bool
    has_refusal: bool
    is_for_iys: bool  # İYS is told of it.
    undo_until: datetime | None
    is_too_late: bool
    colour_url: str | None
    qr: Markup
    code: str
    language_args: dict[str, Any]
    verify_url: str
    page_url: str | None


def build_receipt_page(
    session: Session, act: ReceiptContents, code: str, at: datetime, *, is_too_late: bool = False
) -> ReceiptPage:
    lines, colours = act.lines, {part.colour for part in act.parts}
    colour = colours.pop() if len(colours) == 1 else None
    language_args = page_content.language_args()
    return ReceiptPage(
        act=act,
        number=format_number(act.number),
        parts=[_part(part, act, at) for part in act.parts],
        has_grant=any(line.status == Status.GRANTED and not line.annulled_at for line in lines),
        has_refusal=any(line.status == Status.REFUSED for line in lines),
        is_for_iys=any(line.outcome for line in lines),
        undo_until=None if act.is_disowned else _undo_until(session, act, at),
        is_too_late=is_too_late,
        colour_url=url_for("recipient.colour", colour=colour.removeprefix("#")) if colour else None,
        qr=qr_code.svg(absolute_receipt_url(session, act, code), _("Bu belgenin adresi, karekod olarak")),
        code=code,
        language_args=language_args,
        verify_url=absolute_urls.url_on_main_host("verification.verify", **language_args),
        page_url=_page_url(session, act, language_args),
    )


def absolute_receipt_url(session: Session, act: ReceiptContents, code: str) -> str:
    """Absolute URL of the receipt for its QR code; at the brand's own host, if it is of one brand that has one."""
    base, brand_ids = current_app.config["LINK_BASE"], {part.brand_id for part in act.parts}
    if len(brand_ids) == 1:
        base = brands.link_base_url(session, brand_ids.pop(), base)
    return f"{base.removesuffix('/k')}/m/{code}"


def _part(part: contents.BrandDecisions, act: ReceiptContents, at: datetime) -> Part:
    logo = part.logo_digest
    return Part(
        brand_name=part.brand_name,
        sender=part.sender,
        logo_url=url_for("recipient.logo", brand_id=part.brand_id, digest=logo) if logo else None,
        text=shown_text(part.text, act.language) if part.text else None,
        lines=[_line(line, act, at) for line in part.lines],
    )


def shown_text(text: ConsentText, language: str) -> Text:
    """A text in the language in which it was shown."""
    title, body = (text.title_en, text.body_en) if language == "en" else (text.title_tr, text.body_tr)
    return Text(text.version, language, title, body)


def _line(line: contents.DecisionLine, act: ReceiptContents, at: datetime) -> Line:
    differs = line.annulled_at is not None or line.now_status != line.status
    return Line(
        decision=line,
        urgency=urgency(line.told_since, at) if line.told_since else Urgency.OK,
        is_changed=differs and not act.is_disowned,  # Later decisions are somebody else's.
    )


def _undo_until(session: Session, act: ReceiptContents, at: datetime) -> datetime | None:
    """Until when grants of this act can be undone; None where none can."""
    waiting = (
        select(func.min(annulments.undo_until()))
        .join(ReceiptDecision, ReceiptDecision.decision_id == Submission.decision_id)
        .where(ReceiptDecision.receipt_id.in_(act.receipt_ids), annulments.may_be_undone(at))
    )
    return session.scalar(waiting)


def _page_url(session: Session, act: ReceiptContents, language_args: dict[str, Any]) -> str | None:
    """URL of the link by which it was decided: there the person can change their mind."""
    link = session.get(shortlinks.Link, act.link_id) if act.link_id is not None and not act.is_disowned else None
    if link is None:
        return None
    code = shortlinks.code_of(current_app.config["LINK_SALT"], link.id, link.nonce)
    return url_for(".short_page" if is_short_host() else ".page", code=code, **language_args)
