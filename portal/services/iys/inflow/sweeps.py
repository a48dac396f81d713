"""The weekly sweep: ask İYS by multi-status for every consent of a brand, to find drift that no file shows, and what
people refused in a gap of the pulls."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Action, Status
from portal.core.models import Brand, Connection, Consent, Feed, Recipient, Sweep
from portal.core.vault import CannotOpen
from portal.domain.consents import drift, pull_lapses
from portal.domain.consents.recipients import address_of
from portal.services.iys import calls, holds, unasked_channels
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.inflow import claims
from portal.services.iys.inflow.sweep_questions import Asked, Holding, Unanswered, ask_for_grants, concerns_list
from portal.services.iys.iys_clock import iys_clock

log = structlog.get_logger()

EVERY = timedelta(days=7)
AGAIN_AFTER = timedelta(days=1)  # One that went on without something.
FIRST_SWEEP_AFTER = timedelta(days=1)  # Before that nothing can have drifted.
LEASE = timedelta(minutes=3)  # For the calls of one chunk, each of which may wait for its slot and its answer.
CHUNK = 3000  # Consents: recipients have several channels, so that the lists per channel are well filled.
PAUSE = timedelta(minutes=1)  # After failures of another kind.


@dataclass
class SweepChunk:
    """Some consents of a brand, those of one recipient together: their ids by what is asked, and by address."""

    last: int
    is_last: bool
    lists: dict[Asked, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def size(self) -> int:
        return sum(map(len, self.lists.values()))

    @property
    def consent_ids(self) -> set[int]:
        return {each for consents in self.lists.values() for each in consents.values()}


def sweep_next_chunk(client: Client, sweep_id: int | None = None) -> bool:
    """Sweep one chunk of a due sweep, or of this one if it is due; False if none is."""
    at = clock.now()
    query = claims.due_with_brand(Sweep, at)
    query = query if sweep_id is None else query.where(Sweep.id == sweep_id)
    claimed = claims.claim_first(query, Sweep.provider_id, at, LEASE)
    if claimed is None:
        return sweep_id is None and _order_weekly_sweep(at)
    sweep_chunk(client, *claimed)
    return True


def order_sweep(session: Session, provider_id: int, brand_id: int, at: datetime) -> int:
    """Add a sweep of a brand to this transaction, unless one is under way; its id."""
    under_way = session.scalar(select(Sweep.id).where(Sweep.brand_id == brand_id, Sweep.ended_at.is_(None)))
    if under_way:
        return under_way
    sweep = Sweep(provider_id=provider_id, brand_id=brand_id, due_at=at, created_at=at)
    session.add(sweep)
    session.flush()
    return sweep.id


def require_sweep(session: Session, provider_id: int, brand_id: int, since: datetime, at: datetime) -> bool:
    """Whether a sweep that began since then has asked for all consents of a brand; if none began, one is added to this
    transaction. One under way that is older begins anew: its first consents were asked for too early."""
    sweeps = select(Sweep.ended_at).where(Sweep.brand_id == brand_id, Sweep.created_at >= since)
    ends = session.scalars(sweeps).all()
    if not ends:
        older = update(Sweep).where(Sweep.brand_id == brand_id, Sweep.ended_at.is_(None))
        older = older.values(position=0, asked=0, drifted=0, code=None, left_out=None, lease_until=None)
        session.execute(older.values(created_at=at))
        order_sweep(session, provider_id, brand_id, at)
    return any(ends)


def sweep_chunk(client: Client, sweep: Sweep, brand: Brand, iys_code: int) -> None:
    """Read, ask for and compare one chunk of a claimed sweep. Commits."""
    asked_at = iys_clock().earlier_of_both(read_session(), clock.now())  # What İYS dates later is news.
    chunk = _read_chunk(brand, sweep.position)
    try:
        answered = ask_for_grants(client, sweep, (iys_code, brand.brand_code), chunk.lists)
    except calls.NotNow as refusal:
        return claims.postpone(sweep, max(refusal.until, asked_at + timedelta(seconds=1)), refusal.code)
    except Unanswered as failure:
        return _retry_sweep(sweep, failure.answer)
    at = clock.now()
    unanswered = chunk.consent_ids - answered.keys()
    wrong = {consent_id for consent_id, said in answered.items() if said is Holding.WRONG}
    pull_lapses.forget_unanswered(db.session, brand, unanswered | wrong, at)
    db.session.commit()  # Also where the lease is lost.
    known = Holding.GRANTED, Holding.ABSENT
    granted = {consent_id: said is Holding.GRANTED for consent_id, said in answered.items() if said in known}
    drifted = drift.record_drifts(db.session, brand, granted, asked_at, at)
    ends = {"due_at": None, "ended_at": at} if chunk.is_last else {"due_at": at}
    found = {iys_protocol.NOT_ANSWERED: unanswered, iys_protocol.WRONG_ADDRESSES: wrong}  # The gravest first.
    left_out = next((code for code, its in found.items() if its or code == sweep.left_out), None)
    sums = {"asked": sweep.asked + chunk.size, "drifted": sweep.drifted + drifted, "left_out": left_out}
    if not claims.release(sweep, position=chunk.last, attempts=0, code=None, **sums, **ends):
        return db.session.rollback()
    db.session.commit()
    if chunk.is_last:  # In a transaction of its own: pulls lock feeds before consents.
        waiting = update(Feed).where(Feed.brand_id == brand.id, Feed.code == iys_protocol.NOT_SWEPT)
        db.session.execute(waiting.values(due_at=at))
        db.session.commit()
    log.info("sweep.walked", brand=brand.id, asked=chunk.size, drifted=drifted, ended=chunk.is_last)


def _order_weekly_sweep(at: datetime) -> bool:
    """Order the weekly sweep of a brand; False if none is missing."""
    is_new = (Sweep.created_at > at - AGAIN_AFTER) | ((Sweep.created_at > at - EVERY) & Sweep.is_whole())
    lately = exists().where(Sweep.brand_id == Brand.id, is_new | Sweep.ended_at.is_(None))
    missing = (
        select(Brand)
        .join(Connection, Connection.provider_id == Brand.provider_id)
        .where(
            ~lately,
            Brand.has_not_ended(),
            *holds.may_pull(at),
            Connection.forwarding_enabled_at <= at - FIRST_SWEEP_AFTER,
        )
        .limit(1)
    )
    brand = read_session().scalar(missing)
    if brand is None:
        return False
    order_sweep(db.session, brand.provider_id, brand.id, at)
    db.session.commit()
    return True


def _read_chunk(brand: Brand, position: int) -> SweepChunk:
    rows = read_session().execute(
        select(Consent.id, Consent.recipient_type, Consent.channel, Recipient)
        .join(Recipient, Recipient.id == Consent.recipient_id)
        .where(Consent.brand_id == brand.id, Consent.recipient_id > position, drift.is_swept())
        .order_by(Consent.recipient_id)
        .limit(CHUNK)
    ).all()  # fmt: skip
    is_last = len(rows) < CHUNK
    if not is_last:  # The last recipient may have more consents; the next chunk begins with it.
        rows = [row for row in rows if row.Recipient.id != rows[-1].Recipient.id]
    chunk = SweepChunk(rows[-1].Recipient.id if rows else position, is_last)
    for row in rows:
        if address := _address(row.Recipient):
            is_unasked = unasked_channels.is_unasked(address, row.channel)
            chunk.lists[row.recipient_type, row.channel, is_unasked][address] = row.id
    return chunk


def _address(recipient: Recipient) -> str | None:
    try:
        return address_of(vault(), recipient)
    except CannotOpen:
        log.error("sweep.cannot_open", recipient_id=recipient.id)
        return None


def _retry_sweep(sweep: Sweep, answer: IysAnswer) -> None:
    """Ask again later. Only failures that concern a list count: of another kind, as a network's, one ends their row."""
    attempts = sweep.attempts + 1 if concerns_list(answer) else 0
    wait = claims.LONGEST_PAUSE if attempts or answer.action(Status.GRANTED) == Action.CONFIG else PAUSE
    log.warning("sweep.failed", brand=sweep.brand_id, status=answer.status, code=answer.code)
    claims.postpone(sweep, clock.now() + wait, answer.code, attempts=attempts)
