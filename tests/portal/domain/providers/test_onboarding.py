"""How a provider comes in: it practises at once, brings what is missing, and goes to İYS once."""

from datetime import date

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    Brand,
    Connection,
    Credential,
    CredentialKind,
    LegalForm,
    Membership,
    OrderKind,
    Package,
    PackageOrder,
    Paper,
    PaperKind,
    Provider,
    ProviderKind,
    Review,
    ReviewAct,
    Role,
)
from portal.domain.identity import accounts
from portal.domain.providers import brands, onboarding, sandbox_mode, suspension
from portal.domain.providers.onboarding import Requirement, StepState
from tests import make

pytestmark = pytest.mark.alike

CODE, DERYA = 731_845, 1
FIRM = {
    "title": "Yeni Mağazacılık A.Ş.", "legal_form": LegalForm.COMPANY, "kind": ProviderKind.PARTNER,
    "tax_number": "4540536920", "mersis": "0454053692000015", "contact": "0850 765 43 21",
    "notice_url": "https://www.example.com/aydinlatma", "representative": "Nil Yeni", "name": "Nil Yeni",
    "password": make.AYSES_PASSWORD,
}  # fmt: skip
CALL = {"by": DERYA, "note": "Temsilci firmanın santralinden arandı.", "called_on": date(2026, 11, 20)}


@pytest.fixture(autouse=True)
def inside(app):
    with app.app_context():
        yield
        db.session.rollback()


def newcomer(email: str = "nil@example.com", **other) -> Provider:
    provider, _ = onboarding.open_account(db.session, vault(), email=email, at=clock.now(), **FIRM | other)
    return provider


def ready(code: int = CODE, **other) -> Provider:
    """A provider that has brought everything."""
    provider = newcomer(**other)
    if provider.kind != ProviderKind.EXEMPT:
        onboarding.enter_code(db.session, provider, code, clock.now())
    order(provider)
    for kind in PaperKind:
        paper(provider, kind)
    return provider


def order(provider: Provider) -> None:
    package = db.session.scalar(select(Package).limit(1))
    if package is None:
        package = Package(name="İLETİ X", records=5000, price=290, created_at=clock.now())
        db.session.add(package)
        db.session.flush()
    db.session.add(
        PackageOrder(provider_id=provider.id, package_id=package.id, kind=OrderKind.FIRST, records=5000, price=290,
                     ordered_by=DERYA, ordered_at=clock.now())
    )  # fmt: skip
    db.session.flush()


def paper(provider: Provider, kind: PaperKind) -> None:
    db.session.add(
        Paper(provider_id=provider.id, kind=kind, media_type="application/pdf", size=1, digest=bytes(32),
              content=b"sealed", uploaded_by=DERYA, uploaded_at=clock.now())
    )  # fmt: skip
    db.session.flush()


def states(provider: Provider) -> list[StepState]:
    return [step.state for step in onboarding.list_steps(db.session, provider)]


def test_who_opens_an_account_owns_it_and_practises_at_once():
    provider, user = onboarding.open_account(db.session, vault(), email="nil@example.com", at=clock.now(), **FIRM)

    brand = db.session.scalars(select(Brand).where(Brand.provider_id == provider.id)).one()
    membership = db.session.scalars(select(Membership).where(Membership.provider_id == provider.id)).one()
    assert (membership.user_id, membership.role) == (user.id, Role.OWNER)
    assert provider.in_sandbox_mode and provider.iys_code in sandbox_mode.CODES and provider.pending_iys_code is None
    assert brand.is_sandbox and brand.brand_code == provider.iys_code
    assert credential_of(provider).kind == CredentialKind.SANDBOX


def credential_of(provider: Provider) -> Credential | None:
    theirs = select(Credential).join(Connection, Connection.credential_id == Credential.id)
    return db.session.scalars(theirs.where(Connection.provider_id == provider.id)).one_or_none()


def test_one_address_opens_one_account():
    newcomer("nil@example.com")

    with pytest.raises(onboarding.AddressTaken):
        newcomer(" NIL@example.com ")


def test_a_newcomer_is_at_the_first_step_and_has_an_account():
    assert states(newcomer()) == ["now", "later", "later", "done", "later"]


