"""An admin ends everything that one person has open: of the operator, or of a provider."""

import pytest

from portal.core.models import AuditEntry, Membership, OperatorRole, SignIn, User
from tests.portal.web.dashboard.staff import signed_in

pytestmark = pytest.mark.alike


@pytest.fixture
def ayse(app, ayses):
    """Ayşe, who owns the provider, signed in."""
    return signed_in(app)


def test_an_admin_ends_all_sessions_of_a_colleague(derya, deniz, rows):
    (support,) = rows(User, User.operator_role == OperatorRole.SUPPORT)

    assert derya.posts(f"/operator/staff/{support.id}/sessions/end").status_code == 303

    assert deniz.opens("/operator/").status_code == 302
    assert derya.opens("/operator/").status_code == 200
    assert rows.one(AuditEntry, AuditEntry.act == "sessions.ended").facts == {"count": 1}


def test_an_admin_ends_all_sessions_of_a_providers_person_who_reads_of_it(derya, ayses, ayse, rows):
    path = f"/operator/providers/{ayses}/people/{rows.one(Membership).id}/sessions/end"
    assert path in derya.opens(f"/operator/providers/{ayses}").text

    assert derya.posts(path).status_code == 303

    assert ayse.opens("/dashboard/").status_code == 302
    assert rows.one(AuditEntry, AuditEntry.act == "sessions.ended").provider_id == ayses


def test_support_ends_nobodys_sessions(app, deniz, ayses, ayse, rows):
    hers = rows.one(Membership)

    for whose in (f"staff/{hers.user_id}", f"providers/{ayses}/people/{hers.id}"):
        assert deniz.posts(f"/operator/{whose}/sessions/end").status_code == 403

    assert ayse.opens("/dashboard/").status_code == 200


def test_who_is_not_where_the_address_says_keeps_their_session(derya, newcomer, ayses, ayse, rows):
    (hers,) = rows(Membership, Membership.provider_id == ayses)

    assert derya.posts(f"/operator/providers/{newcomer}/people/{hers.id}/sessions/end").status_code == 404
    assert derya.posts(f"/operator/staff/{hers.user_id}/sessions/end").status_code == 404

    assert ayse.opens("/dashboard/").status_code == 200


def test_the_session_in_which_it_is_done_stays(derya, rows):
    (me,) = rows(User, User.operator_role == OperatorRole.ADMIN)

    assert derya.posts(f"/operator/staff/{me.id}/sessions/end").status_code == 303

    assert rows.one(SignIn).ended_at is None
