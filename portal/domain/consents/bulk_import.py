"""Dry-run and apply a bulk import for one brand: many entries of a provider's file, up to 5,000 in a call.

Nothing here commits. The evidence of each decision is the line it stood in: its batch, and the line's number there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.business_days import holiday_calendar
from portal.core.ids import new_ids
from portal.core.iys_protocol import RecipientType, Source, Status
from portal.core.models import Brand, DecisionOrigin, Lane, Provider
from portal.core.vault import Vault
from portal.domain.consents import annulments, import_plan, import_snapshot, locking, recipients, writer
from portal.domain.consents.deadlines import deadlines_when_told
from portal.domain.consents.import_plan import REFUSALS, SENT, WRITTEN, Effect, Entry, ImportPlan, PlannedDecision
from portal.domain.consents.reassigned_addresses import find_changes_for
from portal.domain.consents.writer import BrandEndpoints, DecisionRows

__all__ = [
    "REFUSALS",
    "WRITTEN",
    "Effect",
    "Entry",
    "ImportRun",
    "PreparedImport",
    "apply_import",
    "dry_run",
    "prepare_import",
]

APART = timedelta(milliseconds=250)  # Refusals that İYS is told one by one leave room for people's own.
CLOSE = timedelta(hours=1)  # A grant whose last minute is so near waits for nobody who might undo it.


@dataclass(frozen=True)
class ImportRun:
    """Whose file is imported, or whose request, and when and how İYS is told of it: the same for all entries of one
    call."""

    batch_id: int | None
    user_id: int | None
    grants_due_at: datetime
    refusals_due_at: datetime
    at: datetime
    origin: DecisionOrigin = DecisionOrigin.IMPORT
    grant_lane: Lane = Lane.BULK


@dataclass
class PreparedImport:
    """A plan with the rows that it comes to: made before anything is locked, written if all stands as it stood."""

    plan: ImportPlan
    endpoints: BrandEndpoints
    recipients: list[writer.Row]
    rows: DecisionRows


def dry_run(session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], at: datetime) -> ImportPlan:
    """What would come of each entry of a file, one after the other. Reads only."""
    return _plan(session, vault, brand, entries, at, DecisionOrigin.IMPORT)[0]


def prepare_import(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], run: ImportRun
) -> PreparedImport:
    """Plan and make all rows, reading only: so whoever writes them holds the locks for a short while."""
    plan, endpoints = _plan(session, vault, brand, entries, run.at, run.origin)
    return _prepared(vault, brand, plan, endpoints, run)


def apply_import(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], run: ImportRun,
    prepared: PreparedImport | None = None,
) -> ImportPlan:  # fmt: skip
    """Lock the keys and write what the entries say; the plan of it says what came of each.

    What was prepared is written as it is, unless something moved since: then it is planned anew, under the locks.
    """
    if prepared and prepared.plan.changes != find_changes_for(session, vault, brand.provider_id, prepared.plan.new):
        prepared = None
    ready = prepared or prepare_import(session, vault, brand, entries, run)
    is_current = recipients.insert_recipients(session, ready.recipients) == len(ready.recipients)
    was = ready.plan.snapshot
    now = import_snapshot.read_snapshot(
        session, vault, brand, was.known, was.mails, run.at, origin=run.origin, locked=True
    )
    if not is_current or now != was:
        plan = import_plan.plan_import(
            session, vault, brand, entries, run.at, is_sent=ready.endpoints.unsent is None, origin=run.origin,
            indexes=ready.plan.indexes, locked=True,
        )  # fmt: skip
        ready = _prepared(vault, brand, plan, ready.endpoints, run)
    _write(session, ready, run.at)
    return ready.plan


def _plan(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], at: datetime, origin: DecisionOrigin
) -> tuple[ImportPlan, BrandEndpoints]:
    holiday_calendar.refresh_corrections(session, at)
    iys_code = session.scalars(select(Provider.iys_code).where(Provider.id == brand.provider_id)).one()
    endpoints = BrandEndpoints.of(iys_code, brand.brand_code)
    is_sent = endpoints.unsent is None
    return import_plan.plan_import(session, vault, brand, entries, at, is_sent=is_sent, origin=origin), endpoints


def _prepared(
    vault: Vault, brand: Brand, plan: ImportPlan, endpoints: BrandEndpoints, run: ImportRun
) -> PreparedImport:
    new = recipients.recipient_rows(vault, brand.provider_id, plan.new, plan.indexes, run.at, plan.changes)
    rows, schedule = DecisionRows(), _Schedule(run)
    submission_ids = new_ids(len(plan.decisions))
    for planned, submission_id in zip(plan.decisions, submission_ids, strict=True):
        entry = planned.entry
        decision = writer.decision_row(
            planned.consent, entry.status, consent_date=planned.consent_date if entry.is_dated else None,
            effective_at=planned.consent_date, recorded_at=run.at, source=entry.source,
            origin=run.origin, user_id=run.user_id, batch_id=run.batch_id, line=entry.line,
            decision_id=planned.decision_id, retailers=entry.retailers,
        )  # fmt: skip
        submission = None
        if planned.effect in SENT:
            deadlines = schedule.deadlines(planned)
            submission = writer.submission_row(
                vault, decision, endpoints, address=entry.address.text, due_at=schedule.due_at(planned, deadlines[1]),
                lane=Lane.REFUSALS if entry.status == Status.REFUSED else run.grant_lane, deadlines=deadlines,
                batch_id=run.batch_id if planned.is_named else None, submission_id=submission_id,
            )  # fmt: skip
        rows.add(decision, submission)
    return PreparedImport(plan, endpoints, new, rows)


class _Schedule:
    """When İYS is told of each decision of one call.

    Refusals of keys that İYS is not known to hold are all due at once: it is asked about them by the thousand.
    """

    def __init__(self, run: ImportRun) -> None:
        self.run = run
        self.one_by_one = 0
        self.known: dict[tuple[RecipientType, Source | None, datetime], tuple[datetime, datetime]] = {}

    def deadlines(self, planned: PlannedDecision) -> tuple[datetime, datetime]:
        key = planned.consent.recipient_type, planned.entry.source, planned.consent_date
        if key not in self.known:
            self.known[key] = deadlines_when_told(*key, self.run.at)
        return self.known[key]

    def due_at(self, planned: PlannedDecision, lenient_deadline: datetime) -> datetime:
        date, run = planned.consent_date, self.run
        if planned.entry.status == Status.GRANTED:
            return max(run.at if lenient_deadline < run.grants_due_at + CLOSE else run.grants_due_at, date)
        due_at = max(run.refusals_due_at, date)  # İYS refuses a date that is still to come.
        if planned.consent.iys_status == Status.GRANTED:
            due_at += self.one_by_one * APART
            self.one_by_one += 1
        return due_at


def _write(session: Session, ready: PreparedImport, at: datetime) -> None:
    consents = ready.plan.consents.values()
    refused = {planned.consent.id for planned in ready.plan.decisions if planned.effect in REFUSALS}
    moved = [consent for consent in consents if consent.has_moved and not consent.is_new]
    locking.lock_submissions_and_consents(session, [consent.id for consent in moved])
    annulments.void_waiting_grants(session, [consent for consent in moved if consent.id in refused], at)
    writer.write_decisions(session, consents, ready.rows)
