"""What leaves for a Sentry: which error it was and where in our code, and nothing of whoever met it."""

import gzip
import json
import socket

import pytest
from werkzeug.wrappers import Request, Response

from portal.app import create_app
from tests import databases, make
from tests.conftest import SECRETS
from tests.servers import serving

sentry_sdk = pytest.importorskip("sentry_sdk")

IP, COOKIE, TOKEN = "203.0.113.77", "zzcookiezz", "dG9rZW4tb2Ytc29tZWJvZHktd2hvLW1heS1zaWduaW4"


@pytest.fixture
def sentry():
    """A server's DSN, and all that it was sent."""
    taken = []

    @Request.application
    def take(asked: Request) -> Response:
        body = asked.get_data()
        is_packed = asked.headers.get("Content-Encoding") == "gzip"
        taken.append(f"{asked.headers}{asked.url}{(gzip.decompress(body) if is_packed else body).decode()}")
        return Response("{}", content_type="application/json")

    with serving(take) as url:
        yield url.replace("http://", "http://public@") + "/1", taken
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.mark.slow
def test_a_failing_page_is_reported_without_anything_of_whoever_asked_for_it(environ, app, sentry):
    (dsn, taken), code = sentry, make.codes(app)[make.PHONE]
    reporting = create_app({**environ, "SENTRY_DSN": dsn})

    def break_down(code):
        held = f"{make.PHONE} {make.EMAIL} {code} {TOKEN}"
        raise RuntimeError(held)

    reporting.add_url_rule("/a/<code>", view_func=break_down, methods=["POST"])
    reporting.config["WTF_CSRF_ENABLED"] = False
    browser = reporting.test_client()
    browser.set_cookie("izinlink", COOKIE)
    answer = browser.post(
        f"/a/{code}?telefon=05321234567", data={"email": make.EMAIL}, environ_base={"REMOTE_ADDR": IP},
        headers={"Authorization": f"Bearer {TOKEN}", "Referer": f"http://localhost/k/{code}"},
    )  # fmt: skip
    sentry_sdk.flush(timeout=10)
    reporting.extensions["visit_recorder"].stop()
    databases.close_connections(reporting)

    assert answer.status_code == 500 and len(taken) == 1
    report = json.loads(taken[0].splitlines()[-1])
    (error,) = report["exception"]["values"]
    assert error["type"] == "RuntimeError" and error["stacktrace"]["frames"][-1]["function"] == "break_down"
    assert report["tags"] == {"event": "request.failed", "method": "POST", "route": "/a/<code>"}
    held = [make.PHONE, make.EMAIL, "1234567", code, TOKEN, COOKIE, IP, "telefon", socket.gethostname(), "held ="]
    held += [SECRETS[name] for name in ("SECRET_KEY", "LINK_SALT", "VAULT_KEYS")]
    assert [each for each in held if each in taken[0]] == []
