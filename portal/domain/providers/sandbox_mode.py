"""Sandbox mode: a provider that is not admitted yet talks to the sandbox, under codes that İYS never assigns.

The codes decide, not a flag that may have changed since: a path with such a code leads to the sandbox or nowhere.
"""

import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, Update, delete, exists, not_, or_, select, update
from sqlalchemy.orm import Session

from portal.core import display_names
from portal.core.models import (
    OPEN_OUTCOMES,
    TOLD_NOBODY,
    Brand,
    BulkRequest,
    BulkState,
    Campaign,
    Connection,
    Consent,
    Credential,
    CredentialKind,
    DayState,
    Difference,
    Feed,
    Outcome,
    Provider,
    PushRegistration,
    ReconciledDay,
    Settlement,
    Submission,
    Sweep,
)
from portal.core.vault import Vault
from portal.domain.identity import accounts

CODES = range(990_000_000, 1_000_000_000)  # İYS's own codes are far below.
EXEMPT_CODES = range(980_000_000, 990_000_000)  # Of admitted providers that need not report to İYS.
OVER, EXEMPT = TOLD_NOBODY  # The codes of submissions that are not sent to İYS.
NAMED = re.compile(r"/(?:sps|brands)/(\d+)")
PATHS = "%/sps/99_______/%"  # The same for SQL, of a frozen endpoint.
NEEDS_ATTENTION = (Outcome.PARKED, Outcome.EXPIRED)
A_DAY = timedelta(days=1)


class CodeTaken(ValueError):
    """Another provider or another brand here has this code."""


class Destination(StrEnum):
    """Where a brand's decisions are sent."""

    IYS = "iys"
    SANDBOX = "sandbox"
    NOBODY = "nobody"  # They are only obeyed here.


def is_sandbox_path(path: str) -> bool:
    """Whether a path of İYS's API names a provider or a brand of the sandbox."""
    return any(int(code) in CODES for code in NAMED.findall(path))


def is_exempt_path(path: str) -> bool:
    """Whether a path names a provider that need not report to İYS."""
    return any(int(code) in EXEMPT_CODES for code in NAMED.findall(path))


def find_destination(iys_code: int, brand_code: int) -> Destination:
    """Where the decisions on a brand are sent, which recipients are told."""
    if brand_code in CODES:
        return Destination.SANDBOX
    return Destination.NOBODY if iys_code in EXEMPT_CODES else Destination.IYS


def shown_name(name: str, code: int) -> str:
    """The name of a brand, or of a provider, with this code at İYS as strangers may read it beside a sandbox notice."""
    return display_names.trial_name(code) if code in CODES else name


def find_unsent_code(iys_code: int, brand_code: int) -> str | None:
    """The submission code that says why a decision on a brand is not sent; None where it is sent.

    A sandbox brand ends when its provider goes live at İYS; an exempt provider need not report to İYS.
    """
    if iys_code in EXEMPT_CODES:
        return EXEMPT
    return OVER if brand_code in CODES and iys_code not in CODES else None


def submission_to_iys(submission: Submission | None) -> Submission | None:
    """A decision's submission if it goes to İYS or its sandbox, otherwise None."""
    return submission if submission is not None and submission.code not in (OVER, EXEMPT) else None


def counted_brands(provider: Provider) -> Select[int]:
    """Ids of the brands that count: all in sandbox mode, and only those that İYS knows afterwards."""
    brands = select(Brand.id).where(Brand.provider_id == provider.id)
    return brands if provider.in_sandbox_mode else brands.where(Brand.is_sandbox.is_(False))


def is_code_elsewhere(session: Session, provider: Provider, code: int) -> bool:
    """Whether another provider has a code: as its own, as the one it entered, or as a brand's."""
    theirs = or_(Provider.iys_code == code, Provider.pending_iys_code == code)
    others = select(Provider.id).where(theirs, Provider.id != provider.id)
    brands = select(Brand.id).where(Brand.brand_code == code, Brand.provider_id != provider.id)
    return any(session.scalar(found.limit(1)) is not None for found in (others, brands))


def draw_code(session: Session, codes: range = CODES) -> int:
    """Draw an unused code of the sandbox (or of EXEMPT_CODES)."""
    while True:
        code = codes.start + secrets.randbelow(len(codes))
        theirs = select(Provider.id).where(Provider.iys_code == code)
        brands = select(Brand.id).where(Brand.brand_code == code)
        if session.scalar(theirs) is None and session.scalar(brands) is None:
            return code


def begin_sandbox(session: Session, vault: Vault, provider: Provider, at: datetime) -> Connection:
    """Connect a provider to the sandbox, whose account is created on first use. An existing connection stays."""
    connection = session.scalar(select(Connection).where(Connection.provider_id == provider.id))
    if connection is not None:
        return connection
    name, password = f"sandbox-{provider.id}", secrets.token_urlsafe(24)
    credential = accounts.store_credential(
        session, vault, provider.id, username=name, password=password, at=at, kind=CredentialKind.SANDBOX
    )
    return accounts.set_connection(session, provider, credential, at, at)


