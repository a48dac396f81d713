"""Webhooks: the endpoints that providers' systems offer for events, and the log of what was sent to each."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, Entity, foreign_key, partial_index


class WebhookAlgorithm(StrEnum):
    """How requests are signed (Standard Webhooks)."""

    HMAC = "hmac"  # HMAC-SHA256 with a secret that both sides hold.
    ED25519 = "ed25519"  # We hold the private key, the receiver the public one.


class OffReason(StrEnum):
    """Why an endpoint gets nothing now. Its position stays: turned on again, it gets all since."""

    PAUSED = "paused"
    FAILING = "failing"  # No attempt has succeeded for days.
    GONE = "gone"  # It answered 410, or `webhook-delivery: disable`.


class WebhookEndpoint(Entity):
    """An endpoint and its place in the events of its provider. One worker at a time, by lease, sends to it: so most
    arrive in order, and one that hangs holds up no other."""

    __table_args__ = (partial_index("ix_webhook_endpoint_due", "due_at", where="due_at IS NOT NULL"),)

    URL, SECRET, FORMER = "webhook_endpoint.url", "webhook_endpoint.secret", "webhook_endpoint.former_secret"

    provider_id: Mapped[int] = foreign_key("provider.id")
    url: Mapped[bytes]  # Encrypted: its path may hold a token.
    algorithm: Mapped[WebhookAlgorithm]
    secret: Mapped[bytes]  # Encrypted.
    former_secret: Mapped[bytes | None]  # Encrypted: signs, too, until then.
    former_until: Mapped[datetime | None]
    types: Mapped[list[str]] = mapped_column(JSON)  # EventType.
    brand_ids: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))  # None: all brands.
    shows_addresses: Mapped[bool]  # In full; else masked.
    position: Mapped[int]  # The Event.sequence up to which it was told.
    due_at: Mapped[datetime | None]  # When it may be called next. None: it is off.
    lease_until: Mapped[datetime | None]
    is_slow: Mapped[bool]  # It failed or took long the last time: it waits for threads of their own.
    failures: Mapped[int] = mapped_column(Integer)  # Attempts since one succeeded,
    failing_since: Mapped[datetime | None]  # the first of them,
    mailed_at: Mapped[datetime | None]  # and when its owners were told of it, or that it is off.
    succeeded_at: Mapped[datetime | None]
    off_reason: Mapped[OffReason | None]
    off_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime]  # When the next daily message is due.
    created_by: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime]


class WebhookState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"  # No attempt is left.
    ABORTED = "aborted"  # The receiver asked for no further attempt (`webhook-delivery: abort-message`).


class WebhookDelivery(Entity):
    """A message to an endpoint that was tried, or is due; its body is made of the event each time. Events that wait for
    their first attempt have no row: the endpoint's position tells of them."""

    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index("ix_webhook_delivery_log", "endpoint_id", "created_at"),
        partial_index("ix_webhook_delivery_due", "endpoint_id", "due_at", where="due_at IS NOT NULL"),
    )

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    endpoint_id: Mapped[int] = foreign_key("webhook_endpoint.id", index=False)
    event_id: Mapped[int | None] = mapped_column(BigId)  # None: a test or a heartbeat.
    type: Mapped[str] = mapped_column(String(20))  # EventType, TEST or HEARTBEAT.
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # Of a test or a heartbeat.
    state: Mapped[WebhookState]
    attempts: Mapped[int] = mapped_column(Integer)  # Since it was first due, or due again by a person's wish.
    due_at: Mapped[datetime | None]
    attempted_at: Mapped[datetime | None]
    status: Mapped[int | None] = mapped_column(SmallInteger)  # Of the last answer. None: there was none.
    error: Mapped[str | None] = mapped_column(String(20))  # Why not.
    milliseconds: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def message_id(self) -> str:
        """The `webhook-id`: the same at each attempt, and of an event at each endpoint."""
        return f"msg_{self.event_id or self.id}"


TEST, HEARTBEAT = "webhook.test", "webhook.heartbeat"
