"""Refuse grants from before an address changed hands, whoever tells of them afterwards (Recipient.own_held_since)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Source, Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import Consent, DecisionOrigin, Recipient
from portal.core.models.recipient import has_own_held_since
from portal.domain.consents import writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import DecisionRows

SECOND = timedelta(seconds=1)


def refuse_earlier_grants(
    session: Session, consents: Collection[LockedConsent], rows: DecisionRows, at: datetime
) -> list[LockedConsent]:  # fmt: skip
    """Refuse what stands granted from before its address changed hands; which consents these were. They are locked.

    A closed line ends them as of that moment and by İYS's word, which is told nothing. Before "this is not me" they end
    a second earlier, within the time of the earlier holder: the present one sees them nowhere, and İYS is to be told.
    """
    granted = [each for each in consents if each.status == Status.GRANTED]
    changed = _changed_recipients(session, {each.recipient_id for each in granted})
    refused = []
    for consent in granted if changed else ():
        recipient = changed.get(consent.recipient_id)
        since = recipient.own_held_since if recipient else None
        if recipient is None or since is None or not consent.is_older_than(Status.REFUSED, since):
            continue
        is_closed = since == recipient.closed_at
        ended_at = since if is_closed else max(since - SECOND, consent.effective_at or since)
        date = ended_at.replace(microsecond=0)
        decision = writer.decision_row(
            consent, Status.REFUSED, consent_date=date, effective_at=ended_at, recorded_at=at,
            source=LINE_CLOSED if is_closed else Source.PROVIDER_DECISION,
            origin=DecisionOrigin.AT_IYS if is_closed else DecisionOrigin.NOT_MINE,
        )  # fmt: skip
        consent.move_to(decision["id"], Status.REFUSED, consent_date=date, effective_at=ended_at)
        rows.add(decision)
        refused.append(consent)
    return refused


def select_earlier_grants() -> Select[int, int]:
    """Brands and recipients of grants that stand though "this is not me" is newer: of a release that took them. Closed
    lines always ended what was told later. Found by ix_recipient_disowned."""
    disowned = select(Recipient.id).where(Recipient.reassigned_at.is_not(None))
    said_at = select(Recipient.reassigned_at).where(Recipient.id == Consent.recipient_id).scalar_subquery()
    whose = select(Consent.brand_id, Consent.recipient_id).distinct()
    is_earlier = Consent.effective_at <= said_at
    return whose.where(Consent.recipient_id.in_(disowned), Consent.status == Status.GRANTED, is_earlier)


def _changed_recipients(session: Session, recipient_ids: Collection[int]) -> dict[int, Recipient]:
    """Those that changed hands, as it is under their locks."""
    if not recipient_ids:
        return {}
    theirs = select(Recipient).where(Recipient.id.in_(recipient_ids), has_own_held_since())
    fresh = theirs.execution_options(populate_existing=True)
    return {each.id: each for each in session.scalars(fresh)}
