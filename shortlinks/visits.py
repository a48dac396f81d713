"""Visits: openings of a link, written down in bulk away from the request that saw them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, String, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shortlinks.base import Base, BigId


class VisitKind(StrEnum):
    """What an opening looked like. A person is never told from a machine here: only a posted form does that."""

    SCANNER = "scanner"
    PREVIEW = "preview"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening that is not written down yet; kind and network as classify tells them, at is aware."""

    link_id: int
    at: datetime
    kind: VisitKind
    network: str


class Visit(Base):
    """One opening of a link. No foreign key: a batch of openings must not fail over one link that is gone."""

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
    network: Mapped[str] = mapped_column(String(43))  # "203.0.113.0/24", "2001:db8:1::/48", or "" when not known.


def record(session: Session, openings: Iterable[Opening]) -> None:
    """Write openings down. The caller commits."""
    rows = [asdict(opening) for opening in openings]
    if rows:
        session.execute(insert(Visit.__table__), rows)
