"""Egresses: each address has its own pace, counts, breaker and providers, and one forwarder that serves it."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.core.models import Egress, EgressState, Lane
from portal.services.iys import calls, circuit_breaker, egresses, rate_limit, success_rate
from portal.services.iys.client import Client
from portal.services.iys.egresses import EgressFacts
from portal.services.iys.forwarding import bulk_dispatch, claims
from portal.services.iys.rate_limit import Priority
from tests import grants, make

HOUR = timedelta(hours=1)
SECOND = EgressFacts(2, "second", source_ip="127.0.0.2", per_second=4.0, polling_share=0.25)


@pytest.fixture
def second(app):
    """An app with a second egress, which serves nobody yet."""
    with app.app_context():
        egresses.add_default(db.session)
        values = {name: getattr(SECOND, name) for name in EgressFacts.__dataclass_fields__}
        db.session.add(Egress(**values))
        db.session.commit()
        yield SECOND


def test_one_egress_takes_neither_slots_nor_budgets_nor_blame_of_another(second):
    at = clock.now()
    slots = [rate_limit.take_slot(db.session, at, 8, Priority.POLLING) for _ in range(10)]
    rate_limit.pause_calls(db.session, at + HOUR, Operation.TOKEN)
    rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=1000, failures=900)
    for provider_id in range(1, 4):
        circuit_breaker.record_failure(db.session, provider_id, at, is_probe=False)

    with egresses.using(second):
        first_slot = rate_limit.take_slot(db.session, at, second.pace)
        assert (first_slot, slots[-1] > at) == (at, True)
        assert rate_limit.paused_until(db.session, Operation.TOKEN, at) is None
        assert success_rate.measure(db.session, at).calls == 0
        assert not circuit_breaker.host_state(db.session, at).resting
        rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=5)
        circuit_breaker.record_success(db.session, at)

    assert success_rate.measure(db.session, at).calls == 1000
    assert circuit_breaker.host_state(db.session, at).failed == [1, 2, 3]


def test_calls_are_told_by_the_egress_that_made_them(second):
    at = clock.now()
    rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=1000)
    with egresses.using(second):
        rate_limit.add_to_tally(db.session, Operation.ADD, at, calls=5)
        theirs = rate_limit.calls_by_question(db.session, rate_limit.HOUR, at)

    assert (theirs, rate_limit.calls_by_question(db.session, rate_limit.HOUR, at)) == ({"add": 5}, {"add": 1000})


def test_an_egress_finds_the_work_of_its_own_providers_only(second):
    brand, at = make.brand(), clock.now()
    grants.insert_decisions(brand, grants.phones(1), at, lane=None)
    found = {}
    for assigned in (None, second.id):
        if assigned:
            egresses.assign(db.session, assigned, [brand.provider_id])
            db.session.commit()
        for egress in (None, EgressFacts(), second):
            with egresses.using(egress):
                due = claims.oldest_due(db.session, clock.now() + HOUR, Lane.PEOPLE)
            found[assigned, egress and egress.id] = due is not None

    assert {key for key, is_found in found.items() if is_found} == {(None, None), (None, 1), (2, None), (2, 2)}


def test_a_list_that_waits_for_its_slot_holds_up_no_list_of_another_egress(app, second):
    sent = Event()

    def send():
        with app.app_context(), egresses.using(second), bulk_dispatch.let_refusals_pass():
            sent.set()

    with egresses.using(EgressFacts()), bulk_dispatch.let_refusals_pass():
        Thread(target=send).start()
        assert sent.wait(30)


class _Caller(BaseHTTPRequestHandler):
    """Answers every call, and keeps by which address it came."""

    came_from: list[str]
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.came_from.append(self.client_address[0])
        body = b'{"access_token": "a", "expires_in": 7200}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.slow
def test_a_providers_calls_leave_by_its_address_and_are_counted_there_whoever_makes_them(second):
    provider_id, handler = make.brand().provider_id, type("Caller", (_Caller,), {"came_from": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    client = Client(f"http://127.0.0.1:{server.server_port}")

    def ask():
        db.session.commit()
        return calls.ask(client, provider_id, Operation.BRANDS, "/x", body=b"{}")

    ask()
    egresses.assign(db.session, second.id, [provider_id])
    ask()
    server.shutdown()
    server.server_close()

    assert handler.came_from == ["127.0.0.1", "127.0.0.1", "127.0.0.2"]  # The token, and the two calls.
    assert rate_limit.calls_since(db.session, HOUR, clock.now(), Operation.BRANDS) == (1, 0)
    with egresses.using(second):
        assert rate_limit.calls_since(db.session, HOUR, clock.now(), Operation.BRANDS) == (1, 0)
    db.session.get_one(Egress, second.id).state = EgressState.OFF
    with pytest.raises(calls.NotNow):
        ask()


def test_an_egress_is_served_by_one_forwarder_until_its_lease_ends(second):
    at = clock.now()
    first = egresses.claim_free(db.session, (), at)

    assert egresses.claim_free(db.session, (), at + egresses.LEASE / 2) == []
    taken = egresses.claim_free(db.session, ("second",), at + egresses.LEASE)
    renewed = {each.name: egresses.renew(db.session, each, at + egresses.LEASE) for each in first}
    assert [each.name for each in taken] == ["second"]
    assert renewed["second"] is None and renewed["default"].lease_until == at + 2 * egresses.LEASE


def test_an_operator_adds_and_changes_egresses(app, rows):
    with app.app_context():
        make.brand()
    run = app.test_cli_runner().invoke
    added = run(args=["iys", "egress", "add", "second", "--source-ip", "127.0.0.2", "--provider", str(make.IYS_CODE)])
    wrong = run(args=["iys", "egress", "set", "second", "--source-ip", "no address"])
    unknown = run(args=["iys", "egress", "set", "third", "--state", "off"])
    run(args=["iys", "egress", "set", "second", "--state", "draining", "--per-second", "4", "--polling-share", "0.1"])
    listed = run(args=["iys", "egress", "list"]).output.splitlines()

    assert (added.exit_code, wrong.exit_code, unknown.exit_code) == (0, 2, 2)
    assert listed == [
        "default: on, not served, from any address, 0/s, polling 20%, 0 firms",
        "second: draining, not served, from 127.0.0.2, 4/s, polling 10%, 1 firms",
    ]
