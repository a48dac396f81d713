"""What a person decided and what proves it. The database itself refuses to change or delete these rows."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Index, Integer, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.iys_protocol.enums import Channel, RecipientType, Status
from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class DecisionOrigin(StrEnum):
    """By which way a decision reached us."""

    LINK = "link"
    ONE_CLICK = "one_click"  # A mail program, by RFC 8058.
    POINT = "point"  # A public consent point, after a code to the address.
    MINE = "mine"  # The person's own overview, after a code to the address.
    NOT_MINE = "not_mine"  # Who has the address now says that it was never, or is no more, the other's.
    IMPORT = "import"
    STAFF = "staff"
    AT_IYS = "iys"
    OTHER_SENDER = "other_sender"  # Sent to İYS for the provider, but not by us.
    RENEWAL = "renewal"  # A refusal that İYS could not take in time, said anew.


class Receipt(Base):
    """One act of a person (one POST): what was shown, when, and what was chosen.

    An act at several providers has a row at each, all with its number: to the person they are one receipt.
    """

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("token_digest", "choices"), UniqueConstraint("number", "recipient_id"))

    PLACE = "receipt.request_metadata"
    NAME = "receipt.name"

    id: Mapped[PrimaryKey]
    nonce: Mapped[int]  # 63 random bits: the receipt's address cannot be guessed.
    number: Mapped[str] = mapped_column(String(16))  # 80 random bits, in Crockford's 32 letters.
    origin: Mapped[DecisionOrigin] = mapped_column(enum_type(DecisionOrigin, "origin"))
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    link_id: Mapped[int | None] = mapped_column(BigId, index=True)
    text_id: Mapped[int | None] = foreign_key(
        "consent_text.id", index=False
    )  # None where no text of a campaign was shown.
    language: Mapped[str] = mapped_column(String(2))
    served_at: Mapped[datetime | None]  # None where the form's token could not be read; a refusal counts all the same.
    decided_at: Mapped[datetime]
    token_digest: Mapped[bytes | None]
    choices: Mapped[str] = mapped_column(String(60))  # "ARAMA=RET MESAJ=ONAY"
    request_metadata: Mapped[bytes]  # Encrypted JSON: IP address and user agent of the POST.
    name: Mapped[bytes | None]  # Sealed: what the person called themselves, where they did.


FROM_IMPORT = text("batch_id IS NOT NULL")


class Decision(Base):
    __tablename__ = "decision"
    __table_args__ = (
        Index(None, "provider_id", "recorded_at"),
        Index("ix_decision_batch", "batch_id", "line", sqlite_where=FROM_IMPORT, postgresql_where=FROM_IMPORT),
    )

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    consent_id: Mapped[int] = foreign_key("consent.id")
    channel: Mapped[Channel] = mapped_column(enum_type(Channel, "channel"))
    recipient_type: Mapped[RecipientType] = mapped_column(enum_type(RecipientType, "recipient_type"))
    status: Mapped[Status] = mapped_column(enum_type(Status, "status"))
    consent_date: Mapped[datetime]  # To the second.
    recorded_at: Mapped[datetime]
    effective_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(30))  # HS_* as we say it; IYS_* stored as İYS says it, an open set.
    origin: Mapped[DecisionOrigin] = mapped_column(enum_type(DecisionOrigin, "origin"))
    text_id: Mapped[int | None] = foreign_key("consent_text.id", index=False)
    user_id: Mapped[int | None] = mapped_column(BigId)
    salt: Mapped[bytes]
    renews_id: Mapped[int | None] = foreign_key("decision.id")  # The decision that this one says anew.
    batch_id: Mapped[int | None] = mapped_column(BigId)  # The file that it stood in, and the line there.
    line: Mapped[int | None] = mapped_column(Integer)


class Annulment(Base):
    """A decision is void: it was taken back before anybody claimed it for sending."""

    __tablename__ = "annulment"

    decision_id: Mapped[int] = foreign_key("decision.id", primary_key=True, index=False)
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(BigId)


def is_void(decision=Decision) -> ColumnElement[bool]:
    """The condition that a decision was annulled. `decision`: an alias, where a statement has two."""
    annulled = select(Annulment.decision_id).where(Annulment.decision_id == decision.id)
    return annulled.correlate(decision).exists()


class ReceiptDecision(Base):
    """Which decisions a receipt speaks of; a repeated refusal speaks of the first one."""

    __tablename__ = "receipt_decision"

    receipt_id: Mapped[int] = foreign_key("receipt.id", primary_key=True, index=False)
    decision_id: Mapped[int] = foreign_key("decision.id", primary_key=True)


class Leaf(Base):
    """A decision's salted hash, kept apart so that the day's proof outlives the decision's deletion."""

    __tablename__ = "leaf"

    decision_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    provider_id: Mapped[int] = mapped_column(BigId)
    day: Mapped[date] = mapped_column(index=True)
    digest: Mapped[bytes]


class RetentionRun(Base):
    """Deletion of old facts is allowed only while one of these is open; it is its own log."""

    __tablename__ = "retention_run"

    id: Mapped[PrimaryKey]
    reason: Mapped[str] = mapped_column(String(255))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


CANONICAL_FIELDS = [
    "id",
    "provider_id",
    "brand_id",
    "recipient_id",
    "channel",
    "recipient_type",
    "status",
    "consent_date",
    "recorded_at",
    "source",
    "origin",
    "text_id",
]


def leaf_digest(decision: Mapping, salt: bytes) -> bytes:
    """SHA-256 over a decision's salt and canonical form (compact JSON of CANONICAL, times as ISO 8601)."""
    values = [decision.get(name) for name in CANONICAL_FIELDS]
    return digest_canonical([value.isoformat() if isinstance(value, datetime) else value for value in values], salt)


def digest_canonical(canonical: list, salt: bytes) -> bytes:
    """The same, of values that are in the order of CANONICAL and spelled already."""
    return hashlib.sha256(salt + _compact(canonical).encode()).digest()


_compact = json.JSONEncoder(separators=(",", ":")).encode  # Made once: a file brings many thousands.
