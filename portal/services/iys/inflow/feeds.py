"""Pull İYS's changes page by page. The cursor moves in the transaction that stores its rows."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import exists, select

from portal.core import clock, iys_protocol, leases
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Action, Channel, Operation
from portal.core.models import Brand, CallTally, Connection, Feed, FeedSource, PushRegistration, ReceivedVia
from portal.core.models.inserts import insert_missing
from portal.core.vault import CannotOpen
from portal.domain.consents import ended_grants, movement_rows, movements
from portal.services.iys import calls, holds, rate_limit, response_values
from portal.services.iys.client import Client, IysAnswer
from portal.services.iys.inflow import claims, sweeps
from portal.services.iys.rate_limit import Priority
from portal.services.iys.response_values import JsonObject

log = structlog.get_logger()

# İYS tells nothing of the last hour anyway. What brought something is pulled again soon; with each pull that brings
# nothing the pause doubles, up to an hour, or longer where İYS pushes what people do. With very many brands feeds come
# round later: polls have a share of the pace (Egress.polling_share), and the feed that is due longest goes first.
EVERY = {FeedSource.PEOPLE: timedelta(minutes=20), FeedSource.PROVIDER: timedelta(hours=1)}
QUIET = timedelta(hours=1)
PUSHED = timedelta(hours=3)  # A push may be lost; and the night's reconciliation waits for the feeds.
FIRST = timedelta(days=1)  # A new brand's feeds are due before all that wait: of a provider's new brands, of one.
A_DAY = timedelta(days=1)
LEASE = timedelta(seconds=60)
BLOCKED = timedelta(minutes=10)  # Rights or package: ask again after that, the provider may have acted.
LONGEST_CURSOR = 255
NO_CURSOR = "no_cursor"  # Our own code: rows came without a cursor that leads to the next ones.


def pull_next_page(client: Client) -> bool:
    """Pull one page of the feed that is due longest; False if none is due, or none can be asked for now."""
    at = clock.now()
    _create_feeds(at)
    claimed = claims.claim_first(claims.due_with_brand(Feed, at), Feed.provider_id, at, LEASE)
    if claimed is None:
        return False
    feed, brand, iys_code = claimed
    is_fresh = feed.cursor_at is not None and feed.cursor_at > at - iys_protocol.CHANGES_WINDOW
    cursor = feed.cursor if is_fresh else None  # None: İYS's window is read from its start.
    path = iys_protocol.changes_path(iys_code, brand.brand_code, source=feed.source.value, after=cursor)
    try:
        answer = calls.ask(client, feed.provider_id, Operation.CHANGES, path, method="GET", priority=Priority.POLLING)
    except calls.NotNow as refusal:
        claims.postpone(feed, max(refusal.until, at + timedelta(seconds=1)), refusal.code)
        return refusal.code is not None  # Without a code of İYS it is no matter of this provider alone.
    holds.note_pull(feed, answer)
    _apply_answer(feed, brand, cursor, answer)
    return True


def _create_feeds(at: datetime) -> None:
    """Give connected brands their feeds, so many at a time that nobody waits."""
    brands = select(Brand).join(Connection, Connection.provider_id == Brand.provider_id).where(
        ~exists().where(Feed.brand_id == Brand.id), Brand.has_not_ended(), *holds.may_pull(at)
    )  # fmt: skip
    found = read_session().scalars(brands.limit(100)).all()
    firsts = {brand.provider_id: brand for brand in found}
    rows = [
        {
            "id": new_id(), "provider_id": brand.provider_id, "brand_id": brand.id, "source": source,
            "due_at": at - FIRST if firsts[brand.provider_id] is brand else at, "attempts": 0, "created_at": at,
        }
        for brand in found
        for source in FeedSource
    ]  # fmt: skip
    if rows:
        insert_missing(db.session, Feed, rows)
        db.session.commit()


def _apply_answer(feed: Feed, brand: Brand, cursor: str | None, answer: IysAnswer) -> None:
    """A page without rows ends a pull only where it names no other one: İYS answers 204 where there is nothing more."""
    at, listed = clock.now(), answer.content.get("list")
    leads_nowhere = str(answer.content.get("after") or "") in ("", cursor)
    if answer.status == 204 or (answer.status == 200 and listed == [] and leads_nowhere):
        _rest_feed(feed, brand, cursor, at)
    elif answer.status == 200 and isinstance(listed, list):
        _store_rows(feed, brand, listed, _follow_cursor(feed, cursor, answer.content, at), at)
    else:
        _retry_feed(feed, cursor, answer, at)


def _store_rows(feed: Feed, brand: Brand, listed: list[Any], values: dict[str, Any], at: datetime) -> None:
    """Store the rows and the feed's values, among them the next cursor, in one transaction."""
    rows, unread = movement_rows.read_rows(listed, at)
    unreadable = unread + (values["code"] == NO_CURSOR)
    if not claims.release(feed, **values):
        return db.session.rollback()
    applied = movements.apply_movements(db.session, vault(), brand, rows, by=ReceivedVia.PULL, feed=feed.source, at=at)
    if unreadable:
        rate_limit.add_to_tally(db.session, CallTally.UNREADABLE_ROW, at, calls=unreadable)
    db.session.commit()
    emit = log.warning if unreadable else log.info
    counts = {"rows": len(listed), "new": applied.new, "unreadable": unreadable}
    emit("feed.pulled", brand=brand.id, brand_code=brand.brand_code, source=feed.source.value, **counts)
    if "pulled_at" in values:
        _end_grants_of_late_refusals(brand, at)


