"""Movements received from İYS, and how they arrive: feeds (pull) and push registrations."""

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, Integer, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel, Status
from portal.core.models.base import Entity, TransactionId, foreign_key


class FeedSource(StrEnum):
    """Whose movements a pull lists (İYS `source`)."""

    PEOPLE = "IYS"  # What people did at İYS.
    PROVIDER = "HS"  # What was sent for the provider, by us or others.


class ReceivedVia(StrEnum):
    """How a movement first reached us."""

    PULL = "pull"
    PUSH = "push"
    FILE = "file"  # The file of a day.
    SWEEP = "sweep"


class Movement(Entity):
    """One movement as İYS reported it. A repeated report adds nothing."""

    __table_args__ = (
        Index("uq_movement", "transaction_id", "consent_id", "status", unique=True),
        Index("ix_movement_brand_created", "brand_id", "creation_date"),
    )

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    consent_id: Mapped[int] = foreign_key("consent.id")
    status: Mapped[Status]
    source: Mapped[str] = mapped_column(String(40))  # As İYS sends it: an open set; empty where it names none.
    consent_date: Mapped[datetime | None]  # None: a merchant's first record without a date.
    creation_date: Mapped[datetime]
    transaction_id: Mapped[str] = mapped_column(TransactionId)
    received_at: Mapped[datetime]
    received_via: Mapped[ReceivedVia]
    # Made from it, or ours that it reports; none of a grant that is older than a refusal by another spelling.
    decision_id: Mapped[int | None] = foreign_key("decision.id", index=False)


class Feed(Entity):
    """The pull cursor of a brand, updated in the transaction that stores its movements."""

    __table_args__ = (UniqueConstraint("brand_id", "source"), Index("ix_feed_due", "due_at"))

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    source: Mapped[FeedSource]
    cursor: Mapped[str | None] = mapped_column(String(255))  # Opaque, İYS's own.
    cursor_at: Mapped[datetime | None]  # When İYS issued it; it expires with İYS's window.
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)  # Failed in a row.
    code: Mapped[str | None] = mapped_column(String(20))
    pulled_at: Mapped[datetime | None]  # Up to here İYS has told everything.
    created_at: Mapped[datetime]

    @classmethod
    def answered_at(cls) -> ColumnElement[datetime]:
        """Up to when İYS has told everything; a feed that it never told all of waits since it was made."""
        return func.coalesce(cls.pulled_at, cls.created_at)


class PushRegistration(Entity):
    """A URL of ours to which İYS pushes movements, per brand and channel."""

    TOKEN = "push_registration.token"
    PASSWORD = "push_registration.password"

    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    channel: Mapped[Channel]
    token_digest: Mapped[bytes] = mapped_column(unique=True)  # SHA-256 of the URL's last part.
    token: Mapped[bytes]  # Encrypted.
    username: Mapped[str] = mapped_column(String(40))
    password: Mapped[bytes]  # Encrypted.
    registered_at: Mapped[datetime | None]  # When İYS accepted it.
    tested_at: Mapped[datetime | None]  # When İYS's test arrived.
    received_at: Mapped[datetime | None]  # Last push.
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Push(Entity):
    """A request body that İYS pushed, stored before it is answered and processed later."""

    __table_args__ = (Index("ix_push_due", "due_at"),)

    PLACE = "push.body"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    registration_id: Mapped[int] = foreign_key("push_registration.id")
    body: Mapped[bytes]  # Encrypted.
    received_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    taken: Mapped[int] = mapped_column(Integer, default=0)  # New movements.
    unreadable: Mapped[int] = mapped_column(Integer, default=0)  # Invalid rows.


def token_digest(token: str) -> bytes:
    """The index of a registration: a plain SHA-256, since the token is long and random."""
    return hashlib.sha256(token.encode()).digest()
