"""Keys of a provider's programs for the API, and the requests by which they wrote, which are evidence."""

from datetime import datetime

from sqlalchemy import JSON, Index, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import BigId, Entity, foreign_key


class ApiKey(Entity):
    """A key of one provider's programs. Only its digest is stored; it is shown once."""

    provider_id: Mapped[int] = foreign_key("provider.id")
    name: Mapped[str] = mapped_column(String(60))
    is_test: Mapped[bool]  # Made in sandbox mode, and over with it.
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # SHA-256 of the key.
    hint: Mapped[str] = mapped_column(String(4))  # Its last characters, to tell it from others.
    scopes: Mapped[list[str]] = mapped_column(JSON)
    brand_ids: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))  # None: all brands.
    replaces_id: Mapped[int | None] = mapped_column(BigId)  # The key that this one was made to replace.
    created_by: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]  # To the minute.
    revoked_at: Mapped[datetime | None]

    def is_open(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


class ApiRequest(Entity):
    """A request that wrote consents: the evidence of its decisions (`Decision.batch_id`; `line` is the row's place,
    from 0), and its answer, which the same Idempotency-Key gets again. Database triggers refuse to change or delete
    it."""

    __table_args__ = (Index("uq_api_request_idempotency", "key_id", "idempotency_digest", unique=True),)

    BODY = "api_request.body"
    ANSWER = "api_request.answer"

    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    key_id: Mapped[int] = foreign_key("api_key.id", index=False)  # Or that of the first key in whose place it came.
    idempotency_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # None once it may be used again.
    path: Mapped[str] = mapped_column(String(120))
    body: Mapped[bytes]  # Encrypted, compressed: as it came.
    status: Mapped[int] = mapped_column(SmallInteger)  # Of the answer.
    answer: Mapped[bytes]  # Encrypted, compressed JSON.
    rows: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]


class ApiCall(Entity):
    """A call with a test key, and what was answered; for a week."""

    __table_args__ = (Index(None, "provider_id", "called_at"),)

    PLACE = "api_call.content"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    key_id: Mapped[int] = foreign_key("api_key.id", index=False)
    method: Mapped[str] = mapped_column(String(10))
    status: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str | None] = mapped_column(String(60))  # Of the problem.
    content: Mapped[bytes]  # Encrypted, compressed JSON: path, body, answer.
    called_at: Mapped[datetime]
