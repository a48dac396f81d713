"""What İYS tells us: movements, the feeds they are pulled from, and what is pushed to us."""

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel, Status
from portal.core.models.base import Base, PrimaryKey, enum_type, foreign_key


class FeedSource(StrEnum):
    """Whose movements İYS lists (İYS `source` of a pull)."""

    PEOPLE = "IYS"  # What people did at İYS.
    PROVIDER = "HS"  # What was sent for the provider, by us or by another sender.


class ReceivedVia(StrEnum):
    """By which way we heard of a movement first."""

    PULL = "pull"
    PUSH = "push"
    FILE = "file"  # The file of a day.
    SWEEP = "sweep"


class Movement(Base):
    """One movement at İYS, as İYS told it; whoever tells it again adds nothing."""

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("consent_id", "transaction_id", "status"),
        Index("ix_movement_brand_created", "brand_id", "creation_date"),
    )

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    consent_id: Mapped[int] = foreign_key("consent.id", index=False)
    status: Mapped[Status] = mapped_column(enum_type(Status, "status"))
    source: Mapped[str] = mapped_column(String(40))  # As İYS says it: an open set.
    consent_date: Mapped[datetime | None]  # Empty for a merchant's first record without a date.
    creation_date: Mapped[datetime]
    transaction_id: Mapped[str] = mapped_column(String(80), index=True)
    received_at: Mapped[datetime]
    received_via: Mapped[ReceivedVia] = mapped_column(enum_type(ReceivedVia, "received_via"))
    decision_id: Mapped[int | None] = foreign_key(
        "decision.id"
    )  # What it became here, or which decision of ours it is.


class Feed(Base):
    """How far a brand's movements have been pulled; the cursor moves in the transaction that keeps its rows."""

    __tablename__ = "feed"
    __table_args__ = (UniqueConstraint("brand_id", "source"), Index("ix_feed_due", "due_at"))

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    source: Mapped[FeedSource] = mapped_column(enum_type(FeedSource, "source"))
    cursor: Mapped[str | None] = mapped_column(String(255))  # İYS's own, opaque.
    cursor_at: Mapped[datetime | None]  # When İYS gave it; one older than its window is given up.
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # Failed in a row.
    code: Mapped[str | None] = mapped_column(String(20))
    pulled_at: Mapped[datetime | None]  # When İYS last answered.
    created_at: Mapped[datetime]


class PushRegistration(Base):
    """An address of ours that İYS tells movements to, per brand and channel."""

    __tablename__ = "push_registration"

    TOKEN = "push_registration.token"
    PASSWORD = "push_registration.password"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    token_digest: Mapped[bytes] = mapped_column(unique=True)  # SHA-256 of the last part of its address.
    token: Mapped[bytes]  # Sealed.
    username: Mapped[str] = mapped_column(String(40))
    password: Mapped[bytes]  # Sealed.
    registered_at: Mapped[datetime | None]  # When İYS took it.
    tested_at: Mapped[datetime | None]  # When İYS's test came in.
    received_at: Mapped[datetime | None]  # When something last came in.
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Push(Base):
    """One body that İYS posted, kept before it is answered and read afterwards."""

    __tablename__ = "push"
    __table_args__ = (Index("ix_push_due", "due_at"),)

    PLACE = "push.body"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    registration_id: Mapped[int] = foreign_key("push_registration.id")
    body: Mapped[bytes]  # Sealed.
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    taken: Mapped[int] = mapped_column(Integer, default=0)  # Movements that were new.
    unreadable: Mapped[int] = mapped_column(Integer, default=0)  # Rows that said nothing we can use.


def token_digest(token: str) -> bytes:
    """What a registration is found by. The token is random and long: a plain hash tells nothing of it."""
    return hashlib.sha256(token.encode()).digest()
