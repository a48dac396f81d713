"""A receipt's number (16 letters of Crockford's base 32, read aloud and typed), its page's code, and what they find."""

import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core import clock
from portal.core.models import NO_PROVIDER, Brand, ConsentText, Decision, Provider, Receipt, ReceiptDecision
from portal.core.models.approvals import find_taken_back
from portal.core.models.decision import is_across_providers
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4
MAX_TYPED = 60  # Characters, with whatever stands between the letters.

SEPARATORS = re.compile(r"[\s\-‐‑‒–—−.·_/]+")
# Look-alike letters; ı and İ come from Turkish keyboards.
LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "İ": "1", "ı": "1"})


def format_number(number: str | None) -> str:
    """As it is shown: XXXX-XXXX-XXXX-XXXX; empty where there is none to show."""
    if number is None:
        return ""
    return "-".join(number[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def parse_number(text: str) -> str | None:
    """The number that somebody typed, whatever its case, separators and look-alike letters; None where it is none."""
    if len(text) > MAX_TYPED:
        return None
    letters = SEPARATORS.sub("", text).translate(LOOKALIKES).upper().translate(LOOKALIKES)
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None


def receipt_code(salt: str, receipt_id: int, nonce: int) -> str:
    """The part of a receipt's URL that cannot be guessed."""
    return shortlinks.Codes(salt).encode_long(receipt_id, nonce)


def find_receipt(session: Session, salt: str, code: str) -> Receipt | None:
    """The receipt of a code; None where there is none, or its nonce is wrong. Both take the same path."""
    receipt_id, nonce = shortlinks.Codes(salt).decode_long(code) or (0, 0)
    receipt = session.get(Receipt, receipt_id)
    fits = hmac.compare_digest((receipt.nonce if receipt else 0).to_bytes(8), nonce.to_bytes(8))
    return receipt if receipt and fits else None


@dataclass(frozen=True)
class FoundBrand:
    brand_name: str  # Empty where the number tells no brand.
    day: date
    is_sandbox: bool


def find_brands(session: Session, number: str) -> list[FoundBrand]:
    """The brands of a receipt, by name; empty where no receipt has that number. Either way two statements are asked.

    The number of an act that may be at several providers names none: a firm that was told it would learn of the others.
    """
    name = func.coalesce(ConsentText.brand_name, Brand.name).label("brand_name")
    theirs = (
        select(name, Brand.name, Receipt.decided_at, Receipt.origin, Receipt.link_id)
        .add_columns(Provider.id, Provider.iys_code, Brand.brand_code)
        .join(ReceiptDecision, ReceiptDecision.receipt_id == Receipt.id)
        .join(Decision, Decision.id == ReceiptDecision.decision_id)
        .join(Brand, Brand.id == Decision.brand_id)
        .join(Provider, Provider.id == Brand.provider_id)
        .outerjoin(ConsentText, ConsentText.id == Receipt.text_id)
        .where(Receipt.number == number)
        .distinct()
    )
    rows = session.execute(theirs).all()
    taken_back = {each: find_taken_back(session, each) for each in {row.id for row in rows} or {NO_PROVIDER}}
    found = {
        FoundBrand(
            ""
            if is_across_providers(row.origin, row.link_id)
            else sandbox_mode.shown_name(
                row.name if taken_back[row.id].holds("name", row.brand_name) else row.brand_name, row.brand_code
            ),
            clock.day(row.decided_at),
            is_sandbox=sandbox_mode.find_destination(row.iys_code, row.brand_code) == Destination.SANDBOX,
        )
        for row in rows
    }
    return sorted(found, key=lambda each: (each.brand_name, each.is_sandbox))


def select_providers(number: str) -> Select[int]:
    """The providers of a receipt."""
    return select(Receipt.provider_id).where(Receipt.number == number)


def find_taken_back_words(session: Session, provider_ids: Iterable[int], said: Iterable[tuple[str, str]]) -> list[str]:
    """Of the words that a document says, each with its field, those whose approval was taken back since."""
    taken_back = [find_taken_back(session, each) for each in provider_ids]
    return [words for field, words in said if any(each.holds(field, words) for each in taken_back)]


def has_ended(session: Session, provider_ids: Collection[int] | Select[int]) -> bool:
    """Whether one of these providers is suspended or has left."""
    ended = or_(Provider.left_at.is_not(None), Provider.suspended_at.is_not(None))
    return session.scalar(select(Provider.id).where(Provider.id.in_(provider_ids), ended).limit(1)) is not None
