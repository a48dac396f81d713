"""Files of watched folders that were imported while a program had them open for writing: where each waits under its
hidden name, and how it was read. Each later call for their brand looks at all of them, wherever they are."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select

from portal.cli.import_steps import ImportOptions
from portal.cli.import_summary import Summary
from portal.cli.watched_folder import is_taken, name_of, real_path
from portal.core.database import changed_rows
from portal.core.extensions import db, read_session, vault
from portal.core.ids import new_id
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, WaitingFile
from portal.core.vault import CannotOpen
from portal.services.imports.batch_problems import Confirmation

WAITING = "waiting"  # A file's state: it was brought, but a program has it open for writing still, or wrote into it.
LONGEST_WAIT = timedelta(days=1)
LONGEST_UNREACHED = timedelta(days=7)  # Its folder may be removed for good.


@dataclass(frozen=True)
class Waiting:
    id: int
    since: datetime
    path: Path  # Hidden.
    folder: int  # Its number in its file system: another machine may have one of the same path.
    options: ImportOptions
    settled: timedelta
    move_to: Path

    @property
    def origin(self) -> Path:
        return self.path.with_name(name_of(self.path))

    def has_waited_long(self, at: datetime) -> bool:
        return at - self.since > LONGEST_WAIT

    def is_gone(self) -> bool:
        """Whether somebody took it out of its folder."""
        try:
            is_its = self.path.parent.stat().st_ino == self.folder
            return is_its and self.path not in self.path.parent.iterdir()
        except OSError:
            return False


def list_waiting(brand: Brand) -> list[Waiting]:
    """All but those of which nobody can open where they are (describe_lost)."""
    return [each for row in _rows_of(brand) if (each := _opened(row)) is not None]


def describe_lost(brand: Brand, *, forgets: bool) -> list[Summary]:
    """Of those of which nobody can open where they are, told once: a call for its folder takes each up by its name."""
    lost = [row.id for row in _rows_of(brand) if _opened(row) is None]
    if forgets:
        db.session.execute(delete(WaitingFile).where(WaitingFile.id.in_(lost)))
        db.session.commit()
    summaries = [Summary("", state=WAITING) for _ in lost]
    for each in summaries:
        each.fail("lost", "A file waits, and where it is cannot be opened.", "Call the command for its folder.")
    return summaries


def remember(brand: Brand, path: Path, options: ImportOptions, settled: timedelta, move_to: Path, at: datetime) -> None:
    """Of a file that waits, unless that is known. Commits. Raises OSError."""
    path = real_path(path)
    if any(each.path == path for each in list_waiting(brand)):
        return
    row_id, facts = new_id(), {
        "path": str(path), "folder": path.parent.stat().st_ino, "options": dataclasses.asdict(options),
        "settled": settled.total_seconds(), "move_to": str(move_to.resolve()),
    }  # fmt: skip
    place = vault().seal(json.dumps(facts), WaitingFile.PLACE, brand.provider_id, row_id)
    db.session.add(WaitingFile(id=row_id, provider_id=brand.provider_id, brand_id=brand.id, place=place, created_at=at))
    db.session.commit()


def forget(waiting: Waiting) -> bool:
    """False where another command did. Commits."""
    is_known = changed_rows(db.session, delete(WaitingFile).where(WaitingFile.id == waiting.id)) > 0
    db.session.commit()
    return is_known


def describe_missing(waiting: Waiting, at: datetime) -> Summary | None:
    """Of one that cannot be opened; None while there is nothing to tell. It is forgotten where somebody took it away,
    and where its folder has not been reached for a week."""
    summary = Summary(str(waiting.origin), state=WAITING)
    if waiting.is_gone():
        if is_taken(waiting.origin, waiting.move_to) or not forget(waiting):
            return None
        cure = "Whatever was appended to it is not read: if it is elsewhere, bring it."
        summary.fail("gone", f"It waited as {waiting.path.name}, and was taken away.", cure)
        return summary
    if not waiting.has_waited_long(at):
        return None
    summary.fail("unopened", f"It waits as {waiting.path.name}, and cannot be opened.", "Look at its path.")
    if at - waiting.since > LONGEST_UNREACHED:
        forget(waiting)
    return summary


def tell_long_wait(summary: Summary, waiting: Waiting, at: datetime) -> None:
    """Where it waits for more than a day, and nothing else is told of it."""
    if summary.hidden_as and summary.problem is None and waiting.has_waited_long(at):
        cure = "Look which program it is; what it appends is brought, and the file is moved once it is closed."
        summary.fail(WAITING, "A program has had it open for writing, or changed it, for more than a day.", cure)


def _rows_of(brand: Brand) -> Sequence[WaitingFile]:
    rows = select(WaitingFile).where(WaitingFile.brand_id == brand.id).order_by(WaitingFile.id)
    return read_session().scalars(rows).all()


def _opened(row: WaitingFile) -> Waiting | None:
    try:
        facts = json.loads(vault().read(row.place, WaitingFile.PLACE, row.provider_id, row.id))
    except CannotOpen:
        return None
    return Waiting(
        row.id, row.created_at, real_path(Path(facts["path"])), facts["folder"], _options_of(facts["options"]),
        timedelta(seconds=facts["settled"]), Path(facts["move_to"]),
    )  # fmt: skip


def _options_of(facts: dict[str, Any]) -> ImportOptions:
    """Those that this version knows; what it knows more has its default."""
    known = {each.name: facts[each.name] for each in dataclasses.fields(ImportOptions) if each.name in facts}
    channels, confirms = known["channels"], known.get("confirms", ())
    return ImportOptions(
        **known | {"channels": tuple(map(Channel, channels)), "confirms": tuple(map(Confirmation, confirms))}
    )
