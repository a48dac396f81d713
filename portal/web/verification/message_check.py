"""Check a message without opening its link: the code tells who sent it, when, and to which masked address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core import addresses, clock
from portal.core.addresses import AddressKind
from portal.core.extensions import limiter, read_session, vault
from portal.core.models import (
    AudienceEntry,
    Brand,
    Campaign,
    CampaignKind,
    Delivery,
    Message,
    MessageKind,
    MessageState,
    Provider,
    Recipient,
)
from portal.core.models.approvals import find_taken_back
from portal.core.models.link_context import ClosureReason, LinkContext, load_consent_text
from portal.core.transliteration import ascii_only
from portal.core.vault import Vault
from portal.core.word_pairs import word_pair
from portal.domain import complaints
from portal.domain.campaigns import sending, text_reviews
from portal.domain.consents import recipients
from portal.domain.consents.link_contexts import load_link_context
from portal.domain.notifications import messages as notifications
from portal.domain.providers import sandbox_mode
from portal.domain.receipts import contents, lookup
from portal.web.shared import limits
from portal.web.verification import pasted_text, text_comparison
from portal.web.verification.blueprint import blueprint
from portal.web.verification.pasted_text import LinkKind, PastedText
from portal.web.verification.text_comparison import ComparisonOutcome, Mismatch, Verdict
from shortlinks import LinkState

LEFT = (MessageState.ACCEPTED, MessageState.DELIVERED)
NO_OTHER_TEXT = ("",)  # Links of receipts and cases leave in messages of ours only.
NO_LINK = 0  # Id of no link: unknown codes run the same queries.


class LinkPurpose(StrEnum):
    """What a message's link is for."""

    ASK = "ask"
    REFUSE = "refuse"
    RECEIPT = "receipt"
    CASE = "case"


@dataclass(frozen=True)
class KnownMessage:
    what: LinkPurpose
    senders: tuple[tuple[str, contents.Sender], ...]  # Brand names, each with its provider.
    address: str  # Masked.
    made_at: datetime  # Time of the link, of the decision on a receipt, or of a case's opening.
    page_url: str
    brand_ids: frozenset[int | None]  # A case may be about none.
    report_url: str | None = None  # Where a receipt's message is complained of; of others, help says where.
    is_sandbox: bool = False
    pair: str | None = None
    sent_at: datetime | None = None  # None: sent by the firm itself, or not sent yet.
    is_ours: bool = False
    firm_sends: bool = False  # It may have taken the link.
    is_mail: bool = False
    texts: tuple[str | None, ...] = ()  # As we sent it; more where several messages hold the link; None: not kept.
    objection: Mismatch | None = None  # Why we do not vouch for it, whatever its text.


@blueprint.get("/kontrol", endpoint="message")
def ask_for_code() -> str:
    return _page()


@blueprint.post("/kontrol", endpoint="message_checked")
@limiter.limit(limits.MESSAGE_CHECK)
def show_checked() -> ResponseReturnValue:
    """Say what the code leads to. Nothing is changed, so the page may be reloaded."""
    given = request.form.get("code", "").strip()
    pasted = given[: pasted_text.LONGEST]
    found = pasted_text.parse(pasted, _belongs)
    if found.problem:
        return _page(pasted=pasted, message=found.problem), 422
    checked = _find_message(found)
    if checked is None:
        limits.count_bad_code()
        return _page(pasted=pasted, message="unknown")
    if _holds_taken_back(read_session(), pasted, checked):
        checked = replace(checked, objection=Mismatch.DECLINED)
    verdict = _judge(pasted, found, checked, is_cut=len(given) > len(pasted))
    return _page(pasted=pasted, checked=checked, verdict=verdict, hosts=found.brand_hosts)


