"""Second factors: codes of an authenticator app, each of which opens once, and recovery codes on paper."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core.models import Factor, FactorKind, RecoveryCode, User
from portal.core.models.ids import new_id
from portal.core.vault import Vault

NO_PROVIDER = 0  # Sealed for no provider, as people are.
ISSUER = "İzinlink"
PERIOD = 30  # Seconds that a code lasts.
MOST_FACTORS = 10  # Factors of one person.
TOLERANCE = 1  # A code of the period before or after still fits: clocks of telephones differ.
RECOVERY_CODES = 10
RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # Without look-alikes.
RECOVERY_LENGTH = 24  # Such a code holds 118 bits: a plain digest of it cannot be turned back (OWASP ASVS 5.0, 6.5.2).


class LastFactor(ValueError):
    """It is the only factor of a person: without it they could not come in."""


def enrol_totp(
    session: Session, vault: Vault, user_id: int, *, name: str, at: datetime, secret: str | None = None
) -> Factor:
    """Give a person a secret for their authenticator app. It counts once a first code of it was shown."""
    factor_id, secret = new_id(), secret or pyotp.random_base32()
    factor = Factor(
        id=factor_id, user_id=user_id, kind=FactorKind.TOTP, name=name,
        secret=vault.seal(secret, Factor.PLACE, NO_PROVIDER, factor_id), created_at=at,
    )  # fmt: skip
    session.add(factor)
    session.flush()
    return factor


def totp_secret(vault: Vault, factor: Factor) -> str:
    """The secret of an app's codes, base32."""
    return vault.read(factor.secret, Factor.PLACE, NO_PROVIDER, factor.id)


def provisioning_uri(vault: Vault, factor: Factor, email: str) -> str:
    """What the QR code says (otpauth://…)."""
    return pyotp.TOTP(totp_secret(vault, factor), interval=PERIOD).provisioning_uri(name=email, issuer_name=ISSUER)


def list_factors(session: Session, user_id: int, *, confirmed: bool = True) -> list[Factor]:
    """A person's factors, oldest first; those never used to the end only where asked for."""
    theirs = select(Factor).where(Factor.user_id == user_id)
    if confirmed:
        theirs = theirs.where(Factor.confirmed_at.is_not(None))
    return list(session.scalars(theirs.order_by(Factor.created_at, Factor.id)))


def use_totp_code(session: Session, vault: Vault, user: User, code: str, at: datetime) -> Factor | None:
    """The confirmed app whose code this is; the code is spent by it. Part of the caller's transaction."""
    for factor in list_factors(session, user.id):
        if factor.kind == FactorKind.TOTP and use_factor_code(session, vault, factor, code, at):
            return factor
    return None


def use_factor_code(session: Session, vault: Vault, factor: Factor, code: str, at: datetime) -> bool:
    """Whether an app shows this code now, and showed none later before (RFC 6238, 5.2). Confirms the factor."""
    step = _step_of(totp_secret(vault, factor), "".join(code.split()), at)
    if step is None:
        return False
    unused = or_(Factor.last_step.is_(None), Factor.last_step < step)
    mine = update(Factor).where(Factor.id == factor.id, unused)
    values = {"last_step": step, "used_at": at, "confirmed_at": factor.confirmed_at or at}
    return session.execute(mine.values(values)).rowcount == 1


def remove_factor(session: Session, user_id: int, factor_id: int) -> Factor | None:
    """Take a factor away; None where they have no such one. Raises LastFactor. Part of the caller's transaction."""
    _alone(session, user_id)
    theirs = {factor.id: factor for factor in list_factors(session, user_id)}
    if factor_id in theirs and len(theirs) == 1:
        raise LastFactor
    if factor_id in theirs:
        session.delete(theirs[factor_id])
        session.flush()
    return theirs.get(factor_id)


def create_recovery_codes(session: Session, vault: Vault, user_id: int, at: datetime) -> list[str]:
    """New codes in place of all earlier ones. They are shown once; only their digests are kept."""
    _alone(session, user_id)
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = ["".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    for number, code in enumerate(codes, 1):
        session.add(RecoveryCode(user_id=user_id, digest=_digest(code), number=number, created_at=at))
    session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4)) for code in codes]


def use_recovery_code(session: Session, user_id: int, code: str, at: datetime) -> bool:
    """Whether this is an unused recovery code of theirs; it is used by it. Part of the caller's transaction."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    mine = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.digest == _digest(plain), RecoveryCode.used_at.is_(None)
    )
    return session.execute(mine.values(used_at=at)).rowcount == 1


def count_recovery_codes(session: Session, user_id: int) -> int:
    """How many recovery codes a person has still."""
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused))


def delete_unconfirmed(session: Session, user_id: int) -> None:
    """Delete the apps a person was shown and never showed a code of."""
    session.execute(delete(Factor).where(Factor.user_id == user_id, Factor.confirmed_at.is_(None)))


def _alone(session: Session, user_id: int) -> None:
    """Two requests that change a person's factors at once do so one after the other, and each sees what came of it."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, among those that are tolerated now."""
    if not (code.isascii() and code.isdecimal() and len(code) == 6):
        return None
    totp = pyotp.TOTP(secret, interval=PERIOD)
    for drift in range(-TOLERANCE, TOLERANCE + 1):
        moment = at + timedelta(seconds=drift * PERIOD)
        if hmac.compare_digest(totp.at(moment), code):
            return totp.timecode(moment)
    return None


def _digest(code: str) -> bytes:
    """A code holds 118 random bits: a plain hash cannot be turned back."""
    return hashlib.sha256(code.encode()).digest()
