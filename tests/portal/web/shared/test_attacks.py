"""What attackers try first, against the whole application: forged headers, forged forms, links that lead elsewhere,
fields that no form has, codes and cookies used twice. Attacks on one page alone stand beside that page's tests."""

import re
from urllib.parse import quote, urlsplit

import pyotp
import pytest

from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db, limiter
from portal.core.models import (
    Brand,
    Campaign,
    Mail,
    MailKind,
    Membership,
    Network,
    OneTimeLink,
    OperatorRole,
    PackageOrder,
    Provider,
    Role,
    SignIn,
    User,
)
from portal.domain import packages
from portal.web.shared.access import ACCESS_RULES
from portal.web.signin import return_url
from tests import databases, make
from tests.portal.web.dashboard.staff import csrf_token, reset_used_codes, signed_in, submit_code, submit_password
from tests.portal.web.dashboard.test_campaign_pages import FORM as CAMPAIGN
from tests.portal.web.signin import mailbox
from tests.portal.web.signin.test_invitation import enrols

pytestmark = [pytest.mark.slow, pytest.mark.alike]

EVIL = "evil.example"
FORGED_HOSTS = {"X-Forwarded-Host": EVIL, "X-Host": EVIL, "X-Original-Host": EVIL, "Forwarded": f"host={EVIL}"}
OFFICE, OUTSIDE = "10.0.0.7", "203.0.113.5"
FORGED_PLACES = {
    "X-Forwarded-For": OFFICE, "X-Real-IP": OFFICE, "Forwarded": f"for={OFFICE}", "CF-Connecting-IP": OFFICE,
    "True-Client-IP": OFFICE, "X-Client-IP": OFFICE, "Client-IP": OFFICE,
}  # fmt: skip


@pytest.fixture
def ayse(app):
    """Ayşe, who owns, signed in."""
    with app.app_context():
        make.brand()
        db.session.rollback()
    return signed_in(app)


@pytest.fixture
def derya(app):
    """Derya of the operator, signed in."""
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
    return signed_in(app, "derya@example.com")


@pytest.fixture
def behind(environ, app):
    """The same house behind one proxy that is counted."""
    made = create_app({**environ, "PROXY_HOPS": "1"})
    made.testing, limiter.enabled = True, False
    yield made
    made.extensions["visit_recorder"].stop()
    databases.close_connections(made)


def ask_for_mails(browser, **headers) -> None:
    """Everything that a guest may have mailed."""
    for path, data in (("/sign-up", {"name": "Nil Yeni", "email": "nil@example.com"}),
                       ("/sign-in/forgotten", {"email": make.AYSE})):  # fmt: skip
        held = csrf_token(browser, path)
        browser.post(path, data={"csrf_token": held, **data}, headers=headers)


def mailed_links(app) -> list[str]:
    return [facts["link"] for kind in MailKind for _, facts in mailbox.found(app, kind) if "link" in facts]


def test_no_link_in_a_mail_follows_a_forged_host(app, ayse):
    ask_for_mails(app.test_client(), **FORGED_HOSTS)
    held = csrf_token(ayse.browser, "/dashboard/recipients")
    invited = {"csrf_token": held, "email": "burak@example.com", "role": "agent"}
    ayse.browser.post("/dashboard/people/invite", data=invited, headers=FORGED_HOSTS)

    links = mailed_links(app)

    assert len(links) == 3
    assert all(link.startswith(app.config["MAIN_BASE"] + "/") for link in links)


def test_behind_a_proxy_the_last_host_it_names_counts_and_a_strange_one_gets_nothing(app, behind, ayse):
    ask_for_mails(behind.test_client(), **{"X-Forwarded-Host": f"{EVIL}, localhost", "X-Forwarded-Prefix": f"//{EVIL}"})
    assert len(mailed_links(app)) == 2
    assert all(link.startswith(app.config["MAIN_BASE"] + "/") for link in mailed_links(app))

    for strange in (EVIL, f"localhost, {EVIL}", f"localhost@{EVIL}", f"{EVIL}#localhost", "localhost\\.evil.example"):
        answer = behind.test_client().get("/sign-in", headers={"X-Forwarded-Host": strange})
        assert answer.status_code == 404 and EVIL not in answer.text, strange


def test_no_redirect_and_no_page_repeats_a_forged_host(ayse):
    for path in ("/", "/sign-in", "/dashboard/", "/dashboard", "/account/sessions", "/no/such/page"):
        answer = ayse.browser.get(path, headers=FORGED_HOSTS)
        assert EVIL not in answer.text + str(answer.headers), path


