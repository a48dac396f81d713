"""Keep counts of rows: fold what PostgreSQL's triggers added into totals, and set right what differs from the rows."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Row, text
from sqlalchemy.orm import Session

from portal.core.extensions import db
from portal.core.models.row_tally import TALLIES

KEY = "subject, provider_id, bucket"
TO_TOTALS = f"ON CONFLICT ({KEY}) DO UPDATE SET total = row_tally.total + excluded.total"  # nosec B608
CHUNK = 20_000  # Changes folded in one transaction.
FOLD = text(
    "WITH folded AS (DELETE FROM row_tally_change WHERE id IN "  # nosec B608
    "(SELECT id FROM row_tally_change ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED) "
    f"RETURNING {KEY}, change), "
    f"totals AS (INSERT INTO row_tally ({KEY}, total) "
    f"SELECT {KEY}, sum(change) FROM folded GROUP BY {KEY} ORDER BY {KEY} "
    f"{TO_TOTALS}) SELECT count(*) FROM folded"
)  # fmt: skip


def fold_changes() -> None:
    """Add changes to the totals, in the order of keys, as `correct_counts` does; who folds beside us gets others."""
    if db.session.get_bind().dialect.name == "sqlite":
        return
    folded = CHUNK
    while folded == CHUNK:
        folded = db.session.execute(FOLD, {"most": CHUNK}).scalar_one()
        db.session.commit()


def find_differences(session: Session) -> Sequence[Row[Any]]:
    """(subject, provider_id, bucket, how many rows more there are than counted). Reads every row."""
    return session.execute(text(_select_differences(session.get_bind().dialect.name))).all()


def correct_counts() -> int:
    """Set counts right, beside writers too; returns how many were wrong. One at a time, or both would add the same."""
    dialect = db.session.get_bind().dialect.name
    if dialect == "postgresql":
        db.session.execute(text("LOCK TABLE row_tally IN SHARE ROW EXCLUSIVE MODE"))
    found = f"SELECT * FROM ({_select_differences(dialect)}) AS found WHERE TRUE"  # nosec B608
    correct = text(f"INSERT INTO row_tally ({KEY}, total) {found} {TO_TOTALS}")  # nosec B608
    corrected = cast("CursorResult[Any]", db.session.execute(correct))
    db.session.commit()
    return corrected.rowcount


def _select_differences(dialect: str) -> str:
    """One statement sees one moment, so it is right beside writers."""
    kept = [f"SELECT {KEY}, -total FROM row_tally", f"SELECT {KEY}, -change FROM row_tally_change"]  # nosec B608
    found = " UNION ALL ".join([tally.select_rows(dialect) for tally in TALLIES] + kept)
    return (
        f"WITH found ({KEY}, more) AS ({found}) "  # nosec B608
        f"SELECT {KEY}, sum(more) FROM found GROUP BY {KEY} HAVING sum(more) <> 0 ORDER BY {KEY}"
    )
