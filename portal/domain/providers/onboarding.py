"""How a provider comes in: it opens an account and practises, and goes to İYS once the operator admits it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.models import (
    Brand,
    LegalForm,
    PackageOrder,
    Paper,
    PaperKind,
    Provider,
    ProviderKind,
    Review,
    ReviewAct,
    Role,
    User,
)
from portal.core.vault import Vault
from portal.domain.identity import accounts
from portal.domain.providers import sandbox_mode

OURS = range(sandbox_mode.EXEMPT_CODES.start, sandbox_mode.CODES.stop)  # İYS's own codes are far below.
LOOKS = ("name", "header", "colour", "contact", "notice_url", "source", "logo", "logo_digest", "requires_name")
APPLY, ENTER, AUTHORISE, OPEN, TRANSFER = STEPS = (1, 2, 3, 4, 5)  # İYS's five steps of membership.


class CodeTaken(ValueError):
    """Another provider here has this İYS code, or a brand of it."""


class AddressTaken(ValueError):
    """Somebody with this address has an account already."""


class NotReady(ValueError):
    """Something is missing before İYS; `missing` says what."""

    def __init__(self, missing: list["Missing"]):
        super().__init__(", ".join(missing))
        self.missing = missing


class NotSuspended(ValueError):
    """Whoever leaves is stopped first."""


class HasLeft(ValueError):
    """Whoever left comes back before it goes on."""


class Missing(StrEnum):
    """What a provider still has to bring before the operator can admit it."""

    CODE = "code"
    PACKAGE = "package"
    REPRESENTATIVE = "representative"
    AUTHORISATION = "authorisation"
    SIGNATURE = "signature"


class StepState(StrEnum):
    """How far a step has come."""

    DONE = "done"
    NOW = "now"  # The first that waits for the provider.
    WAITS = "waits"  # For the operator.
    LATER = "later"


@dataclass(frozen=True)
class Step:
    """One of the five steps; `missing` is what it still needs."""

    number: int
    state: StepState
    missing: tuple[Missing, ...] = ()


def open_account(
    session: Session, vault: Vault, *, title: str, legal_form: LegalForm, kind: ProviderKind, tax_number: str,
    mersis: str, contact: str, notice_url: str, representative: str, name: str, email: str, password: str, at: datetime,
) -> tuple[Provider, User]:  # fmt: skip
    """A new provider and its owner, who practises at once. Raises AddressTaken, accounts.PasswordTooShort."""
    if session.scalar(select(User.id).where(User.has_index(accounts.email_indexes(vault, email)))):
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
    """The provider has applied to İYS. Said twice, the first day stays."""
    provider.applied_at = provider.applied_at or at


def enter_code(session: Session, provider: Provider, iys_code: int, at: datetime) -> None:
    """Keep the code that İYS gave; it is spoken to İYS once admitted. Raises CodeTaken."""
    if iys_code in OURS or _is_taken(session, provider, iys_code):
        raise CodeTaken
    mark_applied(provider, at)
    try:
        with session.begin_nested():
            provider.pending_iys_code = iys_code
            session.flush()
    except IntegrityError:  # Another request with this code was first.
        session.refresh(provider)
        raise CodeTaken from None


def list_steps(session: Session, provider: Provider, at: datetime) -> list[Step]:
    """Where the provider stands in the five steps. An exempt one has nothing to do at İYS."""
    lacking = find_missing(session, provider)
    told = {
        APPLY: _step(APPLY, done=_has_applied(provider)),
        ENTER: _step(ENTER, lacking, (Missing.CODE, Missing.PACKAGE)),
        AUTHORISE: _step(AUTHORISE, lacking, (Missing.REPRESENTATIVE, Missing.AUTHORISATION, Missing.SIGNATURE)),
        OPEN: Step(OPEN, StepState.DONE),
        TRANSFER: _step(TRANSFER, done=not provider.in_sandbox_mode),
    }
    if not lacking and provider.in_sandbox_mode:
        told[TRANSFER] = Step(TRANSFER, StepState.WAITS if provider.asked_at else StepState.NOW)
    first = next((step.number for step in told.values() if step.state in (StepState.LATER, StepState.NOW)), None)
    return [
        Step(number, StepState.NOW, step.missing) if number == first else step for number, step in sorted(told.items())
    ]


def find_missing(session: Session, provider: Provider) -> list[Missing]:
    """What is missing before the provider can be admitted: its kind decides what it needs."""
    papers = set(session.scalars(select(Paper.kind).where(Paper.provider_id == provider.id)))
    at_iys = provider.kind != ProviderKind.EXEMPT
    by_partner = provider.kind == ProviderKind.PARTNER
    lacks = {
        Missing.CODE: at_iys and provider.pending_iys_code is None,
        Missing.PACKAGE: not _has_ordered(session, provider),
        Missing.REPRESENTATIVE: not provider.representative,
        Missing.AUTHORISATION: by_partner and PaperKind.AUTHORISATION not in papers,
        Missing.SIGNATURE: PaperKind.SIGNATURE not in papers,
    }
    return [each for each, is_lacking in lacks.items() if is_lacking]


def request_admission(session: Session, provider: Provider, at: datetime) -> None:
    """The provider has brought all; the operator's turn. Asked twice, the first moment stays. Raises NotReady."""
    if lacking := find_missing(session, provider):
        raise NotReady(lacking)
    provider.asked_at = provider.asked_at or at