def only_from_the_office(app) -> None:
    with app.app_context():
        provider = db.session.query(Provider).one()
        db.session.add(Network(provider_id=provider.id, cidr="10.0.0.0/8", note="", created_at=clock.now()))
        db.session.commit()


def test_no_header_leads_into_a_providers_network(app, ayse):
    only_from_the_office(app)

    assert ayse.opens("/dashboard/").status_code == 403
    for name, value in FORGED_PLACES.items():
        assert ayse.browser.get("/dashboard/", headers={name: value}).status_code == 403, name


def test_behind_a_proxy_only_what_it_says_itself_leads_into_a_network(app, behind, ayse):
    only_from_the_office(app)
    browser = behind.test_client()
    browser.set_cookie("izinlink", ayse.browser.get_cookie("izinlink").value)

    def comes(**headers) -> int:
        return browser.get("/dashboard/", headers=headers).status_code

    assert comes(**{"X-Forwarded-For": f"{OUTSIDE}, {OFFICE}"}) == 200
    assert comes(**{"X-Forwarded-For": f"{OFFICE}, {OUTSIDE}"}) == 403
    assert comes(**{**FORGED_PLACES, "X-Forwarded-For": OUTSIDE}) == 403


@pytest.mark.parametrize("held", [None, "", "forged"])
def test_no_form_of_a_provider_or_the_operator_is_taken_without_its_token(app, ayse, derya, held):
    data = {} if held is None else {"csrf_token": held}
    answers = {
        rule.rule: person.browser.post(re.sub(r"<(\w+:)?\w+>", "1", rule.rule), data=data).status_code
        for lock, person in (("of a provider", ayse), ("of the operator", derya), ("signed in", ayse))
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and ACCESS_RULES.get(rule.endpoint.partition(".")[0]) == lock
    }

    assert len(answers) >= 60
    assert set(answers.values()) == {400}


def test_the_token_of_a_strangers_session_opens_no_form(app, ayse, derya, rows):
    hers = csrf_token(derya.browser, "/operator/staff")

    answer = ayse.browser.post("/dashboard/networks", data={"csrf_token": hers, "cidr": "127.0.0.0/8"})

    assert answer.status_code == 400 and rows(Network) == []


def test_by_https_a_form_sent_from_another_site_is_refused_even_with_its_token(environ, app, ayse):
    held, home = csrf_token(ayse.browser, "/dashboard/recipients"), "https://localhost"
    data = {"csrf_token": held, "address": make.PHONE}

    def sent_from(there: str) -> int:
        return ayse.browser.post(
            "/dashboard/recipients", data=data, base_url=home, headers={"Referer": there}
        ).status_code

    assert sent_from(f"{home}/dashboard/recipients") == 200
    assert [sent_from(f"https://{EVIL}/"), sent_from(f"https://localhost.{EVIL}/"), sent_from("")] == [400] * 3


ELSEWHERE = [
    f"//{EVIL}", f"///{EVIL}", f"////{EVIL}/dashboard/", f"http:{EVIL}", f"http://{EVIL}", f"HTTPS://{EVIL}",
    f"https:/{EVIL}", f"\\\\{EVIL}", f"/\\{EVIL}", f"/\\/{EVIL}", f"\\/{EVIL}", f"/\t/{EVIL}", f"\t//{EVIL}",
    f" //{EVIL}", f"/\n/{EVIL}", f"/dashboard/\r\nLocation: //{EVIL}", f"/dashboard/\0//{EVIL}", f"/%2f{EVIL}",
    f"/%5c{EVIL}", f"%2f%2f{EVIL}", f"/%09/{EVIL}", f"/.//{EVIL}", f"/..//{EVIL}", f"/;@{EVIL}", f"/@{EVIL}",
    f".{EVIL}", f"@{EVIL}", f"{EVIL}", "javascript:alert(1)", "data:text/html,x", f"/\u2028/{EVIL}", f"／／{EVIL}",
    f"/dashboard/@{EVIL}/..", "/dashboard", "/sign-out", "/k/abcdefghjk", "", "/" * 300, "/dashboard/" + "x" * 600,
]  # fmt: skip


def test_no_text_is_taken_for_a_page_of_ours_that_leads_elsewhere(app):
    with app.test_request_context("/sign-in"):
        assert [there for there in ELSEWHERE if return_url.safe_path(there) is not None] == []


def test_a_page_of_ours_is_one_with_its_query_whatever_that_holds(app):
    with app.test_request_context("/sign-in"):
        for there in ("/dashboard/", f"/dashboard/recipients?page=//{EVIL}", "/account/sessions?a=\u0131"):
            assert return_url.safe_path(there) == there


