"""The operator's people: invited by mail, changed and removed by another admin, at once."""

import re
from urllib.parse import urlsplit

import pytest

from portal.core.extensions import db, vault
from portal.core.models import Assignment, AuditEntry, Mail, OneTimeLink, OperatorRole, User
from portal.domain.notifications import mails
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, signed_in
from tests.portal.web.operator.conftest import DENIZ, DERYA, assign
from tests.portal.web.signin.enrolling import enrol

pytestmark = [pytest.mark.slow, pytest.mark.alike]

NEW = {"email": "ece@operator.example", "role": "support"}
NEWCOMER = {"name": "Ece Can", "password": "yagmur altinda kirmizi bisiklet"}


def link(app, rows) -> str:
    """The path of the newest invitation that was mailed."""
    with app.app_context():
        return urlsplit(mails.read_facts(vault(), rows(Mail)[-1])["link"]).path


def ids(rows) -> dict[OperatorRole, int]:
    return {user.operator_role: user.id for user in rows(User, User.operator_role.is_not(None))}


def test_who_is_invited_comes_in_with_the_role(app, derya, browser, rows):
    assert derya.posts("/operator/staff", NEW).status_code == 303
    path = link(app, rows)
    browser.post(path, data=NEWCOMER | {"csrf_token": csrf_token(browser, path)})
    enrol(browser)

    assert rows.one(User, User.name == "Ece Can").operator_role == OperatorRole.SUPPORT
    assert "e•••@o•••.example" not in derya.opens("/operator/staff").text.split("Bekleyen davetler")[1]


@pytest.mark.parametrize("is_of_firm", [True, False], ids=["of a firm", "formerly of the team"])
def test_who_has_an_account_comes_in_by_an_invitation(app, derya, rows, is_of_firm):
    with app.app_context():
        make.provider() if is_of_firm else make.staff(DENIZ, OperatorRole.SUPPORT)
        db.session.commit()
    email = make.AYSE if is_of_firm else DENIZ
    invitee = signed_in(app, email).browser
    if not is_of_firm:
        derya.posts(f"/operator/staff/{ids(rows)[OperatorRole.SUPPORT]}/removal")
        assert invitee.get("/operator/").status_code == 403
    derya.posts("/operator/staff", NEW | {"email": email})
    path = link(app, rows)

    answer = invitee.post(path, data={"csrf_token": csrf_token(invitee, path)})

    assert OperatorRole.SUPPORT in ids(rows)
    assert invitee.get(answer.location).status_code == 200


@pytest.mark.parametrize("second", ["support", "admin"])
def test_who_was_removed_comes_back_by_no_older_invitation(app, derya, browser, rows, second):
    derya.posts("/operator/staff", NEW)
    first = link(app, rows)
    derya.posts("/operator/staff", NEW | {"role": second})
    other = link(app, rows)
    browser.post(first, data=NEWCOMER | {"csrf_token": csrf_token(browser, first)})
    enrol(browser)
    derya.posts(f"/operator/staff/{ids(rows)[OperatorRole.SUPPORT]}/removal")

    assert browser.get(other).status_code == 404
    assert browser.post(other, data={"csrf_token": csrf_token(browser, "/account/")}).status_code == 404
    assert rows.one(User, User.name == "Ece Can").operator_role is None


def test_an_invitation_is_sent_again_or_taken_back(app, derya, browser, rows):
    derya.posts("/operator/staff", NEW)
    first = link(app, rows)
    derya.posts(f"/operator/staff/invitations/{rows.one(OneTimeLink).id}/renewal")
    second = link(app, rows)

    assert first != second
    assert browser.get(first).status_code != 200 and browser.get(second).status_code == 200

    derya.posts(f"/operator/staff/invitations/{rows(OneTimeLink)[-1].id}/removal")
    assert browser.get(second).status_code != 200
    assert derya.posts(f"/operator/staff/invitations/{rows(OneTimeLink)[-1].id}/removal").status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"email": ""}, {"email": "ece"}, {"email": "a b@c.de"}, {"role": "owner"}, {"role": ""}]
)
def test_an_invitation_that_cannot_be_is_refused(derya, rows, wrong):
    assert derya.posts("/operator/staff", NEW | wrong).status_code == 422
    assert rows(OneTimeLink) == []


def test_a_removed_persons_next_request_is_refused(derya, deniz, rows):
    assert deniz.opens("/operator/").status_code == 200

    derya.posts(f"/operator/staff/{ids(rows)[OperatorRole.SUPPORT]}/removal")

    assert deniz.opens("/operator/").status_code == 403


def test_a_new_role_holds_on_the_next_request(derya, deniz, rows):
    assert deniz.opens("/operator/health").status_code == 403

    derya.posts(f"/operator/staff/{ids(rows)[OperatorRole.SUPPORT]}/role", {"role": "admin"})

    assert deniz.opens("/operator/health").status_code == 200


def test_nobody_changes_themselves(derya, rows):
    mine = ids(rows)[OperatorRole.ADMIN]

    derya.posts(f"/operator/staff/{mine}/role", {"role": "support"})
    derya.posts(f"/operator/staff/{mine}/removal")

    assert rows.one(User).operator_role == OperatorRole.ADMIN
    assert rows(AuditEntry, AuditEntry.act.startswith("staff.")) == []


@pytest.mark.parametrize("role", ["owner", "", "ADMIN"])
def test_a_role_that_is_none_is_not_given(derya, deniz, rows, role):
    support = ids(rows)[OperatorRole.SUPPORT]

    assert derya.posts(f"/operator/staff/{support}/role", {"role": role}).status_code == 404


def test_support_is_assigned_from_the_providers_page(derya, deniz, ayses, rows):
    support = ids(rows)[OperatorRole.SUPPORT]
    path = f"/operator/providers/{ayses}"
    assert "Henüz kimse atanmadı" in derya.opens(path).text

    derya.posts(f"{path}/assignments", {"user": support})
    assert deniz.opens(path).status_code == 200
    derya.posts(f"{path}/assignments/{support}/removal")

    assert deniz.opens(path).status_code == 404
    acts = [entry.act for entry in rows(AuditEntry, AuditEntry.act.startswith("staff."))]
    assert acts == ["staff.assigned", "staff.unassigned"]


@pytest.mark.parametrize("user", ["", "x", "1", "9" * 30, "-1"])
def test_only_support_is_assigned(derya, ayses, rows, user):
    assert derya.posts(f"/operator/providers/{ayses}/assignments", {"user": user}).status_code == 404
    assert rows(Assignment) == []


def test_people_of_providers_are_not_staff(derya, ayses, rows):
    ayse = rows.one(User, User.operator_role.is_(None)).id

    assert derya.posts(f"/operator/staff/{ayse}/role", {"role": "admin"}).status_code == 404
    assert rows.one(User, User.id == ayse).operator_role is None


def test_support_keeps_its_hands_off_the_staff(app, deniz, ayses, rows):
    assign(app, DENIZ, ayses)

    assert deniz.opens("/operator/staff").status_code == 403
    assert deniz.posts("/operator/staff", NEW).status_code == 403


def test_the_page_shows_no_address_in_full(app, derya, deniz):
    page = derya.opens("/operator/staff").text

    assert DERYA not in page and DENIZ not in page
    assert re.search(r"d•••@o•••\.example", page)


def test_a_damaged_seal_hides_nobody_else(app, derya, deniz, rows):
    with app.app_context():
        db.session.get_one(User, ids(rows)[OperatorRole.SUPPORT]).email = b"damaged"
        db.session.commit()

    assert derya.opens("/operator/staff").status_code == 200
