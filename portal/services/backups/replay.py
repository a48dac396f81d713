"""Write into a restored database what the journals hold and it lacks; an interrupted run is simply begun again.

Nothing is told twice: what İYS may have taken is sent byte for byte again, or asked for, as after a lost answer.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from portal.core import clock, gap_files, journal, sealed_records
from portal.core.extensions import db, vault
from portal.core.gap_files import Gap
from portal.core.models import Annulment, Brand, ClosedLine, DecisionOrigin, GatewayEvent, Leaf, Receipt
from portal.domain.consents import annulments, restoration
from portal.services.backups import restored_links, restored_news
from portal.services.backups.journal_index import JournalIndex

BATCH_SIZE = 1_000  # In one transaction.


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
    gaps: list[Gap] = field(default_factory=list)  # What was decided then may be in the lost database only.

    def count(self, table: str, held: int, missing: int, written: int) -> None:
        self.held[table] += held
        self.missing[table] += missing
        self.left[table] += missing - written


def replay(
    folders: Collection[Path], since: date | None = None, *, begun_at: datetime | None = None, is_dry_run: bool = False
) -> Replay:
    """Bring the journals of these folders into the database, those of days before `since` left out. `begun_at`: all
    that was committed before is in the backup. Commits by and by. Raises KeyMissing, and OSError for a folder that is
    not there."""
    run = Replay()

    def note(problem: Exception) -> None:
        told = run.torn if isinstance(problem, sealed_records.TruncatedRecord) else run.damaged
        told.append(str(problem))

    files = [path for day, path in journal.list_files(folders) if since is None or day >= since]
    run.files = len(files)
    with closing(JournalIndex(vault(), files, note)) as index:
        for gap in gap_files.list_gaps(folders):
            is_in_backup = begun_at is not None and gap.until <= begun_at
            is_closed = any(first <= gap.since and gap.until <= last for first, last in index.closed)
            if not (is_in_backup or is_closed) and (since is None or clock.day(gap.until) >= since):
                run.gaps.append(gap)
        if not is_dry_run:
            restored_links.reserve_ids(db.session, index.last_link_id)
            _commit()
        _replay_annulments(run, index, is_dry_run=is_dry_run)
        _replay_decisions(run, index, is_dry_run=is_dry_run)
        _replay_refusing_links(run, index, is_dry_run=is_dry_run)  # Before receipts, which name links.
        _replay_closed_lines(run, index, is_dry_run=is_dry_run)
        _replay_receipts(run, index, is_dry_run=is_dry_run)
        _replay_news(run, index, is_dry_run=is_dry_run)
        if not is_dry_run:
            restoration.note_possibly_sent(db.session, clock.now())
            _commit()
            run.left["annulment"] = sum(len(_missing_annulments(each)) for each in index.annulments(BATCH_SIZE))
    return run


def _replay_annulments(run: Replay, index: JournalIndex, *, is_dry_run: bool) -> None:
    """Of decisions that the backup holds; those of others come with their decisions."""
    for facts in index.annulments(BATCH_SIZE):
        missing = _missing_annulments(facts)
        run.count("annulment", len(facts), len(missing), len(missing))
        if missing and not is_dry_run:
            its = {each: facts[each] for each in missing}
            annulments.restore_annulments(db.session, vault(), its, clock.now())
            _commit()


def _missing_annulments(facts: Collection[int]) -> set[int]:
    """Those of these decisions that are to be void and are not, but for deleted ones."""
    missing = restoration.find_missing(db.session, Annulment.decision_id, facts)
    return missing - restoration.find_deleted(db.session, missing)


def _replay_decisions(run: Replay, index: JournalIndex, *, is_dry_run: bool) -> None:
    for brand_id, part in index.decisions(BATCH_SIZE):
        # A leaf stays where its decision is deleted: that comes back no more.
        missing = restoration.find_missing(db.session, Leaf.decision_id, (each.id for each in part))
        brand = db.session.get(Brand, brand_id)  # None: made after the backup, so it must be opened again.
        written = 0
        if missing and brand is not None and not is_dry_run:
            rows = index.open_rows((each for each in part if each.id in missing), "decision", "submission")
            by_id = {each["id"]: each for each in rows["decision"]}
            decisions = [by_id[each.id] for each in part if each.id in missing]
            submissions = {each["decision_id"]: each for each in rows["submission"]}
            annulled = index.find_annulments(missing)
            written = restoration.restore_decisions(
                db.session, vault(), brand, decisions, submissions, annulled, clock.now()
            )
            _commit()
        run.count("decision", len(part), len(missing), written)
        run.refusals += sum(each.is_refusal for each in part if each.id in missing)


def _replay_closed_lines(run: Replay, index: JournalIndex, *, is_dry_run: bool) -> None:
    """After all decisions: a closed line ends the grants of every firm."""
    for part in index.closed_lines(BATCH_SIZE):
        missing = restoration.find_missing(db.session, ClosedLine.id, (each.id for each in part))
        left = missing
        if not is_dry_run:
            ids = {each.id for each in part}
            lines = [each for each in index.open_rows(part, "closed_line")["closed_line"] if each["id"] in ids]
            left = restoration.restore_closed_lines(db.session, vault(), lines, missing, clock.now())
            _commit()
        run.count("closed_line", len(part), len(missing | left), len(missing - left))


def _replay_receipts(run: Replay, index: JournalIndex, *, is_dry_run: bool) -> None:
    for part in index.receipts(BATCH_SIZE):
        missing = restoration.find_missing(db.session, Receipt.id, (each.id for each in part))
        rows = index.open_rows((each for each in part if each.id in missing), "receipt", "receipt_decision")
        lines: dict[int, list[int]] = defaultdict(list)
        for line in rows["receipt_decision"]:
            lines[line["receipt_id"]].append(line["decision_id"])
        deleted = restoration.find_deleted(db.session, (its for each in missing for its in lines[each]))
        gone = {each for each in missing if lines[each] and deleted.issuperset(lines[each])}
        receipts = [each for each in rows["receipt"] if each["id"] in missing - gone]
        written = 0
        if receipts and not is_dry_run:
            written = restoration.restore_receipts(db.session, receipts, lines)
            for each in receipts:
                if each["origin"] == DecisionOrigin.NOT_MINE:
                    said = index.open_rows(index.find_decisions(lines[each["id"]]), "submission")["submission"]
                    theirs = [row for row in said if row["decision_id"] in lines[each["id"]]]
                    restoration.restore_change_of_hands(db.session, vault(), each, theirs)
            _commit()
        run.count("receipt", len(part) - len(gone), len(receipts), written)


def _replay_news(run: Replay, index: JournalIndex, *, is_dry_run: bool) -> None:
    for rows in index.news(BATCH_SIZE):
        missing = restoration.find_missing(db.session, GatewayEvent.id, (row["id"] for row in rows))
        lost = len(missing)
        if not is_dry_run:
            lost = restored_news.restore_news(db.session, rows, clock.now())
            _commit()
        run.count("gateway_event", len(rows), len(missing), len(missing) - lost)
    if not is_dry_run:
        restored_news.leave_grants_to_people(db.session)
        _commit()


def _replay_refusing_links(run: Replay, index: JournalIndex, *, is_dry_run: bool) -> None:
    for part in index.refusing_links(BATCH_SIZE):
        missing = restored_links.find_missing_links(db.session, [(each.id, each.nonce) for each in part])
        written = 0
        if missing and not is_dry_run:
            places = (each for each in part if (each.id, each.nonce) in missing)
            rows = index.open_rows(places, "refusing_link")["refusing_link"]
            links = [each for each in rows if (each["id"], each["nonce"]) in missing]
            written = restored_links.restore_links(db.session, vault(), links, clock.now())
            _commit()
        run.count("refusing_link", len(part), len(missing), written)


def _commit() -> None:
    journal.take_noted(db.session)  # It came from there.
    db.session.commit()
