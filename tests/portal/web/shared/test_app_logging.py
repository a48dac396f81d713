"""One line a request, with the route and never the path; and nothing of anybody in what goes wrong."""

import contextlib
import json
import logging
import sys

import pytest
import structlog
import time_machine

from portal.web.shared.app_logging import ErrorBackoff, JsonFormatter, mask_personal_data
from tests import make

pytestmark = pytest.mark.alike


def requests(lines: list[str]) -> list[dict]:
    return [line for line in map(json.loads, lines) if line["event"] == "request"]


def test_each_request_is_one_line_with_its_route(fatma, browser, quiet_logs):
    receipt = fatma.decides(MESAJ="RET").location
    browser.get(receipt)
    browser.get(f"/{fatma.code}", headers={"Host": "kisa.example"})

    assert [(line["method"], line["route"], line["status"]) for line in requests(quiet_logs)] == [
        ("GET", "/k/<code>", 200),
        ("POST", "/k/<code>", 303),
        ("GET", "/m/<code>", 200),
        ("GET", "/<code>", 200),
    ]
    assert all(line["ms"] >= 0 and len(line["request"]) == 12 for line in requests(quiet_logs))


def test_no_line_holds_the_code(fatma, browser, quiet_logs):
    receipt = fatma.decides(MESAJ="RET").location
    browser.get(receipt)
    browser.put(f"/k/{fatma.code}")
    browser.get(f"/k/{fatma.code}/more")

    everything = "\n".join(quiet_logs)
    assert fatma.code not in everything
    assert receipt.removeprefix("/m/") not in everything


def test_a_path_that_matches_nothing_is_not_written_down(browser, quiet_logs):
    browser.get("/a/b/c?telefon=05321234567")

    (line,) = requests(quiet_logs)
    assert (line["route"], line["status"]) == (None, 404)
    assert "a/b" not in "\n".join(quiet_logs)


def test_stylesheets_and_health_are_not_worth_a_line(browser, quiet_logs):
    browser.get("/static/css/base.css").close()
    browser.get("/health")

    assert requests(quiet_logs) == []


def test_an_exception_is_logged_without_address_or_code(app, fatma, quiet_logs):
    def break_down():
        raise RuntimeError(f"{make.PHONE} {make.EMAIL} 0532 123 45 67 http://x/k/{fatma.code} /{fatma.code}?a=1")

    app.add_url_rule("/a/break", view_func=break_down)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    answer = app.test_client().get("/a/break?telefon=05321234567")

    assert answer.status_code == 500
    failed = next(json.loads(line) for line in quiet_logs if "request.failed" in line)
    assert "RuntimeError" in failed["exception"] and "break_down" in failed["exception"]
    everything = "\n".join(quiet_logs)
    for told in (make.PHONE, make.EMAIL, "123 45 67", "1234567", fatma.code):
        assert told not in everything


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("to +90 532 123 45 67 now", "to ••• now"),
        ("fatma@example.com refused", "•@• refused"),
        ("GET /k/peHdedLvVVX", "GET /…"),
        ("GET /m/peHdedLvVVXpeHdedLvVVX?lang=en", "GET /…?lang=en"),
        ("GET /u/peHdedLv /s/peHdedLv", "GET /… /…"),
        ("GET /izinlerim/kod/peHdedLv /b/ornek/kod/peHdedLv", "GET /izinlerim/… /b/ornek/…"),
        ("https://kisa.example/peHdedLvVVX", "https://kisa.example/…"),
        (
            'File "/srv/izinlink/portal/recipient/pages.py", line 12',
            'File "/srv/izinlink/portal/recipient/pages.py", line 12',
        ),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_what_looks_like_an_address_or_a_code_is_masked(said, left):
    assert mask_personal_data(None, "info", {"event": said})["event"] == left


def failure(error: type[Exception] = RuntimeError) -> dict:
    """A line about an exception, as it comes from a place that catches it."""
    try:
        raise error("x")
    except error:
        return {"event": "step.failed", "level": "error", "exc_info": sys.exc_info()}


def test_a_traceback_that_repeats_is_written_ever_more_rarely_and_counted():
    backoff, written = ErrorBackoff(), []
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False) as clock:
        for second in range(120):
            with contextlib.suppress(structlog.DropEvent):
                written.append((second, backoff(None, "", failure()).get("repeated", 0)))
            clock.shift(1)
        assert backoff(None, "", failure(KeyError))["event"] == "step.failed"  # Another one is news.
        assert backoff(None, "", {"event": "submission.accepted", "level": "info"})

    assert written == [(0, 0), (1, 0), (3, 1), (7, 3), (15, 7), (31, 15), (63, 31)]


def test_a_traceback_of_a_library_is_one_line_of_json():
    try:
        raise ValueError("fatma@example.com")
    except ValueError:
        record = logging.LogRecord("spectree", logging.ERROR, "", 0, "Unhandled %s", ("task",), sys.exc_info())

    (line,) = JsonFormatter().format(record).splitlines()
    said = json.loads(line)

    assert (said["event"], said["logger"], said["level"]) == ("Unhandled task", "spectree", "error")
    assert "test_a_traceback_of_a_library" in said["exception"] and "fatma" not in line