def _follow_cursor(feed: Feed, asked: str | None, content: JsonObject, at: datetime) -> dict[str, Any]:
    """The values of a feed after a page with rows, or one that leads on; the next page is due at once, or after a while
    if none had rows of late. İYS gives a cursor with each, also the last one: without it what comes after these rows
    cannot be asked for. Only the last page ends a pull."""
    after = content.get("after")
    cursor = response_values.read_name(after, LONGEST_CURSOR)
    is_last, is_full = cursor == asked, len(content["list"]) >= iys_protocol.MAX_LIST_SIZE
    later = at + EVERY[feed.source]
    if not cursor or cursor != str(after) or (is_last and is_full):
        return {"attempts": feed.attempts + 1, "code": NO_CURSOR, "due_at": later}
    if is_last:
        return _end_pull(feed, at) | {"due_at": later}
    if not content["list"]:
        later = at + leases.backoff(feed.attempts + 1, *claims.PAUSES)
        return {"attempts": feed.attempts + 1, "code": None, "due_at": later, "cursor": cursor, "cursor_at": at}
    # The next page is due as long as this one was.
    return {"attempts": 0, "code": None, "due_at": feed.due_at, "cursor": cursor, "cursor_at": at}


def _rest_feed(feed: Feed, brand: Brand, cursor: str | None, at: datetime) -> None:
    """Nothing new. İYS gives no cursor then; the old one stays as long as it is within the window."""
    dropped = {} if cursor else {"cursor": None, "cursor_at": None}
    values = _end_pull(feed, at)
    is_released = claims.release(feed, **values, **dropped)
    db.session.commit()
    if is_released and "pulled_at" in values:
        _end_grants_of_late_refusals(brand, at)


def _end_grants_of_late_refusals(brand: Brand, at: datetime) -> None:
    """After a pull's last page: what İYS keeps back of the last hour may still change who said what last. The feed of
    other senders is waited for no longer than a day."""
    pulled = db.session.execute(select(Feed.source, Feed.pulled_at).where(Feed.brand_id == brand.id))
    pulled_at = {source: moment for source, moment in pulled if moment is not None}
    if FeedSource.PEOPLE not in pulled_at:
        return
    others_pulled_at = max(pulled_at.get(FeedSource.PROVIDER, at - A_DAY), at - A_DAY)
    heard_until = min(pulled_at[FeedSource.PEOPLE], others_pulled_at) - iys_protocol.KEPT_BACK
    for recipient_id in ended_grants.find_late_refused(db.session, brand.id, heard_until, at):
        try:
            ended_grants.end_late_refused(db.session, vault(), brand, recipient_id, heard_until, at)
            db.session.commit()
        except CannotOpen:
            db.session.rollback()
            log.exception("late_refusal.failed", recipient=recipient_id)


def _end_pull(feed: Feed, at: datetime) -> dict[str, Any]:
    """The values of a feed after its last page: İYS has told everything until now.

    Not so after a gap longer than its window: only a sweep of all consents finds what changed in it. One is ordered in
    this transaction, and until it has ended `pulled_at` stays at the moment before the gap.
    """
    since = at - iys_protocol.CHANGES_WINDOW
    is_whole = (feed.pulled_at or feed.created_at) >= since
    if is_whole or sweeps.require_sweep(db.session, feed.provider_id, feed.brand_id, since, at):
        return {"attempts": 0, "code": None, "pulled_at": at, "due_at": at + _pause(feed)}
    return {"attempts": 0, "code": iys_protocol.NOT_SWEPT, "due_at": at + EVERY[feed.source]}


def _pause(feed: Feed) -> timedelta:
    """How long a feed rests: twice as long as before this pull, if that brought nothing (no new cursor)."""
    if not feed.due_at or not feed.pulled_at or (feed.cursor_at and feed.cursor_at > feed.pulled_at):
        return EVERY[feed.source]
    return max(EVERY[feed.source], min(2 * (feed.due_at - feed.pulled_at), PUSHED if _is_pushed(feed) else QUIET))


def _is_pushed(feed: Feed) -> bool:
    """Whether İYS pushes what people do on each channel of the brand: it accepted the URLs, and tested them."""
    working = (PushRegistration.tested_at.is_not(None), PushRegistration.removed_at.is_(None))
    mine = (PushRegistration.brand_id == feed.brand_id, PushRegistration.registered_at.is_not(None), *working)
    channels = read_session().scalars(select(PushRegistration.channel).where(*mine))
    return feed.source == FeedSource.PEOPLE and set(channels) == set(Channel)


def _retry_feed(feed: Feed, cursor: str | None, answer: IysAnswer, at: datetime) -> None:
    """Ask again later. A cursor that İYS rejects is dropped, and the window read from its start."""
    action, attempts = answer.action(), feed.attempts + 1
    pause = BLOCKED if action == Action.CONFIG else leases.backoff(attempts, *claims.PAUSES)
    is_rejected = action == Action.FIX or answer.is_refused_without_code
    dropped = {"cursor": None, "cursor_at": None} if is_rejected and cursor else {}
    claims.postpone(feed, at + pause, answer.code, attempts=attempts, **dropped)
    log.warning("feed.failed", brand=feed.brand_id, status=answer.status, code=answer.code)
