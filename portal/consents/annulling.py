"""Annulling: a decision that nobody claimed for sending yet is void, and its key falls back to what stood before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session


def annul(session: Session, decision_ids: Sequence[int], user_id: int | None, at: datetime) -> list[int]:
    """Take back those of these decisions that İYS cannot have heard; which ones they were."""
    raise NotImplementedError
