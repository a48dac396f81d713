"""The code in a receipt's URL: with it one may undo, complain and change one's mind, so nobody can guess it."""

import hmac

from sqlalchemy.orm import Session

import shortlinks
from portal.core.models import Receipt


def receipt_code(salt: str, receipt_id: int, nonce: int) -> str:
    """The part of a receipt's URL that cannot be guessed."""
    return shortlinks.Codes(salt).encode_long(receipt_id, nonce)


def find_receipt(session: Session, salt: str, code: str) -> Receipt | None:
    """The receipt of a code; None where there is none, or its nonce is wrong. Both take the same path."""
    receipt_id, nonce = shortlinks.Codes(salt).decode_long(code) or (0, 0)
    receipt = session.get(Receipt, receipt_id)
    fits = hmac.compare_digest((receipt.nonce if receipt else 0).to_bytes(8), nonce.to_bytes(8))
    return receipt if receipt and fits else None
