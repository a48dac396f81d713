"""Onboarding of a provider: it starts in sandbox mode, and goes live at İYS once the operator admits it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import display_names
from portal.core.models import (
    Brand,
    LegalForm,
    PackageOrder,
    Paper,
    PaperKind,
    Provider,
    ProviderKind,
    ReviewAct,
    Role,
    User,
)
from portal.core.vault import Vault
from portal.domain.identity import accounts
from portal.domain.providers import sandbox_mode
from portal.domain.providers.suspension import record_review

RESERVED_CODES = range(sandbox_mode.EXEMPT_CODES.start, sandbox_mode.CODES.stop)  # İYS's own codes are far below.
APPEARANCE = ("name", "header", "colour", "contact", "notice_url", "source", "logo", "logo_digest", "requires_name")
REVIEWED = (
    "title", "legal_form", "kind", "mersis", "tax_number", "representative", "contact", "notice_url",
    "pending_iys_code", "asked_at",
)  # fmt: skip
APPLY, ENTER, AUTHORISE, OPEN, TRANSFER = STEPS = (1, 2, 3, 4, 5)  # İYS's five steps of membership.


class AddressTaken(ValueError):
    """Somebody with this address has an account already."""


class NotReady(ValueError):
    """The provider cannot be admitted yet; `missing` says what it lacks."""

    def __init__(self, missing: list["Requirement"]):
        super().__init__(", ".join(missing))
        self.missing = missing


class ApplicationChanged(ValueError):
    """The application is not the one that the operator saw, or it is not handed in (any more)."""


class Requirement(StrEnum):
    """What a provider lacks before the operator can admit it."""

    CODE = "code"
    PACKAGE = "package"
    REPRESENTATIVE = "representative"
    AUTHORISATION = "authorisation"
    SIGNATURE = "signature"


class StepState(StrEnum):
    """The state of an onboarding step."""

    DONE = "done"
    GIVEN = "given"  # The provider says so; neither İYS nor the operator has confirmed it.
    NOW = "now"  # The first one that waits for the provider.
    WAITS = "waits"  # For the operator.
    LATER = "later"


@dataclass(frozen=True)
class Step:
    """One of the five steps; `missing` is what it still needs."""

    number: int
    state: StepState
    missing: tuple[Requirement, ...] = ()


def open_account(
    session: Session, vault: Vault, *, title: str, legal_form: LegalForm, kind: ProviderKind, tax_number: str,
    mersis: str, contact: str, notice_url: str, representative: str, name: str, email: str, password: str, at: datetime,
) -> tuple[Provider, User]:  # fmt: skip
    """Create a provider in sandbox mode and its owner. Raises AddressTaken, display_names.BadName and
    accounts.PasswordTooShort."""
    title = display_names.parse_title(title)
    if accounts.find_user(session, vault, email):
        raise AddressTaken
    try:
        with session.begin_nested():
            user = accounts.create_user(session, vault, email=email, name=name, password=password, at=at)
    except IntegrityError:  # Another request with this address was first.
        raise AddressTaken from None
    code = sandbox_mode.draw_code(session)
    provider = Provider(
        iys_code=code, kind=kind, legal_form=legal_form, title=title, mersis=mersis, tax_number=tax_number,
        representative=representative, contact=contact, notice_url=notice_url, created_at=at,
    )  # fmt: skip
    session.add(provider)
    session.flush()
    session.add(Brand(provider_id=provider.id, brand_code=code, name=title, is_sandbox=True, created_at=at))
    accounts.add_membership(session, user, provider.id, Role.OWNER, at)
    sandbox_mode.begin_sandbox(session, vault, provider, at)
    return provider, user


def mark_applied(provider: Provider, at: datetime) -> None:
    """Note that the provider has applied to İYS; the first date stays."""
    provider.applied_at = provider.applied_at or at


def enter_code(session: Session, provider: Provider, iys_code: int, at: datetime) -> None:
    """Store the code that İYS assigned, which is used once the provider is admitted. Raises sandbox_mode.CodeTaken."""
    if iys_code in RESERVED_CODES or sandbox_mode.is_code_elsewhere(session, provider, iys_code):
        raise sandbox_mode.CodeTaken
    mark_applied(provider, at)
    if iys_code != provider.pending_iys_code:
        withdraw_request(provider)
    try:
        with session.begin_nested():
            provider.pending_iys_code = iys_code
            session.flush()
    except IntegrityError:  # Another request with this code was first.
        session.refresh(provider)
        raise sandbox_mode.CodeTaken from None


def list_steps(session: Session, provider: Provider, *, knows_code: bool = False) -> list[Step]:
    """The state of the five onboarding steps. `knows_code`: İYS has answered about the code that was entered.

    Only İYS or the operator makes a step done; what the provider says or brings is GIVEN until then.
    """
    lacking, is_exempt = find_missing(session, provider), provider.kind == ProviderKind.EXEMPT
    is_in, has_applied = not provider.in_sandbox_mode, provider.applied_at is not None
    papers = (Requirement.REPRESENTATIVE, Requirement.AUTHORISATION, Requirement.SIGNATURE)
    steps = {
        APPLY: _make_step(APPLY, is_proved=is_in or is_exempt or knows_code, is_given=has_applied),
        ENTER: _make_step(
            ENTER, lacking, (Requirement.CODE, Requirement.PACKAGE), is_proved=is_in or is_exempt or knows_code
        ),
        AUTHORISE: _make_step(AUTHORISE, lacking, papers, is_proved=is_in),
        OPEN: Step(OPEN, StepState.DONE),
        TRANSFER: _make_step(TRANSFER, is_proved=is_in, is_given=False),
    }
    if not lacking and not is_in:
        steps[TRANSFER] = Step(TRANSFER, StepState.WAITS if provider.asked_at else StepState.NOW)
    first = next((step.number for step in steps.values() if step.state in (StepState.LATER, StepState.NOW)), None)
    return [
        Step(number, StepState.NOW, step.missing) if number == first else step for number, step in sorted(steps.items())
    ]


def find_missing(session: Session, provider: Provider) -> list[Requirement]:
    """What the provider lacks before it can be admitted, which depends on its kind."""
    papers = set(session.scalars(select(Paper.kind).where(Paper.provider_id == provider.id)))
    orders = select(PackageOrder.id).where(PackageOrder.provider_id == provider.id, PackageOrder.declined_at.is_(None))
    at_iys = provider.kind != ProviderKind.EXEMPT
    by_partner = provider.kind == ProviderKind.PARTNER
    lacks = {
        Requirement.CODE: at_iys and provider.pending_iys_code is None,
        Requirement.PACKAGE: session.scalar(orders.limit(1)) is None,
        Requirement.REPRESENTATIVE: not provider.representative,
        Requirement.AUTHORISATION: by_partner and PaperKind.AUTHORISATION not in papers,
        Requirement.SIGNATURE: PaperKind.SIGNATURE not in papers,
    }
    return [each for each, is_lacking in lacks.items() if is_lacking]


def withdraw_request(provider: Provider) -> bool:
    """Take the request for admission back, since what the operator reviews has changed; whether there was one."""
    was_asked = provider.in_sandbox_mode and provider.asked_at is not None
    if was_asked:
        provider.asked_at = None
    return was_asked


def request_admission(session: Session, provider: Provider, at: datetime) -> None:
    """Ask the operator to admit the provider; the first request's time stays. Raises NotReady."""
    if lacking := find_missing(session, provider):
        raise NotReady(lacking)
    provider.asked_at = provider.asked_at or at