def test_entering_the_code_says_that_one_has_applied():
    provider = newcomer()

    onboarding.enter_code(db.session, provider, CODE, clock.now())

    assert provider.applied_at and provider.iys_code in sandbox_mode.CODES
    steps = onboarding.list_steps(db.session, provider)
    assert (steps[0].state, steps[1].state, steps[1].missing) == (
        StepState.GIVEN,
        StepState.NOW,
        (Requirement.PACKAGE,),
    )


def test_a_code_that_another_has_is_taken_however_it_has_it():
    other = newcomer("cem@example.com")
    onboarding.enter_code(db.session, other, CODE, clock.now())
    admitted = make.provider()
    provider = newcomer()

    for taken in (CODE, admitted.iys_code, other.iys_code, sandbox_mode.EXEMPT_CODES[3]):
        with pytest.raises(sandbox_mode.CodeTaken):
            onboarding.enter_code(db.session, provider, taken, clock.now())
    assert provider.pending_iys_code is None


def test_the_own_code_may_be_entered_again():
    provider = newcomer()

    for _ in range(2):
        onboarding.enter_code(db.session, provider, CODE, clock.now())

    assert provider.pending_iys_code == CODE


NEEDED = {
    ProviderKind.PARTNER: [Requirement.CODE, Requirement.PACKAGE, Requirement.AUTHORISATION, Requirement.SIGNATURE],
    ProviderKind.DIRECT: [Requirement.CODE, Requirement.PACKAGE, Requirement.SIGNATURE],
    ProviderKind.EXEMPT: [Requirement.PACKAGE, Requirement.SIGNATURE],
}


def admit(provider: Provider) -> None:
    """Admit what was handed in and looked at."""
    onboarding.request_admission(db.session, provider, clock.now())
    seen = onboarding.digest_application(db.session, provider)
    onboarding.admit(db.session, provider, seen=seen, at=clock.now(), **CALL)


@pytest.mark.parametrize("kind", ProviderKind)
def test_what_is_missing_depends_on_the_kind(kind):
    assert onboarding.find_missing(db.session, newcomer(kind=kind)) == NEEDED[kind]


def test_nobody_is_admitted_and_nobody_asks_before_all_is_there():
    provider = newcomer()

    with pytest.raises(onboarding.NotReady) as early:
        onboarding.request_admission(db.session, provider, clock.now())
    with pytest.raises(onboarding.NotReady):
        onboarding.admit(db.session, provider, seen="", at=clock.now(), **CALL)

    assert early.value.missing == NEEDED[ProviderKind.PARTNER]
    assert provider.in_sandbox_mode and provider.asked_at is None


def test_who_has_brought_all_asks_and_waits():
    provider = ready()
    assert states(provider) == ["given", "given", "given", "done", "now"]

    onboarding.request_admission(db.session, provider, clock.now())

    assert states(provider) == ["given", "given", "given", "done", "waits"]


def test_a_code_is_done_once_iys_knows_it_and_a_letter_once_the_operator_has_read_it():
    """Any number and any sheet of paper are given, and prove nothing."""
    provider = ready()
    steps = onboarding.list_steps(db.session, provider, knows_code=True)

    assert [step.state for step in steps] == ["done", "done", "given", "done", "now"]


def test_being_admitted_ends_the_practice_and_speaks_the_own_code():
    provider = ready()
    practised = db.session.scalars(select(Brand).where(Brand.provider_id == provider.id)).one()
    practised.name, practised.colour = "Yeni Mağaza", "#123456"

    admit(provider)

    brands = db.session.scalars(select(Brand).where(Brand.provider_id == provider.id, Brand.closed_at.is_(None)))
    (brand,) = brands
    assert (provider.iys_code, provider.in_sandbox_mode) == (CODE, False)
    assert (brand.brand_code, brand.is_sandbox, brand.name, brand.colour) == (CODE, False, "Yeni Mağaza", "#123456")
    assert practised.closed_at and credential_of(provider) is None
    assert states(provider) == ["done"] * 5
    review = db.session.scalars(select(Review).where(Review.provider_id == provider.id)).one()
    assert (review.act, review.called_on, review.made_by) == (ReviewAct.ADMITTED, date(2026, 11, 20), DERYA)


