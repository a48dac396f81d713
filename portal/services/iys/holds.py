"""Holds: which part of a provider's forwarding waits, why and until when, so that no other part waits with it.

A hold covers a provider, a brand, or a channel of a brand. What comes up of that part meanwhile is put off to its end.
Then one call at a time tries whether İYS takes something again, which ends the hold; each that fails doubles it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, delete, exists, not_, select, true, update
from sqlalchemy.orm import Session

from portal.core import clock, leases
from portal.core.database import changed_rows
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import MAX_LIST_SIZE, Action, Channel
from portal.core.models import BulkRequest, Connection, Consent, ForwardingHold, Lane, Submission
from portal.core.models.inserts import insert_missing
from portal.services.iys import circuit_breaker, egresses
from portal.services.iys.client import IysAnswer

log = structlog.get_logger()

LOW_RATIO, UNKNOWN = "low_ratio", "?"  # Our own codes, and of calls without an answer: single ones, lists, and pulls.
NO_ANSWERS = NO_ANSWER, NO_LIST, NO_PULL = "no_answer", "no_list", "no_pull"
NO_TOKEN = "H351"  # İYS answers calls about a brand as if they bore no valid token (401).
QUOTA = "H525"  # The provider's quota of addresses is used up: no new grants, refusals still pass.
# İYS's codes of rights and subscriptions; what is neither here nor in CHANNEL_CODES concerns the brand (H353, H018).
PROVIDER_CODES = frozenset({
    "H001", "H031", "H129", "H176", "H245", "H250", "H252", "H268", "H363", "H437", "H520", "H521", "H522", "H524",
    QUOTA, "H586", "invalid_request", "invalid_grant", NO_PULL,
})  # fmt: skip
CHANNEL_CODES = frozenset({"H355"})
# While the success ratio is low, lists wait for a person instead (bulk_lists.py).
RESULTS, PULLS = "results", "pulls"  # Calls beside the lanes, which need no quota.
PASSED_BY: dict[str, tuple[str, ...]] = {
    Lane.REFUSALS: (QUOTA, LOW_RATIO, NO_LIST, NO_PULL), Lane.PEOPLE: (NO_LIST, NO_PULL),
    Lane.BULK: (LOW_RATIO, NO_ANSWER, NO_PULL), RESULTS: (QUOTA, LOW_RATIO, NO_ANSWER, NO_PULL),
    PULLS: (QUOTA, LOW_RATIO, NO_ANSWER, NO_LIST),
}  # fmt: skip
# After calls without an answer, or with a token refused; rights, subscription and quota come back when somebody acted.
SECOND, MINUTE, TEN_MINUTES = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10)
PAUSES = dict.fromkeys(NO_ANSWERS, (SECOND, MINUTE)) | {NO_TOKEN: (SECOND, TEN_MINUTES)}
USUAL_PAUSES = MINUTE, TEN_MINUTES


@dataclass(frozen=True)
class Part:
    """What is sent or asked together, and the end of its claim's lease."""

    provider_id: int
    brand_id: int
    channel: Channel | None  # None: of any.
    lane: str  # Or RESULTS, or PULLS.
    lease_until: datetime


def claim_or_held_until(part: Part, at: datetime) -> datetime | None:
    """Until when nothing of this part is sent. None where nothing holds it, or where its holds are over and the one
    call that tries them is claimed here, for the lease of the part. Commits."""
    ends = read_session().scalars(select(ForwardingHold.until).where(*_concerning(part))).all()
    if not ends or max(ends) > at:
        return max(ends, default=None)
    tried = update(ForwardingHold).where(*_concerning(part), ForwardingHold.until <= at)
    is_first = changed_rows(db.session, tried.values(until=part.lease_until))
    db.session.commit()
    return None if is_first else claim_or_held_until(part, at)


