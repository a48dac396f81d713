"""Finding a proof by the unguessable code in its page's address."""

import hmac

from sqlalchemy.orm import Session

import shortlinks
from portal.core.models import AddressProof, Purpose


def page_code(salt: str, proof: AddressProof) -> str:
    """The part of a proof's page address that cannot be guessed."""
    return shortlinks.Codes(salt).encode_long(proof.id, proof.nonce)


def find_proof(session: Session, salt: str, code: str, purpose: Purpose) -> AddressProof | None:
    """The proof of a page; whichever part of the code is wrong takes the same path."""
    proof_id, nonce = shortlinks.Codes(salt).decode_long(code) or (0, 0)
    proof = session.get(AddressProof, proof_id)
    fits = hmac.compare_digest((proof.nonce if proof else 0).to_bytes(8), nonce.to_bytes(8))
    return proof if proof and fits and proof.purpose == purpose else None
