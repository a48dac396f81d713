"""Accepting an invitation: once, by whom it was mailed to, with a password of their own and a second factor."""

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Mail,
    MailKind,
    Membership,
    OneTimeLink,
    OneTimeLinkKind,
    OperatorRole,
    Provider,
    Role,
    SignIn,
    User,
)
from portal.domain.identity import accounts, members
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, reset_used_codes, signed_in, submit_code, submit_password

pytestmark = [pytest.mark.slow, pytest.mark.alike]

BURAK = "burak@example.com"
PASSWORD = "dört sarı bisiklet yokuşta"


@pytest.fixture
def link(app) -> str:
    """The path of Ayşe's invitation to Burak, as a manager."""
    return invited(app)


def invited(app, role=Role.MANAGER, email=BURAK) -> str:
    links = []
    with app.app_context():
        firm = db.session.scalar(select(Provider)) or make.provider()
        by = db.session.scalar(select(Membership).where(Membership.provider_id == firm.id, Membership.role == "owner"))
        members.invite(
            db.session, vault(), firm, by, email=email, role=role, language="tr", at=clock.now(),
            link=lambda token: links.append(token) or f"/invitation/{token}",
        )  # fmt: skip
        db.session.commit()
    return f"/invitation/{links[0]}"


def staff_invited(app) -> str:
    links = []
    with app.app_context():
        derya = make.staff("derya@example.com", OperatorRole.ADMIN)
        members.invite_staff(
            db.session, vault(), derya, email=BURAK, role=OperatorRole.SUPPORT, language="tr", at=clock.now(),
            link=lambda token: links.append(token) or f"/invitation/{token}",
        )  # fmt: skip
        db.session.commit()
    return f"/invitation/{links[0]}"


def accepts(browser, link, name="Burak Demir", password=PASSWORD):
    data = {"csrf_token": csrf_token(browser, link), "name": name, "password": password}
    return browser.post(link, data=data)


def enrols(browser):
    """Set up the first factor of who just chose a password."""
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', browser.get("/sign-in/enrol").text)[1].replace(" ", "")
    data = {"csrf_token": csrf_token(browser, "/sign-in/enrol"), "code": pyotp.TOTP(secret).at(clock.now())}
    return browser.post("/sign-in/enrol", data=data)


def joins(browser, link) -> None:
    accepts(browser, link)
    assert enrols(browser).status_code == 200


def memberships(rows, app) -> dict[str, Role]:
    with app.app_context():
        emails = {user.id: accounts.email_of(vault(), user) for user in rows(User)}
    return {emails[each.user_id]: each.role for each in rows(Membership) if each.is_open}


def test_a_newcomer_chooses_a_password_and_goes_on_to_a_second_factor(app, browser, link, rows):
    answer = accepts(browser, link)

    assert (answer.status_code, answer.location) == (303, "/sign-in/second")
    assert browser.get("/sign-in/second").location == "/sign-in/enrol"
    assert rows.count(SignIn) == 0
    assert browser.get("/dashboard/").status_code == 302
    assert enrols(browser).status_code == 200
    assert memberships(rows, app) == {make.AYSE: Role.OWNER, BURAK: Role.MANAGER}
    assert browser.get("/dashboard/").status_code == 200


def test_an_invitation_is_used_up_by_the_first_factor_and_until_then_opens_again(app, browser, link, rows):
    accepts(browser, link)
    assert rows.one(OneTimeLink).used_at is None and memberships(rows, app) == {make.AYSE: Role.OWNER}

    thief = app.test_client()
    submit_password(thief, BURAK, PASSWORD)
    assert "Önce adresinizi doğrulayın" in thief.get("/sign-in/enrol").text

    again = app.test_client()
    assert accepts(again, link, "Burak Er", "yedi mor susamuru 88 top").location == "/sign-in/second"
    assert browser.get("/sign-in/enrol").location == "/sign-in", "the earlier password is none any more"
    assert enrols(again).status_code == 200
    assert memberships(rows, app) == {make.AYSE: Role.OWNER, BURAK: Role.MANAGER}


def test_an_invitation_revoked_while_the_app_is_set_up_enrols_nothing(app, browser, link, rows):
    accepts(browser, link)
    page = browser.get("/sign-in/enrol").text
    with app.app_context():
        firm = db.session.scalar(select(Provider))
        members.revoke_invitation(db.session, firm.id, rows.one(OneTimeLink).id, clock.now())
        db.session.commit()

    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    form = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    late = browser.post("/sign-in/enrol", data={"csrf_token": form, "code": pyotp.TOTP(secret).at(clock.now())})
    assert late.status_code == 403 and "Önce adresinizi doğrulayın" in late.text
    assert memberships(rows, app) == {make.AYSE: Role.OWNER} and rows.count(SignIn) == 0


def test_the_page_says_where_as_what_and_from_whom(browser, link):
    page = browser.get(link).text

    said = ("Örnek Mağazacılık A.Ş.", "Yönetici", "a•••@e•••.com", "b•••@e•••.com")
    assert [each for each in said if each not in page] == []


def test_opening_the_link_uses_nothing_up(browser, link, rows):
    for _ in range(3):
        assert browser.get(link).status_code == browser.head(link).status_code == 200

    assert rows.one(OneTimeLink).used_at is None


def test_an_invitation_is_used_once(app, browser, link, rows):
    form = csrf_token(browser, link)
    joins(browser, link)

    answer = app.test_client().get(link)
    again = browser.post(link, data={"csrf_token": form, "name": "Cem", "password": PASSWORD})
    assert (answer.status_code, again.status_code) in ((404, 404), (404, 400))
    assert "artık geçerli değil" in answer.text
    assert len(rows(User)) == 2


