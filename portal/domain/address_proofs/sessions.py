"""Sessions of a proved address: they open one's own overview for 15 minutes by a cookie."""

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

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
    if proof is None or proof.purpose != Purpose.MINE or proof.ended_at is not None:
        return None
    return proof if proof.open_until is not None and at < proof.open_until + grace else None


def close_session(proof: AddressProof, at: datetime) -> None:
    """End a session for all copies of its cookie."""
    proof.ended_at = at


def form_token(secret: str, token: str) -> str:
    """The CSRF token of the overview's forms, derived from the cookie."""
    return codes.keyed_digest(secret, f"form|{token}").hex()


def is_form_token_valid(secret: str, token: str, given: str) -> bool:
    """Whether a form carries the CSRF token of this cookie."""
    return hmac.compare_digest(form_token(secret, token).encode(), given.encode())
