"""Noting who did what to what. No address ever stands in an entry."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.models import Actor, AuditEntry


def note(
    session: Session, act: str, subject: str, subject_id: int,
    *, provider_id: int | None, at: datetime, user_id: int | None = None, sign_in_id: int | None = None,
    facts: dict | None = None,
) -> None:  # fmt: skip
    """Add an entry to this transaction: of a person in a session (which knows from where), or of the system where no
    `user_id` is given. `provider_id` None: it is about no provider."""
    session.add(
        AuditEntry(
            provider_id=provider_id, at=at, actor=Actor.USER if user_id else Actor.SYSTEM, actor_id=user_id,
            sign_in_id=sign_in_id, act=act, subject=subject, subject_id=subject_id, facts=facts or {},
        )
    )  # fmt: skip
