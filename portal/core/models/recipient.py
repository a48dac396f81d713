"""Recipients (one encrypted address of one provider each) and their current consents."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    Index,
    LargeBinary,
    Select,
    SQLColumnExpression,
    String,
    UniqueConstraint,
    and_,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal.core.addresses import AddressKind, find_mailbox
from portal.core.iys_protocol.enums import Channel, RecipientType, Status
from portal.core.models.base import BigId, BlindIndexed, Entity, foreign_key, partial_index
from portal.core.vault import Vault

Key = TypeVar("Key")
Held = TypeVar("Held")
MOST_SPELLINGS = 50  # Of one mailbox at one provider: a campaign over thousands of them would take hours.
MAILBOX_COLUMNS = {"index_odd": "mailbox_odd", "index_even": "mailbox_even"}  # Of Recipient, by those of Vault.indexes.


class Recipient(BlindIndexed, Entity):
    __table_args__ = (
        Index("ix_recipient_of_provider", "provider_id", "id"),
        *(
            partial_index(f"uq_recipient_{name}", "provider_id", name, where=f"{name} IS NOT NULL", unique=True)
            for name in ("index_odd", "index_even")
        ),
        *(
            partial_index(f"ix_recipient_{name}", "provider_id", name, where=f"{name} IS NOT NULL")
            for name in ("mailbox_odd", "mailbox_even")
        ),
        partial_index("ix_recipient_disowned", "provider_id", "reassigned_at", where="reassigned_at IS NOT NULL"),
        partial_index(
            "ix_recipient_unspread",
            "provider_id",
            where="reassigned_at IS NOT NULL AND "
            "(reassigned_anywhere_at IS NULL OR reassigned_anywhere_at < reassigned_at)",
        ),
    )

    PLACE = "recipient.address"
    REFERENCE = "recipient.reference"

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    kind: Mapped[AddressKind]
    address: Mapped[bytes]  # Encrypted.
    reference: Mapped[bytes | None]  # Encrypted: what the provider's programs call the present holder.
    # Blind indexes of its mailbox (Address.reaches), as index_odd and index_even, where that is spelled otherwise.
    mailbox_odd: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    mailbox_even: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    mail_service: Mapped[str | None] = mapped_column(String(12))  # addresses.MailService; None: a phone, or unknown.
    reassigned_at: Mapped[datetime | None]  # When the holder said to the firm that they are not the person meant,
    reassigned_anywhere_at: Mapped[datetime | None]  # and when they last said so to any admitted firm.
    closed_at: Mapped[datetime | None]  # When the operator closed the line: it may be somebody else's since.
    created_at: Mapped[datetime]

    @staticmethod
    def mailbox_indexes(vault: Vault, provider_id: int, text: str) -> dict[str, bytes | None]:
        """The mailbox's columns of a canonical address: all empty where its text is the mailbox's."""
        box = find_mailbox(text)
        found = vault.indexes(provider_id, box)
        return {MAILBOX_COLUMNS[name]: None if box == text else each for name, each in found.items()}

    @property
    def held_since(self) -> datetime | None:
        """Since when what we know belongs to the present holder, whichever firm heard: show them nothing from before.
        None: from the first day."""
        return latest(self.own_held_since, self.reassigned_anywhere_at)

    @property
    def own_held_since(self) -> datetime | None:
        """The same as the firm itself heard: its grants from before are void, and it is told. What another firm heard
        voids none, since "this is not me" by its link proves nothing of this firm's records."""
        return latest(self.reassigned_at, self.closed_at)

    def changed_hands_after(self, at: datetime) -> bool:
        """Whether who had the address at a moment has it no more, as any firm heard."""
        return self.held_since is not None and self.held_since > at


def other_spellings(recipient: type[Recipient]) -> list[Select[int]]:
    """The other recipients of the same firm and mailbox as one of e-mail: one statement for each key generation and way
    of being spelled, so that each finds its rows by an index."""
    found = []
    for index, mailbox in MAILBOX_COLUMNS.items():
        own, box = getattr(recipient, index), getattr(recipient, mailbox)  # No box: it is spelled as its mailbox.
        for is_same in (getattr(SPELLED, index) == box, getattr(SPELLED, mailbox) == func.coalesce(box, own)):
            of_firm = SPELLED.provider_id == recipient.provider_id, SPELLED.id != recipient.id
            found.append(select(SPELLED.id).where(*of_firm, is_same).correlate(recipient))
    return found


