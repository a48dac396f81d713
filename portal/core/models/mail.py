"""Outbox of e-mails to users (never to recipients), sent by lease."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, PrimaryKey, enum_type


class MailKind(StrEnum):
    """Each has a folder in templates/mails/."""

    CONFIRMATION = "confirmation"
    ALREADY_HERE = "already_here"  # A sign-up with an address that has an account.
    INVITATION = "invitation"
    RESET = "reset"
    NEW_DEVICE = "new_device"
    FACTOR_CHANGED = "factor_changed"
    PASSWORD_CHANGED = "password_changed"
    NEW_OWNER = "new_owner"
    ADMITTED = "admitted"
    SENT_BACK = "sent_back"
    SUSPENDED = "suspended"
    ANSWERED = "answered"  # The operator answered a question from the onboarding page.
    ORDER_SETTLED = "order_settled"
    IMPORT_ASKED = "import_asked"  # The operator imports a file and needs information.
    POINT_BUDGET = "point_budget"  # A consent point has used (nearly) all its codes of the day.
    CASES_WAIT = "cases_wait"  # Complaints at the desk: new, nearly due or overdue.


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Mail(Base):
    """Encrypted for no provider (0). The text is rendered when it is sent."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_due", "due_at"),)

    ADDRESS = "mail.address"
    FACTS = "mail.facts"

    id: Mapped[PrimaryKey]
    kind: Mapped[MailKind] = mapped_column(enum_type(MailKind, "kind"))
    language: Mapped[str] = mapped_column(String(2))
    address: Mapped[bytes]  # Encrypted.
    facts: Mapped[bytes]  # Encrypted JSON: the template's variables, including links with tokens.
    state: Mapped[MailState] = mapped_column(enum_type(MailState, "state"), default=MailState.WAITING)
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
