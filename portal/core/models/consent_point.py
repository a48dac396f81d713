"""Public consent points: a brand's page behind a QR code or an embedded form."""

from datetime import date, datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, PrimaryKey, foreign_key


class ConsentPoint(Base):
    """Texts and channels are those of its campaign; whoever decides here joins the campaign's audience."""

    __tablename__ = "consent_point"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id")
    campaign_id: Mapped[int] = foreign_key("campaign.id", unique=True, index=False)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    daily_budget: Mapped[int] = mapped_column(Integer)  # Most codes a day by SMS, and by mail (SMS pumping).
    warned_on: Mapped[date | None]  # When the provider was last told that the budget is nearly used,
    alarmed_on: Mapped[date | None]  # and that it is used up.
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
