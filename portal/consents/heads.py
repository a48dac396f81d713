"""The heads of an address at a brand: locked for deciding, and the date that a key's next decision may bear."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Consent, Recipient
from portal.models.ids import new_id
from portal.models.invitation import Invitation
from portal.models.upsert import insert_missing
from portal.registry import Channel, RecipientType

SECOND = timedelta(seconds=1)


class TooSoon(Exception):
    """The key was decided within the last second; its next date would run more than a second ahead of the clock."""


def lock(session: Session, invitation: Invitation, channels: list[Channel]) -> list[Consent]:
    """The heads of the address at this brand; an individual's is made where there is none.

    The recipient's row is the lock: one address decides one act at a time, whichever channels a form names.
    """
    session.execute(select(Recipient.id).where(Recipient.id == invitation.recipient_id).with_for_update())
    theirs = (
        select(Consent)
        .where(
            Consent.brand_id == invitation.brand_id,
            Consent.recipient_id == invitation.recipient_id,
            Consent.channel.in_(channels),
        )
        .order_by(Consent.id)
        .with_for_update()
    )
    heads = list(session.scalars(theirs))
    known = {head.channel for head in heads if head.recipient_type == RecipientType.INDIVIDUAL}
    missing = [channel for channel in channels if channel not in known]
    if missing:
        insert_missing(session, Consent, [_empty(invitation, channel) for channel in missing])
        heads = list(session.scalars(theirs))
    return heads


def _empty(invitation: Invitation, channel: Channel) -> dict:
    return {
        "id": new_id(),
        "provider_id": invitation.provider_id,
        "brand_id": invitation.brand_id,
        "recipient_id": invitation.recipient_id,
        "channel": channel,
        "recipient_type": RecipientType.INDIVIDUAL,
    }


def next_consent_date(last: datetime | None, at: datetime) -> datetime:
    """The date of a key's next decision: to the second, strictly later than the last (İYS: H178, and one movement of a
    key per second). Raises TooSoon where it would run more than a second ahead of the clock (H162)."""
    whole = at.replace(microsecond=0)
    date = max(whole, last + SECOND) if last else whole
    if date > at + SECOND:
        raise TooSoon
    return date
