"""Providers (hizmet sağlayıcı), their brands, short domains, allowed networks, and the packages they order."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    and_,
    false,
    not_,
)
from sqlalchemy.orm import Mapped, deferred, mapped_column

from portal.core.display_names import trial_name
from portal.core.iys_protocol.enums import Source
from portal.core.models.base import BigId, Entity, foreign_key, partial_index


class ProviderKind(StrEnum):
    """How a provider is connected to İYS."""

    PARTNER = "partner"  # Through the operator's account; required by İYS below 250,000 addresses.
    DIRECT = "direct"  # With an İYS account of its own.
    EXEMPT = "exempt"  # Exempt from registering consents at İYS; refusals are obeyed here anyway.


class LegalForm(StrEnum):
    """The legal form, which decides the number that identifies it."""

    COMPANY = "company"  # Trade title and MERSİS number.
    TRADESPERSON = "tradesperson"  # First and last name, with tax or identity number.


class Provider(Entity):
    iys_code: Mapped[int] = mapped_column(unique=True)  # In sandbox mode, one of ours.
    pending_iys_code: Mapped[int | None] = mapped_column(BigId, unique=True)  # The real one at İYS, used once admitted.
    kind: Mapped[ProviderKind] = mapped_column(default=ProviderKind.DIRECT)
    legal_form: Mapped[LegalForm] = mapped_column(default=LegalForm.COMPANY)
    title: Mapped[str] = mapped_column(String(255))  # A tradesperson's first and last name.
    mersis: Mapped[str] = mapped_column(String(16))  # Empty for a tradesperson.
    tax_number: Mapped[str] = mapped_column(String(11), default="")  # VKN or TCKN, shown to recipients (M-1).
    representative: Mapped[str] = mapped_column(String(120), default="")  # Signatory of the authorisation.
    contact: Mapped[str] = mapped_column(String(255))  # The company's phone or e-mail, shown to recipients.
    notice_url: Mapped[str] = mapped_column(String(500))  # Privacy notice.
    source: Mapped[str] = mapped_column(String(30), default=Source.WEB)  # İYS source (HS_*) of decisions on its pages.
    applied_at: Mapped[datetime | None]  # When it said it has applied to İYS.
    asked_at: Mapped[datetime | None]  # When it requested admission.
    admitted_at: Mapped[datetime | None]  # Until then it is in sandbox mode: nothing reaches İYS.
    suspended_at: Mapped[datetime | None]  # Nothing new starts; refusals are still taken.
    left_at: Mapped[datetime | None]  # It has left: its links still show information and take refusals.
    # Whoever prepared a campaign may not launch it.
    needs_two_people: Mapped[bool] = mapped_column(default=False, server_default=false())
    sends_from: Mapped[int] = mapped_column(SmallInteger, default=9, server_default="9")  # Hours in Türkiye between
    sends_until: Mapped[int] = mapped_column(SmallInteger, default=21, server_default="21")  # which invitations leave.
    created_at: Mapped[datetime]

    @property
    def in_sandbox_mode(self) -> bool:
        """Whether it is connected to the sandbox instead of İYS."""
        return self.admitted_at is None

    @property
    def known_as(self) -> str:
        """Its title; what we call it while nobody has reviewed that."""
        return trial_name(self.iys_code) if self.in_sandbox_mode else self.title

    @property
    def is_exempt(self) -> bool:
        """Whether it need not register consents at İYS."""
        return self.kind == ProviderKind.EXEMPT

    @property
    def number(self) -> str:
        """The number shown to recipients (M-1)."""
        return self.mersis or self.tax_number


class Brand(Entity):
    __table_args__ = (
        partial_index("uq_brand_keyword", "provider_id", "keyword", where="keyword IS NOT NULL", unique=True),
    )

    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_code: Mapped[int] = mapped_column(unique=True)  # İYS's; a brand belongs to one provider here.
    name: Mapped[str] = mapped_column(String(255))
    requested_name: Mapped[str | None] = mapped_column(String(255))  # Waits for the operator; `name` stays until then.
    requested_header: Mapped[str | None] = mapped_column(String(11))  # Likewise.
    requested_contact: Mapped[str | None] = mapped_column(String(255))  # Likewise.
    requested_notice_url: Mapped[str | None] = mapped_column(String(500))
    requested_keyword: Mapped[str | None] = mapped_column(String(11))
    requested_reply_number: Mapped[str | None] = mapped_column(String(12))
    requested_logo: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    requested_logo_digest: Mapped[str | None] = mapped_column(String(64))
    requested_at: Mapped[datetime | None]  # While any of them waits.
    header: Mapped[str | None] = mapped_column(String(11))  # The sender header of its SMS (N-2).
    keyword: Mapped[str | None] = mapped_column(String(11))  # In replies to a number of several brands; folded.
    former_names: Mapped[str] = mapped_column(
        Text, default="", server_default=""
    )  # A line each; also headers, keywords.
    reply_number: Mapped[str | None] = mapped_column(String(12))  # Where its SMS may be answered; messages name it.
    sms_in_turkish: Mapped[bool] = mapped_column(default=False, server_default=false())  # Else campaigns' are ASCII.
    colour: Mapped[str | None] = mapped_column(String(7))  # "#rrggbb"
    contact: Mapped[str | None] = mapped_column(String(255))  # Overrides the provider's.
    notice_url: Mapped[str | None] = mapped_column(String(500))  # Overrides the provider's.
    source: Mapped[str | None] = mapped_column(String(30))  # HS_*, overrides the provider's.
    logo: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))  # A PNG, re-encoded from the upload.
    logo_digest: Mapped[str | None] = mapped_column(String(64))  # In the logo's URL.
    requires_name: Mapped[bool] = mapped_column(default=False)  # Who grants must enter a name (Regulation art. 7).
    is_sandbox: Mapped[bool] = mapped_column(default=False)  # Of sandbox mode: closed when its provider is admitted.
    closed_at: Mapped[datetime | None]  # Passive: nothing new starts; links still show information and take refusals.
    created_at: Mapped[datetime]

    @classmethod
    def has_not_ended(cls) -> ColumnElement[bool]:
        """The condition that a brand did not end with its provider's sandbox mode."""
        return not_(and_(cls.is_sandbox, cls.closed_at.is_not(None)))