def end_sandbox(session: Session, provider: Provider, at: datetime) -> None:
    """End sandbox mode: close its brands, end pending submissions and delete the connection.

    A brand prepared with İYS's code stays open unless somebody decided for it or a campaign was launched: decisions in
    sandbox mode are no consents of a brand that İYS knows, and nobody reviewed what the campaign's messages say.
    """
    session.flush()
    _close_brands(session, provider, at)
    stop_sending(session, provider.id, at)
    theirs = select(Credential.id).where(Credential.provider_id == provider.id)
    ids = session.scalars(theirs.where(Credential.kind == CredentialKind.SANDBOX)).all()
    session.execute(delete(Connection).where(Connection.credential_id.in_(ids)))
    session.execute(delete(Credential).where(Credential.id.in_(ids)))


def stop_sending(session: Session, provider_id: int, at: datetime) -> int:
    """End a provider's pending sandbox submissions and lists; returns how many submissions. Idempotent."""
    lists = update(BulkRequest).where(
        BulkRequest.provider_id == provider_id, BulkRequest.endpoint.like(PATHS), BulkRequest.due_at.is_not(None)
    )
    _execute_update(session, lists, state=BulkState.ENDED, due_at=None, lease_until=None, ended_at=at, code=OVER)
    theirs = (Submission.provider_id == provider_id, Submission.endpoint.like(PATHS))
    pending = select(Submission.id).where(*theirs, Submission.due_at.is_not(None))
    ids = session.scalars(pending.order_by(Submission.id).with_for_update()).all()
    ended = update(Submission).where(*theirs, Submission.due_at.is_not(None))
    _execute_update(
        session, ended, outcome=Outcome.NOT_NEEDED, due_at=None, lease_until=None, bulk_id=None, ended_at=at, code=OVER
    )
    unseen = update(Submission).where(*theirs, Submission.outcome.in_(NEEDS_ATTENTION), Submission.closed_at.is_(None))
    _execute_update(session, unseen, closed_at=at)
    _stop_inflow(session, provider_id, at)
    return len(ids)


def list_left_over(session: Session, at: datetime) -> list[int]:
    """Admitted providers with a pending sandbox submission: somebody decided while sandbox mode ended."""
    pending = (
        exists()
        .where(Submission.provider_id == Provider.id, Submission.outcome.in_(OPEN_OUTCOMES))
        .where(Submission.due_at.is_not(None), Submission.endpoint.like(PATHS))
        .where(Consent.id == Submission.consent_id, Consent.brand_id == Brand.id)
    )
    left_over = (
        select(Provider.id)
        .join(Brand, Brand.provider_id == Provider.id)
        .where(Brand.is_sandbox, Brand.closed_at > at - A_DAY, Provider.admitted_at.is_not(None), pending)
    )
    return list(session.scalars(left_over.distinct()))


def _close_brands(session: Session, provider: Provider, at: datetime) -> None:
    has_consents = exists().where(Consent.brand_id == Brand.id)
    has_launched = exists().where(Campaign.brand_id == Brand.id, Campaign.launched_at.is_not(None))
    used = or_(Brand.is_sandbox, has_consents, has_launched)
    sandbox_ones = select(Brand).where(Brand.provider_id == provider.id, used)
    for brand in session.scalars(sandbox_ones):
        if brand.brand_code not in CODES:  # İYS's code is free again for the real brand.
            brand.brand_code = draw_code(session)
        brand.is_sandbox, brand.closed_at = True, brand.closed_at or at
        session.flush()
    unseen = update(Brand).where(Brand.provider_id == provider.id)  # The application shows neither.
    _execute_update(session, unseen, keyword=None, reply_number=None)


def _stop_inflow(session: Session, provider_id: int, at: datetime) -> None:
    brands = select(Brand.id).where(Brand.provider_id == provider_id, not_(Brand.has_not_ended()))
    rests = {"due_at": None, "lease_until": None, "code": None}
    _execute_update(session, update(Feed).where(Feed.brand_id.in_(brands)), **rests)
    sweeps = update(Sweep).where(Sweep.brand_id.in_(brands), Sweep.ended_at.is_(None))
    _execute_update(session, sweeps, ended_at=at, **rests)
    days = (ReconciledDay.brand_id.in_(brands), ReconciledDay.due_at.is_not(None))
    has_differences = exists().where(Difference.day_id == ReconciledDay.id)
    session.execute(delete(ReconciledDay).where(*days, ReconciledDay.state == DayState.WAITING, ~has_differences))
    _execute_update(session, update(ReconciledDay).where(*days), **rests)
    found = update(Difference).where(Difference.brand_id.in_(brands), Difference.settled_at.is_(None))
    _execute_update(session, found, settled_at=at, settlement=Settlement.GONE)
    pushed = update(PushRegistration).where(PushRegistration.brand_id.in_(brands))
    _execute_update(session, pushed.where(PushRegistration.removed_at.is_(None)), removed_at=at)


def _execute_update(session: Session, statement: Update, **values: Any) -> None:
    session.execute(statement.values(values).execution_options(synchronize_session=False))
