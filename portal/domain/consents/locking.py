"""The heads of an address at a brand: locked for deciding, and the date that a key's next decision may bear."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Channel, RecipientType
from portal.core.models import Consent, Recipient
from portal.core.models.ids import new_id
from portal.core.models.link_context import LinkContext

SECOND = timedelta(seconds=1)


class TooSoon(Exception):
    """The key was decided within the last second; a grant's date would run more than a second ahead of the clock."""


RECIPIENT = select(Recipient.id).where(Recipient.id == bindparam("recipient_id")).with_for_update()
HEADS = (
    select(Consent)
    .where(Consent.brand_id == bindparam("brand_id"), Consent.recipient_id == bindparam("recipient_id"))
    .order_by(Consent.id)
)


def lock(session: Session, invitation: LinkContext, channels: Iterable[Channel]) -> list[Consent]:
    """The heads of the address at this brand for these channels, with an empty one for an individual who has none.

    The recipient's row is the lock: one address decides one act at a time, whichever channels a form names, and
    whoever makes a head holds it. An empty head becomes a row when it is added to the session.
    """
    session.execute(RECIPIENT, {"recipient_id": invitation.recipient_id})
    whose = {"brand_id": invitation.brand_id, "recipient_id": invitation.recipient_id}
    heads = [head for head in session.scalars(HEADS, whose) if head.channel in channels]
    known = {head.channel for head in heads if head.recipient_type == RecipientType.INDIVIDUAL}
    return heads + [_empty(invitation, channel) for channel in channels if channel not in known]


def _empty(invitation: LinkContext, channel: Channel) -> Consent:
    return Consent(
        id=new_id(),
        provider_id=invitation.provider_id,
        brand_id=invitation.brand_id,
        recipient_id=invitation.recipient_id,
        channel=channel,
        recipient_type=RecipientType.INDIVIDUAL,
    )


def next_consent_date(last: datetime | None, at: datetime, *, is_refusal: bool = False) -> datetime:
    """The date of a key's next decision: to the second, strictly later than the last (İYS: H178, and one movement of a
    key per second). Raises TooSoon where a grant's would run more than a second ahead of the clock (H162).

    A refusal never fails: it is obeyed at once, and told when its date has come."""
    whole = at.replace(microsecond=0)
    date = max(whole, last + SECOND) if last else whole
    if date > at + SECOND and not is_refusal:
        raise TooSoon
    return date


def is_too_soon(last: datetime | None, at: datetime) -> bool:
    """Whether a grant must wait a moment for its date."""
    return last is not None and last > at
