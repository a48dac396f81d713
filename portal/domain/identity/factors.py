"""Second factors: single-use codes of an authenticator app (TOTP), and recovery codes."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import cast

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.ids import new_id
from portal.core.models import NO_PROVIDER, Factor, FactorKind, RecoveryCode, User
from portal.core.vault import Vault

ISSUER = "İzinlink"
PERIOD = 30  # Seconds that a code lasts.
MOST_FACTORS = 10  # Factors of one person.
TOLERANCE = 1  # A code of the period before or after still counts, since clocks of telephones differ.
RECOVERY_CODES = 10
RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # Without look-alikes.
RECOVERY_LENGTH = 24  # Such a code holds 118 bits: a plain digest of it cannot be turned back (OWASP ASVS 5.0, 6.5.2).


class LastFactor(ValueError):
    """It is the user's only factor, without which they could not sign in."""


def enrol_totp(
    session: Session, vault: Vault, user_id: int, *, name: str, at: datetime, secret: str | None = None
) -> Factor:
    """Create an authenticator app's secret. The factor counts once its first code was used."""
    factor_id, secret = new_id(), secret or pyotp.random_base32()
    factor = Factor(
        id=factor_id, user_id=user_id, kind=FactorKind.TOTP, name=name,
        secret=vault.seal(secret, Factor.PLACE, NO_PROVIDER, factor_id), created_at=at,
    )  # fmt: skip
    session.add(factor)
    session.flush()
    return factor


def totp_secret(vault: Vault, factor: Factor) -> str:
    """The base32 secret of an authenticator app."""
    return vault.read(cast(bytes, factor.secret), Factor.PLACE, NO_PROVIDER, factor.id)


def provisioning_uri(vault: Vault, factor: Factor, email: str) -> str:
    """The otpauth:// address for the QR code."""
    return pyotp.TOTP(totp_secret(vault, factor), interval=PERIOD).provisioning_uri(name=email, issuer_name=ISSUER)


def list_factors(session: Session, user_id: int, *, confirmed: bool = True) -> list[Factor]:
    """A user's factors, oldest first; unconfirmed ones only with `confirmed=False`."""
    theirs = select(Factor).where(Factor.user_id == user_id)
    if confirmed:
        theirs = theirs.where(Factor.confirmed_at.is_not(None))
    return list(session.scalars(theirs.order_by(Factor.created_at, Factor.id)))


def use_totp_code(session: Session, vault: Vault, user: User, code: str, at: datetime) -> Factor | None:
    """Use up a code; the confirmed app it is from, if any. Part of the caller's transaction."""
    for factor in list_factors(session, user.id):
        if factor.kind == FactorKind.TOTP and use_factor_code(session, vault, factor, code, at):
            return factor
    return None


def use_factor_code(session: Session, vault: Vault, factor: Factor, code: str, at: datetime) -> bool:
    """Whether this is an app's code now, and none as late was used before (RFC 6238, 5.2). Confirms the factor."""
    step = _matching_step(totp_secret(vault, factor), "".join(code.split()), at)
    if step is None:
        return False
    unused = or_(Factor.last_step.is_(None), Factor.last_step < step)
    mine = update(Factor).where(Factor.id == factor.id, unused)
    values = {"last_step": step, "used_at": at, "confirmed_at": factor.confirmed_at or at}
    return changed_rows(session, mine.values(values)) == 1


def remove_factor(session: Session, user_id: int, factor_id: int) -> Factor | None:
    """Delete a factor; None where the user has no such one. Raises LastFactor. Part of the caller's transaction."""
    _lock_factors(session, user_id)
    theirs = {factor.id: factor for factor in list_factors(session, user_id)}
    if factor_id in theirs and len(theirs) == 1:
        raise LastFactor
    if factor_id in theirs:
        session.delete(theirs[factor_id])
        session.flush()
    return theirs.get(factor_id)


def create_recovery_codes(session: Session, vault: Vault, user_id: int, at: datetime) -> list[str]:
    """Replace all earlier codes. The new ones are shown once; only their digests are kept."""
    _lock_factors(session, user_id)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = ["".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    for number, code in enumerate(codes, 1):
        session.add(RecoveryCode(user_id=user_id, digest=_digest(code), number=number, created_at=at))
    session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4)) for code in codes]


def use_recovery_code(session: Session, user_id: int, code: str, at: datetime) -> bool:
    """Use up a recovery code; whether it was an unused one of the user's. Part of the caller's transaction."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    mine = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.digest == _digest(plain), RecoveryCode.used_at.is_(None)
    )
    return changed_rows(session, mine.values(used_at=at)) == 1


def count_recovery_codes(session: Session, user_id: int) -> int:
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalars(select(func.count()).select_from(RecoveryCode).where(*unused)).one()


def delete_unconfirmed(session: Session, user_id: int) -> None:
    """Delete authenticator apps that never showed a code."""
    session.execute(delete(Factor).where(Factor.user_id == user_id, Factor.confirmed_at.is_(None)))


def _lock_factors(session: Session, user_id: int) -> None:
    """Queue concurrent changes of one user's factors."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def _matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The tolerated time step whose code this is."""
    if not (code.isascii() and code.isdecimal() and len(code) == 6):
        return None
    totp = pyotp.TOTP(secret, interval=PERIOD)
    for drift in range(-TOLERANCE, TOLERANCE + 1):
        moment = at + timedelta(seconds=drift * PERIOD)
        if hmac.compare_digest(totp.at(moment), code):
            return totp.timecode(moment)
    return None


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
