"""Decisions, receipts and their proofs. Database triggers refuse to change or delete these rows."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ColumnElement, Index, Integer, String, UniqueConstraint, and_, func, select
from sqlalchemy.orm import Mapped, mapped_column, object_session

from portal.core.iys_protocol.enums import LINE_CLOSED, Channel, RecipientType, Status
from portal.core.models.base import Base, BigId, Entity, foreign_key, partial_index
from portal.core.models.recipient import is_of_present_holder


class DecisionOrigin(StrEnum):
    """How a decision reached us."""

    LINK = "link"
    ONE_CLICK = "one_click"  # One-click unsubscribe of a mail program (RFC 8058).
    POINT = "point"  # A public consent point, after a code to the address.
    MINE = "mine"  # The person's overview of their consents, after a code to the address.
    NOT_MINE = "not_mine"  # The address's holder said that they are not the person meant.
    IMPORT = "import"
    STAFF = "staff"
    AT_IYS = "iys"
    OTHER_SENDER = "other_sender"  # Sent to İYS for the provider, but not by us.
    REPLY = "reply"  # To a message of the provider's.
    FEEDBACK = "feedback"  # A vendor's list of refusals, a complaint about a mail, or a refusal by mail.
    RENEWAL = "renewal"  # A refusal that missed İYS's deadline, re-issued as of now.
    API = "api"  # A request of the provider's programs (ApiRequest).


ORIGINS_AT_IYS = (DecisionOrigin.AT_IYS, DecisionOrigin.OTHER_SENDER)  # We learned of it from İYS.
ACROSS_PROVIDERS = (
    DecisionOrigin.MINE,
    DecisionOrigin.REPLY,
    DecisionOrigin.FEEDBACK,
)  # One act may be at several providers.
PROVIDERS_RECORDS = (
    DecisionOrigin.IMPORT,
    DecisionOrigin.API,
)  # By these a provider states what people said elsewhere.


def is_across_providers(origin: DecisionOrigin, link_id: int | None) -> bool:
    """Whether an act may be at several providers; "this is not me" is, where it was said by no provider's link."""
    return origin in ACROSS_PROVIDERS or (origin == DecisionOrigin.NOT_MINE and link_id is None)


class Receipt(Entity):
    """One POST of a person: what was shown, when, and what was chosen.

    A POST for several providers has a row per provider, all with one number: for the person it is one receipt.
    """

    __table_args__ = (UniqueConstraint("token_digest", "choices"), UniqueConstraint("number", "recipient_id"))

    PLACE = "receipt.request_metadata"
    NAME = "receipt.name"

    nonce: Mapped[int]  # 63 random bits, so that the receipt's URL cannot be guessed.
    number: Mapped[str] = mapped_column(String(16))  # 80 random bits in Crockford's base 32.
    origin: Mapped[DecisionOrigin]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    link_id: Mapped[int | None] = mapped_column(BigId, index=True)  # 0 (NO_LINK), or of no link: it is lost.
    text_id: Mapped[int | None] = foreign_key("consent_text.id", index=False)  # None: no campaign text was shown.
    language: Mapped[str] = mapped_column(String(2))
    served_at: Mapped[datetime | None]  # None: the form's token was invalid; refusals count anyway.
    decided_at: Mapped[datetime]
    token_digest: Mapped[bytes | None]  # SHA-256 of the form's token.
    choices: Mapped[str] = mapped_column(String(60))  # "ARAMA=RET MESAJ=ONAY"
    request_metadata: Mapped[bytes]  # Encrypted JSON: IP address and user agent of the POST.
    name: Mapped[bytes | None]  # Encrypted: the name the person entered, if asked.

    @property
    def number_for_provider(self) -> str | None:
        """The number for the provider's people; None of an act that may be at other providers, too. By its number they
        would learn of each other, and as well if only numbers of several providers were left out."""
        return None if is_across_providers(self.origin, self.link_id) else self.number


