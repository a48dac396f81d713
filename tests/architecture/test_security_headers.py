"""Security headers of every answer; the address of a page with a code is told to nobody."""

import pytest

from portal.web.shared import security_headers
from tests import make
from tests.architecture.test_access_rules import filled
from tests.make import Person

pytestmark = pytest.mark.alike

PUBLIC_KEYS = "/.well-known/jwks.json"  # The same for everybody, and kept for minutes by programs that check receipts.
KEPT = (PUBLIC_KEYS, "/durum")


@pytest.fixture
def paths(app):
    """One path of every route that can be looked at."""
    return [filled(rule) for rule in app.url_map.iter_rules() if "GET" in rule.methods and rule.endpoint != "static"]


def is_isolated(answer) -> bool:
    """Whether a page may load nothing from elsewhere and be loaded by nobody else."""
    (policy,) = answer.headers.getlist("Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules.get("script-src", "'self'") == "'self'"
    assert "unsafe" not in policy and "*" not in policy and "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Permissions-Policy"]
    return answer.headers["Referrer-Policy"] in ("no-referrer", "same-origin")


@pytest.mark.slow
def test_a_script_runs_only_where_a_passkey_is_asked_for(app, browser):
    with_script = set()
    for rule in app.url_map.iter_rules():
        for method in {"GET", "POST"} & rule.methods:
            answer = browser.open(filled(rule), method=method)
            with_script |= {rule.endpoint} if "script-src" in answer.headers["Content-Security-Policy"] else set()

    assert with_script == set(security_headers.WITH_SCRIPT)


@pytest.mark.slow
def test_every_page_stands_alone(browser, paths):
    for path in paths:
        assert is_isolated(browser.get(path))
        assert browser.get(path).headers["Cache-Control"] == "no-store" or path in KEPT


@pytest.mark.parametrize(
    "path", ["/static/css/base.css", "/static/none.css", "/no/such/page", "/k/!", "/dashboard/none"]
)
def test_files_and_errors_stand_alone_too(browser, path):
    with browser.get(path) as answer:
        assert is_isolated(answer)


def test_a_refused_method_stands_alone_too(browser):
    answer = browser.put("/sign-in")

    assert answer.status_code == 405
    assert is_isolated(answer)


@pytest.mark.slow
def test_a_code_is_not_told_to_anybody(app, browser):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    decided = fatma.decides(MESAJ="RET")

    for answer in (fatma.opens(), decided, browser.get(decided.location), fatma.posts(), browser.get("/k/unknown")):
        assert is_isolated(answer)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "Set-Cookie" not in answer.headers


def test_https_stays_https(browser):
    secure = browser.get("/", base_url="https://localhost")
    plain = browser.get("/", base_url="http://localhost")

    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in plain.headers  # It means nothing there.


def test_no_answer_tells_what_serves_it(browser):
    answer = browser.get("/")

    assert not {"X-Powered-By", "X-Runtime"} & set(answer.headers.keys())


@pytest.mark.parametrize("path", ["/static/css/base.css", PUBLIC_KEYS, "/sign-in", "/k/!"])
def test_every_answer_over_https_asks_for_https_from_then_on(browser, path):
    with browser.get(path, base_url="https://localhost") as answer:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
