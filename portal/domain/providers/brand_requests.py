"""What an admitted provider wants to change of its brands' looks, and the operator sees before people do."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from portal.core import display_names
from portal.core.former_words import with_former
from portal.core.models import Brand, Provider, Review, ReviewAct, approvals
from portal.core.models.approvals import FIELDS, digest_of, find_taken_back, note_of
from portal.domain.providers import sandbox_mode, sender_headers
from portal.domain.providers.contact_numbers import is_in_contact
from portal.domain.providers.logos import Logo

WORDS = approvals.WORDS
PICTURE = ("logo", "logo_digest")
NAMES = ("name", "header", "keyword")


def request_change(
    provider: Provider, brand: Brand, wanted: Mapping[str, str | None], *, notices: Collection[str], at: datetime
) -> None:
    """Change these WORDS of a brand; None is nothing, or its firm's. Of an admitted provider the operator must agree
    first to a new name or contact line, to a header or keyword that is not the whole name, to a short number for
    replies, to a notice that is none of `notices`, and to whatever it took back: the old ones stay until then. Raises
    BadName."""
    wanted = {**wanted, "name": display_names.parse_name(wanted["name"] or "")}
    for field, text in wanted.items():
        if provider.in_sandbox_mode:
            setattr(brand, field, text)
        elif text is None or _is_seen(provider, brand, field, text, notices):
            _set(brand, field, text)
    _request(brand, {field: text for field, text in wanted.items() if text != getattr(brand, field)}, WORDS, at)


def _set(brand: Brand, field: str, value: object) -> None:
    """Replies call a brand as its messages did when they were sent."""
    before = getattr(brand, field)
    if field in NAMES and before and before != value:
        brand.former_names = with_former(brand.former_names, before)
    setattr(brand, field, value)


def _is_seen(provider: Provider, brand: Brand, field: str, text: str, notices: Collection[str]) -> bool:
    """Whether the operator saw a text before, and did not take it back: in a name, in the contact line, as a notice."""
    session = object_session(provider)
    if session is None or find_taken_back(session, provider.id).holds(field, text):
        return False
    if field in ("header", "keyword"):
        return sender_headers.is_name(text, (brand.name, provider.title))
    if field == "reply_number":
        return is_in_contact(text, brand.contact or provider.contact)
    return field == "notice_url" and text in notices


def request_logo(provider: Provider, brand: Brand, logo: Logo, at: datetime) -> None:
    """Change a brand's logo. An admitted provider's is shown once the operator agrees: a picture may say anything."""
    if provider.in_sandbox_mode:
        brand.logo, brand.logo_digest = logo.png, logo.digest
    else:
        _request(brand, {"logo": logo.png, "logo_digest": logo.digest}, PICTURE, at)


def remove_logo(brand: Brand, at: datetime) -> None:
    """Withdraw the logo that waits for the operator; where none does, show none any more."""
    if brand.requested_logo:
        _request(brand, {}, PICTURE, at)
    else:
        brand.logo = brand.logo_digest = None


def _request(brand: Brand, wanted: Mapping[str, object], fields: Sequence[str], at: datetime) -> None:
    """Let the operator decide on what is wanted of these fields, in place of what was wanted before."""
    before = requested_changes(brand)
    for field in fields:
        setattr(brand, f"requested_{field}", wanted.get(field))
    if requested_changes(brand) != before:
        brand.requested_at = at if any(requested_changes(brand).values()) else None


def requested_changes(brand: Brand) -> dict[str, str | None]:
    """What the operator decides on, by field; of a logo its digest."""
    return {field: getattr(brand, f"requested_{field}") for field in FIELDS}


def reviewed_notices(session: Session, provider: Provider) -> set[str]:
    """The addresses of privacy notices that the operator saw. Another one on the same host may be anybody's form."""
    theirs = select(Brand.notice_url).where(Brand.id.in_(sandbox_mode.counted_brands(provider)))
    return {url for url in (provider.notice_url, *session.scalars(theirs)) if url}


def describe_request(brand: Brand) -> str:
    """What the operator decides on and since when, without ambiguity; compared by settle_request. What is requested
    again after a decision is another request."""
    return repr((requested_changes(brand), brand.requested_at and brand.requested_at.timestamp()))


def settle_request(
    session: Session, brand: Brand, seen: str, *, is_approved: bool, by: int, reason: str, at: datetime
) -> bool:
    """Approve or decline what the operator saw; False where something else or nothing is requested by now."""
    if brand.requested_at is None or seen != describe_request(brand):
        return False
    provider = session.get_one(Provider, brand.provider_id)
    for field, words in requested_changes(brand).items():
        if words and is_approved:
            made = {"act": ReviewAct.TEXT_APPROVED, "digest": digest_of(field, words), "note": words}
        elif words:
            made = _declined(session, provider, field, words, reason)
        else:
            continue
        session.add(Review(provider_id=provider.id, made_by=by, made_at=at, **made))
    for field in (*WORDS, *PICTURE):
        if is_approved and (wanted := getattr(brand, f"requested_{field}")):
            _set(brand, field, wanted)
        setattr(brand, f"requested_{field}", None)
    brand.requested_at = None
    session.flush()
    return True


def _declined(session: Session, provider: Provider, field: str, words: str, reason: str) -> dict[str, Any]:
    """The facts of a Review. What another brand shows stays approved: only the act that takes it back halts it. What
    people saw once counts as taken back."""
    shown = session.scalars(select(getattr(Brand, field)).where(Brand.provider_id == provider.id)).all()
    digest, note = digest_of(field, words), f"“{words}”: {reason}"
    last = approvals.last_decisions(session, Review.provider_id == provider.id, Review.digest == digest).values()
    if any(each.act == ReviewAct.TEXT_APPROVED for each in last):
        note = note_of(words, reason)
    is_shown = words in shown or words == _usual(provider).get(field)
    return {"act": ReviewAct.TEXT_DECLINED, "digest": None if is_shown else digest, "note": note}


def _usual(provider: Provider) -> dict[str, str]:
    """What brands show that have nothing of their own in a field."""
    return {"name": provider.title, "contact": provider.contact, "notice_url": provider.notice_url}


def fields_in_force(provider: Provider, brands: Sequence[Brand]) -> Iterator[tuple[str, str, str]]:
    """(field, brand, words) of what people see, other than the firm's title and contact, which its admission is of."""
    if provider.notice_url:
        yield "notice_url", provider.title, provider.notice_url
    usual = _usual(provider)
    for brand in brands:
        for field in FIELDS:
            if (words := getattr(brand, field)) and words != usual.get(field):
                yield field, brand.name, words


def take_back(provider: Provider, brands: Sequence[Brand], field: str, words: str) -> list[Brand]:
    """Let brands be without these words, and without what was never looked at by itself, as it stood in them; the
    brands that had them."""
    theirs = [brand for brand in brands if getattr(brand, field) == words]
    for brand in theirs:
        _set(brand, field, provider.title if field == "name" else None)
        if field == "logo_digest":
            brand.logo = None
        for part in ("header", "keyword") if field == "name" else ():
            if sender_headers.is_name(getattr(brand, part) or "", [words]):
                _set(brand, part, None)
        if field == "contact" and is_in_contact(brand.reply_number or "", words):
            brand.reply_number = None
    if field == "notice_url" and provider.notice_url == words:
        provider.notice_url = ""
    return theirs
