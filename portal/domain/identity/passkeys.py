"""Passkeys as a second factor (W3C Web Authentication Level 3, 7.1 and 7.2), bound to the host against phishing."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

import webauthn
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.core.database import changed_rows
from portal.core.models import Factor, FactorKind, User
from portal.domain.identity import factors

LIFETIME = timedelta(minutes=5)  # Of a challenge; as long as a pending sign-in.
LONGEST_ANSWER = 16 * 1024  # Characters that a browser sends; usual ones have one or two thousand.
# Raised for malformed answers.
MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError)


class InvalidAnswer(Exception):
    """A browser's answer is malformed, or for another challenge, host, key or user."""


class AlreadyRegistered(InvalidAnswer):
    """This passkey is registered already."""


class ClonedPasskey(InvalidAnswer):
    """The device counted fewer signatures than we did, so it may have been cloned (Level 3, 6.1.1)."""


@dataclass(frozen=True)
class RelyingParty:
    """The host and origin that a passkey is bound to."""

    host: str
    origin: str


@dataclass(frozen=True)
class Challenge:
    """What the device signs, once: a challenge made before the key's last use is invalid."""

    value: bytes
    at: datetime

    def is_open(self, at: datetime) -> bool:
        return timedelta(0) <= at - self.at <= LIFETIME


def new_challenge(at: datetime) -> Challenge:
    return Challenge(secrets.token_bytes(32), at)


def list_passkeys(session: Session, user_id: int) -> list[Factor]:
    """A user's passkeys, oldest first."""
    return [factor for factor in factors.list_factors(session, user_id) if factor.kind == FactorKind.PASSKEY]


def registration_options(session: Session, user: User, email: str, rp: RelyingParty, challenge: Challenge) -> str:
    """What the browser needs to create a key, as JSON; devices that have one already are excluded."""
    options = webauthn.generate_registration_options(
        rp_id=rp.host, rp_name=factors.ISSUER, user_name=email, user_display_name=user.name,
        user_id=user.id.to_bytes(8, "big"), challenge=challenge.value,
        exclude_credentials=_descriptors(session, user.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )  # fmt: skip
    return webauthn.options_to_json(options)


def register_passkey(
    session: Session, user_id: int, answer: str, rp: RelyingParty, challenge: Challenge, *, name: str, at: datetime
) -> Factor:
    """Store a new key; creating it proved that the user can use it. Raises InvalidAnswer, AlreadyHere."""
    _require_answerable(answer, challenge, at)
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge.value, expected_rp_id=rp.host,
            expected_origin=rp.origin, require_user_verification=True,
        )  # fmt: skip
    except MALFORMED as error:
        raise InvalidAnswer from error
    if session.scalar(select(Factor.id).where(Factor.credential_id == made.credential_id)) is not None:
        raise AlreadyRegistered
    factor = Factor(
        user_id=user_id, kind=FactorKind.PASSKEY, name=name, credential_id=made.credential_id,
        public_key=made.credential_public_key, sign_count=made.sign_count, confirmed_at=at, used_at=at, created_at=at,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(factor)
            session.flush()
    except IntegrityError:  # Another request with this key was first.
        raise AlreadyRegistered from None
    return factor


def authentication_options(session: Session, user_id: int, rp: RelyingParty, challenge: Challenge) -> str:
    """What the browser needs to answer with one of the user's keys, as JSON."""
    options = webauthn.generate_authentication_options(
        rp_id=rp.host, challenge=challenge.value, allow_credentials=_descriptors(session, user_id),
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return webauthn.options_to_json(options)


def verify_passkey(
    session: Session, user_id: int, answer: str, rp: RelyingParty, challenge: Challenge, at: datetime
) -> Factor:
    """The user's key that answered; uses the challenge up, uncommitted. Raises InvalidAnswer, ClonedPasskey."""
    _require_answerable(answer, challenge, at)
    try:
        name = parse_authentication_credential_json(answer).raw_id
    except MALFORMED as error:
        raise InvalidAnswer from error
    factor = next((factor for factor in list_passkeys(session, user_id) if factor.credential_id == name), None)
    if factor is None:
        raise InvalidAnswer
    try:
        shown = webauthn.verify_authentication_response(
            credential=answer, expected_challenge=challenge.value, expected_rp_id=rp.host,
            expected_origin=rp.origin, credential_public_key=cast(bytes, factor.public_key),
            credential_current_sign_count=0, require_user_verification=True,
        )  # fmt: skip
    except MALFORMED as error:
        raise InvalidAnswer from error
    if shown.new_sign_count <= factor.sign_count and (shown.new_sign_count or factor.sign_count):
        raise ClonedPasskey
    unspent = or_(Factor.used_at.is_(None), Factor.used_at < challenge.at)
    mine = update(Factor).where(Factor.id == factor.id, Factor.sign_count == factor.sign_count, unspent)
    if changed_rows(session, mine.values(sign_count=shown.new_sign_count, used_at=at)) != 1:
        raise InvalidAnswer
    return factor


def _require_answerable(answer: str, challenge: Challenge, at: datetime) -> None:
    if len(answer) > LONGEST_ANSWER or not challenge.is_open(at):
        raise InvalidAnswer


def _descriptors(session: Session, user_id: int) -> list[PublicKeyCredentialDescriptor]:
    keys = list_passkeys(session, user_id)
    return [PublicKeyCredentialDescriptor(id=cast(bytes, factor.credential_id)) for factor in keys]