def put_off(part: Part, first: int, until: datetime, at: datetime) -> None:
    """Put `first` and the other due submissions of a brand and channel off to the end of its hold. Commits.

    A thousand of the lane are looked at in a transaction, oldest first. Of one key the earliest still goes first.
    """
    due = (Submission.lane == part.lane, Submission.provider_id == part.provider_id, leases.is_due(Submission, at))
    oldest = select(Submission.id).where(*due).order_by(Submission.due_at).limit(MAX_LIST_SIZE)
    theirs = select(Submission.id).join(Consent, Consent.id == Submission.consent_id)
    theirs = theirs.where(Consent.brand_id == part.brand_id, Consent.channel == part.channel)
    still_due = select(Submission.id).where(*due).order_by(Submission.id).with_for_update(skip_locked=True)
    while _is_still_held(part, until):
        seen = [first, *db.session.scalars(oldest)]
        found = db.session.scalars(theirs.where(Submission.id.in_(seen))).all()
        ids = db.session.scalars(still_due.where(Submission.id.in_(found))).all()
        if not ids:
            break
        _reschedule(Submission, ids, until)
        db.session.commit()
    db.session.rollback()


def put_off_lists(part: Part, due: Sequence[ColumnElement[bool]], until: datetime) -> None:
    """Put those of the due lists that are of a brand and channel off to the end of its hold. Commits."""
    theirs = (BulkRequest.provider_id == part.provider_id, BulkRequest.brand_id == part.brand_id)
    if _is_still_held(part, until):
        still_due = select(BulkRequest.id).where(*theirs, BulkRequest.channel.is_not_distinct_from(part.channel), *due)
        ids = db.session.scalars(still_due.order_by(BulkRequest.id).with_for_update(skip_locked=True)).all()
        _reschedule(BulkRequest, ids, until)
    db.session.commit()


def hold(part: Part, code: str | None, at: datetime) -> datetime:
    """Hold what a code concerns, and return until when. Part of the caller's transaction.

    An answer to a call from before the hold does not lengthen it.
    """
    brand_id = ForwardingHold.EVERY_BRAND if code in PROVIDER_CODES else part.brand_id
    channel = part.channel if code in CHANNEL_CODES and part.channel else ForwardingHold.EVERY_CHANNEL
    key = {"provider_id": part.provider_id, "brand_id": brand_id, "channel": str(channel), "code": code or UNKNOWN}
    insert_missing(db.session, ForwardingHold, [key | {"until": at, "failures": 0}])
    mine = select(ForwardingHold).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    row = db.session.scalars(mine).one()
    if row.until <= at or row.until == part.lease_until:
        row.failures += 1
        pause = leases.backoff(row.failures, *PAUSES.get(row.code, USUAL_PAUSES))
        _move(part.provider_id, row.until, at + pause, at)
        row.until = at + pause
        log.warning("forwarding.held", provider=part.provider_id, brand=brand_id, channel=channel, code=code)
    return row.until


def note_answer(part: Part, answer: IysAnswer) -> None:
    """Hold what is called like a call that got no answer, until one gets it: a brand's single calls, its lists and
    their results, or all pulls of a provider; or what a refused token concerns. Any other answer to the call that
    tries whether a hold is over lets the next one try at once. Commits."""
    code = {Lane.BULK: NO_LIST, RESULTS: NO_LIST, PULLS: NO_PULL}.get(part.lane, NO_ANSWER)
    action, is_away, mine = answer.action(), circuit_breaker.is_host_failure(answer), _concerning(part)
    if is_away or action == Action.AUTH:
        hold(part, code if is_away else NO_TOKEN, clock.now())
        db.session.commit()
    elif read_session().scalar(select(ForwardingHold.code).where(*mine).limit(1)):
        _end_holds(part.provider_id, *mine, ForwardingHold.code.in_((code, NO_TOKEN)))
        if action != Action.CONFIG:
            _end_holds(part.provider_id, *mine, ForwardingHold.until == part.lease_until, forget=False)


def note_pull(claimed: Any, answer: IysAnswer) -> None:
    """As note_answer, to a question for a claimed Feed, Sweep or ClaimedDay. Commits."""
    note_answer(Part(claimed.provider_id, claimed.brand_id, None, PULLS, claimed.lease_until), answer)


def end_holds(part: Part) -> None:
    """İYS took something of this part: what waited is due now. Commits."""
    _end_holds(part.provider_id, *_concerning(part), ForwardingHold.code != LOW_RATIO)


