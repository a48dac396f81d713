"""Sessions of a proved address: they open one's own overview for 15 minutes by a cookie."""

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.ids import LARGEST_ID
from portal.core.models import AddressProof, Purpose
from portal.domain.address_proofs import codes

SESSION_LIFETIME = timedelta(minutes=15)
REFUSALS_TAKEN_FOR = timedelta(hours=1)  # After that: a page that is still open shows its buttons.


def open_session(proof: AddressProof, at: datetime) -> str:
    """Open a session for a proved address; returns the token for the cookie, of which only the digest is stored."""
    token = secrets.token_urlsafe(32)
    proof.token_digest, proof.open_until = codes.token_digest(token), at + SESSION_LIFETIME
    return token


def find_session(
    session: Session, token: str, at: datetime, *, grace: timedelta = timedelta(0)
) -> AddressProof | None:  # fmt: skip
    """The proof of an open session, or of one that ended by itself within `grace`."""
    proof = session.scalar(select(AddressProof).where(AddressProof.token_digest == codes.token_digest(token)))
    return proof if proof is not None and was_open(proof, at, grace) else None


def was_open(proof: AddressProof, at: datetime, grace: timedelta) -> bool:
    """Whether a session is open, or ended by itself within `grace`."""
    if proof.purpose != Purpose.MINE or proof.ended_at is not None:
        return False
    return proof.open_until is not None and at < proof.open_until + grace


def close_session(proof: AddressProof, at: datetime) -> None:
    """End a session for all copies of its cookie."""
    proof.ended_at = at


def form_token(secret: str, proof: AddressProof) -> str:
    """The CSRF token of the overview's forms: it names their session, and is derived from its cookie's digest."""
    assert proof.token_digest  # It has a session.
    return f"{proof.id}.{codes.keyed_digest(secret, f'form|{proof.id}|{proof.token_digest.hex()}').hex()}"


def find_form_session(session: Session, secret: str, given: str) -> AddressProof | None:
    """The proof of the session whose form carries this token, which may have ended; None where the token is made up."""
    number = given.partition(".")[0]
    if not (number.isascii() and number.isdecimal() and len(number) < 20 and int(number) <= LARGEST_ID):
        return None
    proof = session.get(AddressProof, int(number))
    if proof is None or proof.token_digest is None:
        return None
    return proof if hmac.compare_digest(form_token(secret, proof).encode(), given.encode()) else None
