"""How many rows a provider has: kept by triggers as rows are written, since counting millions takes seconds.

On PostgreSQL a trigger adds what changed as a row of its own, so that no two writers wait for each other, and the
worker folds these into the totals each minute; SQLite, which has one writer at a time, adds to the total itself.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Identity, Index, String, func, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.core.models.base import Base, BigId


class Tallied(StrEnum):
    """What is counted, and by which words of a bucket. Days are Istanbul's."""

    RECIPIENTS = "recipient"  # Day of creation.
    CONSENTS = "consent"  # Brand, channel, recipient type, status. Those with a status.
    SUBMISSIONS = "submission"  # Outcome, "iys" or "sandbox". Those that ended and that nobody closed.
    DECISIONS = "decision"  # Day, brand, status. Those that are not void.


DAYS = {"sqlite": "date({}, '+3 hours')", "postgresql": "to_char({} + interval '3 hours', 'YYYY-MM-DD')"}


@dataclass(frozen=True)
class Tally:
    """How rows of a table are counted: {row} stands before a column, {created}, {recorded} and {decided} are days.
    Triggers of a migration do so."""

    table: str
    subject: Tallied
    bucket: str
    condition: str = "TRUE"
    columns: str = ""  # With which a row's bucket may change.
    sign: int = 1
    is_late: bool = False  # Hardly any row is counted as soon as it is inserted.

    def select_rows(self, dialect: str) -> str:
        """How many rows a bucket has."""
        days = {name: DAYS[dialect].format(f"r.{name}_at") for name in ("created", "recorded")}
        days["decided"] = DAYS[dialect].format("decision.recorded_at")
        return (
            f"SELECT '{self.subject}', r.provider_id, {self.bucket.format(row='r.', **days)}, "  # nosec B608
            f"{self.sign} * count(*) FROM {self.table} AS r WHERE {self.condition.format(row='r.')} GROUP BY 2, 3"
        )


# Whoever counts something else adds a migration with the same words, as migrations/row_tallies.py has them.
TALLIES = (
    Tally("recipient", Tallied.RECIPIENTS, "{created}", columns="provider_id created_at"),
    Tally(
        "consent", Tallied.CONSENTS,
        "{row}brand_id || ' ' || {row}channel || ' ' || {row}recipient_type || ' ' || {row}status",
        "{row}status IS NOT NULL", "provider_id brand_id channel recipient_type status",
    ),
    Tally(
        "submission", Tallied.SUBMISSIONS,
        "{row}outcome || CASE WHEN {row}endpoint LIKE '%/sps/99_______/%' THEN ' sandbox' ELSE ' iys' END",
        "{row}closed_at IS NULL AND {row}outcome NOT IN ('waiting', 'sent', 'blocked')",
        "provider_id endpoint outcome closed_at", is_late=True,
    ),
    Tally("decision", Tallied.DECISIONS, "{recorded} || ' ' || {row}brand_id || ' ' || {row}status"),
    Tally(
        "annulment", Tallied.DECISIONS,
        "(SELECT {decided} || ' ' || brand_id || ' ' || status FROM decision WHERE id = {row}decision_id)", sign=-1,
    ),
)  # fmt: skip
TALLY_TRIGGERS = frozenset(
    f"{tally.table}_tally{act}" for tally in TALLIES for act in ("", "_delete", "_update")[: 3 if tally.columns else 2]
)


class RowTally(Base):
    """The number of rows in a bucket, without what RowTallyChange adds to it."""

    __table_args__ = ({"sqlite_with_rowid": False},)  # Otherwise SQLite keeps the key twice.

    subject: Mapped[str] = mapped_column(String(12), primary_key=True)  # Tallied
    provider_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    bucket: Mapped[str] = mapped_column(String(60), primary_key=True)  # Words with spaces between them.
    total: Mapped[int]


class RowTallyChange(Base):
    """What one statement changed, until it is folded into the total. PostgreSQL only."""

    # Pages are as fast while nobody folds.
    __table_args__ = (Index("ix_row_tally_change_firm", "provider_id", "subject"),)

    id: Mapped[int] = mapped_column(BigId, Identity(), primary_key=True)
    subject: Mapped[str] = mapped_column(String(12))
    provider_id: Mapped[int]
    bucket: Mapped[str] = mapped_column(String(60))
    change: Mapped[int]


def count_rows(
    session: Session, subject: Tallied, provider_id: int, since: date | None = None
) -> Counter[tuple[str, ...]]:
    """A provider's rows by the words of their bucket; from a day on, where buckets begin with days."""
    parts = [
        select(model.bucket, number.label("rows")).where(
            model.subject == subject,
            model.provider_id == provider_id,
            model.bucket >= (since.isoformat() if since else ""),
        )
        for model, number in ((RowTally, RowTally.total), (RowTallyChange, RowTallyChange.change))
    ]
    both = union_all(*parts).subquery()
    found = session.execute(select(both.c.bucket, func.sum(both.c.rows)).group_by(both.c.bucket))
    return Counter({tuple(bucket.split()): int(rows) for bucket, rows in found})
