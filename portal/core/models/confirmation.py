"""Who confirms consents where no gateway of ours does, and until when people were told of those that wait."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, foreign_key


class OwnConfirmation(Base):
    """A provider's word that it confirms the consents of a campaign, or of a consent point's, itself. Append-only."""

    campaign_id: Mapped[int] = foreign_key("campaign.id", primary_key=True, index=False)
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    user_id: Mapped[int]
    at: Mapped[datetime]


class ConfirmationAlarm(Base):
    """One per provider (0: the operator), locked while somebody decides whether to mail."""

    provider_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    told_until: Mapped[datetime | None]  # The last hour of alarm that was worked off.
