"""The one way to İYS: what each call passes, and what its answer teaches the next."""

import json
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation
from portal.core.models import CallTally, IysRate
from portal.services.iys import calls, circuit_breaker, rate_limit
from portal.services.iys.client import Client
from tests import make, servers

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
TOKENS = {"access_token": "a", "refresh_token": "r", "expires_in": 7200, "refresh_expires_in": 14400}


class Iys:
    """Gives tokens, and to everything else the next of its answers; the last one again and again."""

    def __init__(self, *answers, token=(200, TOKENS)):
        self.answers, self.token, self.received = list(answers), token, []

    def __call__(self, environ, start_response):
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.received.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/oauth2/token":
            status, body = self.token
        else:
            status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        start_response(f"{status} .", [("Content-Type", "application/json")])
        return [body if isinstance(body, bytes) else json.dumps(body).encode()]


def errors(*codes):
    return {"errors": [{"code": code, "message": "…"} for code in codes]}


@pytest.fixture
def answering(app):
    """Serve an Iys, and ask it for a provider: answering(iys) gives ask(question)."""
    with app.app_context(), servers.contextlib.ExitStack() as stack:
        provider_id = make.provider().id

        def start(iys):
            client = Client(stack.enter_context(servers.serving(iys)))
            return lambda question=Operation.BRANDS: calls.ask(client, provider_id, question, "/x", body=b"{}")

        yield start


def failures(app):
    return sum(tally.failures for tally in make.Rows(app)(CallTally, CallTally.name == Operation.BRANDS))


def test_an_answer_comes_back_and_is_counted(app, answering):
    assert answering(Iys((200, {"a": 1})))().content == {"a": 1}

    assert rate_limit.calls_since(db.session, HOUR, clock.now(), Operation.BRANDS) == (1, 0)
    assert rate_limit.calls_since(db.session, HOUR, clock.now(), Operation.TOKEN) == (1, 0)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_what_iys_counts_as_failed_is_counted_so(app, answering, status):
    answering(Iys((status, errors("H121"))))()

    assert failures(app) == 1


@pytest.mark.parametrize("status", [200, 204, 429, 500])
def test_what_iys_does_not_count_as_failed_is_not(app, answering, status):
    answering(Iys((status, errors("H101"))))()

    assert failures(app) == 0


def test_after_a_401_the_next_call_bears_a_fresh_token(app, answering):
    iys = Iys((401, errors("H351")), (200, {}))
    ask = answering(iys)

    assert [ask().status, ask().status] == [401, 200]

    assert iys.received == ["/oauth2/token", "/x", "/oauth2/token", "/x"]


def test_a_refused_right_costs_no_token(app, answering):
    iys = Iys((403, errors("H353")))
    ask = answering(iys)
    ask(), ask()

    assert iys.received.count("/oauth2/token") == 1


@pytest.mark.parametrize(("code", "question"), [("H086", Operation.STATUS), ("H089", Operation.HISTORY)])
def test_a_spent_hour_holds_that_question_alone(app, answering, code, question):
    iys = Iys((429, errors(code)), (200, {}))
    ask = answering(iys)
    ask(question)

    with pytest.raises(calls.NotNow) as refused:
        ask(question)

    assert HOUR - timedelta(minutes=1) < refused.value.until - clock.now() <= HOUR
    assert ask(Operation.ADD).status == 200
    with time_machine.travel(clock.now() + HOUR + timedelta(minutes=1)):
        assert ask(question).status == 200


@pytest.mark.parametrize("code", ["H124", "H083"])
def test_too_many_a_second_holds_everything_for_a_moment(app, answering, code, rows):
    answering(Iys((429, errors(code))))()

    until = rows.one(IysRate, IysRate.name == rate_limit.EGRESS).next_at
    assert timedelta(0) < until - clock.now() <= timedelta(seconds=1.5)
    assert rate_limit.calls_left(db.session, Operation.TOKEN, clock.now()) == 9


