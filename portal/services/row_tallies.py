"""Keep counts of rows: fold what PostgreSQL's triggers added into totals, and set right what differs from the rows."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Row, text
from sqlalchemy.orm import Session

from portal.core.extensions import db
from portal.migrations import row_tallies

CHUNK = 20_000  # Changes folded in one transaction.
FOLD = text(
    "WITH folded AS (DELETE FROM row_tally_change WHERE id IN "  # nosec B608
    "(SELECT id FROM row_tally_change ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED) "
    f"RETURNING {row_tallies.KEY}, change), "
    f"totals AS (INSERT INTO row_tally ({row_tallies.KEY}, total) "
    f"SELECT {row_tallies.KEY}, sum(change) FROM folded GROUP BY {row_tallies.KEY} ORDER BY {row_tallies.KEY} "
    f"{row_tallies.TO_TOTALS}) SELECT count(*) FROM folded"
)  # fmt: skip


def fold_changes() -> None:
    """Add changes to the totals, in the order of keys, as `correct` does; who folds beside us gets others."""
    if db.session.get_bind().dialect.name == "sqlite":
        return
    folded = CHUNK
    while folded == CHUNK:
        folded = db.session.execute(FOLD, {"most": CHUNK}).scalar_one()
        db.session.commit()


def find_differences(session: Session) -> Sequence[Row[Any]]:
    """(subject, provider_id, bucket, how many rows more there are than counted). Reads every row."""
    return session.execute(text(row_tallies.select_differences(session.get_bind().dialect.name))).all()


def correct() -> int:
    """Set counts right, beside writers too; returns how many were wrong. One at a time, or both would add the same."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE row_tally IN SHARE ROW EXCLUSIVE MODE"))
    corrected = cast(
        "CursorResult[Any]", db.session.execute(text(row_tallies.correct(db.session.get_bind().dialect.name)))
    )
    db.session.commit()
    return corrected.rowcount
