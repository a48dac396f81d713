"""Providers, users and their passwords, and the İYS accounts by which providers are connected."""

from datetime import datetime
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.models import (
    NO_PROVIDER,
    Brand,
    Connection,
    Credential,
    CredentialKind,
    MailKind,
    Membership,
    Provider,
    Role,
    User,
)
from portal.core.vault import Vault
from portal.domain.notifications import mails

SHORTEST_PASSWORD = 12

# OWASP's minimum (19 MiB, 2 passes), so that a burst of sign-ins does not exhaust memory.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PasswordTooShort(ValueError):
    """A password has fewer than SHORTEST_PASSWORD characters."""


def open_provider(
    session: Session, *, iys_code: int, title: str, mersis: str, contact: str, notice_url: str, brands: dict[int, str],
    at: datetime,
) -> Provider:  # fmt: skip
    """Create an admitted provider with its brands ({brandCode: name}; the master brand's code is the iysCode)."""
    provider = Provider(
        iys_code=iys_code,
        pending_iys_code=iys_code,
        title=title,
        mersis=mersis,
        contact=contact,
        notice_url=notice_url,
        admitted_at=at,
        created_at=at,
    )
    session.add(provider)
    session.flush()
    for brand_code, name in brands.items():
        session.add(Brand(provider_id=provider.id, brand_code=brand_code, name=name, created_at=at))
    session.flush()
    return provider


def create_user(session: Session, vault: Vault, *, email: str, name: str, password: str, at: datetime) -> User:
    """Create a user without any membership. Raises PasswordTooShort."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    user_id = new_id()
    user = User(
        id=user_id,
        email=vault.seal(email, User.PLACE, NO_PROVIDER, user_id),
        **email_indexes(vault, email),
        name=name,
        password_hash=hasher.hash(password),
        confirmed_at=at,
        created_at=at,
    )
    session.add(user)
    session.flush()
    return user


def create_or_restart_user(
    session: Session, vault: Vault, *, email: str, name: str, password: str, at: datetime
) -> User:  # fmt: skip
    """Create a user, or give one who never enrolled a factor another name and password. Raises PasswordTooShort."""
    user = find_user(session, vault, email)
    if user is None:
        return create_user(session, vault, email=email, name=name, password=password, at=at)
    set_password(user, password)
    user.name = name
    return user


def add_membership(session: Session, user: User, provider_id: int, role: Role, at: datetime) -> Membership:
    """Make a user a member of a provider; a former member comes back with the new role."""
    membership = session.scalar(
        select(Membership).where(Membership.user_id == user.id, Membership.provider_id == provider_id)
    )
    if membership is None:
        membership = Membership(user_id=user.id, provider_id=provider_id, created_at=at)
        session.add(membership)
    membership.role, membership.suspended_at, membership.ended_at = role, None, None
    session.flush()
    return membership


def email_of(vault: Vault, user: User) -> str:
    """The address a person signs in with."""
    return vault.read(user.email, User.PLACE, NO_PROVIDER, user.id)


def mail_user(session: Session, vault: Vault, user: User, kind: MailKind, facts: mails.Facts, at: datetime) -> None:
    """Queue a mail to a user, in their language."""
    to = email_of(vault, user)
    mails.write_mail(session, vault, kind, to=to, language=user.language, at=at, facts=facts)


def connect(
    session: Session, vault: Vault, provider: Provider, *, username: str, password: str, at: datetime
) -> Connection:
    """Connect a provider by an İYS account of its own, replacing any earlier connection."""
    credential = store_credential(session, vault, provider.id, username=username, password=password, at=at)
    return set_connection(session, provider, credential, at, at)


def connect_by_partner(session: Session, provider: Provider, credential: Credential, *, at: datetime) -> Connection:
    """Connect a provider by a partner's account. Nothing is sent before İYS's title was compared."""
    return set_connection(session, provider, credential, None, at)


def store_credential(
    session: Session, vault: Vault, provider_id: int, *, username: str, password: str, at: datetime,
    kind: CredentialKind = CredentialKind.DIRECT, integrator_code: int | None = None,
) -> Credential:  # fmt: skip
    """Store an İYS account: a provider's own, the sandbox's, or (for NO_PROVIDER, with its code) a partner's."""
    credential_id = new_id()
    credential = Credential(
        id=credential_id,
        kind=kind,
        provider_id=provider_id,
        integrator_code=integrator_code,
        username=username,
        password=vault.seal(password, Credential.PASSWORD, provider_id, credential_id),
        created_at=at,
    )
    session.add(credential)
    session.flush()
    return credential


