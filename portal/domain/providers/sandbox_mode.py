"""Practising: a provider that is not admitted yet lives in the sandbox, under codes that İYS never gave to anybody.

The codes decide, not a flag that may have changed meanwhile: a path that holds one leads to the sandbox or nowhere.
"""

import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, exists, not_, or_, select, update
from sqlalchemy.orm import Session

from portal.core.models import (
    Brand,
    BulkRequest,
    BulkState,
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
from portal.core.models.ids import new_id
from portal.core.vault import Vault

CODES = range(990_000_000, 1_000_000_000)  # İYS's own are far below.
EXEMPT_CODES = range(980_000_000, 990_000_000)  # Of providers that are admitted, and need tell İYS nothing.
OVER, EXEMPT = "PRACTICE", "EXEMPT"  # The codes of submissions that İYS need not hear of.
NAMED = re.compile(r"/(?:sps|brands)/(\d+)")
PATHS = "%/sps/99_______/%"  # The same for SQL, of a frozen endpoint.
STILL_WITH_A_PERSON = (Outcome.PARKED, Outcome.EXPIRED)
A_DAY = timedelta(days=1)


class Destination(StrEnum):
    """Who hears of a brand's decisions."""

    IYS = "iys"
    SANDBOX = "sandbox"
    NOBODY = "nobody"  # They are kept and obeyed here.


def is_sandbox_path(path: str) -> bool:
    """Whether a path of İYS's API names a provider or a brand of the sandbox."""
    return any(int(code) in CODES for code in NAMED.findall(path))


def is_exempt_path(path: str) -> bool:
    """Whether a path names a provider that need tell İYS nothing."""
    return any(int(code) in EXEMPT_CODES for code in NAMED.findall(path))


def find_destination(iys_code: int, brand_code: int) -> Destination:
    """Who hears of the decisions on a brand: recipients are told."""
    if brand_code in CODES:
        return Destination.SANDBOX
    return Destination.NOBODY if iys_code in EXEMPT_CODES else Destination.IYS


def find_unsent_code(iys_code: int, brand_code: int) -> str | None:
    """Why a decision on a brand is kept and obeyed here, and never sent; None where it is to be told.

    A brand that practised ends when its provider goes on to İYS; an exempt provider need tell İYS nothing.
    """
    if iys_code in EXEMPT_CODES:
        return EXEMPT
    return OVER if brand_code in CODES and iys_code not in CODES else None


def brand_has_not_ended() -> ColumnElement[bool]:
    """The condition that a brand asks and hears: it did not end with its provider's practice."""
    return not_(and_(Brand.is_sandbox, Brand.closed_at.is_not(None)))


def submission_to_iys(submission: Submission | None) -> Submission | None:
    """A decision's submission, where İYS or its sandbox is told of it; None where nobody need be."""
    return submission if submission is not None and submission.code not in (OVER, EXEMPT) else None


def draw_code(session: Session, codes: range = CODES) -> int:
    """A code of the sandbox (or of EXEMPT_CODES) that nobody has."""
    while True:
        code = codes.start + secrets.randbelow(len(codes))
        theirs = select(Provider.id).where(Provider.iys_code == code)
        brands = select(Brand.id).where(Brand.brand_code == code)
        if session.scalar(theirs) is None and session.scalar(brands) is None:
            return code


def begin_sandbox(session: Session, vault: Vault, provider: Provider, at: datetime) -> Connection:
    """Let a provider practise, and write at once. Its account at the sandbox is made when it is first needed. One that
    is connected already stays as it is."""
    connection = session.scalar(select(Connection).where(Connection.provider_id == provider.id))
    if connection is not None:
        return connection
    credential_id = new_id()
    password = vault.seal(secrets.token_urlsafe(24), Credential.PASSWORD, provider.id, credential_id)
    credential = Credential(
        id=credential_id, kind=CredentialKind.SANDBOX, provider_id=provider.id,
        username=f"practice-{provider.id}", password=password, created_at=at,
    )  # fmt: skip
    session.add(credential)
    session.flush()
    connection = Connection(
        provider_id=provider.id, credential_id=credential_id, forwarding_enabled_at=at, created_at=at
    )
    session.add(connection)
    session.flush()
    return connection


def end_sandbox(session: Session, provider: Provider, at: datetime) -> None:
    """Practising is over: the brands that practised are closed, what was on its way ends, nothing asks any more.

    A brand that was made ready with a code of İYS's stays, unless somebody decided for it: what is decided in practice
    is no consent of a brand that İYS knows.
    """
    session.flush()
    _close_brands(session, provider, at)
    stop_sending(session, provider.id, at)
    practised = select(Credential.id).where(
        Credential.provider_id == provider.id, Credential.kind == CredentialKind.SANDBOX
    )
    ids = session.scalars(practised).all()
    session.execute(delete(Connection).where(Connection.credential_id.in_(ids)))
    session.execute(delete(Credential).where(Credential.id.in_(ids)))


def stop_sending(session: Session, provider_id: int, at: datetime) -> int:
    """End what a provider's practice left on its way; how many submissions that were. Again, it changes nothing."""
    lists = update(BulkRequest).where(
        BulkRequest.provider_id == provider_id, BulkRequest.endpoint.like(PATHS), BulkRequest.due_at.is_not(None)
    )
    _write(session, lists, state=BulkState.ENDED, due_at=None, lease_until=None, ended_at=at, code=OVER)
    theirs = (Submission.provider_id == provider_id, Submission.endpoint.like(PATHS))
    on_their_way = select(Submission.id).where(*theirs, Submission.due_at.is_not(None))
    ids = session.scalars(on_their_way.order_by(Submission.id).with_for_update()).all()
    ended = update(Submission).where(*theirs, Submission.due_at.is_not(None))
    _write(
        session, ended, outcome=Outcome.NOT_NEEDED, due_at=None, lease_until=None, bulk_id=None, ended_at=at, code=OVER
    )
    unseen = update(Submission).where(
        *theirs, Submission.outcome.in_(STILL_WITH_A_PERSON), Submission.closed_at.is_(None)
    )
    _write(session, unseen, closed_at=at)
    _hear_no_more(session, provider_id, at)
    return len(ids)


def list_left_over(session: Session, at: datetime) -> list[int]:
    """The providers at İYS for which a submission of their practice is still on its way: somebody decided in the very
    moment in which it ended."""
    open_ones = (
        select(Submission.provider_id)
        .join(Consent, Consent.id == Submission.consent_id)
        .join(Brand, Brand.id == Consent.brand_id)
        .join(Provider, Provider.id == Brand.provider_id)
        .where(Brand.is_sandbox, Brand.closed_at > at - A_DAY, Provider.admitted_at.is_not(None))
        .where(Submission.due_at.is_not(None), Submission.endpoint.like(PATHS))
    )
    return list(session.scalars(open_ones.distinct()))


def _close_brands(session: Session, provider: Provider, at: datetime) -> None:
    is_spoken_for = exists().where(Consent.brand_id == Brand.id)
    practised = select(Brand).where(Brand.provider_id == provider.id, or_(Brand.is_sandbox, is_spoken_for))
    for brand in session.scalars(practised):
        if brand.brand_code not in CODES:  # İYS's code is free again, for the real one.
            brand.brand_code = draw_code(session)
        brand.is_sandbox, brand.closed_at = True, brand.closed_at or at
        session.flush()


def _hear_no_more(session: Session, provider_id: int, at: datetime) -> None:
    brands = select(Brand.id).where(Brand.provider_id == provider_id, not_(brand_has_not_ended()))
    rests = {"due_at": None, "lease_until": None, "code": None}
    _write(session, update(Feed).where(Feed.brand_id.in_(brands)), **rests)
    sweeps = update(Sweep).where(Sweep.brand_id.in_(brands), Sweep.ended_at.is_(None))
    _write(session, sweeps, ended_at=at, **rests)
    days = (ReconciledDay.brand_id.in_(brands), ReconciledDay.due_at.is_not(None))
    never_told = exists().where(Difference.day_id == ReconciledDay.id)
    session.execute(delete(ReconciledDay).where(*days, ReconciledDay.state == DayState.WAITING, ~never_told))
    _write(session, update(ReconciledDay).where(*days), **rests)
    found = update(Difference).where(Difference.brand_id.in_(brands), Difference.settled_at.is_(None))
    _write(session, found, settled_at=at, settlement=Settlement.GONE)
    pushed = update(PushRegistration).where(
        PushRegistration.brand_id.in_(brands), PushRegistration.removed_at.is_(None)
    )
    _write(session, pushed, removed_at=at)


def _write(session: Session, mine, **values) -> None:
    session.execute(mine.values(values).execution_options(synchronize_session=False))
