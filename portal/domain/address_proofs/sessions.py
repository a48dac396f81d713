"""What a proof opens: one's own overview, for a quarter of an hour, to whoever has the cookie that came of it."""

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.models import AddressProof, Purpose
from portal.domain.address_proofs import digests

SESSION_LIFETIME = timedelta(minutes=15)


def open_session(proof: AddressProof, at: datetime) -> str:
    """Open the overview of a proof that was just answered rightly; the token for the cookie, kept nowhere here."""
    token = secrets.token_urlsafe(32)
    proof.token_digest, proof.open_until = digests.token_digest(token), at + SESSION_LIFETIME
    return token


def find_session(session: Session, token: str, at: datetime) -> AddressProof | None:
    """The proof whose overview a cookie opens now."""
    proof = session.scalar(select(AddressProof).where(AddressProof.token_digest == digests.token_digest(token)))
    is_open = proof is not None and proof.purpose == Purpose.MINE and proof.ended_at is None
    return proof if is_open and at < proof.open_until else None


def close_session(proof: AddressProof, at: datetime) -> None:
    """Whoever was in is out, by whichever copy of the cookie."""
    proof.ended_at = at


def form_token(secret: str, token: str) -> str:
    """What a form of the overview carries: nobody knows it who has not the cookie."""
    return digests.keyed_digest(secret, f"form|{token}").hex()


def is_form_token_valid(secret: str, token: str, given: str) -> bool:
    """Whether a form came from the overview that this cookie opens."""
    return hmac.compare_digest(form_token(secret, token).encode(), given.encode())
