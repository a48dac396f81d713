"""The API: one consent asked for, 10,000 decisions brought, and 50,000 addresses checked, beside 250,000 consents."""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from bench import environments
from bench.rounds import Effort, Goal, Result, in_turn
from bench.yardstick import app as bare
from portal.app import create_app
from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import format_wire_date
from tests import make
from tests.grants import insert_decisions, phones
from tests.portal.api.programs import BASE, CONSENTS, make_key

GOALS = {environments.SQLITE: Goal(0.30), environments.POSTGRESQL: Goal(0.18)}
ADDED, CHECKED = 10_000, 50_000
SECONDS = {ADDED: 3.0, CHECKED: 5.0}  # What a list may take.


def measure(database: str, effort: Effort) -> list[Result]:
    """GET against bare Flask in this process, in answers a second; lists against the time that they may take."""
    with environments.new_portal_settings(database) as environ:
        addresses = phones(effort.lines)
        with environments.portal(environ):
            provider = make.provider()
            insert_decisions(make.brand(), addresses, clock.now() - timedelta(hours=1), held="ONAY")
            key = make_key(provider)
            if database == environments.POSTGRESQL:
                db.session.execute(text("ANALYZE"))  # As the server itself does within a minute.
                db.session.commit()
        program = _Program(_without_end(create_app(environ)), key)
        asked = in_turn(
            effort.rounds,
            lambda _: _rate(lambda number: bare.test_client().get(f"/k/{number}"), effort.seconds),
            lambda _: _rate(
                lambda number: program.get(f"{CONSENTS}/MESAJ/{addresses[number % len(addresses)]}"), effort.seconds
            ),
        )
        added = in_turn(effort.rounds, lambda _: SECONDS[ADDED], lambda number: _add(program, effort.lines, number))
        body = {"type": "MESAJ", "recipients": phones(CHECKED, effort.lines // 2)}
        path = f"{BASE}/brands/{make.BRAND_CODE}/checks"
        checked = in_turn(effort.rounds, lambda _: SECONDS[CHECKED], lambda _: program.post(path, body))
    return [
        Result("API, GET consent", database, "answers/s", *asked, GOALS[database]),
        Result(f"API, add {ADDED:,}", database, "s", *added, Goal(1, at_most=True)),
        Result(f"API, check {CHECKED:,}", database, "s", *checked, Goal(1, at_most=True)),
    ]


def _without_end(app: Flask) -> Flask:
    """The app with limits that are counted and not reached."""
    for view in app.view_functions.values():
        if "limit" in view.__dict__:
            view.__dict__["limit"] = "1000000 per minute"
    return app


class _Program:
    def __init__(self, app: Flask, key: str):
        self.client, self.headers = app.test_client(), {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> None:
        assert self.client.get(path, headers=self.headers).status_code == 200

    def post(self, path: str, body: dict[str, Any]) -> float:
        """The seconds that it took."""
        began = time.monotonic()
        answer = self.client.post(path, json=body, headers=self.headers | {"Idempotency-Key": uuid.uuid4().hex})
        assert answer.status_code == 200, answer.text
        return time.monotonic() - began


def _add(program: _Program, known: int, number: int) -> float:
    """New addresses and known ones, one half each."""
    half = ADDED // 2
    texts = phones(half, known + number * half) + phones(half, number * half % known)
    row = {
        "type": "ARAMA", "status": "ONAY", "source": "HS_WEB", "evidence": "form",
        "consentDate": format_wire_date(clock.now()),
    }  # fmt: skip
    rows = [row | {"recipient": text} for text in texts]
    return program.post(f"{CONSENTS}/bulk", {"consents": rows})


def _rate(ask: Callable[[int], object], seconds: float) -> float:
    number, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        ask(number)
        number += 1
    return number / (time.monotonic() - began)
