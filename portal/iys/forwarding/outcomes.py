"""What came of a submission, written down: accepted, ended, tried again, or its provider blocked."""

import random
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, update

from portal import clock, registry
from portal.extensions import db
from portal.iys.forwarding import claiming as claims
from portal.iys.forwarding.claiming import Claimed
from portal.models import Connection, Consent, Outcome

log = structlog.get_logger()

LONGEST_BACKOFF = 60.0  # Seconds. İYS may be away for a day; it is asked once a minute then.
BLOCK = timedelta(minutes=10)  # Rights or subscription: ask again after that, the provider may have acted.


def accept(claimed: Claimed, transaction_id: str, creation_date: object) -> None:
    """İYS holds it, under this transactionId; whatever blocked the provider is over."""
    accepted_at = _read_date(creation_date)
    if claims.end_lease(
        db.session, claimed, outcome=Outcome.ACCEPTED, due_at=None, code=None, transaction_id=transaction_id,
        accepted_at=accepted_at, ended_at=clock.now(),
    ):  # fmt: skip
        _now_holds(claimed, claimed.status, accepted_at)
        blocked = or_(Connection.blocked_until.is_not(None), Connection.grants_blocked_until.is_not(None))
        theirs = update(Connection).where(Connection.provider_id == claimed.provider_id, blocked)
        db.session.execute(theirs.values(blocked_until=None, grants_blocked_until=None, blocked_code=None))
    db.session.commit()
    log.info("submission.accepted", submission=claimed.id)


def end(claimed: Claimed, outcome: Outcome, *, code: str | None, iys_status: str | None = None) -> None:
    """Nothing more is to be done; `iys_status` is what İYS said it holds."""
    mine = claims.end_lease(db.session, claimed, outcome=outcome, due_at=None, code=code, ended_at=clock.now())
    if mine and iys_status:
        _now_holds(claimed, iys_status, clock.now())
    db.session.commit()
    log.info("submission.ended", submission=claimed.id, outcome=outcome.value, code=code)


def again(claimed: Claimed, after: timedelta, code: str | None, *, counts: bool = True, unsure: bool = False) -> None:
    """Wait and send the same bytes again; `unsure` says that İYS may have heard, `counts` that it was a failure."""
    claims.end_lease(
        db.session, claimed,
        outcome=Outcome.SENT if unsure else Outcome.WAITING,
        due_at=clock.now() + after,
        code=code,
        attempts=claimed.attempts if counts else claimed.attempts - 1,
    )  # fmt: skip
    db.session.commit()
    log.info("submission.again", submission=claimed.id, code=code, attempts=claimed.attempts)


def block(claimed: Claimed, code: str | None) -> None:
    """Rights or subscription: stop all calls of this provider for a while, and say why."""
    until = clock.now() + BLOCK
    claims.end_lease(db.session, claimed, outcome=Outcome.BLOCKED, due_at=until, code=code)
    theirs = update(Connection).where(Connection.provider_id == claimed.provider_id)
    db.session.execute(theirs.values(blocked_until=until, blocked_code=code))
    db.session.commit()
    log.warning("provider.blocked", provider=claimed.provider_id, code=code)


def put_off_grants(claimed: Claimed, code: str | None) -> None:
    """The quota of addresses is used up (H525): grants wait for the provider, refusals still pass."""
    until = clock.now() + BLOCK
    claims.end_lease(db.session, claimed, outcome=Outcome.BLOCKED, due_at=until, code=code)
    theirs = update(Connection).where(Connection.provider_id == claimed.provider_id)
    db.session.execute(theirs.values(grants_blocked_until=until, blocked_code=code))
    db.session.commit()
    log.warning("provider.grants_blocked", provider=claimed.provider_id, code=code)


def backoff(attempts: int) -> timedelta:
    """How long to wait after that many failed attempts: twice as long each time, and never quite the same for all."""
    longest = min(LONGEST_BACKOFF, 0.5 * 2 ** min(attempts, 10))
    return timedelta(seconds=longest * (0.5 + random.random() / 2))


def _now_holds(claimed: Claimed, iys_status: str, as_of: datetime) -> None:
    """What İYS holds for the key now, unless we have heard something newer."""
    not_newer = or_(Consent.iys_as_of.is_(None), Consent.iys_as_of <= as_of)
    head = update(Consent).where(Consent.id == claimed.consent_id, not_newer)
    db.session.execute(head.values(iys_status=iys_status, iys_as_of=as_of))


def _read_date(text: object) -> datetime:
    try:
        return registry.read_date(text)
    except (TypeError, ValueError):
        return clock.now()
