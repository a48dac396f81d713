"""One day from İYS's file to our agreement: fetched, compared, archived, confirmed, time-stamped.

Whatever is missing is asked for later; each run begins with what İYS says now, so that a run may end anywhere.
"""

import hashlib
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from portal.core import clock, leases
from portal.core.extensions import db, read_session, vault
from portal.core.models import DayState, ReconciledDay
from portal.domain import audit
from portal.services.iys.client import Client
from portal.services.iys.reconciliation import archive, comparison_results, day_reports, own_movements, window
from portal.services.iys.reconciliation.day_file import InvalidDayFile
from portal.services.iys.reconciliation.day_reports import DayReport, NotYet, not_yet
from portal.services.iys.reconciliation.schedule import ClaimedDay, are_feeds_behind

log = structlog.get_logger()

FILE_ATTEMPTS = 3  # Times that a file is fetched again before it is believed against its hash, or against our own rows.
FEEDS_WAIT = timedelta(minutes=5)  # Until they are looked at again.
TOO_LATE = "H502"  # İYS's code for a day outside its window.


def reconcile(client: Client, claimed: ClaimedDay, *, waits_for_feeds: bool = True) -> None:
    """Do what can be done for a day now, and write down when to look again. Commits; no transaction may be open."""
    try:
        if not window.is_open(claimed.day, clock.now()):
            _close_day(claimed)
        elif claimed.state == DayState.AGREED:
            _archive_timestamp(client, claimed, DayState.AGREED)
        else:
            _fetch_and_compare(client, claimed, waits_for_feeds)
    except NotYet as later:
        db.session.rollback()
        _release_day(claimed, due_at=later.until, code=later.code, attempts=claimed.attempts - (not later.is_failure))
    except InvalidDayFile:
        db.session.rollback()
        _release_day(claimed, due_at=not_yet(claimed, None).until, code="not_a_file")


def _fetch_and_compare(client: Client, claimed: ClaimedDay, waits_for_feeds: bool) -> None:
    is_last_day = window.days_left(claimed.day, clock.now()) <= 1
    if waits_for_feeds and not is_last_day and are_feeds_behind(read_session(), claimed):
        raise NotYet(clock.now() + FEEDS_WAIT, "feeds_behind", is_failure=False)
    told = day_reports.fetch_report(client, claimed)
    if told.body is None:
        _reconcile_without_file(claimed, told)
        return
    if not told.hash_agrees and claimed.attempts < FILE_ATTEMPTS:
        raise not_yet(claimed, "hash")
    found = comparison_results.compare_and_record(claimed, told.body, clock.now())
    _archive_file(claimed, told, found.rows, clock.now())
    if found.open:
        _archive_timestamp(client, claimed, DayState.DIFFERENT)
    elif not told.hash_agrees:
        _release_day(claimed, state=DayState.DIFFERENT, due_at=not_yet(claimed, None).until, code="hash")
    else:
        _confirm_day(client, claimed, told)


def _reconcile_without_file(claimed: ClaimedDay, told: DayReport) -> None:
    """İYS has no file: nothing moved, or it is not made yet, or what we sent is not there."""
    expects = next(
        own_movements.transaction_ids_of_day(read_session(), claimed.provider_id, claimed.side.brand_id, claimed.day),
        None,
    )
    if (expects or told.counted) and claimed.attempts < FILE_ATTEMPTS:
        raise not_yet(claimed, "no_file")
    found = comparison_results.compare_and_record(claimed, b"", clock.now())
    state = DayState.DIFFERENT if found.open else DayState.EMPTY
    _release_day(claimed, state=state, due_at=None, code=None, rows=0, summary=told.summary, compared_at=clock.now())


def _archive_file(claimed: ClaimedDay, told: DayReport, rows: int, at: datetime) -> None:
    """Archive the file before anything is confirmed. Commits."""
    sealed = archive.seal_file(vault(), told.body, claimed.provider_id, claimed.id)
    mine = update(ReconciledDay).where(ReconciledDay.id == claimed.id)
    digest = hashlib.sha384(told.body).hexdigest()
    db.session.execute(
        mine.values(
            summary=told.summary, rows=rows, file=sealed, file_hash=digest, iys_hash=told.iys_hash[:96], compared_at=at
        )
    )
    db.session.commit()


def _confirm_day(client: Client, claimed: ClaimedDay, told: DayReport) -> None:
    """Nobody has to look any more: agree at İYS, unless it already has our word."""
    if not told.is_confirmed:
        day_reports.confirm_day(client, claimed)
    at = clock.now()
    db.session.execute(update(ReconciledDay).where(ReconciledDay.id == claimed.id).values(agreed_at=at))
    audit.note(
        db.session, "day.agreed", "reconciled_day", claimed.id, provider_id=claimed.provider_id, at=at,
        facts={"hash": told.iys_hash},
    )  # fmt: skip
    _write_day(claimed, state=DayState.AGREED)
    db.session.commit()
    log.info("day.agreed", day=claimed.id)
    _archive_timestamp(client, claimed, DayState.AGREED)


def _archive_timestamp(client: Client, claimed: ClaimedDay, state: DayState) -> None:
    """Keep İYS's time stamp beside the file, whether or not the two sides agree: it is given for seven days only."""
    _write_day(claimed, state=state)
    db.session.commit()
    has_it = select(ReconciledDay.timestamp.is_not(None)).where(ReconciledDay.id == claimed.id)
    values = {}
    if not read_session().scalar(has_it):
        values = {"timestamp": day_reports.fetch_timestamp(client, claimed), "archived_at": clock.now()}
    _release_day(claimed, state=state, due_at=None, code=None, **values)


def _close_day(claimed: ClaimedDay) -> None:
    """İYS tells no more of that day: what was not fetched is missed, what was not confirmed stays as it is."""
    state = DayState.MISSED if claimed.state == DayState.WAITING else claimed.state
    kept = claimed.state in (DayState.AGREED, DayState.EMPTY)
    _release_day(claimed, state=state, due_at=None, code=None if kept else TOO_LATE)


def _release_day(claimed: ClaimedDay, **values) -> None:
    """Let the day go. Commits."""
    if values["code"] is None:
        values["attempts"] = 0  # Patience begins anew.
    _write_day(claimed, lease_until=None, **values)
    db.session.commit()
    log.info("day.looked_at", day=claimed.id, code=values["code"])


def _write_day(claimed: ClaimedDay, **values) -> None:
    """Write to the day, as long as it is ours."""
    leases.write(db.session, ReconciledDay, [claimed], **values)
