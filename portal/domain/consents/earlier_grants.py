"""Refuse grants from before an address changed hands, whoever tells of them afterwards (own_held_since)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import Consent, Decision, DecisionOrigin, Recipient
from portal.domain.consents import writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.reassigned_addresses import KnownChanges, find_own_changes, read_said
from portal.domain.consents.recipients import CHUNK, chunks
from portal.domain.consents.writer import DecisionRows

SECOND = timedelta(seconds=1)


def refuse_earlier_grants(
    session: Session, consents: Collection[LockedConsent], rows: DecisionRows, at: datetime
) -> list[LockedConsent]:  # fmt: skip
    """Refuse what stands granted from before its address changed hands; which consents these were. They are locked.

    A closed line ends them as of that moment and by İYS's word, which is told nothing. Before "this is not me" they end
    a second earlier, within the time of the earlier holder: the present one sees them nowhere, and İYS is to be told.
    Where that was said by another spelling of the mailbox, what stood by this one until then still stands.
    """
    granted = [each for each in consents if each.status == Status.GRANTED]
    firms = {each.provider_id for each in granted if each.channel == Channel.EMAIL}
    changes = find_own_changes(session, {each.recipient_id for each in granted}, firms) if granted else {}
    changed = [each for each in granted if each.recipient_id in changes]
    told_at = _told_at(session, changed, changes)
    refused = []
    for consent in changed:
        its = changes[consent.recipient_id]
        since = its.held_since(told_at[consent.id]) if consent.id in told_at else its.own_held_since
        if since is None or not consent.is_older_than(Status.REFUSED, since):
            continue
        is_closed = since == its.closed_at
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


def list_earlier_grants(session: Session) -> list[tuple[int, int]]:
    """Brands and recipients of grants that stand though "this is not me" is newer: of a release that took them, by
    another spelling afterwards. Closed lines always ended what was told later."""
    said_at = read_said(session)
    granted = (
        select(Consent.brand_id, Recipient.id, Consent.effective_at, Decision.recorded_at, Recipient.reassigned_at)
        .join(Decision, Decision.id == Consent.decision_id)
        .join(Recipient, Recipient.id == Consent.recipient_id)
        .where(Consent.status == Status.GRANTED)
    )
    found: dict[tuple[int, int], None] = {}
    for some in chunks(list(said_at), CHUNK):
        theirs = session.execute(granted.where(is_one_of(session, Consent.recipient_id, some)))
        for brand_id, its_id, effective_at, told_at, said_by_it in theirs:
            since = KnownChanges(reassigned_at=said_by_it, said_at=said_at[its_id]).held_since(told_at)
            if effective_at and since and effective_at <= since:
                found[brand_id, its_id] = None
    return list(found)


def _told_at(
    session: Session, granted: Collection[LockedConsent], changes: Mapping[int, KnownChanges]
) -> dict[int, datetime]:  # fmt: skip
    """When we were told of those of these consents that stand already, of mailboxes of which "this is not me" was said,
    by their ids."""
    heard = {
        each.decision_id: each.id for each in granted if changes[each.recipient_id].said_at and not each.has_moved
    }  # fmt: skip
    recorded = select(Decision.id, Decision.recorded_at).where(Decision.id.in_(heard))
    return {heard[decision_id]: at for decision_id, at in session.execute(recorded)} if heard else {}