def has_other_spelling(recipient: type[Recipient]) -> ColumnElement[bool]:
    """The condition that a recipient of e-mail has other_spellings(), as few have: what costs more is asked of these
    alone. Scalars, so that PostgreSQL hashes no table."""
    return or_(*(each.limit(1).scalar_subquery().is_not(None) for each in other_spellings(recipient)))


def has_own_held_since() -> ColumnElement[bool]:
    """The condition that a recipient has a day in own_held_since."""
    return or_(Recipient.reassigned_at.is_not(None), Recipient.closed_at.is_not(None))


def has_held_since() -> ColumnElement[bool]:
    """The condition that a recipient has a day in held_since."""
    return or_(has_own_held_since(), Recipient.reassigned_anywhere_at.is_not(None))


def has_changed_hands_after(
    at: SQLColumnExpression[datetime] | SQLColumnExpression[datetime | None],
) -> ColumnElement[bool]:
    """Recipient.changed_hands_after() as a condition; false where there is no such moment."""
    heard = or_(Recipient.reassigned_at > at, Recipient.closed_at > at, Recipient.reassigned_anywhere_at > at)
    return func.coalesce(heard, false())


def is_unspread() -> ColumnElement[bool]:
    """The condition that other firms may not know of a recipient's reassigned_at, as the index has it."""
    known = Recipient.reassigned_anywhere_at
    return and_(Recipient.reassigned_at.is_not(None), or_(known.is_(None), known < Recipient.reassigned_at))


def is_of_present_holder(said_at: datetime, held_since: datetime) -> bool:
    """Whether what is dated by the second is of who has an address since `held_since`: in one second it is."""
    return said_at >= held_since.replace(microsecond=0)


def individuals_first(found: Iterable[tuple[Key, RecipientType, Held]]) -> dict[Key, Held]:
    """What stands where it is shown once, by channel: the individual's consent, and another type's only where there is
    none. A refusal is of every type that is held, maybe by an earlier holder, and a person's grant of one: after both
    they differ, and messages go by the individual's."""
    by_type = sorted(found, key=lambda each: each[1] == RecipientType.INDIVIDUAL)
    return {key: held for key, _, held in by_type}


def latest(*moments: datetime | None) -> datetime | None:
    """The last of the moments that there are."""
    return max((moment for moment in moments if moment is not None), default=None)


KNOWN, SPELLED = aliased(Recipient), aliased(Recipient)


class ClosedLine(BlindIndexed, Entity):
    """A number whose line an operator closed, whichever firm heard of it: who brings the number later must know.
    Encrypted and indexed for no provider (0)."""

    __table_args__ = (Index(None, "index_odd"), Index(None, "index_even"))

    PLACE = "closed_line.address"

    address: Mapped[bytes]  # Encrypted.
    closed_at: Mapped[datetime]


class ReassignedAddress(BlindIndexed, Entity):
    """An address whose holder said "this is not me" to an admitted firm: as ClosedLine."""

    __table_args__ = (Index(None, "index_odd"), Index(None, "index_even"))

    PLACE = "reassigned_address.address"

    address: Mapped[bytes]  # Encrypted.
    reassigned_at: Mapped[datetime]


class Consent(Entity):
    """The current consent of one key: our current decision, and the status last known at İYS."""

    __table_args__ = (UniqueConstraint("brand_id", "recipient_id", "channel", "recipient_type"),)

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    brand_id: Mapped[int] = foreign_key("brand.id", index=False)
    recipient_id: Mapped[int] = foreign_key("recipient.id")
    channel: Mapped[Channel]
    recipient_type: Mapped[RecipientType]
    decision_id: Mapped[int | None] = mapped_column(BigId)  # The current one.
    status: Mapped[Status | None]
    consent_date: Mapped[datetime | None]  # Of the current decision; the next one must be later.
    effective_at: Mapped[datetime | None]
    iys_status: Mapped[str | None] = mapped_column(String(10))  # As last known at İYS,
    iys_as_of: Mapped[datetime | None]  # as of then; None of a grant that a gap of the pulls left untold.
