"""Derya is an admin of the operator, Deniz its support; a newcomer waits to be admitted, Ayşe's firm is."""

import pytest
from sqlalchemy import select

from portal.core import business_days, clock
from portal.core.extensions import db, vault
from portal.core.ids import new_id
from portal.core.models import (
    LegalForm,
    OperatorRole,
    OrderKind,
    Package,
    PackageOrder,
    Paper,
    PaperKind,
    Provider,
    ProviderKind,
    User,
)
from portal.domain.identity import accounts, operator_staff
from portal.domain.providers import onboarding
from tests import make
from tests.portal.web.dashboard.staff import signed_in

DERYA, DENIZ, NIL = "derya@operator.example", "deniz@operator.example", "nil@example.com"
CODE = 731_845
PDF = b"%PDF-1.7 a paper that somebody signed"


@pytest.fixture(autouse=True)
def the_package_calendar_alone():
    """Corrections are of a process: none is left to other tests."""
    yield
    business_days.use_corrections(business_days.NO_CORRECTIONS)


@pytest.fixture
def derya(app):
    return _staff(app, DERYA, OperatorRole.ADMIN)


@pytest.fixture
def deniz(app):
    return _staff(app, DENIZ, OperatorRole.SUPPORT)


@pytest.fixture
def ayses(app) -> int:
    """An admitted provider's id."""
    with app.app_context():
        made = make.provider().id
        db.session.rollback()
        return made


@pytest.fixture
def newcomer(app) -> int:
    """The id of a provider that brought everything and asks to be admitted."""
    with app.app_context():
        made = waiting_provider()
        db.session.commit()
        return made.id


def waiting_provider(email: str = NIL, code: int = CODE, title: str = "Yeni Mağazacılık A.Ş.") -> Provider:
    at = clock.now()
    made, owner = onboarding.open_account(
        db.session, vault(), title=title, legal_form=LegalForm.COMPANY, kind=ProviderKind.PARTNER,
        tax_number="4540536920", mersis="0454053692000015", contact="0850 765 43 21", notice_url=make.NOTICE,
        representative="Nil Yeni", name="Nil Yeni", email=email, password=make.AYSES_PASSWORD, at=at,
    )  # fmt: skip
    onboarding.enter_code(db.session, made, code, at)
    for kind in PaperKind:
        paper_id = new_id()
        db.session.add(
            Paper(
                id=paper_id, provider_id=made.id, kind=kind, media_type="application/pdf", size=len(PDF),
                digest=b"d" * 32, content=vault().seal(PDF, Paper.PLACE, made.id, paper_id), uploaded_by=owner.id,
                uploaded_at=at,
            )
        )  # fmt: skip
    make_order(made, owner.id)
    onboarding.request_admission(db.session, made, at)
    return made


def make_order(of: Provider, by: int) -> PackageOrder:
    package = db.session.scalars(select(Package).order_by(Package.records)).first()
    made = PackageOrder(
        provider_id=of.id, package_id=package.id, kind=OrderKind.FIRST, records=package.records, price=package.price,
        ordered_by=by, ordered_at=clock.now(),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def assign(app, email: str, provider_id: int) -> None:
    """Let somebody of support answer for a provider."""
    with app.app_context():
        user = db.session.scalars(select(User).where(User.has_index(accounts.email_indexes(vault(), email)))).one()
        operator_staff.assign(db.session, user, db.session.get_one(Provider, provider_id), clock.now())
        db.session.commit()


def _staff(app, email, role):
    with app.app_context():
        make.staff(email, role)
    return signed_in(app, email)
