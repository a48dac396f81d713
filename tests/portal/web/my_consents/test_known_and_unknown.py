"""Nothing tells known and unknown addresses apart: statements, statuses, headers, lengths and pages are the same."""

import re
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from portal.core.extensions import db
from tests import make
from tests.portal.web.my_consents.conftest import START, UNKNOWN, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.alike]

OF_ONE = re.compile(r'value="[^"]*"|/kod/\w+|\+90 5\S+ \S+ \S+ \d\d|\w•••@e•••\.com|\d\d:\d\d')


@contextmanager
def statements(app):
    """What the database is asked, by both engines, as (statement, how many rows of parameters). Not by others: openings
    of links are written by a thread of their own."""
    asked, here = [], threading.current_thread()

    def note(_connection, _cursor, statement, parameters, _context, many):
        if threading.current_thread() is here:
            asked.append((statement, len(parameters) if many else 1))

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def asks(visitor):
    return [visitor.asks()]


def looks(visitor):
    return [visitor.opens(visitor.asks().location)]


def guesses(visitor):
    page = visitor.asks().location
    form = visitor.token(page)
    return [visitor.browser.post(page, data={"digits": "000001", "form": form}) for _ in range(6)]


def mistypes(visitor):
    return [visitor.types(visitor.asks().location, "abc")]


def asks_again(visitor):
    page = visitor.asks().location
    form = visitor.token(page)
    return [visitor.browser.post(page, data={"renew": "1", "form": form}) for _ in range(4)]


def asks_too_often(visitor):
    return [visitor.asks() for _ in range(5)]


WALKS = [asks, looks, guesses, mistypes, asks_again, asks_too_often]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
@pytest.mark.parametrize("unknown", [UNKNOWN, "nobody@example.com"])
def test_the_same_statements_run_and_the_same_is_said(app, walk, unknown, monkeypatch):
    make.codes(app)
    known = make.PHONE if unknown == UNKNOWN else make.EMAIL
    monkeypatch.setattr("secrets.randbelow", lambda below: below - 1)  # Chance: none of what is guessed.
    walk(Visitor(app, app.test_client(), "+905051112233"))  # What a process learns once, it knows.
    told = {}
    for address in (known, unknown):
        with statements(app) as asked:
            answers = walk(Visitor(app, app.test_client(), address))
        told[address] = asked, [seen(answer) for answer in answers]

    assert len(told[known][0]) > 4
    assert told[known][0] == told[unknown][0]
    assert told[known][1] == told[unknown][1]


def seen(answer) -> tuple:
    """All of an answer that somebody could compare: what is one's own in it aside, which is random or typed."""
    headers = sorted((name, value) for name, value in answer.headers if name not in ("Content-Length", "Date"))
    return (answer.status_code, OF_ONE.sub("", str(headers)), OF_ONE.sub("", answer.text), answer.text.count("\n"))


def test_what_is_compared_is_all_but_random(app):
    make.codes(app)
    visitor = Visitor(app, app.test_client())

    page = visitor.opens(visitor.asks().location)

    assert len(seen(page)[2]) > 0.8 * len(page.text)
    assert seen(visitor.opens(START))[2] != seen(page)[2]
