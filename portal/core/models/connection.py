"""How a provider is connected to İYS: the credential that signs in, and what İYS lets it do."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, PrimaryKey, enum_type, foreign_key

NO_PROVIDER = 0  # A partner's credential belongs to no provider: its seals are bound to this number in place of one.


class CredentialKind(StrEnum):
    """Whose İYS account signs in."""

    DIRECT = "direct"  # The provider's own.
    PARTNER = "partner"  # An integrator's (iş ortağı), which acts for many providers.
    SANDBOX = "sandbox"  # One of ours at the sandbox, for a provider that is not admitted yet.


class Credential(Base):
    """An İYS account, and the token that every process shares."""

    __tablename__ = "credential"

    PASSWORD = "credential.password"
    ACCESS = "credential.access_token"
    REFRESH = "credential.refresh_token"

    id: Mapped[PrimaryKey]
    kind: Mapped[CredentialKind] = mapped_column(enum_type(CredentialKind, "kind"), default=CredentialKind.DIRECT)
    provider_id: Mapped[int] = mapped_column(BigId)  # NOBODYS for a partner's.
    integrator_code: Mapped[int | None]  # A partner's own İYS number.
    username: Mapped[str] = mapped_column(String(120))
    password: Mapped[bytes]  # Sealed, as are the tokens.
    access_token: Mapped[bytes | None]
    access_until: Mapped[datetime | None]
    refresh_token: Mapped[bytes | None]
    refresh_until: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]  # Somebody is fetching a token until then.
    backoff_until: Mapped[datetime | None]  # No token call before that.
    refused_at: Mapped[datetime | None]  # When İYS last refused a token of ours; twice within a minute is no accident.
    blocked_code: Mapped[str | None] = mapped_column(String(20))  # Why İYS gives it no token: a person must look.
    created_at: Mapped[datetime]


class Connection(Base):
    """One provider's way to İYS: by which credential, since when it may write, and what blocks it."""

    __tablename__ = "connection"

    id: Mapped[PrimaryKey]
    provider_id: Mapped[int] = foreign_key("provider.id", unique=True)
    credential_id: Mapped[int] = foreign_key("credential.id")
    forwarding_enabled_at: Mapped[
        datetime | None
    ]  # None: nothing is told yet. A partner's is set once İYS's title agreed.
    blocked_until: Mapped[datetime | None]  # No call at all before that: the provider must act at İYS (code below).
    grants_blocked_until: Mapped[datetime | None]  # No grant before that (quota); refusals still pass.
    blocked_code: Mapped[str | None] = mapped_column(String(20))
    tested_at: Mapped[datetime | None]
    findings: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))  # Of the last test: brands, rights, quota.
    created_at: Mapped[datetime]
