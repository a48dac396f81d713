"""Find a receipt by its number alone: that tells that there is one, of which brands and which day, and no more."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import Brand, ConsentText, Decision, Provider, Receipt, ReceiptDecision
from portal.domain.providers import sandbox_mode
from portal.domain.providers.sandbox_mode import Destination


@dataclass(frozen=True)
class FoundBrand:
    """A brand that a receipt is of."""

    brand_name: str
    day: date
    is_sandbox: bool


def find_brands(session: Session, number: str) -> list[FoundBrand]:
    """The brands of a receipt, by name; empty where no receipt has that number. Either way one statement is asked."""
    name = func.coalesce(ConsentText.brand_name, Brand.name).label("brand_name")
    theirs = (
        select(name, Receipt.decided_at, Provider.iys_code, Brand.brand_code)
        .join(ReceiptDecision, ReceiptDecision.receipt_id == Receipt.id)
        .join(Decision, Decision.id == ReceiptDecision.decision_id)
        .join(Brand, Brand.id == Decision.brand_id)
        .join(Provider, Provider.id == Brand.provider_id)
        .outerjoin(ConsentText, ConsentText.id == Receipt.text_id)
        .where(Receipt.number == number)
        .distinct()
    )
    rows = sorted(session.execute(theirs), key=lambda row: row.brand_name)
    return [
        FoundBrand(row.brand_name, clock.day(row.decided_at), _is_sandbox(row.iys_code, row.brand_code)) for row in rows
    ]


def _is_sandbox(iys_code: int, brand_code: int) -> bool:
    return sandbox_mode.find_destination(iys_code, brand_code) == Destination.SANDBOX