def store_partner_credential(
    session: Session, vault: Vault, *, integrator_code: int, username: str, password: str, at: datetime
) -> Credential:
    """Store a partner's İYS account, or the new name and password of a known one; connections by it stay."""
    known = select(Credential).where(Credential.integrator_code == integrator_code)
    credential = session.scalar(known.where(Credential.kind == CredentialKind.PARTNER))
    if credential is None:
        return store_credential(
            session,
            vault,
            NO_PROVIDER,
            username=username,
            password=password,
            at=at,
            kind=CredentialKind.PARTNER,
            integrator_code=integrator_code,
        )
    credential.username = username
    credential.password = vault.seal(password, Credential.PASSWORD, NO_PROVIDER, credential.id)
    credential.access_token = credential.access_until = credential.refresh_token = credential.refresh_until = None
    credential.backoff_until = credential.refused_at = credential.blocked_code = None
    session.flush()
    return credential


def partner_credentials(session: Session) -> list[Credential]:
    """The partners' İYS accounts by which a provider may be connected, oldest first."""
    theirs = select(Credential).where(Credential.kind == CredentialKind.PARTNER)
    return list(session.scalars(theirs.order_by(Credential.created_at)))


def first_partner_credential(session: Session) -> Credential | None:
    """The account that new providers authorise."""
    return next(iter(partner_credentials(session)), None)


def set_connection(
    session: Session, provider: Provider, credential: Credential, forwarding_enabled_at: datetime | None, at: datetime
) -> Connection:
    """Connect a provider by an İYS account; a former one of its own is deleted, since unused passwords are not kept."""
    connection = session.scalar(select(Connection).where(Connection.provider_id == provider.id))
    if connection is None:
        connection = Connection(provider_id=provider.id, created_at=at)
        session.add(connection)
    former = connection.credential_id
    connection.credential_id, connection.forwarding_enabled_at = credential.id, forwarding_enabled_at
    connection.tested_at = connection.findings = None
    session.flush()
    if former not in (None, credential.id):
        own = Credential.kind == CredentialKind.DIRECT
        session.execute(delete(Credential).where(Credential.id == former, own))
    return connection


def email_indexes(vault: Vault, email: str) -> dict[str, bytes]:
    """The blind indexes of a user's address (Vault.indexes), whatever its capitals and spaces."""
    return vault.indexes(NO_PROVIDER, email.strip().lower())


def find_user(session: Session, vault: Vault, email: str) -> User | None:
    """The user with this address, closed or not."""
    return session.scalar(select(User).where(User.has_index(email_indexes(vault, email))))


def check_password(session: Session, vault: Vault, email: str, password: str) -> User | None:
    """The open user with this address and password. An unknown address takes as long as a wrong password."""
    user = find_user(session, vault, email)
    known = verify_password(user.password_hash if user else _unused_hash(), password)
    return user if user and known and user.is_open else None


def set_password(user: User, password: str) -> None:
    """Replace the password; pending sign-ins begun with the old one end. Raises PasswordTooShort."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    user.password_hash = hasher.hash(password)


def password_mark(user: User) -> str:
    """A value that changes with the password and does not reveal it, for what must not outlive the password."""
    return sha256(user.password_hash.encode()).hexdigest()[:16]


def verify_password(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _unused_hash() -> str:
    return hasher.hash("nobody has this password")