def test_the_first_open_brand_goes_into_force_however_the_rows_lie():
    provider = ready()
    first = db.session.scalars(select(Brand).where(Brand.provider_id == provider.id)).one()
    brands.open_brand(db.session, provider, name="Garanti Bonus Kart", code=None, at=clock.now())
    db.session.commit()
    first.colour = "112233"  # PostgreSQL writes its row anew, behind the other.
    onboarding.request_admission(db.session, provider, clock.now())
    db.session.commit()

    assert onboarding.find_brand_to_admit(db.session, provider.id) == first
    admit(provider)
    master = db.session.scalars(select(Brand).where(Brand.brand_code == CODE)).one()
    assert (master.name, master.colour) == (provider.title, "112233")


def test_being_admitted_twice_is_being_admitted_once():
    provider = ready()

    for _ in range(2):
        admit(provider)

    assert len(db.session.scalars(select(Review).where(Review.provider_id == provider.id)).all()) == 1


def test_a_partners_account_acts_for_an_admitted_provider_and_waits_for_the_title():
    partner = accounts.store_partner_credential(
        db.session, vault(), integrator_code=4242, username="partner", password="partner-password", at=clock.now()
    )
    served, direct = ready(), ready(CODE + 1, email="cem@example.com", kind=ProviderKind.DIRECT)

    for each in (served, direct):
        admit(each)

    assert credential_of(served).id == partner.id and credential_of(direct) is None
    connection = db.session.scalars(select(Connection).where(Connection.provider_id == served.id)).one()
    assert connection.forwarding_enabled_at is None


def test_an_exempt_provider_is_admitted_under_a_code_that_goes_nowhere():
    provider = ready(kind=ProviderKind.EXEMPT)

    admit(provider)

    assert provider.iys_code in sandbox_mode.EXEMPT_CODES and not provider.in_sandbox_mode


def test_who_is_sent_back_may_ask_again():
    provider = ready()
    onboarding.request_admission(db.session, provider, clock.now())

    onboarding.send_back(db.session, provider, by=DERYA, note="İmza eksik.", at=clock.now())

    assert states(provider)[-1] == "now"
    assert db.session.scalars(select(Review)).one().note == "İmza eksik."


def test_only_who_is_stopped_leaves_and_only_who_came_back_goes_on():
    provider = newcomer()
    with pytest.raises(suspension.NotSuspended):
        suspension.mark_left(db.session, provider, by=DERYA, note="Bitti.", at=clock.now())
    suspension.suspend(db.session, provider, by=DERYA, note="Bitiyor.", at=clock.now())
    for _ in range(2):
        suspension.mark_left(db.session, provider, by=DERYA, note="Bitti.", at=clock.now())
    with pytest.raises(suspension.HasLeft):
        suspension.resume(db.session, provider, by=DERYA, note="Sürsün.", at=clock.now())
    for _ in range(2):
        suspension.mark_returned(db.session, provider, by=DERYA, note="Döndü.", at=clock.now())
    suspension.resume(db.session, provider, by=DERYA, note="Sürsün.", at=clock.now())

    assert provider.left_at is provider.suspended_at is None
    assert [each.act for each in db.session.query(Review).order_by(Review.id)][-4:] == [
        ReviewAct.SUSPENDED, ReviewAct.LEFT, ReviewAct.CAME_BACK, ReviewAct.RESUMED,
    ]  # fmt: skip


def test_suspending_and_resuming_twice_leaves_one_review_each():
    provider = make.provider()

    for _ in range(2):
        suspension.suspend(db.session, provider, by=DERYA, note="Şikâyet incelemesi.", at=clock.now())
    assert provider.suspended_at
    for _ in range(2):
        suspension.resume(db.session, provider, by=DERYA, note="Açıklandı.", at=clock.now())

    assert provider.suspended_at is None
    assert [each.act for each in db.session.scalars(select(Review))] == [ReviewAct.SUSPENDED, ReviewAct.RESUMED]
