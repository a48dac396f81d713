"""Hostile posts: the CPU time that a stranger's body of up to 6 MB costs, against an ordinary post of the same form;
and how long recipients wait for their pages while such posts come."""

import contextlib
import time
from itertools import cycle, product
from urllib.parse import quote

import requests
from flask import Flask
from flask.testing import FlaskClient

from bench import decisions, environments, servers
from bench.background_load import DECISIONS_A_SECOND, BackgroundLoad
from bench.rounds import Effort, Goal, Result, in_turn
from portal.core.extensions import limiter
from tests import make

MOST_SECONDS = 0.5
MOST_MILLISECONDS = 1000.0  # 99 of 100 recipients have their page by then.
LARGEST = 6 * 1024 * 1024
FORM = "application/x-www-form-urlencoded"
PATHS = ("/kontrol", "/dogrula", "/sign-in", "/sign-up", "/sign-in/forgotten", "/izinlerim", "/k/34679acdefg")
PIECES = ("a.", "-.", "@", "1 ", "a。", "http:")
FIELDS = ("code", "token", "number", "email", "name", "password", "address", "form")
BOUNDARY = "x"


def bodies() -> list[tuple[str, str]]:
    """(body, content type): many fields, one huge field, texts as long as a post may be, many parts, many files."""
    part = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="code"{{}}\r\n\r\na\r\n'
    multipart = f"multipart/form-data; boundary={BOUNDARY}"
    texts = [quote(piece * (20_000 // len(piece))) for piece in PIECES]
    return [
        ("a=&" * (LARGEST // 3), FORM),
        ("code=" + "a" * (LARGEST - 5), FORM),
        *[("&".join(f"{name}={text[:30_000]}" for name in FIELDS), FORM) for text in texts],
        (part.format("") * (LARGEST // 60), multipart),
        (part.format('; filename="a"') * (LARGEST // 80), multipart),
    ]


def measure(database: str, effort: Effort) -> list[Result]:
    return [*_cpu_of_worst(database, effort), *_pages_meanwhile(database, effort)]


def _cpu_of_worst(database: str, effort: Effort) -> list[Result]:
    """The worst body at the worst form, beside an ordinary post. Rate limits are off: every request is read."""
    with environments.new_portal_settings(database) as environ, environments.portal(environ) as app:
        limiter.enabled = app.config["WTF_CSRF_ENABLED"] = False  # A stranger may have a token.
        _cpu_seconds(app, "/kontrol", "code=Abc123xyz", FORM)
        ordinary, worst = in_turn(
            effort.rounds,
            lambda _: max(_cpu_seconds(app, path, "code=Abc123xyz&email=a%40example.com", FORM) for path in PATHS),
            lambda _: max(_cpu_seconds(app, path, *body) for path in PATHS for body in bodies()),
        )
    allowed = [MOST_SECONDS] * effort.rounds
    return [
        Result("hostile POST, of 0.5 s", database, "s of CPU", allowed, worst, Goal(1, at_most=True)),
        Result("hostile POST, of an ordinary one", database, "s of CPU", ordinary, worst),
    ]


def _pages_meanwhile(database: str, effort: Effort) -> list[Result]:
    """Under gunicorn, as it is shipped: recipients' p99 without and with one connection that posts hostile bodies."""
    people = DECISIONS_A_SECOND * effort.seconds * (2 * effort.rounds + 1)
    with environments.new_portal_settings(database) as environ:
        with environments.portal(environ) as app:
            codes = list(make.codes(app, environments.phone_list(people)).values())
            posts = list(decisions.decision_posts(codes, app.config["LINK_SALT"], decisions.CHOICES["phone"]))
        with servers.product(environ) as web:
            load = BackgroundLoad(web, codes, posts)
            quiet, busy = in_turn(
                effort.rounds,
                lambda _: load.run_during(lambda: time.sleep(effort.seconds)).p99_get,
                lambda _: load.run_during(lambda: _post_bodies(web, effort.seconds)).p99_get,
            )
    allowed = [MOST_MILLISECONDS] * effort.rounds
    return [
        Result("page p99 during hostile POSTs, of 1 s", database, "ms", allowed, busy, Goal(1, at_most=True)),
        Result("page p99 during hostile POSTs, of a quiet one", database, "ms", quiet, busy),
    ]


def _post_bodies(web: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    for path, (body, kind) in cycle(product(PATHS, bodies())):
        if time.monotonic() > until:
            return
        with contextlib.suppress(requests.RequestException):  # What is too large is cut off.
            requests.post(web + path, data=body, headers={"Content-Type": kind}, timeout=30)


def _cpu_seconds(app: Flask, path: str, body: str, kind: str) -> float:
    browser: FlaskClient = app.test_client()
    given = body.encode()
    begun = time.process_time()
    browser.post(path, data=given, content_type=kind, base_url="http://127.0.0.1")
    return time.process_time() - begun
