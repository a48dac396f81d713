"""Write into a restored database what the journals hold and it lacks; an interrupted run is simply begun again.

Nothing is told twice: what İYS may have taken is sent byte for byte again, or asked for, as after a lost answer.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, groupby
from pathlib import Path

from sqlalchemy.orm import InstrumentedAttribute

from portal.core import clock, journal, sealed_records
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Status
from portal.core.journal import Record, Row
from portal.core.models import Annulment, Brand, Leaf, Receipt
from portal.domain.consents import annulments, recipients, restoration

BATCH_SIZE = 1_000  # In one transaction.
KNOWN_BY: dict[str, tuple[InstrumentedAttribute[int], str]] = {  # And a row's name for that.
    "decision": (Leaf.decision_id, "id"),  # Which stays where a decision is deleted: that comes back no more.
    "receipt": (Receipt.id, "id"),
    "annulment": (Annulment.decision_id, "decision_id"),
}


@dataclass
class Replay:
    """What the journals hold, what was missing, and what is missing still; by table."""

    held: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    refusals: int = 0  # Among the decisions that were missing.
    files: int = 0
    torn: list[str] = field(default_factory=list)  # Ends that a crash or a full disk cut off.
    damaged: list[str] = field(default_factory=list)


def replay(folders: Collection[Path], since: date | None = None, *, is_dry_run: bool = False) -> Replay:
    """Bring the journals of these folders into the database, those of days before `since` left out. Commits by and by.
    Raises KeyMissing, and OSError for a folder that is not there."""
    run = Replay()
    files = [each for each in journal.list_files(folders) if since is None or each[0] >= since]
    run.files = len(files)
    annulled = _read_annulments([path for _, path in files])
    for facts in recipients.chunks(list(annulled.values()), BATCH_SIZE):
        if _count(run, "annulment", facts) and not is_dry_run:
            by_id = {each["decision_id"]: each for each in facts}
            annulments.restore_annulments(db.session, vault(), by_id, clock.now())
            _commit()
    for _, of_day in groupby(files, key=lambda each: each[0]):
        _replay_day(run, [path for _, path in of_day], annulled, is_dry_run=is_dry_run)
    if not is_dry_run:
        restoration.note_possibly_sent(db.session, clock.now())
        _commit()
    for facts in recipients.chunks(list(annulled.values()), BATCH_SIZE):
        run.left["annulment"] += len(_missing("annulment", facts))
    return run


def _read_annulments(files: Iterable[Path]) -> dict[int, Row]:
    """By decision, but for deleted ones."""
    records = (record for path in files for record in _records(Replay(), path, ("annulment",)))
    found = {row["decision_id"]: row for record in records for row in record.get("annulment", ())}
    for part in recipients.chunks(list(found), BATCH_SIZE):
        for each in restoration.find_deleted(db.session, part):
            del found[each]
    return found


def _records(run: Replay, path: Path, tables: Collection[str] = tuple(journal.TABLES)) -> Iterator[Record]:
    def note(problem: Exception) -> None:
        told = run.torn if isinstance(problem, sealed_records.TruncatedRecord) else run.damaged
        told.append(str(problem))

    return journal.read_file(path, vault(), tables, on_problem=note)


def _replay_day(run: Replay, files: Iterable[Path], annulled: dict[int, Row], *, is_dry_run: bool) -> None:
    """Decisions of all processes in the order in which they were made, brand by brand, and then receipts."""
    rows: Record = defaultdict(list)
    for record in chain.from_iterable(_records(run, path) for path in files):
        for table, its in record.items():
            rows[table] += its
    for table, its in rows.items():
        rows[table] = _once(table, its)
    submissions = {each["decision_id"]: each for each in rows["submission"]}
    by_brand: dict[int, list[Row]] = defaultdict(list)
    for decision in sorted(rows["decision"], key=lambda each: (each["recorded_at"], each["id"])):
        by_brand[decision["brand_id"]].append(decision)
    for brand_id, decisions in by_brand.items():
        brand = db.session.get(Brand, brand_id)  # None: made after the backup, so it must be opened again.
        for part in recipients.chunks(decisions, BATCH_SIZE):
            if _count(run, "decision", part) and brand is not None and not is_dry_run:
                restoration.restore_decisions(db.session, vault(), brand, part, submissions, annulled, clock.now())
                _commit()
            run.left["decision"] += len(_missing("decision", part))
    _replay_receipts(run, rows, is_dry_run=is_dry_run)


def _once(table: str, rows: list[Row]) -> list[Row]:
    """The first one of each: what a journal lacked is appended again together with what it had."""
    key = [column.name for column in journal.TABLES[table].__table__.primary_key]
    return list({tuple(row[name] for name in key): row for row in reversed(rows)}.values())


def _replay_receipts(run: Replay, rows: Record, *, is_dry_run: bool) -> None:
    lines: dict[int, list[int]] = defaultdict(list)
    for line in rows["receipt_decision"]:
        lines[line["receipt_id"]].append(line["decision_id"])
    for part in recipients.chunks(rows["receipt"], BATCH_SIZE):
        deleted = restoration.find_deleted(db.session, (its for each in part for its in lines[each["id"]]))
        kept = [each for each in part if not lines[each["id"]] or not deleted.issuperset(lines[each["id"]])]
        if _count(run, "receipt", kept) and not is_dry_run:
            restoration.restore_receipts(db.session, kept, lines)
            _commit()
        run.left["receipt"] += len(_missing("receipt", kept))


def _count(run: Replay, table: str, rows: Collection[Row]) -> bool:
    """Count what is held and what is missing of it; whether anything is."""
    missing = _missing(table, rows)
    run.held[table] += len(rows)
    run.missing[table] += len(missing)
    if table == "decision":
        run.refusals += sum(each["id"] in missing and each["status"] == Status.REFUSED for each in rows)
    return bool(missing)


def _missing(table: str, rows: Iterable[Row]) -> set[int]:
    column, name = KNOWN_BY[table]
    return restoration.find_missing(db.session, column, (each[name] for each in rows))


def _commit() -> None:
    journal.take_noted(db.session)  # It came from there.
    db.session.commit()