def test_while_everything_is_held_for_long_nobody_waits(app, answering):
    iys = Iys((200, {}))
    ask = answering(iys)
    ask()
    rate_limit.pause_calls(db.session, clock.now() + timedelta(minutes=1))
    db.session.commit()

    with pytest.raises(calls.NotNow):
        ask()

    assert iys.received.count("/x") == 1


def test_our_own_budget_ends_before_that_of_iys(app, answering):
    iys = Iys((200, {}))
    ask = answering(iys)
    rate_limit.add_to_tally(db.session, Operation.HISTORY, clock.now(), calls=89)
    db.session.commit()
    ask(Operation.HISTORY)

    with pytest.raises(calls.NotNow):
        ask(Operation.HISTORY)

    assert iys.received.count("/x") == 1


@pytest.mark.parametrize("answer", [(500, errors("H101")), (502, b"<html>Bad Gateway</html>")])
def test_a_host_that_is_away_is_left_alone_and_comes_back(app, answering, answer):
    iys = Iys(answer)
    ask = answering(iys)
    ask()
    for other in range(1, circuit_breaker.OPENING_FAILURES):
        circuit_breaker.record_failure(db.session, other, clock.now(), is_probe=False)
    db.session.commit()

    with pytest.raises(calls.NotNow) as refused:
        ask()

    assert iys.received.count("/x") == 1
    iys.answers = [(200, {})]
    with time_machine.travel(refused.value.until):
        assert ask().status == 200
        assert not circuit_breaker.host_state(db.session, clock.now()).resting


def test_a_call_that_never_reached_iys_is_not_counted(app):
    with app.app_context():
        provider_id = make.provider().id
        with pytest.raises(calls.NotNow):
            calls.ask(Client("http://127.0.0.1:1"), provider_id, Operation.BRANDS, "/x")

        assert rate_limit.calls_since(db.session, HOUR, clock.now()) == (0, 0)
        assert circuit_breaker.host_state(db.session, clock.now()).failures == 1


def test_an_unknown_code_is_counted_and_named_in_the_log_where_it_is_plain(app, answering, quiet_logs):
    answering(Iys((422, errors("H777", "fatma@example.com", "H121"))))()

    assert rate_limit.calls_since(db.session, HOUR, clock.now(), rate_limit.UNKNOWN_CODE) == (2, 0)
    assert any("H777" in line for line in quiet_logs)
    assert not any("fatma" in line for line in quiet_logs)


def test_no_more_than_ten_token_calls_an_hour(app, answering):
    iys = Iys((401, errors("H351")), token=(500, errors("H015")))
    ask = answering(iys)
    start = clock.now()
    for minute in range(59):
        with time_machine.travel(start + timedelta(minutes=minute)), pytest.raises(calls.NotNow):
            ask()

    assert 5 <= len(iys.received) <= 10


def test_an_outage_leaves_token_calls_for_its_end(app, answering):
    iys = Iys((200, {}), token=(500, errors("H015")))
    ask = answering(iys)
    start = clock.now()
    for step in range(120):
        with time_machine.travel(start + timedelta(seconds=5 * step)), pytest.raises(calls.NotNow):
            ask()
    iys.token = (200, TOKENS)

    with time_machine.travel(start + timedelta(minutes=25)):
        assert ask().status == 200


def test_a_token_call_over_the_limit_in_unknown_words_stops_them_for_an_hour(app, answering):
    iys = Iys((200, {}), token=(429, b"<html>slow down</html>"))
    ask = answering(iys)

    with pytest.raises(calls.NotNow) as refused:
        ask()

    assert refused.value.until - clock.now() > timedelta(minutes=59)


def test_a_token_call_in_a_full_second_stops_no_hour(app, answering):
    iys = Iys((200, {}), token=(429, errors("H124")))
    ask = answering(iys)
    with pytest.raises(calls.NotNow):
        ask()
    iys.token = (200, TOKENS)

    with time_machine.travel(clock.now() + timedelta(seconds=2)):
        assert ask().status == 200
