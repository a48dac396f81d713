"""Forwarding: a backlog of decisions sent to an İYS that answers at once, against a bare loop of the same posts."""

import os
import sys
import time
from pathlib import Path

import requests
from flask import Flask
from sqlalchemy import func, select

from bench import decisions, environments, load, servers
from bench.rounds import Effort, Result, in_turn
from portal.app import create_app
from portal.core.extensions import db, vault
from portal.core.models import Outcome, Submission
from portal.services.iys.forwarder import THREADS
from tests import make

CHOICES = ("EPOSTA=ONAY",)  # One submission and one call each: a first refusal would be asked about beforehand.
FORWARDER = [sys.executable, "-m", "flask", "--app", "wsgi", "iys", "forward"]
USER_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1"
)
TIMEOUT = 300  # Seconds for one round.


def measure(database: str, effort: Effort) -> list[Result]:
    """Adds that reach the stub a second, from the first to the last of a round."""
    size = effort.submissions
    with environments.new_portal_settings(database) as settings, servers.stub() as iys:
        environ = settings | {"IYS_BASE_URL": iys}
        file = Path(environ["INSTANCE"]) / "adds"
        posting = [sys.executable, "-m", "bench.bare_posts", str(file), str(THREADS)]
        with environments.portal(environ) as app:
            codes = make.codes(app, environments.email_list(size * effort.rounds)).values()
            posts = list(decisions.decision_posts(codes, app.config["LINK_SALT"], CHOICES))
        app = create_app(environ)

        def bare(number: int) -> float:
            post_decisions(app, posts[number * size : (number + 1) * size])
            _write_adds(app, file)
            return _adds_per_second(iys, size, posting, environ)

        def ours(_round: int) -> float:
            return _adds_per_second(iys, size, FORWARDER, environ)

        figures = in_turn(effort.rounds, bare, ours)
        _require_accepted(app, size * effort.rounds)
    return [Result("forwarding", database, "adds/s", *figures)]


def post_decisions(app: Flask, posts: list[load.Request]) -> None:
    """Decide in this process, with a telephone's browser."""
    browser = app.test_client()
    browser.environ_base["HTTP_USER_AGENT"] = USER_AGENT
    for post in posts:
        answer = browser.post(post.path, data=post.body, content_type="application/x-www-form-urlencoded")
        if answer.status_code != 303:
            raise load.WrongAnswer(f"Deciding was answered {answer.status_code}.")


def _write_adds(app: Flask, file: Path) -> None:
    """What the forwarder is about to send, a line each."""
    with app.app_context():
        waiting = db.session.scalars(select(Submission).where(Submission.outcome == Outcome.WAITING))
        opened = (
            (each.endpoint, vault().read(each.payload, Submission.PLACE, each.provider_id, each.id)) for each in waiting
        )
        file.write_text("".join(f"{app.config['IYS_BASE_URL']}{endpoint}\t{payload}\n" for endpoint, payload in opened))


def _adds_per_second(iys: str, size: int, command: list[str], environ: dict[str, str]) -> float:
    requests.post(f"{iys}/reset", timeout=5)
    give_up_at = time.monotonic() + TIMEOUT
    with servers.running(command, os.environ | environ):
        while time.monotonic() < give_up_at:
            tally = requests.get(f"{iys}/tally", timeout=5).json()
            if tally["adds"] >= size:
                return (size - 1) / (tally["last"] - tally["first"])
            time.sleep(0.2)
    raise TimeoutError(f"Of {size} adds {tally['adds']} came within {TIMEOUT} s.")


def _require_accepted(app: Flask, size: int) -> None:
    with app.app_context():
        outcomes = dict(db.session.execute(select(Submission.outcome, func.count()).group_by(Submission.outcome)).all())
        db.session.rollback()
        for engine in db.engines.values():
            engine.dispose()
    if outcomes != {Outcome.ACCEPTED: size}:
        raise load.WrongAnswer(f"All {size} submissions should be accepted: {outcomes}")
