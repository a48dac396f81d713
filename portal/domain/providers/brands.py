"""Brands: codes at İYS, opening and closing, and counts of their addresses."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from portal.core import display_names
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import (
    Brand,
    Campaign,
    Connection,
    Consent,
    Domain,
    Message,
    Provider,
    ProviderKind,
    Tallied,
    count_rows,
)
from portal.core.models.invitations import resume_invitations
from portal.domain.providers import brand_requests, domain_reviews, sandbox_mode
from portal.domain.providers.sandbox_mode import CodeTaken

# The sources at İYS that decisions on a web page may have: HS_MESAJ and HS_EPOSTA are for replies by SMS or e-mail.
PAGE_SOURCES = (Source.WEB, Source.ELECTRONIC, Source.MOBILE_APP)


class CodeNotListed(ValueError):
    """İYS did not list this code the last time the connection was tested."""


class SandboxBrand(ValueError):
    """A sandbox brand stays closed after its provider left sandbox mode."""


@dataclass(frozen=True)
class AddressCount:
    granted: int = 0
    refused: int = 0


def has_own_codes(provider: Provider) -> bool:
    """Whether the provider enters İYS's codes for its brands; in sandbox mode or exempt it gets drawn ones."""
    return not provider.in_sandbox_mode and provider.kind != ProviderKind.EXEMPT


def open_brand(session: Session, provider: Provider, *, name: str, code: int | None, at: datetime) -> Brand:
    """Create a brand. `code` is İYS's, or None to draw one of ours. A name other than the provider's title is only
    requested, even one that İYS lists, where firms name brands as they like. Raises CodeTaken, CodeNotListed and
    BadName."""
    name = display_names.parse_name(name)
    if code is None:
        code = sandbox_mode.draw_code(
            session, sandbox_mode.CODES if provider.in_sandbox_mode else sandbox_mode.EXEMPT_CODES
        )
    elif code in sandbox_mode.CODES or code in sandbox_mode.EXEMPT_CODES or _is_code_taken(session, provider, code):
        raise CodeTaken
    elif code not in brands_at_iys(session, provider) and code != provider.iys_code:
        raise CodeNotListed
    brand = Brand(
        provider_id=provider.id, brand_code=code, name=name if provider.in_sandbox_mode else provider.title,
        is_sandbox=provider.in_sandbox_mode, created_at=at,
    )  # fmt: skip
    brand_requests.request_change(provider, brand, {"name": name}, notices=(), at=at)
    try:
        with session.begin_nested():
            session.add(brand)
            session.flush()
    except IntegrityError:  # Another request with this code was first.
        raise CodeTaken from None
    return brand


def _is_code_taken(session: Session, provider: Provider, code: int) -> bool:
    """Whether a brand here has the code, or another provider is known by it."""
    own = select(Brand.id).where(Brand.brand_code == code, Brand.provider_id == provider.id)
    return session.scalar(own) is not None or sandbox_mode.is_code_elsewhere(session, provider, code)


def brands_at_iys(session: Session, provider: Provider) -> dict[int, str]:
    """The brands that İYS listed for the provider when its connection was last tested: {code: name}."""
    findings = session.scalar(select(Connection.findings).where(Connection.provider_id == provider.id)) or {}
    return {brand["code"]: brand.get("name", "") for brand in findings.get("brands") or ()}


def brands_to_import(session: Session, provider: Provider) -> dict[int, str]:
    """The brands at İYS whose codes no brand here has yet."""
    return {
        code: name
        for code, name in brands_at_iys(session, provider).items()
        if not _is_code_taken(session, provider, code)
    }


def close_brand(brand: Brand, at: datetime) -> None:
    """Begin nothing new for a brand. Its links still explain themselves and take refusals."""
    brand.closed_at = brand.closed_at or at


def reopen_brand(session: Session, brand: Brand, at: datetime) -> None:
    """Undo close_brand; invitations that it kept back go on. Raises SandboxBrand."""
    if brand.is_sandbox and not session.get_one(Provider, brand.provider_id).in_sandbox_mode:
        raise SandboxBrand
    brand.closed_at = None
    of_brand = select(Campaign.id).where(Campaign.brand_id == brand.id)
    resume_invitations(session, Message.campaign_id.in_(of_brand), at)


def count_addresses(session: Session, provider_id: int) -> dict[int, dict[Channel, AddressCount]]:
    """By brand and channel; an address held as two recipient types counts once, as refused if either is."""
    found: dict[int, dict[Channel, Counter[Status]]] = {}
    types: dict[tuple[int, str], set[str]] = {}
    for (brand, channel, recipient_type, status), total in count_rows(session, Tallied.CONSENTS, provider_id).items():
        found.setdefault(int(brand), {}).setdefault(Channel(channel), Counter())[Status(status)] += total
        if total:
            types.setdefault((int(brand), channel), set()).add(recipient_type)
    if any(len(each) > 1 for each in types.values()):  # The join below is slow, and rarely needed.
        for brand_id, double, less, total in session.execute(_double_counts(provider_id)):
            found[brand_id][Channel(double)][Status(less)] -= total
    return {
        brand_id: {channel: AddressCount(by[Status.GRANTED], by[Status.REFUSED]) for channel, by in its.items()}
        for brand_id, its in found.items()
    }


def _double_counts(provider_id: int) -> Select[int, str, str, int]:
    """Addresses held as both types, by the status not to count: the grant, where there is one."""
    other = aliased(Consent)
    same = and_(
        other.brand_id == Consent.brand_id,
        other.recipient_id == Consent.recipient_id,
        other.channel == Consent.channel,
        other.recipient_type > Consent.recipient_type,
    )
    is_granted = or_(Consent.status == Status.GRANTED, other.status == Status.GRANTED)
    less = case((is_granted, Status.GRANTED.value), else_=Status.REFUSED.value).label("less")
    both = Consent.provider_id == provider_id, Consent.status.is_not(None), other.status.is_not(None)
    pairs = select(Consent.brand_id, Consent.channel, less).join(other, same).where(*both).subquery()
    by = (pairs.c.brand_id, pairs.c.channel, pairs.c.less)
    return select(*by, func.count()).group_by(*by)


def link_base_url(session: Session, brand_id: int, usual: str) -> str:
    """The base URL of a brand's links: its own verified host while its DNS record exists, it leads here and the
    operator has agreed to it, otherwise `usual`."""
    of_brand = select(Domain).where(Domain.brand_id == brand_id, *domain_reviews.STANDS)
    own = session.scalars(of_brand.order_by(Domain.verified_at))
    hosts = (each.host for each in own if domain_reviews.is_approved(session, each))
    return next((f"https://{host}" for host in hosts), usual)
