"""The client's requests as they really leave, on a walk through all that the portal asks of İYS."""

import io
import json
import re
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import time_machine

from portal import clock
from portal.extensions import db
from portal.iys import connecting, days, inflow
from portal.models import Provider
from portal.registry import Question
from tests import make
from tests.contract import table
from tests.make import Person

WALKED = {
    Question.TOKEN, Question.ADD, Question.MULTI_STATUS, Question.CHANGES, Question.BRANDS, Question.SUBSCRIPTION,
    Question.SUMMARY, Question.FILE, Question.AGREEMENT, Question.AGREE, Question.TIMESTAMP,
}  # fmt: skip


class Recorder:
    """Stands before the sandbox and notes each request."""

    def __init__(self, iys):
        self.iys, self.heard = iys, []

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        self.heard.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], body, environ))
        return self.iys(environ, start_response)

    def asked(self):
        """What İYS was asked, without the test's own levers."""
        return [each for each in self.heard if each[1].startswith(("/sps/", "/v2/", "/integrator/", "/oauth2/"))]


@pytest.fixture
def heard(sandbox):
    recorder = Recorder(sandbox.app.wsgi_app)
    sandbox.app.wsgi_app = recorder
    return recorder


def endpoint_of(method, path):
    """The endpoint of the table that a request went to."""
    found = [
        each
        for each in table.TABLE
        if each.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), path)
    ]
    assert found, f"the table has no {method} {re.sub(r'[0-9]+', '…', path)}"
    return found[0]


def fields(body):
    """The names of what is sent; of a list, those of each item."""
    found = json.loads(body) if body else {}
    return [set(each) for each in found] if isinstance(found, list) else [set(found)]


def until_nothing_is_due(app, iys, step):
    with app.app_context():
        for _ in range(40):
            if not step(iys):
                return
    raise AssertionError("it never comes to an end")


def test_every_request_is_one_of_the_table(app, browser, sandbox, iys, heard):
    fatma = Person(browser, make.codes(app)[make.PHONE])
    fatma.decides(MESAJ="ONAY", ARAMA="RET")
    make.forward_all(app, iys)
    start = clock.now()
    with time_machine.travel(start + timedelta(minutes=1)):
        sandbox.acts(make.PHONE, "MESAJ", "RET", brandCode=make.BRAND_CODE)
    for hours in (2, 26, 50):
        with time_machine.travel(start + timedelta(hours=hours)):
            until_nothing_is_due(app, iys, inflow.step)
            until_nothing_is_due(app, iys, days.step)
    with app.app_context():
        connecting.test(iys, db.session.query(Provider).one().id)

    asked = set()
    for method, path, query, body, environ in heard.asked():
        endpoint = endpoint_of(method, path)
        asked.add(endpoint.question)
        assert set(parse_qs(query)) <= set(endpoint.query)
        assert environ["CONTENT_TYPE"] == "application/json"
        assert environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ") == (endpoint.question != Question.TOKEN)
        for names in fields(body):
            assert set(endpoint.needs) <= names <= set(endpoint.takes)
    assert asked >= WALKED
