"""Refusals of İYS's that are heard only after a grant came that they would have held: İYS tells nothing that is younger
than an hour. They count from that grant's moment, as if they had been known (docs/decisions/grants-after-refusals.md).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portal.core.database import is_one_of
from portal.core.iys_protocol import CHANGES_WINDOW, Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import PROVIDERS_RECORDS, Decision, DecisionOrigin, is_void
from portal.core.models.own_refusals import STATED
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.other_types import NewestRefusals
from portal.domain.consents.writer import DecisionRows, Row

Key = tuple[int, int, str]  # Brand, recipient and channel, of whichever recipient type.


def count_from_grants(
    session: Session, consents: Collection[LockedConsent], refusals: NewestRefusals, rows: DecisionRows, at: datetime
) -> None:
    """Let refusals that are new among `rows`, and not inserted yet, count from the newest grant that they would have
    held, and note that in `refusals`. The consents are locked, and all that is held of their recipients at a brand.

    A person's refusal at İYS holds what a provider stated, where the person said nothing since and no other sender told
    İYS a grant; not where it is older than what pulls tell, as in the file of an old day: the person may well have
    consented since. Any refusal holds a grant without a date, which is older than all.
    """
    heard = _newest_refusals(rows.decisions)
    said_at = {key: refusal["effective_at"] for key, refusal in heard.items()}
    newer = {each.decision_id: each for each in consents if _is_newer_grant(each, said_at)}
    if not newer:
        return
    standing = select(Decision.id, Decision.origin, Decision.consent_date)
    stands_on = session.execute(standing.where(is_one_of(session, Decision.id, newer))).all()
    spoken_at = _later_words(session, newer.values(), rows.decisions)
    for its_id, origin, date in stands_on:
        each, key = newer[its_id], _key(newer[its_id])
        refusal = heard[key]
        is_own = refusal["origin"] == DecisionOrigin.AT_IYS and said_at[key] >= at - CHANGES_WINDOW
        is_held = date is None or (is_own and origin in PROVIDERS_RECORDS)
        if is_held and max(spoken_at[key], default=said_at[key]) <= said_at[key]:
            refusal["effective_at"] = max(each.effective_at or at, refusal["effective_at"])
            refusals.note(each, refusal["effective_at"], refusal["id"])


def _newest_refusals(decisions: Sequence[Row]) -> dict[Key, Row]:
    """By key, of those that somebody said; a closed line is nobody's word."""
    said = [each for each in decisions if each["status"] == Status.REFUSED and each["source"] != LINE_CLOSED]
    return {_key_of(each): each for each in sorted(said, key=lambda each: each["effective_at"])}


def _is_newer_grant(consent: LockedConsent, said_at: Mapping[Key, datetime]) -> bool:
    if consent.status != Status.GRANTED or consent.effective_at is None:
        return False
    refused_at = said_at.get(_key(consent))
    return refused_at is not None and consent.effective_at > refused_at


def _later_words(
    session: Session, consents: Iterable[LockedConsent], decisions: Iterable[Row]
) -> Mapping[Key, list[datetime]]:
    """By key when people said anything themselves of these consents, or another sender told İYS a grant by its date: as
    stored, and as heard just now."""
    found = defaultdict[Key, list[datetime]](list)
    columns = Decision.brand_id, Decision.recipient_id, Decision.channel, Decision.effective_at
    is_anothers = and_(
        Decision.origin == DecisionOrigin.OTHER_SENDER, Decision.status == Status.GRANTED,
        Decision.consent_date.is_not(None),
    )  # fmt: skip
    is_theirs = is_one_of(session, Decision.consent_id, [each.id for each in consents])
    counts = or_(Decision.origin.not_in(STATED), is_anothers)
    for brand_id, recipient_id, channel, said_at in session.execute(
        select(*columns).where(is_theirs, counts, ~is_void())
    ):
        found[brand_id, recipient_id, channel].append(said_at)
    for each in decisions:
        is_anothers_grant = (each["origin"], each["status"]) == (DecisionOrigin.OTHER_SENDER, Status.GRANTED)
        if each["origin"] not in STATED or (is_anothers_grant and each["consent_date"]):
            found[_key_of(each)].append(each["effective_at"])
    return found


def _key(consent: LockedConsent) -> Key:
    return consent.brand_id, consent.recipient_id, consent.channel


def _key_of(decision: Row) -> Key:
    return decision["brand_id"], decision["recipient_id"], decision["channel"]