def admit(session: Session, provider: Provider, *, by: int, note: str, called_on: date, at: datetime) -> None:
    """Let a provider go to İYS: its practice ends, its own code is spoken, its master brand stands, and a partner's
    account acts for it (which tells nothing before İYS's title was compared). A second time changes nothing. Raises
    NotReady, CodeTaken."""
    session.refresh(provider, with_for_update=True)
    if not provider.in_sandbox_mode:
        return
    if lacking := find_missing(session, provider):
        raise NotReady(lacking)
    is_exempt = provider.kind == ProviderKind.EXEMPT
    code = sandbox_mode.draw_code(session, sandbox_mode.EXEMPT_CODES) if is_exempt else provider.pending_iys_code
    if _is_taken(session, provider, code):
        raise CodeTaken
    practised = session.scalars(
        select(Brand).where(Brand.provider_id == provider.id, Brand.is_sandbox, Brand.closed_at.is_(None))
    ).first()
    sandbox_mode.end_sandbox(session, provider, at)
    provider.iys_code, provider.admitted_at = code, at
    _keep_master_brand(session, provider, practised, at)
    partner = accounts.first_partner_credential(session)
    if partner and provider.kind == ProviderKind.PARTNER:
        accounts.connect_by_partner(session, provider, partner, at=at)
    _review(session, provider, ReviewAct.ADMITTED, by, note, at, called_on=called_on)


def send_back(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> None:
    """Something is missing or wrong; the note says what. The provider asks anew."""
    provider.asked_at = None
    _review(session, provider, ReviewAct.SENT_BACK, by, note, at)


def suspend(session: Session, provider: Provider, *, by: int, reason: str, at: datetime) -> None:
    """Nothing new begins there; refusals go on. A second time changes nothing."""
    if provider.suspended_at is None:
        provider.suspended_at = at
        _review(session, provider, ReviewAct.SUSPENDED, by, reason, at)


def resume(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> None:
    """Let a suspended provider go on. A second time changes nothing. Raises HasLeft."""
    if provider.left_at is not None:
        raise HasLeft
    if provider.suspended_at is not None:
        provider.suspended_at = None
        _review(session, provider, ReviewAct.RESUMED, by, note, at)


def mark_left(session: Session, provider: Provider, *, by: int, reason: str, at: datetime) -> None:
    """A suspended provider is with us no more: its links say so, and take refusals. A second time changes nothing.
    Raises NotSuspended."""
    if provider.suspended_at is None:
        raise NotSuspended
    if provider.left_at is None:
        provider.left_at = at
        _review(session, provider, ReviewAct.LEFT, by, reason, at)


def mark_returned(session: Session, provider: Provider, *, by: int, note: str, at: datetime) -> None:
    """It is suspended only, as before it left. A second time changes nothing."""
    if provider.left_at is not None:
        provider.left_at = None
        _review(session, provider, ReviewAct.CAME_BACK, by, note, at)


def _step(number: int, lacking: list[Missing] = (), its: tuple[Missing, ...] = (), *, done: bool = True) -> Step:
    needs = tuple(each for each in its if each in lacking)
    return Step(number, StepState.DONE if done and not needs else StepState.LATER, needs)


def _has_applied(provider: Provider) -> bool:
    return provider.kind == ProviderKind.EXEMPT or provider.applied_at is not None or not provider.in_sandbox_mode


def _has_ordered(session: Session, provider: Provider) -> bool:
    orders = select(PackageOrder.id).where(PackageOrder.provider_id == provider.id, PackageOrder.declined_at.is_(None))
    return session.scalar(orders.limit(1)) is not None


def _is_taken(session: Session, provider: Provider, code: int) -> bool:
    """Whether another provider here has the code: as its own, as the one it entered, or as a brand's."""
    theirs = or_(Provider.iys_code == code, Provider.pending_iys_code == code)
    if session.scalar(select(Provider.id).where(theirs, Provider.id != provider.id).limit(1)):
        return True
    brands = select(Brand.id).where(Brand.brand_code == code, Brand.provider_id != provider.id)
    return session.scalar(brands.limit(1)) is not None


def _keep_master_brand(session: Session, provider: Provider, practised: Brand | None, at: datetime) -> None:
    """The brand whose code is the provider's: the one made ready meanwhile, or one that looks as that of practice."""
    if session.scalar(select(Brand.id).where(Brand.brand_code == provider.iys_code)):
        return
    brand = Brand(provider_id=provider.id, brand_code=provider.iys_code, name=provider.title, created_at=at)
    for name in LOOKS if practised else ():
        setattr(brand, name, getattr(practised, name))
    session.add(brand)


def _review(session: Session, provider: Provider, act: ReviewAct, by: int, note: str, at: datetime, **facts) -> None:
    session.add(Review(provider_id=provider.id, act=act, note=note, made_by=by, made_at=at, **facts))
    session.flush()
