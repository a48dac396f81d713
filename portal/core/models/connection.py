"""Connections of providers to İYS, the credentials they use, and the rates of calls."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.models.base import Base, BigId, Entity, foreign_key

NO_PROVIDER = 0  # Stands for the provider where a partner's credential is encrypted.


class CredentialKind(StrEnum):
    """Whose İYS account it is."""

    DIRECT = "direct"  # The provider's own.
    PARTNER = "partner"  # An integrator's (iş ortağı), which acts for many providers.
    SANDBOX = "sandbox"  # Ours at the sandbox, for a provider that is not admitted yet.


class Credential(Entity):
    """An İYS account and its OAuth tokens, shared by all processes."""

    PASSWORD = "credential.password"
    ACCESS = "credential.access_token"
    REFRESH = "credential.refresh_token"

    kind: Mapped[CredentialKind] = mapped_column(default=CredentialKind.DIRECT)
    provider_id: Mapped[int] = mapped_column(BigId)  # NO_PROVIDER for a partner's.
    integrator_code: Mapped[int | None]  # A partner's İYS number.
    username: Mapped[str] = mapped_column(String(120))
    password: Mapped[bytes]  # Encrypted, as are the tokens.
    access_token: Mapped[bytes | None]
    access_until: Mapped[datetime | None]
    refresh_token: Mapped[bytes | None]
    refresh_until: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]  # A process is fetching a token.
    backoff_until: Mapped[datetime | None]  # No token request before.
    refused_at: Mapped[datetime | None]  # Last refused token; twice within a minute blocks it.
    blocked_code: Mapped[str | None] = mapped_column(String(20))  # Why İYS issues no token: a person must act.
    created_at: Mapped[datetime]


class Connection(Entity):
    """A provider's connection. Decisions are forwarded from `forwarding_enabled_at` on: with a partner's credential,
    once the title at İYS matched ours. `findings` of the last test: brands, rights, quota."""

    provider_id: Mapped[int] = foreign_key("provider.id", unique=True)
    credential_id: Mapped[int] = foreign_key("credential.id")
    egress_id: Mapped[int | None] = foreign_key("egress.id")  # None: the default one.
    forwarding_enabled_at: Mapped[datetime | None]  # None: nothing is sent yet.
    tested_at: Mapped[datetime | None]
    findings: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]


class EgressState(StrEnum):
    """What a forwarder does at an address."""

    ON = "on"
    DRAINING = "draining"  # Refusals and the results of lists only, so that what İYS has comes to its end.
    OFF = "off"  # No call at all: its providers wait.


class Egress(Base):
    """An IP address that calls to İYS leave by. Its pace, budgets, breaker and success ratio are its own.

    One forwarder serves it, for as long as that renews the lease.
    """

    DEFAULT = 1  # The id of the one that serves providers without an assignment.

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    source_ip: Mapped[str | None] = mapped_column(String(45))  # To bind to; None: as the machine routes.
    per_second: Mapped[float | None]  # None: as IYS_REQUESTS_PER_SECOND says.
    polling_share: Mapped[float] = mapped_column(default=0.2)  # Of the pace: calls that ask whether anything is new.
    state: Mapped[EgressState] = mapped_column(default=EgressState.ON)
    lease_until: Mapped[datetime | None]


class ForwardingHold(Base):
    """A part of a provider's forwarding waits until then: after that one call at a time tries whether it still must.

    `code` is İYS's, or one of ours (services/iys/holds.py).
    """

    EVERY_BRAND, EVERY_CHANNEL = 0, ""

    provider_id: Mapped[int] = mapped_column(BigId, ForeignKey("provider.id"), primary_key=True)
    brand_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    until: Mapped[datetime]
    failures: Mapped[int] = mapped_column(Integer)  # Calls in a row that began or lengthened it.


class IysRate(Base):
    """When the next call of a kind may leave, and how many failed in a row, by egress (services/iys/egresses.py).

    `ahead_ms`: how far our clock is ahead of İYS's, in the row CLOCK, of services.iys.iys_clock.
    """

    CLOCK = "clock"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_at: Mapped[datetime]
    failures: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    ahead_ms: Mapped[int] = mapped_column(default=0, server_default="0")


class CallTally(Base):
    """Calls of a kind within five minutes, and how many of them İYS counts as failed."""

    __tablename__ = "iys_call_tally"

    UNREADABLE_ROW = "unreadable_row"  # No call: rows of pulls, pushes and multi-status, and cursors, not readable.

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    span: Mapped[datetime] = mapped_column(primary_key=True)  # Start of the five minutes.
    calls: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
