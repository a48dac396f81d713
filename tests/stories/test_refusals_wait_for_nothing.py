"""A refusal waits neither for an older one nor for a grant that nobody sends, however the clocks stand."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Operation, Status
from portal.core.models import Consent, Decision, Lane, Outcome, Submission
from portal.services.iys import rate_limit
from tests import make
from tests.stories.another_sender import tells_iys
from tests.stories.refusal_world import (
    HOUR,
    MINUTE,
    STARTS,
    a_citizen_grants,
    another_sender_grants,
    by_link,
    by_one_click,
)  # fmt: skip

pytestmark = pytest.mark.slow

BEHIND = timedelta(seconds=60)  # Our clock, in some stories.
GRANTS = rate_limit.Priority.GRANTS


def is_told_at_once(world) -> bool:
    by_link(world)
    for _ in range(2):  # Where one came just before, it goes a second later.
        world.passes(timedelta(seconds=5))
    return world.last_movements[-1:] == ["RET"] and world.rows(Submission)[-1].outcome == Outcome.ACCEPTED


def test_a_new_refusal_waits_for_no_renewal_of_an_older_one(world):
    by_link(world)
    world.passes(MINUTE)
    assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", STARTS) == []
    world.passes(2 * HOUR, pull=True)
    assert world.rows.one(Submission).outcome == Outcome.EXPIRED

    assert is_told_at_once(world)
    world.passes(timedelta(days=1))
    assert world.rows.count(Decision) == 3  # With the other sender's: nothing is renewed.


def test_a_new_refusal_waits_for_no_older_one_of_which_iys_is_to_be_asked(world):
    world.person.decides(EPOSTA="ONAY")
    world.passes(MINUTE)
    by_link(world)  # Not sent yet.
    world.traveller.shift(MINUTE)
    another_sender_grants(world)
    world.traveller.shift(MINUTE)
    with world.app.app_context():
        rate_limit.add_to_tally(db.session, Operation.STATUS, clock.now(), calls=900)  # Other firms'.
        db.session.commit()

    assert is_told_at_once(world)
    assert [each.outcome for each in world.rows(Submission)] == [
        Outcome.ACCEPTED, Outcome.OVERTAKEN, Outcome.ACCEPTED,
    ]  # fmt: skip


def test_a_new_refusal_waits_for_no_older_one_behind_a_list_that_the_quota_holds(world):
    world.person.decides(EPOSTA="ONAY")
    with world.app.app_context():
        make.hold("H525", until=clock.now() + timedelta(days=1))
        listed = {"lane": Lane.BULK, "endpoint": Submission.endpoint + "/request"}
        db.session.query(Submission).update(listed)
        db.session.commit()
    world.traveller.shift(timedelta(seconds=5))
    by_link(world)
    world.passes(MINUTE)
    a_citizen_grants(world)
    world.passes(MINUTE)

    assert is_told_at_once(world)
    world.passes(timedelta(days=1))  # The quota is there again.
    assert world.last_movements[-1] == "RET" and not any(each.is_open for each in world.rows(Submission))


def test_a_refusal_waits_for_no_grant_that_nobody_could_send_and_iys_gets_none_after_it(world):
    world.person.decides(EPOSTA="ONAY")
    world.passes(MINUTE)
    world.traveller.shift(5 * HOUR)
    with world.app.app_context():  # Other firms used the hour's tokens but those for refusals.
        rate_limit.add_to_tally(db.session, Operation.TOKEN, clock.now(), calls=9)
        rate_limit.pause_calls(db.session, clock.now() + HOUR, rate_limit.budget_name(Operation.TOKEN, GRANTS))
        db.session.commit()
    world.person.decides(EPOSTA="ONAY")
    world.passes(2 * MINUTE)

    assert is_told_at_once(world)
    world.passes(2 * HOUR, pull=True)
    assert [each.outcome for each in world.rows(Submission)][1] == Outcome.OVERTAKEN
    assert world.last_movements == ["ONAY", "RET"] and world.sandbox.ledger()["failures"] == 0


def goes_by(world, by: timedelta = timedelta(0), **more) -> None:
    """As `passes`, while our clock is behind İYS's."""
    world.traveller.shift(by)
    world.sandbox.move_clock(at=clock.now() + BEHIND)
    world.passes(timedelta(0), **more)


def test_a_refusal_after_a_persons_grant_at_iys_counts_where_our_clock_is_behind(world):
    goes_by(world, MINUTE, pull=True)
    a_citizen_grants(world)
    goes_by(world, timedelta(seconds=20))
    by_link(world)
    goes_by(world)
    for _ in range(3):
        goes_by(world, MINUTE)
    goes_by(world, 2 * HOUR, pull=True)

    assert world.last_movements == ["ONAY", "RET"]
    assert {each.status for each in world.rows(Consent)} == {Status.REFUSED}


def test_a_grant_at_iys_after_a_refusal_counts_where_our_clock_is_behind(world):
    goes_by(world, MINUTE, pull=True)
    by_link(world)  # Not sent before the person thought better of it.
    world.traveller.shift(timedelta(seconds=5))
    world.sandbox.move_clock(at=clock.now() + BEHIND)
    a_citizen_grants(world)
    for _ in range(3):
        goes_by(world, MINUTE)

    assert world.last_movements == ["ONAY"] and world.rows.one(Submission).outcome == Outcome.OVERTAKEN


def test_iys_is_not_asked_again_and_again_where_our_clock_is_behind(world):
    five_seconds = timedelta(seconds=5)
    goes_by(world)
    world.person.decides(EPOSTA="ONAY")
    goes_by(world, five_seconds)
    by_link(world)
    goes_by(world, five_seconds)
    goes_by(world, five_seconds)
    a_citizen_grants(world)
    before = world.sandbox.ledger()["requests"]["multi_status"]
    goes_by(world, five_seconds)

    by_one_click(world)
    make.forward_all(world.app, world.iys, rounds=20)

    assert world.sandbox.ledger()["requests"]["multi_status"] - before <= 2