@pytest.mark.parametrize("there", [f"//{EVIL}", f"/\\{EVIL}", f"/\t/{EVIL}", f"http:{EVIL}", f"/%2f{EVIL}"])
def test_every_place_that_takes_a_way_onward_stays_in_this_house(app, ayse, there):
    """Stepping up by query, by field and by referrer, and choosing a language by referrer; signing in by query has its
    own test."""
    query = quote(there, safe="")
    held = csrf_token(ayse.browser, "/dashboard/recipients")
    answers = []
    for origin in ({"query_string": {"next": there}}, {"data": {"next": there}}):
        reset_used_codes(app)
        data = {"csrf_token": held, "code": code_now(), **origin.pop("data", {})}
        answers.append(ayse.browser.post("/step-up", data=data, **origin))
    for path in ("/step-up", "/language"):
        reset_used_codes(app)
        data = {"csrf_token": held, "code": code_now(), "language": "tr"}
        referrer = {"Referer": f"http://localhost/{query}"}
        answers.append(ayse.browser.post(path, data=data, headers=referrer))

    assert [answer.status_code for answer in answers] == [303] * 4
    assert {answer.location for answer in answers} == {"/dashboard/"}
    assert EVIL not in ayse.opens(f"/step-up?next={query}").text


def code_now() -> str:
    return pyotp.TOTP(make.TOTP).at(clock.now())


# Fields of rows that no form has, as somebody might hope to have them taken.
HOPES = {
    "id": "1", "user_id": "1", "provider_id": "1", "brand_id": "1", "membership_id": "1", "operator_role": "admin",
    "admitted_at": "2026-01-01 00:00", "suspended_at": "", "closed_at": "", "ended_at": "", "confirmed_at": "2026",
    "iys_code": "700009", "pending_iys_code": "700009", "brand_code": "700009", "price": "1", "records": "999999999",
    "starts_on": "2020-01-01", "ends_on": "2099-01-01", "kind": "exempt", "password_hash": "x", "invites_to": "1",
    "made_by": "1", "verified_at": "2026-01-01", "launched_at": "2026-01-01", "stepped_up_at": "2099-01-01",
    "current_provider_id": "1", "forwarding_enabled_at": "2020-01-01", "is_default": "1", "created_at": "2000-01-01",
}  # fmt: skip
# Forms of an owner that write rows, filled in as they should be; {x} is an id of hers.
WRITING = {
    "/account/": {"name": "Ayşe Er", "language": "tr"},
    "/account/providers": {"provider": "{provider}"},
    "/dashboard/people/invite": {"email": "burak@example.com", "role": "agent"},
    "/dashboard/people/{colleague}/role": {"role": "agent"},
    "/dashboard/networks": {"cidr": "127.0.0.0/8", "note": "ofis"},
    "/dashboard/brands/{brand}": {"name": "Örnek", "contact": "0850 123 45 67", "source": ""},
    "/dashboard/campaigns/new": {**CAMPAIGN, "brand": "{brand}"},
    "/dashboard/package/orders": {"package": "{package}"},
    "/dashboard/start/firm": {
        "title": "Başka A.Ş.", "representative": "Ayşe Er", "contact": "0850 123 45 67", "notice_url": make.NOTICE,
    },
    "/dashboard/recipients": {"address": make.PHONE},
}  # fmt: skip


def standing(rows) -> list:
    """What nobody gives themselves by a form."""
    return [
        [(each.id, each.operator_role, each.closed_at, each.password_hash, each.confirmed_at) for each in rows(User)],
        [(each.id, each.user_id, each.provider_id, each.role, each.ended_at) for each in rows(Membership)],
        [
            (each.id, each.iys_code, each.title, each.kind, each.admitted_at, each.suspended_at)
            for each in rows(Provider)
        ],
        [(each.id, each.provider_id, each.brand_code, each.closed_at) for each in rows(Brand)],
        [(each.id, each.user_id, each.current_provider_id, each.stepped_up_at) for each in rows(SignIn)],
    ]


