"""The client's requests as they really leave, on a walk through all that the portal asks of İYS."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Operation
from portal.core.models import Provider, PushRegistration
from portal.services.iys import connection_test, push_registration, reconciliation
from portal.services.iys.forwarding import bulk_dispatch, bulk_lists
from tests import make, servers
from tests.contract import table
from tests.make import Person
from tests.portal.services.iys.reconciliation.story import take_inflow_step

pytestmark = pytest.mark.slow

WALKED = {
    Operation.TOKEN, Operation.ADD, Operation.BULK_ADD, Operation.BULK_RESULT, Operation.MULTI_STATUS,
    Operation.CHANGES, Operation.BRANDS, Operation.SUBSCRIPTION, Operation.SUMMARY, Operation.FILE,
    Operation.AGREEMENT, Operation.AGREE, Operation.TIMESTAMP,
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
    """The names of what is sent, with those of each item in it; of a list, those of each item."""
    found = json.loads(body) if body else {}
    if isinstance(found, list):
        return [set(each) for each in found]
    items = [each for value in found.values() if isinstance(value, list) for each in value if isinstance(each, dict)]
    return [set(each) for each in items] or [set(found)]


def until_nothing_is_due(app, iys, step):
    with app.app_context():
        for _ in range(40):
            if not step(iys):
                return
    raise AssertionError("it never comes to an end")


def hold_to_the_table(heard):
    """Each request goes where the table says, with its fields; the questions that were asked."""
    asked = set()
    for method, path, query, body, environ in heard.asked():
        endpoint = endpoint_of(method, path)
        asked.add(endpoint.question)
        assert set(parse_qs(query)) <= set(endpoint.query)
        assert environ["CONTENT_TYPE"] == "application/json"
        assert environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ") == (endpoint.question != Operation.TOKEN)
        for names in fields(body):
            assert set(endpoint.needs) - {"connection"} <= names <= set(endpoint.takes)
    return asked


@pytest.fixture
def at_noon():
    """The walk begins on a Monday: late in the evening its steps of hours would lie before the nights' first looks."""
    with time_machine.travel(datetime(2026, 11, 23, 9, tzinfo=UTC)):
        yield


def test_every_request_is_one_of_the_table(at_noon, app, browser, sandbox, iys, heard):
    emails = [f"kisi{number}@example.com" for number in range(bulk_lists.FEWEST)]
    codes = make.codes(app, "\n".join([make.PHONE, *emails]))
    Person(browser, codes[make.PHONE]).decides(MESAJ="ONAY", ARAMA="RET")
    make.forward_all(app, iys)
    for email in emails:  # They wait so long that they go in a list.
        Person(browser, codes[email]).decides(EPOSTA="ONAY")
    start = clock.now()
    with time_machine.travel(start + timedelta(minutes=2)):
        sandbox.acts(make.PHONE, "MESAJ", "RET", brandCode=make.BRAND_CODE)
    for minutes in (2, 10, 120, 26 * 60, 50 * 60):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            until_nothing_is_due(app, iys, bulk_dispatch.send_next_list)
            make.forward_all(app, iys)
            until_nothing_is_due(app, iys, take_inflow_step)
            until_nothing_is_due(app, iys, reconciliation.reconcile_next_day)
    with app.app_context():
        connection_test.run_connection_test(iys, db.session.query(Provider).one().id)

    assert hold_to_the_table(heard) >= WALKED


def test_registering_for_pushes_speaks_as_the_table_does(app, sandbox, iys, heard):
    with servers.serving(app) as url, app.app_context():
        app.config["PUSH_BASE"] = f"{url.replace('127.0.0.1', 'localhost')}/inbound/iys"
        brand = make.brand()
        assert push_registration.register_address(iys, brand, Channel.SMS).is_done
        (ours,) = db.session.query(PushRegistration).all()
        assert push_registration.remove_address(iys, brand, ours).is_done

    pushes = {Operation.PUSH_REGISTER, Operation.PUSH_LIST, Operation.PUSH_REMOVE}
    assert hold_to_the_table(heard) == {Operation.TOKEN} | pushes
