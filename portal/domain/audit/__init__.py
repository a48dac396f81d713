"""The audit log: who did what to what. No entry holds an address."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.models import Actor, AuditEntry


def note(
    session: Session, act: str, subject: str, subject_id: int,
    *, provider_id: int | None, at: datetime, user_id: int | None = None, sign_in_id: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Add an entry to this transaction: of a user in a session, or of the system without `user_id`. `provider_id` is
    None where it concerns no provider."""
    session.add(
        AuditEntry(
            provider_id=provider_id, at=at, actor=Actor.USER if user_id else Actor.SYSTEM, actor_id=user_id,
            sign_in_id=sign_in_id, act=act, subject=subject, subject_id=subject_id, facts=dict(facts or {}),
        )
    )  # fmt: skip
