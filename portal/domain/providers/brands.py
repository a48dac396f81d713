"""Brands: codes at İYS, SMS sender headers, opening and closing, and counts of their addresses."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from portal.core import display_names
from portal.core.addresses.problems import ExplainedProblem
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.lazy_text import N_
from portal.core.models import Brand, Campaign, Connection, Consent, Domain, Message, Provider, ProviderKind
from portal.core.models.invitations import resume_invitations
from portal.domain.providers import brand_requests, domain_reviews, sandbox_mode
from portal.domain.providers.sandbox_mode import CodeTaken

HEADER = re.compile(r"[A-Za-z0-9 .-]{3,11}")
DOMAIN_LIKE = re.compile(r"[A-Za-z0-9-]+\.[A-Za-z]{2,}(\.[A-Za-z]{2,})*")
ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâîûÂÎÛ", "cgiosuCGIOSUaiuAIU")
# Well-known senders and words of their trades: what is short for a name may not be theirs (HAVALE of "Hava Lezzet").
OTHERS = re.compile(
    "ptt|ing|mng|teb|qnb|sgk|gib|ups|dhl|tnt|btk|iys|usom|uyap|mhrs|edevlet|akbank|garanti|ziraat|vakif|vakifbank|halkbank"
    "|isbank|denizbank|finansbank|yapikredi|hsbc|enpara|papara|turkcell|vodafone|telekom|aras|yurtici|surat|fedex|polis"
    "|thy|bim|hgs|ogs|egm|meb|toki|afad|tedas|igdas|iski|kargo|kurye|posta|banka|havale|icra|vergi|adliye|mahkeme|noter"
    "|emniyet|jandarma|belediye|bakanlik|devlet|gumruk|saglik|sigorta|fatura|odeme|tahsilat|destek|guvenlik|bildirim"
)
LONGEST_ACRONYM = 5  # So few letters of several words (THY, AFAD, KARGO) are another word to whoever reads them.
# The sources at İYS that decisions on a web page may have: HS_MESAJ and HS_EPOSTA are for replies by SMS or e-mail.
PAGE_SOURCES = (Source.WEB, Source.ELECTRONIC, Source.MOBILE_APP)


class HeaderProblem(ExplainedProblem):
    """Why a text is not an SMS sender header (regulation N-2)."""

    LENGTH = "length", N_("Gönderici adı 3 ile 11 karakter arasında olmalı."), N_("Adı kısaltın ya da uzatın.")
    TURKISH = (
        "turkish",
        N_("Gönderici adında Türkçe harf olamaz; GSM operatörleri böyle adları kaydetmiyor."),
        N_("Harfleri ç yerine c, ş yerine s olacak biçimde yazın."),
    )
    CHARACTERS = (
        "characters",
        N_("Gönderici adında yalnız harf, rakam, boşluk, nokta ve tire olabilir."),
        N_("Diğer işaretleri silin."),
    )
    NO_LETTER = (
        "no_letter",
        N_("Gönderici adında en az bir harf olmalı."),
        N_("Firmanızın ya da markanızın adını yazın."),
    )
    DOMAIN = (
        "domain",
        N_("İnternet adresi gönderici adı olamaz; GSM operatörleri böyle adları iptal ediyor."),
        N_("Firmanızın ya da markanızın adını yazın."),
    )
    OTHER = (
        "other",
        N_("Gönderici adı, markanızın ya da firmanızın adının kısaltması olmalı."),
        N_("Firmanızın ya da markanızın adını yazın."),
    )


class BadHeader(ValueError):
    """The text is not a sender header; `suggestion` is a similar one, if any."""

    def __init__(self, problem: HeaderProblem, suggestion: str | None = None):
        super().__init__(problem.value)
        self.problem, self.suggestion = problem, suggestion


class CodeNotListed(ValueError):
    """İYS did not list this code the last time the connection was tested."""


class SandboxBrand(ValueError):
    """A sandbox brand stays closed after its provider left sandbox mode."""


@dataclass(frozen=True)
class AddressCount:
    granted: int = 0
    refused: int = 0


def validate_header(text: str, names: str) -> str:
    """A normalised SMS sender header as operators register it (N-2): short for words of the reviewed `names`, in their
    order. Raises BadHeader."""
    header = " ".join(text.split())
    plain = header.translate(ASCII)
    if plain != header:
        raise BadHeader(HeaderProblem.TURKISH, plain if HEADER.fullmatch(plain) else None)
    if not 3 <= len(header) <= 11:
        raise BadHeader(HeaderProblem.LENGTH, header[:11].strip() if HEADER.fullmatch(header[:11].strip()) else None)
    if not HEADER.fullmatch(header):
        raise BadHeader(HeaderProblem.CHARACTERS)
    if DOMAIN_LIKE.fullmatch(header):
        raise BadHeader(HeaderProblem.DOMAIN)
    if not re.search("[A-Za-z]", header):
        raise BadHeader(HeaderProblem.NO_LETTER)
    if not is_short_for(header, names):
        raise BadHeader(HeaderProblem.OTHER)
    return header


def is_short_for(header: str, names: str) -> bool:
    """Whether letters shorten some words of names, in their order: ORNEKMAG, ORNKMGZ of "Örnek Mağaza"; up to five are
    whole words or shorten one: ORNK. What is not has to become a brand's name, which the operator sees."""
    letters = "".join(filter(str.isalnum, header.lower()))
    words = re.findall(r"[a-z0-9]+", names.translate(ASCII).lower())
    if any(OTHERS.fullmatch(each) and each not in words for each in (letters, *re.findall("[a-z]+", header.lower()))):
        return False
    if len(letters) <= LONGEST_ACRONYM:
        whole = {"".join(words[start:end]) for end in range(len(words) + 1) for start in range(end)}
        return letters in whole or any(len(letters) in _shortened_lengths(letters, word) for word in words)
    reached = {0}  # How many letters the words so far may have given.
    for word in words:
        reached |= {start + length for start in reached for length in _shortened_lengths(letters[start:], word)}
    return len(letters) in reached


def _shortened_lengths(letters: str, word: str) -> Iterator[int]:
    """How many of the first letters may shorten a word: its beginning, or its first letter and consonants of it."""
    yield from (length for length in range(1, len(word) + 1) if letters.startswith(word[:length]))
    if letters[:1] == word[0]:
        rest = iter(word[1:])
        for length, letter in enumerate(letters[1:], start=2):
            if letter in "aeiou" or letter not in rest:
                break
            yield length


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
    brand_requests.request_change(provider, brand, name=name, contact=None, notice_url=None, notices=(), at=at)
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
    keys = (Consent.brand_id, Consent.channel, Consent.recipient_type, Consent.status)
    consents = select(*keys, func.count()).where(Consent.provider_id == provider_id, Consent.status.is_not(None))
    found: dict[int, dict[Channel, Counter[Status]]] = {}
    types: dict[tuple[int, str], set[str]] = {}
    for brand_id, channel, recipient_type, status, total in session.execute(consents.group_by(*keys)):
        found.setdefault(brand_id, {}).setdefault(Channel(channel), Counter())[Status(cast(str, status))] += total
        types.setdefault((brand_id, channel), set()).add(recipient_type)
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
    """The base URL of a brand's links: its own verified host while its DNS record exists and the operator has agreed to
    it, otherwise `usual`."""
    of_brand = select(Domain).where(Domain.brand_id == brand_id, *domain_reviews.STANDS)
    own = session.scalars(of_brand.order_by(Domain.verified_at))
    hosts = (each.host for each in own if domain_reviews.is_approved(session, each))
    return next((f"https://{host}" for host in hosts), usual)
