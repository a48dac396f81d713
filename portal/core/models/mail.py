"""An e-mail to a person who works here (never to a recipient), sent by lease like every other outbox row."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, PrimaryKey, enum_type


class MailKind(StrEnum):
    """What it is about; templates/mails/ has a folder for each."""

    CONFIRMATION = "confirmation"
    ALREADY_HERE = "already_here"  # Somebody signed up with an address that has an account.
    INVITATION = "invitation"
    RESET = "reset"
    NEW_DEVICE = "new_device"
    FACTOR_CHANGED = "factor_changed"
    PASSWORD_CHANGED = "password_changed"
    NEW_OWNER = "new_owner"
    ADMITTED = "admitted"
    SENT_BACK = "sent_back"
    SUSPENDED = "suspended"
    ANSWERED = "answered"  # The operator answered a question of the onboarding page.
    ORDER_SETTLED = "order_settled"
    IMPORT_ASKED = "import_asked"  # The operator brings a file for a provider, and something of it is missing.
    POINT_BUDGET = "point_budget"  # A consent point has sent (nearly) all codes of its day.
    CASES_WAIT = "cases_wait"  # At the desk: new ones, and those whose due date is near or over.


class MailState(StrEnum):
    """How far it came."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Mail(Base):
    """Address and facts are sealed for no provider (0); the text is made when it is sent."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_due", "due_at"),)

    ADDRESS = "mail.address"
    FACTS = "mail.facts"

    id: Mapped[PrimaryKey]
    kind: Mapped[MailKind] = mapped_column(enum_type(MailKind, "kind"))
    language: Mapped[str] = mapped_column(String(2))
    address: Mapped[bytes]  # Sealed.
    facts: Mapped[bytes]  # Sealed JSON: what the text says, links with their tokens among it.
    state: Mapped[MailState] = mapped_column(enum_type(MailState, "state"), default=MailState.WAITING)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
