"""Programs that run, and the keys that they seal with."""

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base


class Process(Base):
    """A program that has written. Its node number, of row ids, is its own until `leased_until` (core/ids.py); programs
    that run on their own tell every few seconds that they do (`seen_at`, services/readiness/heartbeats.py)."""

    node: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    host: Mapped[str] = mapped_column(String(60))
    pid: Mapped[int] = mapped_column(Integer)
    leased_until: Mapped[datetime]
    seen_at: Mapped[datetime]
    # Key generations that it knows, each with the beginning of its check value: "2:8f0c31aa,1:5be1…", the first seals.
    generations: Mapped[str | None] = mapped_column(String(40))
    # How X-Forwarded-For contradicts PROXY_HOPS, if it does (services/readiness/forwarded_headers.py).
    proxies: Mapped[str | None] = mapped_column(String(10))


class KeyGeneration(Base):
    """A key generation with which something is sealed, and by which value its key is known again."""

    generation: Mapped[int] = mapped_column(primary_key=True)
    check_value: Mapped[str] = mapped_column(String(32))


class NotedSetting(Base):
    """A setting that must stay what it was when it was first used, and by which value it is known again."""

    LINK_SALT = "LINK_SALT"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    check_value: Mapped[str] = mapped_column(String(32))
