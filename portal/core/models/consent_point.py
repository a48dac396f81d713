"""A public consent point: a brand's page behind a QR code or an embedded form, where people come by themselves."""

from datetime import date, datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, PrimaryKey, foreign_key


class ConsentPoint(Base):
    """Its texts and channels are those of its campaign, to whose audience whoever decides here is added."""

    __tablename__ = "consent_point"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id")
    campaign_id: Mapped[int] = foreign_key("campaign.id", unique=True, index=False)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    daily_budget: Mapped[int] = mapped_column(Integer)  # Codes a day by SMS, and as many by mail: what pumping costs.
    warned_on: Mapped[date | None]  # The day on which the provider was last told that the budget is nearly used up,
    alarmed_on: Mapped[date | None]  # and that it is.
    closed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
