"""The counter from which each process claims its node number for row ids (ids.py)."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base


class NodeCounter(Base):
    __tablename__ = "node_counter"

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    next: Mapped[int]
