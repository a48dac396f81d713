"""What a provider's file says of many keys of one brand: what would come of each, and, said in earnest, what comes.

Nothing here commits. The evidence of each decision is the line it stood in: its batch, and the line's number there.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portal.addresses import Address
from portal.registry import Channel, RecipientType, Source, Status


class Effect(StrEnum):
    """What comes of one entry of a file."""

    GRANT = "grant"  # Written, and told to İYS.
    REFUSAL = "refusal"  # Written and obeyed; İYS is told, where it holds a grant.
    FIRST_REFUSAL = "first_refusal"  # Obeyed here; İYS stores no refusal of somebody it does not know (H175).
    OLD_REFUSAL = "old_refusal"  # Obeyed here; too old for İYS (H467), which is told of it as HS_KARAR, dated then.
    LATE_GRANT = "late_grant"  # Kept as evidence only: older than three business days (H467).
    OLDER = "older"  # Kept as a fact: something newer is known of the key (H178).
    SAME = "same"  # It stands so already (H174).
    KNOWN = "known"  # This very fact was brought before.


WRITTEN = (
    Effect.GRANT, Effect.REFUSAL, Effect.FIRST_REFUSAL, Effect.OLD_REFUSAL, Effect.LATE_GRANT, Effect.OLDER,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line says of one key. `consent_date` is aware, whole seconds, and not to come."""

    line: int
    address: Address = field(repr=False)
    channel: Channel
    recipient_type: RecipientType
    status: Status
    source: Source
    consent_date: datetime
