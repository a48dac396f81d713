"""Who sends: the provider (hizmet sağlayıcı), its brands, their domains, and the networks its people work from."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.core.iys_protocol.enums import Source
from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key


class ProviderKind(StrEnum):
    """How a provider reaches İYS."""

    PARTNER = "partner"  # Through the operator's account; below 250,000 addresses İYS wants it so.
    DIRECT = "direct"  # By an İYS account of its own.
    EXEMPT = "exempt"  # Need not register consents at İYS; refusals are kept and obeyed here all the same.


class LegalForm(StrEnum):
    """What it is before the law, and so by which number it is known."""

    COMPANY = "company"  # Trade title and MERSİS number.
    TRADESPERSON = "tradesperson"  # First and last name, with tax or identity number.


class Provider(Base):
    __tablename__ = "provider"

    id: Mapped[PrimaryKey]
    iys_code: Mapped[int] = mapped_column(unique=True)  # While it practises, one of ours for the sandbox.
    pending_iys_code: Mapped[int | None] = mapped_column(BigId, unique=True)  # İYS's real one, spoken once admitted.
    kind: Mapped[ProviderKind] = mapped_column(enum_type(ProviderKind, "kind"), default=ProviderKind.DIRECT)
    legal_form: Mapped[LegalForm] = mapped_column(enum_type(LegalForm, "legal_form"), default=LegalForm.COMPANY)
    title: Mapped[str] = mapped_column(String(255))  # A tradesperson's first and last name.
    mersis: Mapped[str] = mapped_column(String(16))  # Empty for a tradesperson.
    tax_number: Mapped[str] = mapped_column(String(11), default="")  # VKN or TCKN: recipients are shown it (M-1).
    representative: Mapped[str] = mapped_column(String(120), default="")  # Who signs the authorisation.
    contact: Mapped[str] = mapped_column(String(255))  # Telephone or e-mail of the firm, shown to recipients.
    notice_url: Mapped[str] = mapped_column(String(500))  # Where its privacy notice stands.
    source: Mapped[str] = mapped_column(String(30), default=Source.WEB)  # What its own pages are called at İYS.
    applied_at: Mapped[datetime | None]  # It said that it has applied to İYS.
    asked_at: Mapped[datetime | None]  # It asked to be admitted.
    admitted_at: Mapped[datetime | None]  # Until then it practises: all it does reaches the sandbox only.
    suspended_at: Mapped[datetime | None]  # Nothing new begins; refusals go on.
    left_at: Mapped[datetime | None]  # It is with us no more: its links still explain themselves and take refusals.
    created_at: Mapped[datetime]

    @property
    def in_sandbox_mode(self) -> bool:
        """Whether what it does reaches the sandbox, and not İYS."""
        return self.admitted_at is None

    @property
    def is_exempt(self) -> bool:
        """Whether it need tell İYS nothing."""
        return self.kind == ProviderKind.EXEMPT

    @property
    def number(self) -> str:
        """The number that recipients are shown (M-1)."""
        return self.mersis or self.tax_number


class Brand(Base):
    __tablename__ = "brand"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_code: Mapped[int] = mapped_column(unique=True)  # A brand belongs to one provider here.
    name: Mapped[str] = mapped_column(String(255))
    header: Mapped[str | None] = mapped_column(String(11))  # The sender header of its SMS (N-2).
    colour: Mapped[str | None] = mapped_column(String(7))  # "#rrggbb"
    contact: Mapped[str | None] = mapped_column(String(255))  # In place of the provider's.
    notice_url: Mapped[str | None] = mapped_column(String(500))  # In place of the provider's.
    source: Mapped[str | None] = mapped_column(String(30))  # HS_*, in place of the provider's.
    logo: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))  # A PNG that we made of what was uploaded.
    logo_digest: Mapped[str | None] = mapped_column(String(16))  # Names the picture in its address.
    requires_name: Mapped[bool] = mapped_column(default=False)  # Who grants says their name (Regulation art. 7).
    is_sandbox: Mapped[bool] = mapped_column(default=False)  # Of the sandbox: closed when its provider goes to İYS.
    closed_at: Mapped[datetime | None]  # Passive: nothing new begins, links still explain and take refusals.
    created_at: Mapped[datetime]


class Domain(Base):
    """A short host of a brand's own, which proves by a DNS TXT record that it is."""

    __tablename__ = "domain"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id")
    host: Mapped[str] = mapped_column(String(253), unique=True)
    proof: Mapped[str] = mapped_column(String(64))  # What the TXT record must say.
    verified_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]  # The record is gone: links that are out still open, new ones do not.
    created_at: Mapped[datetime]


class Network(Base):
    """A network that a provider's people and programs may come from. None at all: from anywhere."""

    __tablename__ = "network"
    __table_args__ = (UniqueConstraint("provider_id", "cidr"),)

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    cidr: Mapped[str] = mapped_column(String(43))
    note: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
