"""What İYS allows by the hour is never spent twice."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Operation
from portal.core.models import Credential, Outcome, Submission
from portal.domain.identity import accounts
from portal.services.iys import rate_limit, tokens
from portal.services.iys.inflow import feeds
from portal.services.iys.rate_limit import Priority
from tests import make

HOUR = timedelta(hours=1)


@pytest.fixture
def at(app):
    with app.app_context():
        yield clock.now()


@pytest.mark.parametrize(
    ("question", "most"), [(Operation.TOKEN, 10), (Operation.STATUS, 900), (Operation.HISTORY, 90)]
)
def test_a_budget_is_spent_call_by_call_and_comes_back_after_an_hour(at, question, most):
    assert rate_limit.calls_left(db.session, question, at) == most

    rate_limit.add_to_tally(db.session, question, at, calls=most - 1)
    assert (
        rate_limit.calls_left(db.session, question, at) == 1
        and rate_limit.spent_until(db.session, question, at) is None
    )

    rate_limit.add_to_tally(db.session, question, at, calls=1)
    free_at = rate_limit.spent_until(db.session, question, at)
    assert rate_limit.calls_left(db.session, question, at) == 0
    assert at + HOUR < free_at <= at + HOUR + rate_limit.SPAN
    assert rate_limit.spent_until(db.session, question, free_at) is None
    assert rate_limit.calls_left(db.session, question, free_at) == most


def test_what_has_no_hourly_limit_has_no_budget(at):
    assert rate_limit.calls_left(db.session, Operation.ADD, at) is None
    assert rate_limit.spent_until(db.session, Operation.ADD, at) is None


def test_of_calls_over_the_hour_the_oldest_make_room_first(at):
    rate_limit.add_to_tally(db.session, Operation.TOKEN, at - timedelta(minutes=50), calls=9)
    rate_limit.add_to_tally(db.session, Operation.TOKEN, at, calls=1)

    free_at = rate_limit.spent_until(db.session, Operation.TOKEN, at)

    assert free_at <= at + timedelta(minutes=15)
    assert rate_limit.calls_left(db.session, Operation.TOKEN, free_at) == 9


def test_a_hold_of_iys_leaves_nothing(at):
    rate_limit.pause_calls(db.session, at + HOUR, Operation.HISTORY)

    assert rate_limit.calls_left(db.session, Operation.HISTORY, at) == 0
    assert rate_limit.spent_until(db.session, Operation.HISTORY, at) == at + HOUR


def test_token_calls_are_left_for_grants_and_the_last_ones_for_refusals(at):
    may_go = {}
    for used in range(11):
        may_go[used] = {each for each in Priority if not rate_limit.spent_until(db.session, Operation.TOKEN, at, each)}
        rate_limit.add_to_tally(db.session, Operation.TOKEN, at, calls=1)

    assert [used for used in may_go if Priority.POLLING in may_go[used]] == list(range(5))
    assert [used for used in may_go if Priority.GRANTS in may_go[used]] == list(range(9))
    assert [used for used in may_go if Priority.REFUSALS in may_go[used]] == list(range(10))


@pytest.mark.slow
def test_firms_with_own_accounts_and_nothing_to_tell_leave_tokens_for_refusals(app, browser, sandbox, iys, rows):
    people = make.codes(app)
    make.Person(browser, people[make.PHONE]).decides(MESAJ="ONAY")
    make.forward_all(app, iys)
    with app.app_context():
        for number in range(1, 12):
            connect_firm(sandbox, make.IYS_CODE + number)
        while feeds.pull_next_page(iys):
            pass
        asked_by_feeds = sandbox.ledger()["token_calls"]
        db.session.execute(db.update(Credential).values(access_until=None, refresh_until=None))
        db.session.commit()
        while feeds.pull_next_page(iys):
            pass
    with time_machine.travel(clock.now() + timedelta(seconds=2)):  # A second act of a key has a second of its own.
        make.Person(browser, people[make.EMAIL]).decides(EPOSTA="ONAY")
        make.Person(browser, people[make.PHONE]).decides(MESAJ="RET")
        make.forward_all(app, iys)

    assert asked_by_feeds == 5 < 12
    assert sandbox.ledger()["token_calls"] == 6
    assert {each.outcome for each in rows(Submission)} == {Outcome.ACCEPTED}


@pytest.mark.slow
def test_grants_that_no_token_is_left_for_wait_unclaimed_and_go_with_that_of_a_refusal(
    app, browser, sandbox, iys, rows
):
    people = make.codes(app)
    for code, channel in ((people[make.PHONE], "MESAJ"), (people[make.EMAIL], "EPOSTA")):
        make.Person(browser, code).decides(**{channel: "ONAY"})
    with app.app_context():
        rate_limit.add_to_tally(db.session, Operation.TOKEN, clock.now(), calls=9)
        db.session.commit()

    make.forward_all(app, iys)
    put_off = [each.due_at > clock.now() for each in rows(Submission)]
    calls_before = sandbox.ledger()["token_calls"]
    make.Person(browser, people[make.PHONE]).decides(ARAMA="RET")
    make.forward_all(app, iys)

    assert (sorted(put_off), calls_before) == ([False, True], 0)
    outcomes = [each.outcome for each in rows(Submission, Submission.due_at.is_(None))]
    assert sorted(outcomes) == [Outcome.ACCEPTED, Outcome.NOT_NEEDED]


def connect_firm(sandbox, code: int) -> None:
    """A provider that has an İYS account of its own, and no person yet."""
    made = accounts.open_provider(
        db.session, iys_code=code, title="Başka Mağazacılık A.Ş.", mersis="0123456789012345", contact="0850 123 45 67",
        notice_url=make.NOTICE, brands={code: "Başka"}, at=clock.now(),
    )  # fmt: skip
    accounts.connect(db.session, vault(), made, username=str(code), password=make.PASSWORD, at=clock.now())
    db.session.commit()
    sandbox.add_account(str(code), make.PASSWORD, code, [code])


@pytest.mark.slow
def test_an_account_takes_no_more_than_its_share_of_the_address(app, sandbox, iys):
    app.config["IYS_TOKEN_CALLS_PER_HOUR"], app.config["IYS_TOKEN_CALLS_PER_ACCOUNT"] = 100, 2
    with app.app_context():
        provider_id = make.provider().id
        for _ in range(2):
            tokens.access_token(iys, provider_id)
            db.session.execute(db.update(Credential).values(access_until=None))
            db.session.commit()

        asked_at = clock.now()
        with pytest.raises(tokens.NoToken) as spent:
            tokens.access_token(iys, provider_id)

    assert asked_at + HOUR < spent.value.until < clock.now() + HOUR + rate_limit.SPAN
    assert sandbox.ledger()["token_calls"] == 2