class Decision(Entity):
    """A grant or refusal of one consent. Append-only."""

    __table_args__ = (
        Index(None, "provider_id", "recorded_at"),
        partial_index("ix_decision_batch", "batch_id", "line", where="batch_id IS NOT NULL"),
        partial_index("ix_decision_renewal", "renews_id", where="renews_id IS NOT NULL"),
    )

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    consent_id: Mapped[int] = foreign_key("consent.id")
    channel: Mapped[Channel]
    recipient_type: Mapped[RecipientType]
    status: Mapped[Status]
    # As sent to İYS, to the second. None: a merchant's first consent without a date, which is effective once recorded.
    consent_date: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    effective_at: Mapped[datetime]  # The newest one is current.
    source: Mapped[str | None] = mapped_column(String(30))  # HS_*, or IYS_* as received (an open set). None: as above.
    origin: Mapped[DecisionOrigin]
    text_id: Mapped[int | None] = foreign_key("consent_text.id", index=False)
    user_id: Mapped[int | None] = mapped_column(BigId)
    salt: Mapped[bytes]  # 128 bits, of its leaf.
    renews_id: Mapped[int | None] = foreign_key("decision.id", index=False)  # The person's, which a renewal re-issues.
    batch_id: Mapped[int | None] = mapped_column(BigId)  # The imported file or the request, and its line.
    line: Mapped[int | None] = mapped_column(Integer)
    retailer_code: Mapped[int | None] = mapped_column(Integer)  # The retailer (bayi) that mediated.
    # Retailers that may use the consent, never an empty list. Which of them a refusal names does not matter: it counts
    # for all (Regulation art. 7/6, 9/2).
    retailer_access: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))

    @classmethod
    def is_of_one_line(cls, other: "type[Decision]") -> ColumnElement[bool]:
        """The condition that both stood on one line of a file or a request. Each of a file's sheets numbers its lines
        anew, and what is of one sheet is written at one moment (ImportChunk.ran_at)."""
        return and_(cls.batch_id == other.batch_id, cls.line == other.line, cls.recorded_at == other.recorded_at)

    def renewed(self) -> "Decision":
        """The decision that somebody made, where this one only tells İYS of it anew; else this one itself. Renewals of
        renewals once named those."""
        made, session = self, object_session(self)
        while session and made.renews_id and (earlier := session.get(Decision, made.renews_id)):
            made = earlier
        return made

    def was_made_since(self, held_since: datetime | None) -> bool:
        """Whether it is of who holds the address since then (Recipient.held_since), to the second as its own date is;
        a closed line ends what was before, and a renewal is of who refused first."""
        if held_since is None:
            return True
        made = self.renewed()
        is_later = made.recorded_at >= held_since and is_of_present_holder(made.effective_at, held_since)
        return is_later and made.source != LINE_CLOSED and made.origin != DecisionOrigin.RENEWAL


class Annulment(Base):
    """Voids a decision that was taken back before it was claimed for sending. Append-only."""

    decision_id: Mapped[int] = foreign_key("decision.id", primary_key=True, index=False)
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(BigId)


def decision_time() -> ColumnElement[datetime]:
    """When a decision was made: its date or, where it has none, when it took effect."""
    return func.coalesce(Decision.consent_date, Decision.effective_at)


def is_void(decision: type[Decision] = Decision) -> ColumnElement[bool]:
    """The condition that a decision was annulled. Pass an alias if the statement has two decisions."""
    annulled = select(Annulment.decision_id).where(Annulment.decision_id == decision.id)
    return annulled.correlate(decision).exists()


class ReceiptDecision(Base):
    """The decisions that a receipt covers: those of its act. Up to version 0.2 a second refusal named the first one."""

    __table_args__ = ({"sqlite_with_rowid": False},)  # Otherwise SQLite keeps the key twice.

    receipt_id: Mapped[int] = foreign_key("receipt.id", primary_key=True, index=False)
    decision_id: Mapped[int] = foreign_key("decision.id", primary_key=True)


class Leaf(Base):
    """A decision's salted hash (Merkle leaf), which outlives the deletion of the decision."""

    decision_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    provider_id: Mapped[int] = mapped_column(BigId)
    day: Mapped[date]
    digest: Mapped[bytes]


class RetentionRun(Entity):
    """While a run is open, the triggers allow deletion of append-only rows. Also the log of such deletions."""

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
RETAILER_COLUMNS = ["retailer_code", "retailer_access"]


def leaf_digest(decision: Mapping[str, Any], salt: bytes) -> bytes:
    """SHA-256 of a decision's salt and canonical form (compact JSON of CANONICAL_FIELDS, times as ISO 8601, and of
    RETAILER_COLUMNS where one of them is given: so decisions from before these were kept have their digests)."""
    values = list(map(decision.get, CANONICAL_FIELDS))
    if any(map(decision.get, RETAILER_COLUMNS)):
        values += map(decision.get, RETAILER_COLUMNS)
    return hashlib.sha256(salt + _compact(values).encode()).digest()


# Cached: an import needs it for every row.
_compact = json.JSONEncoder(separators=(",", ":"), default=datetime.isoformat).encode


class SigningKey(Entity):
    """A key that signs receipts. When it is retired, its private half is deleted; the public one stays published."""

    PLACE = "signing_key.private"

    name: Mapped[str] = mapped_column(String(43), unique=True)  # The `kid`: the key's thumbprint (RFC 7638).
    public: Mapped[str] = mapped_column(String(200))  # As JWK.
    private: Mapped[bytes | None]  # Encrypted JWK; None once retired.
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
