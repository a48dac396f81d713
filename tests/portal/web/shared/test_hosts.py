"""Short hosts serve links only, the main ones everything else, and others nothing, whatever a visitor claims."""

import json
import re

import pytest
from sqlalchemy import select, update

from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db
from portal.core.models import Brand, Domain, Receipt, Review, ReviewAct
from portal.domain.providers import domain_reviews
from tests import databases, make

pytestmark = [pytest.mark.slow, pytest.mark.alike]

SHORT, MAIN = "kisa.example", "localhost"


@pytest.fixture
def code(app) -> str:
    return make.codes(app)[make.PHONE]


def status(browser, path: str, host: str, **headers) -> int:
    with browser.get(path, headers={"Host": host, **headers}) as answer:
        return answer.status_code


def test_a_short_host_shows_decides_and_receipts(code, browser):
    at = {"headers": {"Host": SHORT}}
    page = browser.get(f"/{code}", **at).text
    form = re.search(r'name="form"[^>]*value="([^"]+)"', page)[1]
    action = re.search(r'<form method="post" action="([^"]+)"', page)[1]

    answer = browser.post(action, data={"form": form, "MESAJ": "RET"}, **at)
    receipt = browser.get(answer.location, **at)

    assert action == f"/{code}"
    assert answer.status_code == 303 and answer.location.startswith("/m/")
    assert receipt.status_code == 200
    assert f'href="/{code}"' in receipt.text


def test_a_short_host_dresses_its_pages(browser):
    assert status(browser, "/static/css/base.css", SHORT) == 200


@pytest.mark.parametrize(
    "path", ["/dashboard/", "/dashboard", "/dashboard/campaigns", "/sign-in", "/language", "/dashboard/recipients"]
)
def test_a_short_host_has_no_dashboard(browser, path):
    assert status(browser, path, SHORT) == 404
    assert browser.post(path, headers={"Host": SHORT}).status_code in (400, 404, 405)


def test_the_main_host_serves_links_under_k_only(code, browser):
    assert status(browser, f"/k/{code}", MAIN) == 200
    assert status(browser, f"/{code}", MAIN) == 404
    assert browser.post(f"/{code}", data={"MESAJ": "RET"}).status_code == 404


UNKNOWN_HOSTS = (
    "evil.example", "kisa.example.evil.example", "evilkisa.example", "localhost.evil.example", "127.0.0.2",
    "localhost.", "[::1]", "", " ", "ğ.example", "a..b", "localhost, evil.example", "localhost@evil.example",
    "evil.example#localhost", "localhost/evil", "xn--evil", "a" * 3000,
)  # fmt: skip


def test_an_unknown_host_gets_nothing(code, browser):
    paths = ("/", f"/k/{code}", f"/{code}", "/dashboard/", "/sign-in", "/static/css/base.css")
    answers = {(host, path): status(browser, path, host) for host in UNKNOWN_HOSTS for path in paths}

    assert answers == dict.fromkeys(answers, 404)


@pytest.mark.parametrize("host", ["LOCALHOST", "localhost:8000", "localhost:80"])
def test_a_host_is_known_in_capitals_and_at_any_port(browser, host):
    assert status(browser, "/", host) == 200


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host"])
def test_no_header_makes_a_known_host_another_one(browser, code, header):
    assert status(browser, f"/{code}", MAIN, **{header: SHORT}) == 404
    assert status(browser, "/dashboard/", SHORT, **{header: MAIN}) == 404
    page = browser.get(f"/k/{code}", headers={header: "evil.example"}).text
    assert "evil.example" not in page


def test_no_header_forges_where_a_decision_came_from(app, code, browser, rows):
    browser.post(f"/k/{code}", data={"MESAJ": "RET"}, headers={"X-Forwarded-For": "198.51.100.9"})

    assert ip_of(app, rows.one(Receipt)) == "127.0.0.1"


def ip_of(app, receipt: Receipt) -> str:
    """Where a decision came from, as it is kept."""
    seen = app.extensions["vault"].read(receipt.request_metadata, Receipt.PLACE, receipt.provider_id, receipt.id)
    return json.loads(seen)["ip"]


def test_a_counted_proxy_is_believed_and_no_further_one(environ, app, code, rows):
    behind = create_app({**environ, "PROXY_HOPS": "1"})
    behind.testing = True
    told = {
        "Host": "10.0.0.1:8000", "X-Forwarded-Host": f"{MAIN}, {SHORT}", "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "198.51.100.9, 203.0.113.5",
    }  # fmt: skip
    answer = behind.test_client().post(f"/{code}", data={"MESAJ": "RET"}, headers=told)
    behind.extensions["visit_recorder"].stop()
    databases.close_connections(behind)

    assert answer.status_code == 303
    assert answer.headers["Strict-Transport-Security"]
    assert ip_of(app, rows.one(Receipt)) == "203.0.113.5"


def test_caddy_gets_certificates_for_approved_hosts_only_and_is_told_so_on_its_own_machine(app, environ):
    with app.app_context():
        brand = make.brand()
        make.add_domain(brand, "izin.example.com.tr")
        at = clock.now()
        own = {"provider_id": brand.provider_id, "brand_id": brand.id, "proof": "x", "created_at": at}
        db.session.add(Domain(**own, host="onaysiz.example.com.tr", verified_at=at))
        db.session.add(Domain(**own, host="kanitsiz.example.com.tr"))
        db.session.commit()
    behind_caddy = create_app({**environ, "PROXY_HOPS": "1"}).test_client()

    def ask(host: str, **headers: str) -> int:
        at = {"Host": "127.0.0.1:8000", **headers}
        return behind_caddy.get("/certificate-ask", query_string={"domain": host}, headers=at).status_code

    assert ask("izin.example.com.tr") == 200
    others = ["onaysiz.example.com.tr", "kanitsiz.example.com.tr", "localhost", "", "x" * 300]
    assert {ask(each) for each in others} == {404}
    for forwarded in ("203.0.113.7", "127.0.0.1, 203.0.113.7"):
        assert ask("izin.example.com.tr", **{"X-Forwarded-For": forwarded}) == 404

    with app.app_context():
        db.session.execute(update(Domain).values(missing_since=clock.now()))
        taken_back = {"act": ReviewAct.TEXT_DECLINED, "digest": domain_reviews.digest_of("izin.example.com.tr")}
        provider_id, at = make.brand().provider_id, clock.now()
        db.session.add(Review(provider_id=provider_id, made_by=1, made_at=at, note="", **taken_back))
        db.session.commit()
    assert ask("izin.example.com.tr") == 200  # What is out there must refuse for ever.

    with app.app_context():
        other_id = make.provider(800001, 800001, "cem@example.com").id
        passed = update(Domain).where(Domain.host == "izin.example.com.tr")
        its = select(Brand.id).where(Brand.provider_id == other_id).scalar_subquery()
        db.session.execute(passed.values(provider_id=other_id, brand_id=its))
        db.session.commit()
    assert ask("izin.example.com.tr") == 200  # So must what is out at a host that passed to a firm nobody reviewed.