def _judge(pasted: str, found: PastedText, checked: KnownMessage, *, is_cut: bool) -> Verdict:
    """Whether the rest of the text fits the link. The senders' names may look like links; a contact holds none. What
    somebody in sandbox mode calls themself was reviewed by nobody."""
    senders = [] if checked.is_sandbox else [each for _, each in checked.senders]
    names = " ".join([*(name for name, _ in checked.senders), *(each.title for each in senders)])
    own_links = pasted_text.find_links(f"{names} {ascii_only(names)}", _belongs).foreign
    verdicts = [
        text_comparison.compare(
            pasted, found.code, sent=sent, pair=checked.pair, brands=[name for name, _ in checked.senders],
            known=[names, *(text for each in senders for text in (each.contact, each.number))],
            has_foreign=not found.foreign <= own_links, is_cut=is_cut,
        )
        for sent in checked.texts or (None,)
    ]  # fmt: skip
    best = min(verdicts, key=lambda each: list(ComparisonOutcome).index(each.outcome))
    beside = {Mismatch.BRAND_HOST: bool(found.brand_hosts), Mismatch.MAIL: checked.is_mail}
    best = replace(best, mismatches=best.mismatches | {each for each, is_so in beside.items() if is_so})
    objection = checked.objection or (Mismatch.SANDBOX if checked.is_sandbox else None)
    if objection is None or best.outcome == ComparisonOutcome.FORGED:
        return best
    outcome = ComparisonOutcome.FORGED if objection == Mismatch.DECLINED else ComparisonOutcome.UNKNOWN
    return replace(best, outcome=outcome, mismatches=best.mismatches | {objection})


def _page(**facts: Any) -> str:
    empty: dict[str, Any] = {"pasted": "", "checked": None, "message": None, "verdict": None, "hosts": ()}
    return render_template("verification/message_check.html", **empty | facts)


def _find_message(pasted: PastedText) -> KnownMessage | None:
    """The message of a code. Unknown and damaged codes run the same queries as those with a wrong nonce."""
    found = (LOOK_UP[kind](read_session(), vault(), pasted.code) for kind in pasted.kinds)
    return next((each for each in found if each), None)


def _belongs(brand_id: int, kind: LinkKind, code: str) -> bool:
    """Whether the brand's own host serves this: what is of that brand alone."""
    found = LOOK_UP[kind](read_session(), vault(), code)
    return found is not None and found.brand_ids == {brand_id}


def _find_invitation(session: Session, vault: Vault, code: str) -> KnownMessage | None:
    link = shortlinks.resolve(session, current_app.config["LINK_SALT"], code, clock.now())
    link_id = link.link_id or NO_LINK
    context = load_link_context(session, link_id)
    row = session.execute(select(shortlinks.Link).where(shortlinks.Link.id == link_id)).scalar_one_or_none()
    of_it = Message.recipient_id == (context.recipient_id if context else NO_LINK), Message.link_id == link_id
    messages = session.scalars(select(Message).where(*of_it).order_by(Message.id)).all()
    if link.state == LinkState.UNKNOWN or context is None or row is None:
        return None
    text = load_consent_text(session, context.text_id)
    address = vault.read(context.address, Recipient.PLACE, context.provider_id, context.recipient_id)
    destination = sandbox_mode.find_destination(context.iys_code, context.brand_code)
    message = next((each for each in messages if each.kind == MessageKind.INVITATION), None)
    firm_sends = _may_firm_send(session, link_id)
    is_text_unknown = firm_sends or (message is not None and message.text is None)
    return KnownMessage(
        what=LinkPurpose.ASK if context.kind.takes_grants else LinkPurpose.REFUSE,
        senders=((sandbox_mode.shown_name(text.brand_name, context.brand_code), contents.sender_of_text(text)),),
        address=addresses.mask(address),
        is_mail=_is_mailed(session, context.recipient_id),
        made_at=row.created_at,
        brand_ids=frozenset({context.brand_id}),
        page_url=url_for("recipient.page", code=code),
        is_sandbox=destination == sandbox_mode.Destination.SANDBOX,
        pair=word_pair(current_app.config["LINK_SALT"], row.id, row.nonce),
        sent_at=message.ended_at if message and message.state in LEFT else None,
        is_ours=message is not None,
        firm_sends=firm_sends,
        texts=(*_sent_texts(vault, messages), *([None] if is_text_unknown else [])) or NO_OTHER_TEXT,
        objection=_objection(session, context),
    )


def _may_firm_send(session: Session, link_id: int) -> bool:
    """Whether the firm may have taken a link and sent it in words of its own: as a file, or by the API."""
    asked_for = or_(AudienceEntry.contact_kind.is_not(None), sending.were_links_taken())
    asked_for = or_(asked_for, Campaign.kind == CampaignKind.REFUSE)  # Of services.launches.refusing_links.
    taken = or_(Campaign.delivery == Delivery.CSV, and_(Campaign.delivery == Delivery.POINT, asked_for))
    entries = select(AudienceEntry.id).join(Campaign, Campaign.id == AudienceEntry.campaign_id)
    return session.scalar(entries.where(AudienceEntry.link_id == link_id, taken)) is not None