def digest_application(session: Session, provider: Provider) -> str:
    """A digest of what the operator reviews: facts, papers, the look of the brand, and when it was handed in."""
    papers = select(Paper.id, Paper.kind, Paper.digest).where(Paper.provider_id == provider.id).order_by(Paper.id)
    brands = select(Brand).where(Brand.provider_id == provider.id, Brand.closed_at.is_(None)).order_by(Brand.id)
    facts = [[str(getattr(provider, name)) for name in REVIEWED]]
    facts += [[str(row.id), row.kind, row.digest.hex()] for row in session.execute(papers)]
    facts += [[str(getattr(brand, name)) for name in APPEARANCE if name != "logo"] for brand in session.scalars(brands)]
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def find_brand_to_admit(session: Session, provider_id: int) -> Brand | None:
    """The first of the open sandbox brands: its names and logo go into force with the admission."""
    its = select(Brand).where(Brand.provider_id == provider_id, Brand.is_sandbox, Brand.closed_at.is_(None))
    return session.scalar(its.order_by(Brand.id).limit(1))


def admit(
    session: Session, provider: Provider, *, seen: str, by: int, note: str, called_on: date, at: datetime
) -> None:  # fmt: skip
    """Take a provider live at İYS: end its sandbox mode, use its own code, create its master brand, and connect it by a
    partner's account (which sends nothing before İYS's title was compared). A second time changes nothing.

    `seen` is the digest of the application that the operator looked at. Raises NotReady, ApplicationChanged,
    sandbox_mode.CodeTaken.
    """
    session.refresh(provider, with_for_update=True)
    if not provider.in_sandbox_mode:
        return
    if lacking := find_missing(session, provider):
        raise NotReady(lacking)
    if provider.asked_at is None or digest_application(session, provider) != seen:
        raise ApplicationChanged
    if provider.kind == ProviderKind.EXEMPT:
        code = sandbox_mode.draw_code(session, sandbox_mode.EXEMPT_CODES)
    else:
        code = cast(int, provider.pending_iys_code)
    if sandbox_mode.is_code_elsewhere(session, provider, code):
        raise sandbox_mode.CodeTaken
    sandbox_brand = find_brand_to_admit(session, provider.id)
    sandbox_mode.end_sandbox(session, provider, at)
    provider.iys_code, provider.admitted_at = code, at
    _create_master_brand(session, provider, sandbox_brand, at)
    partner = accounts.first_partner_credential(session)
    if partner and provider.kind == ProviderKind.PARTNER:
        accounts.connect_by_partner(session, provider, partner, at=at)
    record_review(session, provider, ReviewAct.ADMITTED, by, note, at, called_on=called_on)


def send_back(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> bool:
    """Refuse admission for now; the note says why. The provider can ask again. Returns whether it had asked, here and
    below whether anything changed."""
    if provider.asked_at is None or not provider.in_sandbox_mode:
        return False
    provider.asked_at = None
    return record_review(session, provider, ReviewAct.SENT_BACK, by, note, at)


def _make_step(
    number: int, lacking: Sequence[Requirement] = (), needed: Sequence[Requirement] = (), *, is_proved: bool,
    is_given: bool = True,
) -> Step:  # fmt: skip
    needs = tuple(each for each in needed if each in lacking)
    if needs or not (is_proved or is_given):
        return Step(number, StepState.LATER, needs)
    return Step(number, StepState.DONE if is_proved else StepState.GIVEN)


def _create_master_brand(session: Session, provider: Provider, sandbox_brand: Brand | None, at: datetime) -> None:
    """The brand with the provider's code, unless it exists, with the appearance of its sandbox brand."""
    if session.scalar(select(Brand.id).where(Brand.brand_code == provider.iys_code)):
        return
    brand = Brand(provider_id=provider.id, brand_code=provider.iys_code, name=provider.title, created_at=at)
    for name in APPEARANCE if sandbox_brand else ():
        setattr(brand, name, getattr(sandbox_brand, name))
    session.add(brand)
