"""Visits of links, recorded in bulk outside the requests."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shortlinks.base import Base, BigId


class VisitKind(StrEnum):
    """What a visit looked like. Only a posted form can tell a person from a machine."""

    SCANNER = "scanner"
    PREVIEW = "preview"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opening:
    """A visit that is not recorded yet; kind and network are those of classify."""

    link_id: int
    at: datetime
    kind: VisitKind
    network: str


class Visit(Base):
    """A visit of a link. No foreign key: a batch must not fail because of one deleted link."""

    __tablename__ = "visit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    link_id: Mapped[int] = mapped_column(BigId, index=True)
    at: Mapped[datetime]
    kind: Mapped[VisitKind] = mapped_column(
        Enum(
            VisitKind, native_enum=False, length=20, values_callable=lambda kinds: [kind.value for kind in kinds],
            create_constraint=True, name="kind",
        )
    )  # fmt: skip
    network: Mapped[str] = mapped_column(String(43))  # "203.0.113.0/24", "2001:db8:1::/48", or "" if unknown.


def record(session: Session, openings: Iterable[Opening]) -> None:
    """Insert visits. The caller commits."""
    rows = [asdict(opening) for opening in openings]
    if rows:
        session.execute(insert(Visit.__table__), rows)
