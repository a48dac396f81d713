"""Name and language are one's own to change; nothing else of oneself is."""

import pytest
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db
from portal.core.models import AuditEntry, OperatorRole, Role, User
from portal.domain.identity import accounts
from portal.web.account.profile import PAGE_SIZE
from tests import make
from tests.portal.web.dashboard.staff import csrf_token, signed_in

pytestmark = pytest.mark.alike


@pytest.fixture
def ayse(app):
    with app.app_context():
        make.provider()
    return signed_in(app)


def save(staff, **fields):
    data = {"csrf_token": csrf_token(staff.browser, "/account/"), "name": "Ayşe", "language": "tr", **fields}
    return staff.browser.post("/account/", data=data)


def test_one_sees_ones_own_address_and_the_way_back(ayse):
    page = ayse.opens("/account/")

    assert make.AYSE in page.text
    assert '<a class="wordmark" href="/dashboard/">' in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_name_and_language_change_and_the_pages_follow(app, ayse, rows):
    answer = save(ayse, name="  Ayşe \n Yıldırım ", language="en")

    assert (answer.status_code, answer.location) == (303, "/account/")
    user = rows.one(User)
    assert (user.name, user.language) == ("Ayşe Yıldırım", "en")
    assert 'lang="en"' in ayse.opens("/account/").text
    (entry,) = rows(AuditEntry, AuditEntry.act == "account.changed")
    assert entry.facts == {"fields": ["name", "language"]}, "no name stands in an entry"


def test_saving_the_same_again_is_no_act(ayse, rows):
    save(ayse)

    assert rows(AuditEntry, AuditEntry.act == "account.changed") == []


@pytest.mark.parametrize("name", ["Ayşe\u202eemİ", "\u200b", "\u2060", "Ay\u200bşe", "Ayşe\u2066"])
def test_a_name_that_would_look_like_another_is_not_taken(ayse, rows, name):
    assert save(ayse, name=name).status_code == 422
    assert rows.one(User).name == "Ayşe"


@pytest.mark.parametrize("name", ["Ayşe عائشة", "Jean-Luc d’Arc Jr.", "N. O'Brien", "मीरा"])
def test_a_name_may_be_of_any_script(ayse, rows, name):
    assert save(ayse, name=name).status_code == 303
    assert rows.one(User).name == name


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 61},
        {"name": "Ara 0850 999 99 99"},
        {"language": "de"},
        {"language": ""},
        {"name": "Hesabınız askıya alındı"},
        {"name": "Kazandınız! (ödül)"},
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(ayse, rows, wrong):
    answer = save(ayse, **wrong)

    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert (rows.one(User).name, rows.one(User).language) == ("Ayşe", "tr")


def test_no_other_field_is_taken(app, ayse, rows):
    before = rows.one(User)

    save(ayse, operator_role="admin", email="cem@example.com", password_hash="x", id="7", confirmed_at="")

    after = rows.one(User)
    assert after.operator_role is None
    assert (after.id, after.email, after.password_hash) == (before.id, before.email, before.password_hash)


def test_the_operators_people_find_their_way_back_too(app):
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
        db.session.rollback()
    derya = signed_in(app, "derya@example.com")

    page = derya.opens("/account/")

    assert page.status_code == 200
    assert 'class="wordmark" href="/operator/' in page.text


@pytest.mark.slow
def test_who_works_for_many_firms_chooses_among_pages_of_them(app, ayse):
    with app.app_context():
        user, at = db.session.scalars(select(User)).one(), clock.now()
        facts = {"mersis": "", "contact": "", "notice_url": make.NOTICE, "brands": {}, "at": at}
        for code in range(800_000, 800_000 + PAGE_SIZE):
            firm = accounts.open_provider(db.session, iys_code=code, title=f"Firma {code}", **facts)
            accounts.add_membership(db.session, user, firm.id, Role.OWNER, at)
        db.session.commit()

    pages = [ayse.opens(f"/account/providers?page={number}").text for number in (1, 2)]

    assert [each.count('class="thing"') for each in pages] == [PAGE_SIZE, 1]
    assert "?page=2" in pages[0] and "Örnek Mağazacılık" in pages[1]
