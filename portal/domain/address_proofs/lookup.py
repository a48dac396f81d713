"""Finding what was asked for by the address of its page, whose code cannot be guessed."""

import hmac

from sqlalchemy.orm import Session

import shortlinks
from portal.core.models import AddressProof, Purpose


def page_code(salt: str, proof: AddressProof) -> str:
    """The part of a proof's page address that cannot be guessed."""
    return shortlinks.Codes(salt).encode_long(proof.id, proof.nonce)


def find_proof(session: Session, salt: str, code: str, purpose: Purpose) -> AddressProof | None:
    """What was asked for there; None where there is nothing, whichever part of the code is wrong."""
    proof_id, nonce = shortlinks.Codes(salt).decode_long(code) or (0, 0)
    proof = session.get(AddressProof, proof_id)
    fits = hmac.compare_digest((proof.nonce if proof else 0).to_bytes(8), nonce.to_bytes(8))
    return proof if proof and fits and proof.purpose == purpose else None