class Domain(Entity):
    """A brand's own short domain for links, verified by a DNS TXT record. Several may claim it until one proves it."""

    __table_args__ = (
        UniqueConstraint("brand_id", "host"),
        partial_index("uq_domain_verified_host", "host", where="verified_at IS NOT NULL", unique=True),
    )

    provider_id: Mapped[int] = foreign_key("provider.id")
    brand_id: Mapped[int] = foreign_key("brand.id")
    host: Mapped[str] = mapped_column(String(253), index=True)
    proof: Mapped[str] = mapped_column(String(64))  # Required content of the TXT record.
    verified_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]  # The record is gone: existing links still open, new ones don't use it.
    # Looks in a row at which the host did not lead here: from the second on, new links don't use it either.
    unreached_looks: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    removed_at: Mapped[datetime | None]  # By its brand; the same holds, until somebody else proves the host.
    created_at: Mapped[datetime]


class Network(Entity):
    """A network allowed for a provider's users and API keys. Without any rows, all are allowed."""

    __table_args__ = (UniqueConstraint("provider_id", "cidr"),)

    provider_id: Mapped[int] = foreign_key("provider.id", index=False)
    cidr: Mapped[str] = mapped_column(String(43))
    note: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]


class OrderKind(StrEnum):
    FIRST = "first"
    RENEWAL = "renewal"
    UPGRADE = "upgrade"


class Package(Entity):
    """A yearly package by number of addresses, on the price list. A withdrawn one stays valid for those who have it."""

    name: Mapped[str] = mapped_column(String(60), unique=True)
    records: Mapped[int] = mapped_column(Integer)  # Addresses included.
    price: Mapped[int] = mapped_column(Integer)  # TRY a year, before tax.
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PackageOrder(Entity):
    """An order that the operator confirms; records and price are those at that time."""

    provider_id: Mapped[int] = foreign_key("provider.id")
    package_id: Mapped[int] = foreign_key("package.id")
    kind: Mapped[OrderKind]
    records: Mapped[int] = mapped_column(Integer)
    price: Mapped[int] = mapped_column(Integer)
    ordered_by: Mapped[int] = mapped_column(BigId)
    ordered_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(BigId)
    note: Mapped[str | None] = mapped_column(String(500))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]  # Inclusive.