@pytest.mark.parametrize("days", [7, 400])
def test_an_invitation_runs_out(browser, link, days):
    with time_machine.travel(clock.now() + timedelta(days=days)):
        assert browser.get(link).status_code == 404


def test_a_revoked_invitation_opens_nothing(app, browser, link, rows):
    with app.app_context():
        firm = db.session.scalar(select(Provider))
        members.revoke_invitation(db.session, firm.id, rows.one(OneTimeLink).id, clock.now())
        db.session.commit()

    assert browser.get(link).status_code == 404


def test_a_link_of_another_kind_is_no_invitation(app, browser):
    from portal.domain.identity import one_time_links

    with app.app_context():
        _, other = one_time_links.issue(
            db.session, vault(), OneTimeLinkKind.RESET, email=BURAK, at=clock.now(), lifetime=timedelta(days=1)
        )
        db.session.commit()

    assert browser.get(f"/invitation/{other}").status_code == 404
    assert browser.get("/invitation/x").status_code == 404


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("", PASSWORD), ("  ", PASSWORD), ("Banka 0850 999 99 99", PASSWORD), ("Git: banka-iade.com", PASSWORD),
        ("Burak", "short"), ("Burak", "burak@example.com1"),
    ],
)  # fmt: skip
def test_a_weak_password_or_no_name_is_told_and_uses_nothing_up(browser, link, rows, name, password):
    answer = accepts(browser, link, name, password)

    assert answer.status_code == 422
    assert password not in answer.text
    assert rows.one(OneTimeLink).used_at is None


def test_who_has_an_account_signs_in_and_comes_back_to_join(app, browser, link, rows):
    with app.app_context():
        make.provider(700002, 700002, BURAK)
    assert "Bu adresle bir hesabınız var" in browser.get(link).text
    assert accepts_without_form(browser, link).status_code == 403

    reset_used_codes(app)
    submit_password(browser, BURAK)
    assert submit_code(browser).location == link
    former = rows(SignIn)[-1].current_provider_id
    answer = browser.post(link, data={"csrf_token": csrf_token(browser, link)})

    assert {each.role for each in rows(Membership) if each.user_id == _user(app, BURAK)} == {Role.OWNER, Role.MANAGER}
    assert (answer.location, rows(SignIn)[-1].current_provider_id) == ("/account/providers", former), "tabs stay as is"
    page = browser.get(answer.location).text
    assert "Davet kabul edildi" in page and "Bu firmada çalış" in page


def accepts_without_form(browser, link):
    return browser.post(link, data={"csrf_token": csrf_token(browser), "name": "Burak", "password": PASSWORD})


def _user(app, email) -> int:
    with app.app_context():
        return accounts.find_user(db.session, vault(), email).id


def test_who_is_somebody_else_is_told_so_and_does_not_join(app, link, rows):
    with app.app_context():
        make.provider(700002, 700002, "cem@example.com")
    cem = signed_in(app, "cem@example.com")

    page = cem.opens(link)
    answer = cem.posts(link)
    assert "Bu davet size değil" in page.text
    assert BURAK not in page.text
    assert answer.status_code == 403
    assert rows.one(OneTimeLink).used_at is None


def test_an_account_keeps_its_password_whoever_has_its_invitation(app, browser, link, rows):
    with app.app_context():
        make.provider(700002, 700002, BURAK)
    former = {user.id: user.password_hash for user in rows(User)}
    accepts_without_form(browser, link)

    assert {user.id: user.password_hash for user in rows(User)} == former


def test_owners_hear_of_an_owner_who_came_by_invitation(app, browser, rows):
    joins(browser, invited(app, Role.OWNER))

    assert len(rows(Mail, Mail.kind == MailKind.NEW_OWNER)) == 2


def test_an_invitation_of_somebody_who_was_removed_opens_nothing(app, browser, link, rows):
    with app.app_context():
        firm = db.session.scalar(select(Provider))
        make.person(firm, "cem@example.com", Role.OWNER)
        ayse, cem = db.session.scalars(select(Membership).order_by(Membership.id))
        members.remove(db.session, vault(), ayse, cem, clock.now())
        db.session.commit()

    assert browser.get(link).status_code == 404


def test_the_operators_people_come_by_invitation_alike(app, browser, rows):
    link = staff_invited(app)
    assert "operatör paneli" in browser.get(link).text
    joins(browser, link)

    burak = next(user for user in rows(User) if user.name == "Burak Demir")
    assert burak.operator_role == OperatorRole.SUPPORT
    assert rows.count(Membership) == 0


def test_joining_is_noted_without_an_address(app, browser, link, rows):
    joins(browser, link)

    (entry,) = rows(AuditEntry, AuditEntry.act == "invitation.accepted")
    assert entry.facts == {"role": "manager", "is_new": True}
    assert entry.provider_id is not None


def test_no_token_reaches_a_log(browser, link, quiet_logs):
    browser.get(link)

    secret = link.rsplit("/", 1)[1]
    assert quiet_logs and not [line for line in quiet_logs if secret in line]


def test_the_page_is_kept_nowhere_and_its_address_travels_nowhere(browser, link):
    headers = browser.get(link).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"


def test_the_page_speaks_the_mails_language(browser, link):
    assert 'lang="en"' in browser.get(f"{link}?lang=en").text
    assert 'lang="en"' in browser.get(link).text
