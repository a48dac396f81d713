"""Reconcile one day: fetch İYS's file, compare, archive and confirm it, and fetch its time stamp.

What is missing is asked for later. Each run starts from what İYS says now, so that a run may be killed anywhere.
"""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select, update

from portal.core import clock, leases
from portal.core.extensions import db, read_session, vault
from portal.core.models import Brand, Connection, DayState, ReconciledDay
from portal.domain import audit
from portal.services.iys.client import Client
from portal.services.iys.reconciliation import comparison, comparison_results, day_file, day_reports, schedule
from portal.services.iys.reconciliation.day_file import InvalidDayFile
from portal.services.iys.reconciliation.day_reports import DayReport, NotYet, not_yet
from portal.services.iys.reconciliation.schedule import ClaimedDay

log = structlog.get_logger()

FILE_ATTEMPTS = 3  # After so many a file is believed although its hash, or our own rows, contradict it.
FEEDS_WAIT = timedelta(minutes=5)  # Then they are checked again.
TOO_LATE = "H502"  # İYS's code for a day outside its schedule.


def reconcile_next_day(client: Client) -> bool:
    """Reconcile one due day, or add the days of a night; False if there is nothing to do. Commits."""
    at = clock.now()
    day_id = schedule.next_due_day(read_session(), at)
    if day_id is not None:
        reconcile_day(client, day_id)
        return True
    brands = schedule.brands_without_yesterday(read_session(), at)
    if brands:
        schedule.add_days(db.session, brands, at)
        db.session.commit()
    return bool(brands)


def reconcile_day(client: Client, day_id: int, *, waits_for_feeds: bool = True) -> bool:
    """Reconcile a day now; False where another process holds it. Commits."""
    claimed = schedule.claim_day(db.session, clock.now(), day_id)
    db.session.commit()
    if claimed is not None:
        _reconcile(client, claimed, waits_for_feeds=waits_for_feeds)
    return claimed is not None


def find_or_add_day(brand_code: int, day: date) -> int | None:
    """The id of a brand's day, added if missing; None where the brand was not connected on that day. Commits."""
    _, end = schedule.day_bounds(day)
    connected = select(Brand).join(Connection, Connection.provider_id == Brand.provider_id)
    on_that_day = (Connection.created_at < end, Connection.forwarding_enabled_at.is_not(None))
    brand = db.session.scalar(connected.where(Brand.brand_code == brand_code, *on_that_day))
    day_id = schedule.add_day(db.session, brand, day, clock.now()) if brand else None
    db.session.commit()
    return day_id


def _reconcile(client: Client, claimed: ClaimedDay, *, waits_for_feeds: bool) -> None:
    """Do what can be done for a claimed day now, and release it. Commits; no transaction may be open."""
    try:
        if not schedule.is_open(claimed.day, clock.now()):
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
    is_last_day = schedule.days_left(claimed.day, clock.now()) <= 1
    if waits_for_feeds and not is_last_day and schedule.are_feeds_behind(read_session(), claimed):
        raise NotYet(clock.now() + FEEDS_WAIT, "feeds_behind", is_failure=False)
    report = day_reports.fetch_report(client, claimed)
    if report.body is None:
        _reconcile_without_file(claimed, report)
        return
    if not report.hash_agrees and claimed.attempts < FILE_ATTEMPTS:
        raise not_yet(claimed, "hash")
    found = comparison_results.compare_and_record(claimed, report.body, clock.now())
    _archive_file(claimed, report, found.rows, clock.now())
    if found.open:
        _archive_timestamp(client, claimed, DayState.DIFFERENT)
    elif not report.hash_agrees:
        _release_day(claimed, state=DayState.DIFFERENT, due_at=not_yet(claimed, None).until, code="hash")
    else:
        _confirm_day(client, claimed, report)


def _reconcile_without_file(claimed: ClaimedDay, report: DayReport) -> None:
    """İYS has no file: nothing moved, it is not made yet, or what we sent is missing."""
    expected = next(comparison.transaction_ids_of_day(read_session(), claimed), None)
    if (expected or report.counted) and claimed.attempts < FILE_ATTEMPTS:
        raise not_yet(claimed, "no_file")
    found = comparison_results.compare_and_record(claimed, b"", clock.now())
    state = DayState.DIFFERENT if found.open else DayState.EMPTY
    _release_day(claimed, state=state, due_at=None, code=None, rows=0, summary=report.summary, compared_at=clock.now())


def _archive_file(claimed: ClaimedDay, report: DayReport, rows: int, at: datetime) -> None:
    """Archive the file before anything is confirmed. Commits."""
    assert report.body is not None
    sealed = day_file.seal_file(vault(), report.body, claimed.provider_id, claimed.id)
    values = {
        "summary": report.summary, "rows": rows, "file": sealed, "file_hash": hashlib.sha384(report.body).hexdigest(),
        "iys_hash": (report.iys_hash or "")[:96], "compared_at": at,
    }  # fmt: skip
    db.session.execute(update(ReconciledDay).where(ReconciledDay.id == claimed.id).values(values))
    db.session.commit()


def _confirm_day(client: Client, claimed: ClaimedDay, report: DayReport) -> None:
    """Nothing differs: confirm the day at İYS, unless it is confirmed already."""
    if not report.is_confirmed:
        day_reports.confirm_day(client, claimed)
    at = clock.now()
    db.session.execute(update(ReconciledDay).where(ReconciledDay.id == claimed.id).values(agreed_at=at))
    audit.note(
        db.session, "day.agreed", "reconciled_day", claimed.id, provider_id=claimed.provider_id, at=at,
        facts={"hash": report.iys_hash},
    )  # fmt: skip
    leases.write(db.session, ReconciledDay, [claimed], state=DayState.AGREED)
    db.session.commit()
    log.info("day.agreed", day=claimed.id)
    _archive_timestamp(client, claimed, DayState.AGREED)


def _archive_timestamp(client: Client, claimed: ClaimedDay, state: DayState) -> None:
    """Archive İYS's time stamp, whether or not the two sides agree: it is available for seven days only."""
    leases.write(db.session, ReconciledDay, [claimed], state=state)
    db.session.commit()
    has_it = select(ReconciledDay.timestamp.is_not(None)).where(ReconciledDay.id == claimed.id)
    values: dict[str, object] = {}
    if not read_session().scalar(has_it):
        values = {"timestamp": day_reports.fetch_timestamp(client, claimed), "archived_at": clock.now()}
    _release_day(claimed, state=state, due_at=None, code=None, **values)


def _close_day(claimed: ClaimedDay) -> None:
    """The day left İYS's window: what was not fetched is missed, what was not confirmed stays as it is."""
    state = DayState.MISSED if claimed.state == DayState.WAITING else claimed.state
    kept = claimed.state in (DayState.AGREED, DayState.EMPTY)
    _release_day(claimed, state=state, due_at=None, code=None if kept else TOO_LATE)


def _release_day(claimed: ClaimedDay, **values: Any) -> None:
    """Commits. A release without a code resets the attempts."""
    if values["code"] is None:
        values["attempts"] = 0
    leases.release(db.session, ReconciledDay, [claimed], **values)
    db.session.commit()
    log.info("day.looked_at", day=claimed.id, code=values["code"])
