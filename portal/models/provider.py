"""Who sends: the provider (hizmet sağlayıcı) and its brands."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, Key, to
from portal.registry.words import Source


class Provider(Base):
    __tablename__ = "provider"

    id: Mapped[Key]
    iys_code: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(255))
    mersis: Mapped[str] = mapped_column(String(16))
    contact: Mapped[str] = mapped_column(String(255))  # Telephone or e-mail of the firm, shown to recipients.
    notice_url: Mapped[str] = mapped_column(String(500))  # Where its privacy notice stands.
    source: Mapped[str] = mapped_column(String(30), default=Source.WEB)  # What its own pages are called at İYS.
    created_at: Mapped[datetime]


class Brand(Base):
    __tablename__ = "brand"

    id: Mapped[Key]
    provider_id: Mapped[int] = to("provider.id")
    brand_code: Mapped[int] = mapped_column(unique=True)  # A brand belongs to one provider here.
    name: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