def _objection(session: Session, context: LinkContext) -> Mismatch | None:
    if text_reviews.is_taken_back(session, Campaign.id == context.campaign_id):
        return Mismatch.DECLINED
    return Mismatch.ENDED if context.closure in (ClosureReason.GONE, ClosureReason.SUSPENDED) else None


def _is_mailed(session: Session, recipient_id: int) -> bool:
    return session.get_one(Recipient, recipient_id).kind == AddressKind.EMAIL


def _holds_taken_back(session: Session, pasted: str, checked: KnownMessage) -> bool:
    """Whether the message, or the text as it was sent, says a name, line or number that the operator took back."""
    theirs = set(session.scalars(select(Brand.provider_id).where(Brand.id.in_(checked.brand_ids - {None}))))
    senders = [each for _, each in checked.senders]
    known = [name for name, _ in checked.senders] + [word for each in senders for word in (each.title, each.contact)]
    said = [pasted, *filter(None, checked.texts)]
    return any(find_taken_back(session, each).is_in(text, known) for each in theirs for text in said)


def _sent_texts(vault: Vault, messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(notifications.read_text(vault, each) for each in messages if each.text)


def _find_receipt(session: Session, vault: Vault, code: str) -> KnownMessage | None:
    receipt = lookup.find_receipt(session, current_app.config["LINK_SALT"], code)
    if receipt is None:
        return None
    act = contents.read_contents(session, vault, receipt)
    told = select(Message).where(Message.receipt_id == receipt.id, Message.text.is_not(None)).order_by(Message.id)
    return KnownMessage(
        what=LinkPurpose.RECEIPT,
        senders=tuple((part.brand_name, part.sender) for part in act.parts),
        address=act.address,
        is_mail=_is_mailed(session, receipt.recipient_id),
        made_at=act.decided_at,
        brand_ids=frozenset(part.brand_id for part in act.parts),
        page_url=url_for("recipient.receipt", code=code),
        report_url=url_for("recipient.complain", code=code),
        is_sandbox=act.is_sandbox,
        texts=_sent_texts(vault, session.scalars(told).all()) or NO_OTHER_TEXT,
        objection=Mismatch.ENDED if lookup.has_ended(session, {part.provider_id for part in act.parts}) else None,
    )


def _find_case(session: Session, vault: Vault, code: str) -> KnownMessage | None:
    case = complaints.find_case(session, current_app.config["LINK_SALT"], code)
    if case is None:
        return None
    recipient = session.get_one(Recipient, case.recipient_id)
    if recipient.changed_hands_after(case.created_at):  # As its page.
        return None
    provider = session.get_one(Provider, case.provider_id)
    brand = session.get_one(Brand, case.brand_id) if case.brand_id else None
    told = select(Message).where(Message.recipient_id == case.recipient_id)
    messages = session.scalars(told.where(Message.kind == MessageKind.COMPLAINT_SETTLED)).all()
    name, code_at_iys = (brand.name, brand.brand_code) if brand else (provider.title, provider.iys_code)
    return KnownMessage(
        what=LinkPurpose.CASE,
        senders=((sandbox_mode.shown_name(name, code_at_iys), contents.current_sender(provider, brand)),),
        address=recipients.masked_address(vault, recipient),
        is_mail=recipient.kind == AddressKind.EMAIL,
        made_at=case.created_at,
        brand_ids=frozenset({case.brand_id}),
        page_url=url_for("recipient.complaint", code=code),
        is_sandbox=code_at_iys in sandbox_mode.CODES,
        texts=tuple(text for text in _sent_texts(vault, messages) if code in text) or NO_OTHER_TEXT,
        objection=Mismatch.ENDED if lookup.has_ended(session, {case.provider_id}) else None,
    )


LOOK_UP = {
    LinkKind.ASKING: _find_invitation,
    LinkKind.REFUSING: _find_invitation,
    LinkKind.RECEIPT: _find_receipt,
    LinkKind.CASE: _find_case,
}