def test_no_field_that_a_form_does_not_have_is_taken(app, ayse, rows):
    with app.app_context():
        provider = db.session.query(Provider).one()
        colleague = make.person(provider, "elif@example.com", Role.AGENT).id
        cems = make.provider(700002, 700002, "cem@example.com").id
        package = packages.list_offered(db.session)[0]
        price, package_id = package.price, package.id
        of = {
            "provider": provider.id, "brand": db.session.query(Brand.id).filter_by(provider_id=provider.id).scalar(),
            "package": package_id,
            "colleague": db.session.query(Membership.id).filter_by(user_id=colleague).scalar(),
        }  # fmt: skip
    before, held = standing(rows), csrf_token(ayse.browser, "/dashboard/recipients")

    for path, fields in WRITING.items():
        filled = {
            name: str(value).format(**of) if str(value).startswith("{") else value for name, value in fields.items()
        }
        hopes = HOPES | {"provider_id": cems, "invites_to": cems, "role": "owner"}
        answer = ayse.browser.post(path.format(**of), data=hopes | filled | {"csrf_token": held})
        assert answer.status_code == (200 if path == "/dashboard/recipients" else 303), path

    assert standing(rows) == before
    assert [(each.price, each.confirmed_at) for each in rows(PackageOrder)] == [(price, None)]
    assert [(each.provider_id, each.launched_at) for each in rows(Campaign)] == [(of["provider"], None)]
    assert [(each.provider_id, each.cidr) for each in rows(Network)] == [(of["provider"], "127.0.0.0/8")]
    assert [(each.invites_to, each.role, each.operator_role) for each in rows(OneTimeLink)] == [
        (of["provider"], Role.AGENT, None)
    ]


def test_who_accepts_an_invitation_gets_what_it_says_and_no_more(app, ayse, rows):
    ayse.posts("/dashboard/people/invite", {"email": "nil@example.com", "role": "auditor"})
    ((_, facts),) = mailbox.found(app, MailKind.INVITATION)
    guest, path = app.test_client(), urlsplit(facts["link"]).path
    data = {
        "csrf_token": csrf_token(guest, path),
        "name": "Nil",
        "password": "yagmur altinda kirmizi bisiklet",
        "role": "owner",
    }

    assert guest.post(path, data=HOPES | data).status_code == 303
    assert enrols(guest).status_code == 200

    (nil,) = rows(User, User.name == "Nil")
    assert nil.operator_role is None
    assert [each.role for each in rows(Membership, Membership.user_id == nil.id)] == [Role.AUDITOR]


def test_a_sign_in_code_confirms_nothing_after_sign_in(app, ayse):
    reset_used_codes(app)
    browser, code = app.test_client(), code_now()
    submit_password(browser)
    assert submit_code(browser).status_code == 303

    answer = browser.post("/step-up", data={"csrf_token": csrf_token(browser, "/step-up"), "code": code})

    assert answer.status_code == 403


def test_a_confirmation_code_does_not_sign_in(app, ayse):
    reset_used_codes(app)
    assert ayse.posts("/step-up", {"code": code_now()}).status_code == 303
    thief = app.test_client()
    submit_password(thief)

    assert submit_code(thief).status_code == 403


def test_a_session_cookie_that_was_planted_is_not_the_one_that_comes_in(app, ayse):
    victim, attacker = app.test_client(), app.test_client()
    attacker.get("/sign-in")
    planted = attacker.get_cookie("izinlink").value
    victim.set_cookie("izinlink", planted)
    reset_used_codes(app)
    submit_password(victim)
    submit_code(victim)

    assert victim.get("/dashboard/").status_code == 200
    assert attacker.get("/dashboard/").status_code == 302


def test_a_cookie_that_we_did_not_sign_is_nobodys(app, ayse):
    value = ayse.browser.get_cookie("izinlink").value
    thief = app.test_client()
    for forged in (value[:-2] + "xx", value.rpartition(".")[0], "e30." + value.partition(".")[2], ""):
        thief.set_cookie("izinlink", forged)
        assert thief.get("/dashboard/").status_code == 302


def test_a_mailed_link_of_one_kind_opens_no_other_page(app, ayse):
    ask_for_mails(app.test_client())
    ayse.posts("/dashboard/people/invite", {"email": "burak@example.com", "role": "agent"})
    pages = {MailKind.CONFIRMATION: "/sign-up/", MailKind.RESET: "/sign-in/reset/", MailKind.INVITATION: "/invitation/"}

    for kind, own in pages.items():
        ((_, facts),) = mailbox.found(app, kind)
        held = urlsplit(facts["link"]).path.rpartition("/")[2]
        opened = {page for page in pages.values() if app.test_client().get(page + held).status_code == 200}
        assert opened == {own}


def test_a_token_of_a_mail_stands_in_no_row(app, ayse, rows):
    ask_for_mails(app.test_client())
    held = [urlsplit(link).path.rpartition("/")[2].encode() for link in mailed_links(app)]

    kept = b"".join(each.token_digest + each.email for each in rows(OneTimeLink)) + b"".join(
        each.facts + each.address for each in rows(Mail)
    )
    assert len(held) == 2 and not any(each in kept for each in held)


def test_a_page_for_people_is_kept_by_no_browser(app, ayse, derya):
    for person, path in ((ayse, "/dashboard/"), (ayse, "/account/sessions"), (derya, "/operator/staff")):
        assert person.opens(path).headers["Cache-Control"] == "no-store"
