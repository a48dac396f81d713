"""Refusing on the pages of a case: what its ticks, buttons and words ask."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from flask import request
from flask_babel import get_locale
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Complaint, DecisionOrigin, Receipt, Recipient
from portal.domain import complaints, consents
from portal.domain.complaints import ReceiptBrand
from portal.domain.consents import recipients, refusals
from portal.domain.replies import ReplyOutcome, classify_reply
from portal.web.recipient import foreign_host
from portal.web.recipient.complaint_forms import ComplaintForm, WordForm


class Refusal(StrEnum):
    """What became of a refusal on the pages of a case."""

    NOT_ASKED = "not_asked"
    RECORDED = "recorded"
    NOT_RECORDED = "not_recorded"  # Somebody else has the address.


def refuse_or_hold(case: Complaint, form: WordForm) -> Refusal:
    """Refuse as far as is asked. Whatever else words say holds the firm's sending until staff has read them, as a reply
    does: no list knows all words that refuse, and they may mean its other brands."""
    refusal = refuse_if_asked(case, form)
    if form.text.data:
        complaints.hold_sending(db.session, case, clock.now())
    return refusal


def refuse_or_hold_by_report(
    form: ComplaintForm, refuse: Callable[[Sequence[Channel]], Refusal], cases: Iterable[Complaint]
) -> Refusal:
    """The same of a report, whose words stand in its text, its header or its picture; they hold by these cases."""
    channels = form.refused_channels
    refusal = refuse(channels) if channels else Refusal.NOT_ASKED
    for case in cases if form.has_words else ():
        complaints.hold_sending(db.session, case, clock.now())
    return refusal


def refuse_if_asked(case: Complaint, form: WordForm) -> Refusal:
    """Refuse on every channel, by the tick or by words that are a refusal and nothing else."""
    return refuse_in_case(case, tuple(Channel)) if _asks_refusal(form) else Refusal.NOT_ASKED


def refuse_channel_if_asked(case: Complaint) -> Refusal:
    """Refuse the channel of a case, as by any link, where that is what was posted to its page."""
    return refuse_channel(case) if _asks_refusal(WordForm(case=case)) else Refusal.NOT_ASKED


def refuse_channel(case: Complaint) -> Refusal:
    """Refuse the channel on which the message of a case came; a request for erasure is of none."""
    return refuse_in_case(case, [case.channel]) if case.channel else Refusal.NOT_RECORDED


def _asks_refusal(form: WordForm) -> bool:
    return form.refuses.data or classify_reply(form.text.data or "") == ReplyOutcome.REFUSAL


def refuse_in_case(case: Complaint, channels: Sequence[Channel]) -> Refusal:
    """Refuse the brand of a case, or of one for erasure all of its firm, for who holds the address since the case's
    receipt."""
    recipient = complaints.lock_recipient(db.session, case.recipient_id)
    if complaints.held_until(db.session, recipient, complaints.acted_at(db.session, case)):
        return Refusal.NOT_RECORDED
    its_brands = Brand.id == case.brand_id if case.brand_id else Brand.provider_id == case.provider_id
    brands = db.session.scalars(select(Brand).where(its_brands).order_by(Brand.id)).all()
    receipt = db.session.get(Receipt, case.receipt_id) if case.receipt_id else None
    is_news = _withdraw(recipient, brands, channels, receipt)
    if complaints.case_may_be_anothers(db.session, case):  # Whether it was refused before may be another's matter.
        is_news = not complaints.was_refused_in(db.session, case)
    if is_news:
        complaints.note_refusal(db.session, vault(), case, user_id=None, at=clock.now())
    foreign_host.note_refusal()
    return Refusal.RECORDED


def refuse_by_receipt(sender: ReceiptBrand, channels: Sequence[Channel]) -> Refusal:
    """Refuse channels of a brand, without a case, for who holds the address since the receipt."""
    recipient = complaints.lock_recipient(db.session, sender.recipient.id)
    if complaints.held_until(db.session, recipient, sender.receipt.decided_at):
        return Refusal.NOT_RECORDED
    _withdraw(recipient, [db.session.get_one(Brand, sender.brand.id)], channels, sender.receipt)
    foreign_host.note_refusal()
    return Refusal.RECORDED


def _withdraw(
    recipient: Recipient, brands: Sequence[Brand], channels: Sequence[Channel], receipt: Receipt | None
) -> bool:  # fmt: skip
    """Refuse for the locked recipient, by the link of a receipt or by İzinlerim; whether they had not
    refused all of it. Every refusal is a decision: a grant from before this one may be reported yet."""
    address = recipients.read_address(vault(), recipient)
    part = refusals.RefusalScope(recipient, address, brands, channels)
    is_news = not all(
        complaints.has_refused(
            db.session, recipient_id=recipient.id, brand_id=brand_id, channel=channel, held_since=recipient.held_since
        )
        for _recipient_id, brand_id, channel in part.keys
    )
    refusals.withdraw(
        db.session, vault(), [part], origin=DecisionOrigin.LINK if receipt else DecisionOrigin.MINE,
        language=get_locale().language, at=clock.now(),
        request_metadata=consents.describe_request(request.remote_addr, request.user_agent.string),
        link_id=receipt.link_id if receipt else None,
    )  # fmt: skip
    return is_news
