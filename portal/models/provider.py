"""Who sends: the provider (hizmet sağlayıcı), its brands and its İYS credential."""

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


class Credential(Base):
    """How a provider's decisions are signed in at İYS, and the token that is shared by every process."""

    __tablename__ = "credential"

    PASSWORD = "credential.password"
    ACCESS = "credential.access_token"
    REFRESH = "credential.refresh_token"

    id: Mapped[Key]
    provider_id: Mapped[int] = to("provider.id", unique=True)
    username: Mapped[str] = mapped_column(String(120))
    password: Mapped[bytes]  # Sealed, as are the tokens.
    access_token: Mapped[bytes | None]
    access_until: Mapped[datetime | None]
    refresh_token: Mapped[bytes | None]
    refresh_until: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]  # Somebody is fetching a token until then.
    quiet_until: Mapped[datetime | None]  # No token call before that.
    refused_at: Mapped[datetime | None]  # When İYS last refused a token of ours; twice within a minute is no accident.
    blocked_until: Mapped[datetime | None]  # No call at all before that: the provider must act at İYS (code below).
    grants_blocked_until: Mapped[datetime | None]  # No grant before that (quota); refusals still pass.
    blocked_code: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]
