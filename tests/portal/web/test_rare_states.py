"""Pages in states that come seldom, and that no test of the page itself brings about."""
# ruff: noqa: F811 - a fixture of another file is asked for by its name.

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    Actor,
    AuditEntry,
    BatchState,
    Brand,
    Closing,
    Complaint,
    ComplaintKind,
    ConsentPoint,
    Domain,
    Membership,
    OneTimeLinkKind,
    OperatorRole,
    Package,
    PackageOrder,
    Provider,
    ProviderKind,
    Sweep,
)
from portal.domain.identity import one_time_links
from portal.domain.providers import delegations
from tests import make
from tests.portal.web.dashboard.import_batches import make_batch
from tests.portal.web.dashboard.staff import signed_in
from tests.portal.web.dashboard.test_strangers import things  # noqa: F401 - a fixture: one of each thing

pytestmark = [pytest.mark.slow, pytest.mark.alike]

RIGHTS = {
    "clear": False, "title": "Başka A.Ş.", "title_agrees": False, "brands": {"731845": ["MESAJ"]},
    "elsewhere": [731845], "trouble": None, "not_now": False,
}  # fmt: skip
RIGHTS_FOUND = {
    "incomplete": (RIGHTS, "Başka A.Ş."),
    "complete": (RIGHTS | {"clear": True, "title_agrees": True, "elsewhere": []}, "Yetkiler tam"),
    "not listed": (RIGHTS | {"brands": {}, "elsewhere": [], "title": None}, "Son deneme"),
    "not reached": (RIGHTS | {"brands": {}, "not_now": True}, "Son deneme"),
}


def change(app, model, row_id: int, **values) -> None:
    with app.app_context():
        db.session.execute(update(model).where(model.id == row_id).values(**values))
        db.session.commit()


def add(app, row) -> None:
    with app.app_context():
        db.session.add(row)
        db.session.commit()


@pytest.fixture
def ayse(app, things):
    return signed_in(app)


@pytest.fixture
def derya(app, things):
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
    return signed_in(app, "derya@example.com")


def test_a_suspended_colleague_may_be_let_in_again(app, ayse, things):
    change(app, Membership, things["membership_id"], suspended_at=clock.now())

    assert "Askıda" in ayse.opens("/dashboard/people").text
    assert "Yeniden girebilsin" in ayse.opens(f"/dashboard/people/{things['membership_id']}").text


def test_nobody_changes_their_own_role(app, ayse, rows):
    mine = rows(Membership)[0].id

    assert "Kendi rolünüzü ve durumunuzu değiştiremezsiniz" in ayse.opens(f"/dashboard/people/{mine}").text


def test_a_closed_brand_of_the_sandbox_mode_is_shown_as_such(app, ayse, things):
    change(app, Brand, things["brand_id"], is_sandbox=True, closed_at=clock.now())

    page = ayse.opens("/dashboard/brands").text
    assert "Deneme" in page and "Pasif" in page
    assert "Bu, deneme markanızdı" in ayse.opens(f"/dashboard/brands/{things['brand_id']}").text


def test_a_domain_whose_record_is_gone_is_shown_as_such(app, ayse, things):
    change(app, Domain, things["domain_id"], verified_at=clock.now(), missing_since=clock.now())

    assert "TXT kaydı" in ayse.opens(f"/dashboard/brands/{things['brand_id']}").text


def test_a_closed_point_may_be_opened_again(app, ayse, things):
    change(app, ConsentPoint, things["point_id"], closed_at=clock.now())

    assert "Yeniden aç" in ayse.opens(f"/dashboard/points/{things['point_id']}").text


@pytest.mark.parametrize("found", RIGHTS_FOUND)
def test_a_newcomer_reads_which_rights_iys_has(app, ayse, things, found):
    facts, text = RIGHTS_FOUND[found]
    provider_id = things["provider_id"]
    change(app, Provider, provider_id, admitted_at=None, pending_iys_code=731845, kind=ProviderKind.PARTNER)
    entry = {"act": "rights.looked_at", "subject": "provider", "subject_id": provider_id, "facts": facts}
    add(app, AuditEntry(provider_id=provider_id, at=clock.now(), actor=Actor.SYSTEM, **entry))

    assert text in ayse.opens("/dashboard/start").text


@pytest.mark.parametrize("drifted", [0, 3])
def test_a_weekly_sweep_is_shown(app, ayse, things, drifted):
    ended_at = clock.now() if drifted else None
    add(app, Sweep(provider_id=things["provider_id"], brand_id=things["brand_id"], asked=10, drifted=drifted,
                   ended_at=ended_at, created_at=clock.now()))  # fmt: skip

    assert "Haftalık tarama" in ayse.opens("/dashboard/movements").text


@pytest.mark.parametrize("kind", ComplaintKind)
def test_a_closed_case_says_how_it_was_closed(app, ayse, things, kind):
    change(app, Complaint, things["complaint_id"], kind=kind, closing=Closing.STOPPED, closed_at=clock.now())

    page = ayse.opens(f"/desk/{things['complaint_id']}").text
    assert "Sonuçlandı" in page and "Yeniden aç" in page


@pytest.mark.parametrize("is_answered", [False, True])
def test_the_operator_reads_a_file_in_each_state(app, derya, things, is_answered):
    at, provider_id = clock.now(), things["provider_id"]
    facts: dict = {"answered_at": at} if is_answered else {}
    with app.app_context():
        delegations.delegate(db.session, provider_id, things["user_id"], clock.day(at) + timedelta(days=30), at)
        db.session.commit()
    for state in BatchState:
        with app.app_context():
            more = {"problem": "file_pdf"} if state == BatchState.UNREADABLE else {}
            batch_id = make_batch(state, on_behalf=True, asked=["source"], asked_at=at, **facts, **more).id
            db.session.commit()

        assert derya.opens(f"/operator/providers/{provider_id}/imports/{batch_id}").status_code == 200, state
        assert derya.opens(f"/operator/providers/{provider_id}/imports").status_code == 200, state


@pytest.mark.parametrize("is_expired", [False, True])
def test_open_invitations_of_the_operator_are_listed(app, derya, is_expired):
    at = clock.now() - timedelta(days=8 if is_expired else 0)
    with app.app_context():
        one_time_links.issue(
            db.session, vault(), OneTimeLinkKind.INVITATION, email="elif@example.com", at=at,
            lifetime=timedelta(days=7), operator_role=OperatorRole.SUPPORT,
        )  # fmt: skip
        db.session.commit()

    page = derya.opens("/operator/staff").text
    assert "Kullanılmamış davetler" in page and ("Süresi geçti" in page) == is_expired


def test_a_withdrawn_package_may_be_offered_again(app, derya, things):
    change(app, Package, things["package_id"], withdrawn_at=clock.now())

    assert "Yeniden sun" in derya.opens("/operator/packages").text


def test_a_declined_order_says_why(app, ayse, derya, things):
    change(app, PackageOrder, things["order_id"], declined_at=clock.now(), note="Ödeme gelmedi.")

    assert "Onaylanmadı: Ödeme gelmedi." in ayse.opens("/dashboard/package").text
    assert "Onaylanmadı" in derya.opens(f"/operator/providers/{things['provider_id']}").text
