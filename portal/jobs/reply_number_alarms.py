"""Mails to owners of brands whose number takes no more replies: one for each time."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import AuditEntry, Brand, MailKind, Provider
from portal.domain import audit
from portal.domain.notifications.reply_numbers import named_number
from portal.jobs.independent_steps import independent_step, mail_owners
from portal.web.shared.absolute_urls import absolute_url

LOST, FOUND = "brand.reply_number_lost", "brand.reply_number_found"


def notify_owners_of_reply_numbers() -> None:
    """A brand that fails holds up no other and is tried again. Commits."""
    is_live = Provider.admitted_at.is_not(None), Provider.left_at.is_(None), Brand.closed_at.is_(None)
    with_number = select(Brand).join(Provider, Provider.id == Brand.provider_id).where(*is_live)
    for brand in read_session().scalars(with_number.where(Brand.reply_number.is_not(None))).all():
        with independent_step("reply_number.untold", brand=brand.id):
            if _has_changed(read_session(), brand):
                _note_change(brand.id)


def _has_changed(session: Session, brand: Brand) -> bool:
    """Whether a number is lost about which nobody was mailed, or one is found again about which somebody was."""
    its = AuditEntry.subject == "brand", AuditEntry.subject_id == brand.id, AuditEntry.act.in_((LOST, FOUND))
    last = session.scalar(select(AuditEntry.act).where(*its).order_by(AuditEntry.id.desc()).limit(1))
    return (last == LOST) == (named_number(session, vault(), brand, clock.now()) is not None)


def _note_change(brand_id: int) -> None:
    brand = db.session.get_one(Brand, brand_id, with_for_update={"key_share": True})
    number, provider_id, at = brand.reply_number, brand.provider_id, clock.now()
    if number is None or not _has_changed(db.session, brand):
        return
    if named_number(db.session, vault(), brand, at):
        audit.note(db.session, "brand.reply_number_found", "brand", brand_id, provider_id=provider_id, at=at)
        return
    link = absolute_url("dashboard.show_brand", brand_id=brand_id)
    mail_owners(provider_id, MailKind.REPLY_NUMBER_LOST, reply_number=number, link=link)
    audit.note(db.session, "brand.reply_number_lost", "brand", brand_id, provider_id=provider_id, at=at)
