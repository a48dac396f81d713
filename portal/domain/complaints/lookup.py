"""Finding a case by its page's code, and the brands that the holder of a receipt may complain about."""

import hmac
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

import shortlinks
from portal.core.models import Brand, Complaint, Decision, Provider, Receipt, ReceiptDecision, Recipient

CaseCode = str  # The part of a status page's address that cannot be guessed.


@dataclass(frozen=True)
class Sender:
    """A brand that a receipt names, and the receipt's row at its provider."""

    brand: Brand
    provider: Provider
    receipt: Receipt
    recipient: Recipient


def case_code(salt: str, case: Complaint) -> CaseCode:
    """The code in a case's page address, /s/<code>."""
    return shortlinks.Codes(salt).encode_long(case.id, case.nonce)


def find_case(session: Session, salt: str, code: CaseCode) -> Complaint | None:
    """The case of a code; an unknown id and a wrong nonce take the same path."""
    case_id, nonce = shortlinks.Codes(salt).decode_long(code) or (0, 0)
    case = session.get(Complaint, case_id)
    fits = hmac.compare_digest((case.nonce if case else 0).to_bytes(8), nonce.to_bytes(8))
    return case if case and fits else None


def same_receipt_ids(session: Session, receipt: Receipt) -> list[int]:
    """The ids of all rows of one receipt: an act at several providers has one at each."""
    return list(session.scalars(select(Receipt.id).where(_is_same_receipt(receipt)).order_by(Receipt.id)))


def list_senders(session: Session, receipt: Receipt) -> list[Sender]:
    """The brands that a receipt names at all providers, by name."""
    named = (
        select(Decision.brand_id, Receipt.id.label("receipt_id"))
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .join(Receipt, Receipt.id == ReceiptDecision.receipt_id)
        .where(_is_same_receipt(receipt))
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(Brand, Provider, Receipt, Recipient)
        .join(named, named.c.brand_id == Brand.id)
        .join(Receipt, Receipt.id == named.c.receipt_id)
        .join(Provider, Provider.id == Brand.provider_id)
        .join(Recipient, Recipient.id == Receipt.recipient_id)
        .order_by(Brand.name, Brand.id)
    )
    return [Sender(*row) for row in rows]


def _is_same_receipt(receipt: Receipt) -> ColumnElement[bool]:
    return or_(Receipt.id == receipt.id, Receipt.number == receipt.number)
