"""Test a provider's connection: ask İYS what its credential may do, store the findings, and enable forwarding."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import and_, func, or_, select, update

from portal.core import clock, iys_protocol
from portal.core.database import changed_rows
from portal.core.extensions import db, read_session
from portal.core.iys_protocol import CODES, Action, Operation, Status
from portal.core.models import (
    TAKEN_OUTCOMES,
    Brand,
    Connection,
    Credential,
    CredentialKind,
    Feed,
    Outcome,
    Provider,
    Submission,
)
from portal.services.iys import calls, holds, title_matching
from portal.services.iys.account_report import (
    FORECAST_SPAN,
    BrandFound,
    BrandOwner,
    CallProblem,
    Findings,
    problem_of,
    read_brands,
    read_partner_brands,
    read_subscription,
)
from portal.services.iys.client import Client, IysAnswer

log = structlog.get_logger()
Found = TypeVar("Found")

DAY = timedelta(days=1)
PATIENCE = 5.0  # Seconds for each answer: a person waits for the page.
CONFIG_CODES = tuple(code for code, its in CODES.items() if its.action == Action.CONFIG)


@dataclass(frozen=True)
class TestedConnection:
    """A connection as it was when the test began."""

    provider_id: int
    iys_code: int
    title: str
    connection_id: int
    connected_at: datetime
    credential_id: int
    kind: CredentialKind
    integrator_code: int | None


def run_connection_test(client: Client, provider_id: int) -> Findings:
    """Ask İYS for the brands, rights and package of a connection, and store the findings. Commits.

    Call it with no transaction open. Forwarding by a partner is enabled once İYS's title agrees and the partner may
    write each brand of ours, and disabled again where a later test says otherwise.
    """
    account = _read_account(provider_id)
    found = _ask_iys(client, account)
    _store_findings(account, found, clock.now())
    log.info("connection.tested", provider=provider_id, clear=found.is_clear)
    return found


def _read_account(provider_id: int) -> TestedConnection:
    row = read_session().execute(
        select(
            Connection.provider_id, Provider.iys_code, Provider.title, Connection.id, Connection.created_at,
            Credential.id, Credential.kind, Credential.integrator_code,
        )
        .join(Provider, Provider.id == Connection.provider_id)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(Connection.provider_id == provider_id)
    ).one()  # fmt: skip
    return TestedConnection(*row)


def _ask_iys(client: Client, account: TestedConnection) -> Findings:
    brands, trouble = _ask_for_brands(client, account)
    found = Findings() if brands is None else _compare_brands(brands, account)
    if trouble and (trouble.not_now or not trouble.status):
        return replace(found, troubles=(trouble,))  # The next question would get no answer either.
    path = iys_protocol.subscription_path(account.iys_code)
    subscription, other = _ask_and_read(client, account, Operation.SUBSCRIPTION, path, read_subscription)
    if subscription and subscription.limit:
        added, over_days = _recently_added(account, clock.now())
        subscription = replace(subscription, added=added, over_days=over_days)
    return replace(found, subscription=subscription, troubles=tuple(filter(None, (trouble, other))))


def _ask_for_brands(
    client: Client, account: TestedConnection
) -> tuple[tuple[BrandFound, ...] | None, CallProblem | None]:
    if account.kind == CredentialKind.PARTNER and account.integrator_code is not None:
        question, read = Operation.PARTNER_BRANDS, read_partner_brands
        path = iys_protocol.partner_brands_path(account.integrator_code, account.iys_code)
    else:
        question, read = Operation.BRANDS, read_brands
        path = iys_protocol.brands_path(account.iys_code)
    return _ask_and_read(client, account, question, path, read)


def _ask_and_read(
    client: Client, account: TestedConnection, question: Operation, path: str, read: Callable[[IysAnswer], Found | None]
) -> tuple[Found | None, CallProblem | None]:
    """What `read` finds in an answer, or the problem."""
    try:
        answer = calls.ask(client, account.provider_id, question, path, method="GET", deadline=PATIENCE)
    except calls.NotNow as not_now:
        # A blocked credential asks for no token; İYS's code of the last token call says why.
        blocked = select(Credential.blocked_code).where(Credential.id == account.credential_id)
        code = not_now.code or read_session().scalar(blocked)
        return None, CallProblem(question.value, 0, code, not_now=True)
    found = read(answer)
    return found, problem_of(question, answer) if found is None else None


def _recently_added(account: TestedConnection, at: datetime) -> tuple[int, float]:
    """The number of keys whose grant İYS accepted, and over how many days, for the forecast of the quota."""
    over = min(FORECAST_SPAN, max(DAY, at - account.connected_at))
    accepted = Submission.outcome.in_(TAKEN_OUTCOMES)
    theirs = select(func.count(Submission.consent_id.distinct())).where(
        Submission.provider_id == account.provider_id, accepted, Submission.status == Status.GRANTED,
        Submission.accepted_at >= at - FORECAST_SPAN,
    )  # fmt: skip
    return read_session().scalars(theirs).one(), over / DAY


def _compare_brands(brands: tuple[BrandFound, ...], account: TestedConnection) -> Findings:
    listed = {brand.code for brand in brands}
    theirs = and_(Brand.provider_id == account.provider_id, Brand.has_not_ended())
    known = or_(Brand.brand_code.in_(listed), theirs)
    owners = dict(read_session().execute(select(Brand.brand_code, Brand.provider_id).where(known)).all())
    owner_of = {None: BrandOwner.NO_PROVIDER, account.provider_id: BrandOwner.OURS}
    titles = [brand.title for brand in brands if brand.title]
    is_partner = account.kind == CredentialKind.PARTNER  # A provider's own account gets no title.
    return Findings(
        brands=tuple(
            replace(brand, whose=owner_of.get(owners.get(brand.code), BrandOwner.ELSEWHERE)) for brand in brands
        ),
        missing=tuple(sorted(owners.keys() - listed)),
        title=titles[0] if titles else None,
        title_agrees=title_matching.all_agree(account.title, titles) if is_partner else None,
    )


def _store_findings(account: TestedConnection, found: Findings, at: datetime) -> None:
    """Store the findings, unless the connection has changed meanwhile."""
    values: dict[str, Any] = {"tested_at": at, "findings": found.as_json()}
    if account.kind == CredentialKind.PARTNER and found.brands is not None:
        may_write = found.title_agrees and found.may_write_each_brand
        values["forwarding_enabled_at"] = func.coalesce(Connection.forwarding_enabled_at, at) if may_write else None
    still_as_seen = Connection.credential_id == account.credential_id
    mine = update(Connection).where(Connection.id == account.connection_id, still_as_seen)
    if changed_rows(db.session, mine.values(**values)) and found.is_clear:
        _make_due(account, at)
    db.session.commit()
    holds.end_all_holds(account.provider_id)


def _make_due(account: TestedConnection, at: datetime) -> None:
    """Nothing hinders forwarding any more: what waited for the account is due now, not when its pause ends."""
    paused = or_(Submission.outcome == Outcome.BLOCKED, Submission.code.in_(CONFIG_CODES))
    waiting = update(Submission).where(
        Submission.provider_id == account.provider_id, Submission.outcome.in_((Outcome.WAITING, Outcome.BLOCKED)),
        paused, Submission.due_at > at,
    )  # fmt: skip
    db.session.execute(waiting.values(due_at=at))
    feeds = update(Feed).where(Feed.provider_id == account.provider_id, Feed.code.in_(CONFIG_CODES), Feed.due_at > at)
    db.session.execute(feeds.values(due_at=at))
