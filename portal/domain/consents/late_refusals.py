"""Refusals of İYS's that are heard only after a grant came that they would have held: İYS tells nothing that is younger
than an hour. They end it once all is heard that was said until it (docs/decisions/grants-after-refusals.md)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.database import is_one_of
from portal.core.iys_protocol import Channel, Status
from portal.core.iys_protocol.enums import LINE_CLOSED
from portal.core.models import PROVIDERS_RECORDS, Consent, Decision, DecisionOrigin, Movement, is_void
from portal.core.models.own_refusals import STATED
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.reassigned_addresses import find_own_changes

REFUSAL, GRANT = aliased(Decision), aliased(Decision)
LATEST = timedelta(days=7)  # After it was said; a pull tells no older one (changes).
LONGEST_WAIT = timedelta(days=30)  # Until all is heard that was said until a grant: İYS, or our feeds, may be away.
COLUMNS = (
    Decision.id, Decision.consent_id, Decision.recipient_id, Decision.channel, Decision.status, Decision.origin,
    Decision.source, Decision.consent_date, Decision.recorded_at, Decision.effective_at,
)  # fmt: skip
StoredDecision = Row[int, int, int, Channel, Status, DecisionOrigin, str | None, datetime | None, datetime, datetime]


def find_candidates(session: Session, brand_id: int, heard_until: datetime, at: datetime) -> list[int]:
    """Recipients with a grant that may end, of those who were heard to have refused a brand of late. `heard_until`: all
    that was said until then is heard."""
    key = and_(
        Consent.recipient_id == REFUSAL.recipient_id, Consent.brand_id == REFUSAL.brand_id,
        Consent.channel == REFUSAL.channel, Consent.status == Status.GRANTED,
    )  # fmt: skip
    is_stated = and_(GRANT.origin.in_(PROVIDERS_RECORDS), REFUSAL.origin == DecisionOrigin.AT_IYS)
    refused = select(REFUSAL.recipient_id).distinct().join(Movement, Movement.decision_id == REFUSAL.id)
    found = (
        refused.join(Consent, key).join(GRANT, GRANT.id == Consent.decision_id)
        .where(
            Movement.brand_id == brand_id, Movement.creation_date >= at - LATEST - LONGEST_WAIT,
            Movement.status == Status.REFUSED, REFUSAL.id > GRANT.id,
            REFUSAL.effective_at < GRANT.effective_at, GRANT.effective_at <= heard_until,
            or_(GRANT.consent_date.is_(None), is_stated),
        )
    )  # fmt: skip
    return list(session.scalars(found))


def find_ended_grants(
    session: Session, consents: Collection[LockedConsent], heard_until: datetime
) -> list[tuple[LockedConsent, int]]:  # fmt: skip
    """Which of these consents stand on a grant that ends, with the ids of the refusals. They are all that a brand
    holds of their recipients; locked, where they are to be refused.

    A person's refusal at İYS ends what a provider stated, where the person said nothing since and no other sender told
    İYS a grant; not where it was heard later than pulls tell, as in the file of an old day: the person may well have
    consented since. Any refusal ends a grant without a date, which is older than all.
    """
    decisions = select(*COLUMNS).where(
        is_one_of(session, Decision.consent_id, [each.id for each in consents]), ~is_void()
    )
    by_id = {decision.id: decision for decision in session.execute(decisions)}
    recipient_ids = {each.recipient_id for each in consents}
    changes = find_own_changes(session, recipient_ids, {each.provider_id for each in consents})
    of_key: dict[tuple[int, Channel], list[StoredDecision]] = defaultdict(list)
    for decision in by_id.values():
        held_since = changes[decision.recipient_id].own_held_since if decision.recipient_id in changes else None
        if held_since is None or decision.effective_at > held_since:  # An earlier holder's words end nothing.
            of_key[decision.recipient_id, decision.channel].append(decision)
    ended = []
    for consent in consents:
        grant = by_id.get(consent.decision_id or 0)
        if grant is None or grant.status != Status.GRANTED or grant.effective_at > heard_until:
            continue
        refusal_id = _find_refusal(grant, of_key[consent.recipient_id, consent.channel])
        if refusal_id is not None:
            ended.append((consent, refusal_id))
    return ended


def _find_refusal(grant: StoredDecision, others: Iterable[StoredDecision]) -> int | None:
    """The refusal that ends a grant, of all decisions of its address and channel; of its own recipient type, if one is:
    the grant no longer counts as given since that one (own_refusals)."""
    late = [each for each in others if _is_late(each, grant)]
    if not late:
        return None
    newest_at = max(each.effective_at for each in late)
    since = [each for each in others if each.effective_at >= newest_at and each not in late]
    if any(_is_newer_word(each) for each in since):
        return None
    chosen = max(late, key=lambda each: (each.consent_id == grant.consent_id, each.effective_at, each.id))
    refusal_id: int = chosen.id
    return refusal_id


def _is_late(refusal: StoredDecision, grant: StoredDecision) -> bool:
    """Whether it was said before a grant, heard after it, and would have held it. Ids are in the order in which
    decisions were made under the locks: a pull's own moment may be before a grant that it waited for."""
    if refusal.status != Status.REFUSED or refusal.origin == DecisionOrigin.RENEWAL or refusal.source == LINE_CLOSED:
        return False
    if refusal.id < grant.id or refusal.effective_at >= grant.effective_at:
        return False
    is_own = refusal.origin == DecisionOrigin.AT_IYS and refusal.recorded_at - refusal.effective_at <= LATEST
    return grant.consent_date is None or (is_own and grant.origin in PROVIDERS_RECORDS)


def _is_newer_word(decision: StoredDecision) -> bool:
    """Whether a decision of after a refusal counts over it: a word of the person's own, or a grant that another sender
    told İYS by its date."""
    is_anothers = decision.origin == DecisionOrigin.OTHER_SENDER and decision.status == Status.GRANTED
    return decision.origin not in STATED or (is_anothers and decision.consent_date is not None)
