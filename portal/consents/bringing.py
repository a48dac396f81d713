"""What a provider's file says of many keys of one brand: what would come of each, and, said in earnest, what comes.

Nothing here commits. The evidence of each decision is the line it stood in: its batch, and the line's number there.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.consents.effects import WRITTEN, Effect, Entry
from portal.models import Brand
from portal.vault import Vault

__all__ = ["WRITTEN", "Effect", "Entry", "bring", "rehearse"]


def rehearse(session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], at: datetime) -> list[Effect]:
    """What would come of each entry, one after the other. Reads only."""
    raise NotImplementedError


def bring(
    session: Session, vault: Vault, brand: Brand, entries: Sequence[Entry], *, batch_id: int, user_id: int | None,
    grants_due_at: datetime, refusals_due_at: datetime, at: datetime,
) -> list[Effect]:  # fmt: skip
    """Lock the keys and write what the entries say; what came of each."""
    raise NotImplementedError