def end_all_holds(provider_id: int) -> None:
    """Somebody wants it tried again. Commits."""
    _end_holds(provider_id, ForwardingHold.provider_id == provider_id, ForwardingHold.code != LOW_RATIO)


def providers_without_token(session: Session, credential_id: int) -> set[int]:
    """The credential's providers about whose brand İYS refused a token, and answered no call since."""
    theirs = select(Connection.provider_id).where(Connection.credential_id == credential_id)
    held = select(ForwardingHold.provider_id).where(ForwardingHold.code == NO_TOKEN)
    return set(session.scalars(held.where(ForwardingHold.provider_id.in_(theirs))))


def may_pull(at: datetime) -> list[ColumnElement[bool]]:
    """The conditions that İYS is asked of our own accord about a provider (Connection): its title was compared, the
    egress in use serves it, and nothing holds it."""
    is_held = is_provider_held(Connection.provider_id, at, PULLS)
    return [Connection.forwarding_enabled_at <= at, egresses.is_of_egress(), not_(is_held)]


def is_provider_held(provider_id: object, at: datetime, lane: str) -> ColumnElement[bool]:
    """The condition that nothing of a provider in this lane is sent now, of any brand."""
    return exists().where(
        ForwardingHold.provider_id == provider_id, ForwardingHold.brand_id == ForwardingHold.EVERY_BRAND,
        ForwardingHold.until > at, ForwardingHold.code.not_in(PASSED_BY[lane]),
    )  # fmt: skip


def _concerning(part: Part) -> Sequence[ColumnElement[bool]]:
    return (
        ForwardingHold.provider_id == part.provider_id,
        ForwardingHold.brand_id.in_((ForwardingHold.EVERY_BRAND, part.brand_id)),
        ForwardingHold.channel.in_((ForwardingHold.EVERY_CHANNEL, part.channel or ForwardingHold.EVERY_CHANNEL)),
        ForwardingHold.code.not_in(PASSED_BY[part.lane]),
    )


def _is_still_held(part: Part, until: datetime) -> bool:
    """Whether it is, and stays so until the transaction ends."""
    held = select(ForwardingHold.until).where(*_concerning(part), ForwardingHold.until == until).limit(1)
    return db.session.scalar(held.with_for_update()) is not None


def _end_holds(provider_id: int, *which: ColumnElement[bool], forget: bool = True) -> None:
    """What waited is due now; the next failure doubles a hold that is not forgotten. Commits."""
    ends = select(ForwardingHold.until).where(*which)
    if read_session().scalar(ends.limit(1)) is None:
        return
    at = clock.now()
    moved = db.session.scalars(ends.with_for_update()).all()
    ended = delete(ForwardingHold) if forget else update(ForwardingHold).values(until=at)
    db.session.execute(ended.where(*which).execution_options(synchronize_session=False))
    db.session.commit()
    for until in moved:
        _move(provider_id, until, at, at, in_parts=True)
    db.session.rollback()


def _move(provider_id: int, until: datetime, to: datetime, at: datetime, *, in_parts: bool = False) -> None:
    """Reschedule what was put off until then: nothing else is due at just that microsecond. In parts it commits after
    each thousand; what an end in between leaves is due then."""
    if until <= at or until == to:
        return
    for model, by_index in ((Submission, Submission.lane.in_(Lane)), (BulkRequest, true())):
        theirs = (by_index, model.provider_id == provider_id, model.due_at == until, leases.is_free(model, at))
        some = select(model.id).where(*theirs).limit(MAX_LIST_SIZE)
        locked = select(model.id).where(model.id.in_(some), *theirs).order_by(model.id).with_for_update()
        while ids := db.session.scalars(locked).all():
            _reschedule(model, ids, to)
            if in_parts:
                db.session.commit()


def _reschedule(model: type[Submission | BulkRequest], ids: Sequence[int], due_at: datetime) -> None:
    later = update(model).where(model.id.in_(ids)).values(due_at=due_at)
    db.session.execute(later.execution_options(synchronize_session=False))
