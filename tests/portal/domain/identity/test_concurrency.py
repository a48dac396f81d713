"""The same thing used twice at the same moment, in real threads: it counts once, and nobody meets an error."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from sqlalchemy import select, update

from portal.core import business_days, clock
from portal.core.extensions import db, vault
from portal.core.models import (
    AuditEntry,
    Brand,
    Factor,
    FactorKind,
    Holiday,
    Mail,
    MailKind,
    Membership,
    OneTimeLinkKind,
    OperatorRole,
    Package,
    PackageOrder,
    Provider,
    RecoveryCode,
    Review,
    Role,
    SignIn,
    User,
)
from portal.domain import packages
from portal.domain.identity import accounts, factors, members, one_time_links
from portal.domain.providers import networks
from portal.services import domains
from tests import databases, make
from tests.authenticator import Authenticator
from tests.portal.web.account.test_passkeys import asked
from tests.portal.web.dashboard.staff import csrf_token, reset_used_codes, signed_in, skip_sign_in, submit_password
from tests.portal.web.operator.conftest import CODE, DERYA, NIL, waiting_provider
from tests.portal.web.operator.test_provider_page import seen
from tests.portal.web.signin.test_invitation import BURAK, PASSWORD, accepts, invited

pytestmark = pytest.mark.slow

MANY = 6


@pytest.fixture
def firm(app) -> int:
    with app.app_context():
        made = make.provider().id
        db.session.rollback()
        return made


@pytest.fixture
def the_package_calendar_alone():
    yield
    business_days.use_corrections(business_days.NO_CORRECTIONS)


def at_once(*acts) -> list:
    """What came of acts that begin at the same moment, each in a thread of its own."""
    ready = threading.Barrier(len(acts))

    def begin(act):
        ready.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(begin, act) for act in acts]]


def like(browser):
    """Another hand on the same browser: the cookies it has now."""
    other = browser.application.test_client()
    other._cookies = dict(browser._cookies)
    return other


def posts_at_once(browser, page: str, path: str, fields: dict | None = None, count: int = MANY) -> list[int]:
    form = {"csrf_token": csrf_token(browser, page), **(fields or {})}
    hands = [like(browser) for _ in range(count)]
    return sorted(
        answer.status_code for answer in at_once(*(lambda hand=hand: hand.post(path, data=form) for hand in hands))
    )


def test_a_code_of_an_app_opens_one_session(app, firm, rows):
    reset_used_codes(app)
    browser = app.test_client()
    submit_password(browser)

    came = posts_at_once(browser, "/sign-in/second", "/sign-in/second", {"code": pyotp.TOTP(make.TOTP).now()})

    assert came.count(303) == 1, came
    assert rows.count(SignIn) == 1


def test_a_recovery_code_opens_one_session(app, firm, rows):
    with app.app_context():
        user = db.session.scalar(select(User))
        code = factors.create_recovery_codes(db.session, vault(), user.id, clock.now())[0]
        db.session.commit()
    browser = app.test_client()
    submit_password(browser)

    came = posts_at_once(browser, "/sign-in/second", "/sign-in/second", {"code": code})

    assert came.count(303) == 1, came
    assert rows.count(SignIn) == 1


def test_new_recovery_codes_stand_in_place_of_all_others(app, firm, rows):
    browser = signed_in(app).browser

    came = posts_at_once(browser, "/account/", "/account/factors/codes")

    assert set(came) == {200}
    assert rows.count(RecoveryCode) == factors.RECOVERY_CODES


def test_a_passkeys_answer_opens_one_session(app, firm, rows):
    ayse, device = signed_in(app), Authenticator()
    form, options = asked(ayse.browser, "/account/factors/passkey")
    ayse.browser.post("/account/factors/passkey", data=form | {"answer": device.makes(options), "name": "T"})
    before = rows.count(SignIn)
    browser = app.test_client()
    submit_password(browser)
    form, options = asked(browser, "/sign-in/second")
    answer = form | {"answer": device.shows(options)}
    hands = [like(browser) for _ in range(MANY)]

    came = at_once(*(lambda hand=hand: hand.post("/sign-in/passkey", data=answer).status_code for hand in hands))

    assert came.count(303) == 1, came
    assert rows.count(SignIn) == before + 1


def test_a_passkey_is_kept_once(app, firm, rows):
    ayse, device = signed_in(app), Authenticator()
    form, options = asked(ayse.browser, "/account/factors/passkey")
    data = form | {"answer": device.makes(options), "name": "Telefon"}
    hands = [like(ayse.browser) for _ in range(MANY)]

    came = at_once(*(lambda hand=hand: hand.post("/account/factors/passkey", data=data).status_code for hand in hands))

    assert sorted(came) == [303] + [422] * (MANY - 1)
    assert len(rows(Factor, Factor.kind == FactorKind.PASSKEY)) == 1


def test_a_reset_opens_once(app, firm, rows):
    with app.app_context():
        user = db.session.scalar(select(User))
        _, text = one_time_links.issue(
            db.session, vault(), OneTimeLinkKind.RESET, email=make.AYSE, user_id=user.id, at=clock.now(),
            lifetime=one_time_links.timedelta(hours=1),
        )  # fmt: skip
        db.session.commit()
    path = f"/sign-in/reset/{text}"

    came = posts_at_once(app.test_client(), path, path, {"password": PASSWORD})

    assert came.count(303) == 1, came
    assert len(rows(Mail, Mail.kind == MailKind.PASSWORD_CHANGED)) == 1


def test_an_account_is_opened_once(app, rows):
    with app.app_context():
        links = [
            one_time_links.issue(
                db.session, vault(), OneTimeLinkKind.CONFIRMATION, email=NIL, at=clock.now(), name="Nil",
                lifetime=one_time_links.timedelta(hours=1),
            )[1]
            for _ in range(3)
        ]  # fmt: skip
        db.session.commit()
    fields = {
        "title": "Yeni Mağazacılık A.Ş.", "legal_form": "company", "number": "0454053692000015",
        "contact": "0850 765 43 21", "notice_url": make.NOTICE, "password": PASSWORD,
    }  # fmt: skip
    hands = [(app.test_client(), f"/sign-up/{link}") for link in links for _ in range(2)]
    forms = [{"csrf_token": csrf_token(hand, path), **fields} for hand, path in hands]

    came = at_once(
        *(
            lambda hand=hand, path=path, form=form: hand.post(path, data=form)
            for (hand, path), form in zip(hands, forms, strict=True)
        )
    )

    assert sorted({answer.status_code for answer in came} - {404}) == [303], [a.status_code for a in came]
    assert rows.count(User) == rows.count(Provider) == 1


def test_an_invitation_is_accepted_once_by_a_newcomer(app, rows):
    link, browser = invited(app), app.test_client()

    came = posts_at_once(app.test_client(), link, link, {"name": "Burak", "password": PASSWORD})

    assert 303 in came and 500 not in came, came
    assert rows.count(User) == 2
    accepts(browser, link)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', browser.get("/sign-in/enrol").text)[1].replace(" ", "")
    came = posts_at_once(browser, "/sign-in/enrol", "/sign-in/enrol", {"code": pyotp.TOTP(secret).at(clock.now())})
    assert came.count(200) == 1 and set(came) <= {200, 303, 429}, came
    assert rows.count(Membership) == 2


def test_two_invitations_are_accepted_at_once_by_who_is_here(app, firm, rows):
    first, second = invited(app), invited(app, Role.AUDITOR)
    with app.app_context():
        make.enrol_app(
            accounts.create_user(
                db.session, vault(), email=BURAK, name="Burak", password=make.AYSES_PASSWORD, at=clock.now()
            )
        )
    browser = app.test_client()
    skip_sign_in(browser, BURAK)
    form = {"csrf_token": csrf_token(browser, first)}
    hands = [(like(browser), link) for link in (first, second) for _ in range(3)]

    came = at_once(*(lambda hand=hand, link=link: hand.post(link, data=form).status_code for hand, link in hands))

    assert 500 not in came, came
    assert rows.count(Membership) == 2


def test_a_package_is_ordered_once(app, firm, rows):
    ayse = signed_in(app)
    package = rows(Package)[0].id

    came = posts_at_once(ayse.browser, "/dashboard/package", "/dashboard/package/orders", {"package": str(package)})

    assert set(came) == {303}
    assert rows.count(PackageOrder) == 1


def test_a_provider_is_admitted_once(app, rows):
    with app.app_context():
        newcomer = waiting_provider().id
        db.session.commit()
        make.staff(DERYA, OperatorRole.ADMIN)
    derya = signed_in(app, DERYA)
    fields = {"called_on": clock.day(clock.now()).isoformat(), "note": "0850 numarasından konuştuk."}
    path = f"/operator/providers/{newcomer}"

    came = posts_at_once(derya.browser, "/operator/", f"{path}/admission", fields | seen(derya, path))

    assert set(came) == {303}
    assert rows.count(Review) == 1
    assert len(rows(Mail, Mail.kind == MailKind.ADMITTED)) == 1
    assert rows.one(Provider).iys_code == CODE


def test_an_order_is_settled_once(app, rows):
    with app.app_context():
        waiting_provider()
        db.session.commit()
        make.staff(DERYA, OperatorRole.ADMIN)
    derya = signed_in(app, DERYA).browser
    path = f"/operator/orders/{rows.one(PackageOrder).id}"
    form = {
        "csrf_token": csrf_token(derya, "/operator/"),
        "starts_on": clock.day(clock.now()).isoformat(),
        "note": "Çünkü.",
    }
    hands = [(like(derya), path + act) for act in ("/confirmation", "/decline") for _ in range(3)]

    came = at_once(*(lambda hand=hand, path=path: hand.post(path, data=form).status_code for hand, path in hands))

    assert set(came) == {303}
    settled = rows.one(PackageOrder)
    assert (settled.confirmed_at is None) != (settled.declined_at is None)
    assert len(rows(Mail, Mail.kind == MailKind.ORDER_SETTLED)) == 1


@pytest.mark.parametrize("act", ["suspend", "remove", "role"])
def test_two_owners_who_take_each_other_out_leave_one(app, firm, rows, act):
    with app.app_context():
        make.person(db.session.get(Provider, firm), BURAK, name="Burak")
    of = {user.name: each.id for user in rows(User) for each in rows(Membership) if each.user_id == user.id}
    ayse, burak = signed_in(app), signed_in(app, BURAK)
    page = "/dashboard/people"
    form = {"role": "agent"}
    acts = [
        lambda: (
            ayse.browser.post(f"/dashboard/people/{of['Burak']}/{act}", data=form | {"csrf_token": one}).status_code
        ),
        lambda: (
            burak.browser.post(f"/dashboard/people/{of['Ayşe']}/{act}", data=form | {"csrf_token": two}).status_code
        ),
    ]
    one, two = csrf_token(ayse.browser, page), csrf_token(burak.browser, page)

    came = at_once(*acts)

    assert 500 not in came
    assert len([each for each in rows(Membership) if each.is_open and each.role == Role.OWNER]) == 1


def test_two_admins_who_take_each_other_out_leave_one(app, rows):
    with app.app_context():
        make.staff(DERYA, OperatorRole.ADMIN)
        make.staff("eda@operator.example", OperatorRole.ADMIN)
        users = {accounts.email_of(vault(), user): user.id for user in db.session.scalars(select(User))}
        db.session.rollback()
    derya, eda = signed_in(app, DERYA).browser, signed_in(app, "eda@operator.example").browser
    one, two = csrf_token(derya, "/operator/"), csrf_token(eda, "/operator/")
    at_once(
        lambda: derya.post(f"/operator/staff/{users['eda@operator.example']}/removal", data={"csrf_token": one}),
        lambda: eda.post(f"/operator/staff/{users[DERYA]}/role", data={"csrf_token": two, "role": "support"}),
    )

    assert len([user for user in rows(User) if user.operator_role == OperatorRole.ADMIN]) == 1


def test_the_last_factor_stays(app, firm, rows):
    with app.app_context():
        user = db.session.scalar(select(User))
        make.enrol_app(user)
    browser = signed_in(app).browser
    form = {"csrf_token": csrf_token(browser, "/account/")}
    paths = [f"/account/factors/{each.id}/remove" for each in rows(Factor)]
    hands = [(like(browser), path) for path in paths for _ in range(3)]

    came = at_once(*(lambda hand=hand, path=path: hand.post(path, data=form).status_code for hand, path in hands))

    assert 500 not in came
    assert rows.count(Factor) == 1
    assert len(rows(AuditEntry, AuditEntry.act == "factor.removed")) == 1
    assert len(rows(Mail, Mail.kind == MailKind.FACTOR_CHANGED)) == 1


def test_a_day_is_corrected_by_all_of_them(app, rows, the_package_calendar_alone):
    with app.app_context():
        make.staff(DERYA, OperatorRole.ADMIN)
    derya = signed_in(app, DERYA).browser
    day = clock.day(clock.now())
    while day.weekday() > 3:
        day += one_time_links.timedelta(days=1)

    came = posts_at_once(
        derya, "/operator/calendar", "/operator/calendar", {"day": day.isoformat(), "kind": "full", "name": "Karar"}
    )

    assert set(came) == {303}
    assert rows.count(Holiday) == 1


def test_a_code_of_iys_is_entered_by_one(app, rows):
    with app.app_context():
        for number in range(3):
            waiting_provider(f"nil{number}@example.com", CODE + number)
            db.session.commit()
            make.enrol_app(db.session.scalar(select(User).order_by(User.id.desc())))
        db.session.execute(update(Provider).values(pending_iys_code=None))
        db.session.commit()
    browsers = [signed_in(app, f"nil{number}@example.com").browser for number in range(3)]
    forms = [{"csrf_token": csrf_token(browser, "/dashboard/start"), "iys_code": "741000"} for browser in browsers]

    came = at_once(
        *(
            lambda browser=browser, form=form: browser.post("/dashboard/start/code", data=form).status_code
            for browser, form in zip(browsers, forms, strict=True)
        )
    )

    assert sorted(came) == [303, 422, 422]


def test_a_step_up_leaves_the_person_in(app, firm, rows):
    browser = signed_in(app).browser
    reset_used_codes(app)
    form = {"csrf_token": csrf_token(browser, "/step-up"), "code": pyotp.TOTP(make.TOTP).now()}
    hands = [like(browser) for _ in range(MANY)]

    came = at_once(*(lambda hand=hand: hand.post("/step-up", data=form).status_code for hand in hands))

    assert came.count(303) == 1, came
    (gone_on,) = [hand for hand, status in zip(hands, came, strict=True) if status == 303]
    assert gone_on.get("/account/").status_code == 200


@pytest.mark.skipif(not databases.SERVER, reason="one writes at a time on SQLite")
def test_who_decides_does_not_wait_for_who_changes_the_firm(app, rows):
    person = make.Person(app.test_client(), make.codes(app)[make.PHONE])
    form, at = person.form(), clock.now()
    with app.app_context(), ThreadPoolExecutor(1) as pool:
        firm, package = db.session.scalar(select(Provider)), db.session.scalar(select(Package))
        owner = db.session.scalar(select(Membership))
        networks.add_network(db.session, firm, "127.0.0.1", note="", here="127.0.0.1", at=at)
        packages.place_order(db.session, firm, package, owner.user_id, at)
        domains.add(db.session, db.session.scalar(select(Brand)), "izin.example.net", at)
        members.invite(
            db.session, vault(), firm, owner, email=BURAK, role=Role.AGENT, language="tr", link=str, at=at
        )  # fmt: skip

        try:
            assert pool.submit(person.posts, form, MESAJ="RET").result(timeout=5).status_code == 303
        finally:
            db.session.rollback()
