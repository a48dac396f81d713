"""Who refuses again is obeyed again, also where İYS came to hold a grant of which nobody has told us yet."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import Consent, Decision, DecisionOrigin, Outcome, Submission
from portal.domain.consents import annulments, refusals
from portal.services.iys.inflow import feeds
from tests import make
from tests.portal.domain.consents.import_entries import entry
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


def by_the_same_form(world):
    world.form = getattr(world, "form", None) or world.person.form()
    assert world.person.posts(world.form, EPOSTA="RET").status_code == 303


def by_a_bad_form(world):
    assert world.person.posts("forged", EPOSTA="RET").status_code == 303


def by_the_overview(world):
    with world.app.app_context():
        told = {"origin": DecisionOrigin.MINE, "language": "tr", "request_metadata": "", "at": clock.now()}
        refusals.withdraw(db.session, vault(), [world.part()], **told)
        db.session.commit()


def by_staff(world):
    with world.app.app_context():
        part = world.part()
        told = {"address": part.address, "source": Source.CALL_CENTRE, "user_id": 1, "at": clock.now()}
        refusals.refuse(db.session, vault(), part.recipient, part.brands, part.channels, **told)
        db.session.commit()


def by_not_me(world):
    assert world.browser.post(f"/k/{world.person.code}/ben-degilim").status_code == 303


def by_file(world):
    world.brings(entry(make.EMAIL, Status.REFUSED, clock.now(), channel=Channel.EMAIL))


WAYS = [by_link, by_the_same_form, by_a_bad_form, by_one_click, by_the_overview, by_staff, by_not_me, by_file]


@pytest.mark.parametrize("refused", WAYS)
def test_a_refusal_withdraws_a_grant_of_which_we_have_not_heard_and_an_older_one_that_comes_late(world, refused):
    dated = clock.now()
    world.passes(MINUTE)
    refused(world)
    world.passes(MINUTE)
    assert world.rows.one(Submission).outcome == Outcome.NOT_NEEDED  # İYS holds nothing yet.

    assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", dated) == []
    world.passes(2 * HOUR, pull=True)
    assert world.last_movements == ["ONAY", "RET"] and world.rows.one(Submission).outcome == Outcome.ACCEPTED

    for granted in (a_citizen_grants, another_sender_grants):
        granted(world)
        world.passes(10 * MINUTE)
        refused(world)
        world.passes(MINUTE)
        assert world.last_movements == ["ONAY", "RET"]
    world.passes(2 * HOUR, pull=True)
    assert {each.status for each in world.rows(Consent)} == {Status.REFUSED} and world.last_movements[-1] == "RET"


def test_at_the_same_second_the_refusal_stands_here_and_is_renewed_at_iys(world):
    by_link(world)
    world.passes(MINUTE)
    assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", STARTS) == []

    world.passes(2 * HOUR, pull=True)
    assert {each.status for each in world.rows(Consent)} == {Status.REFUSED}
    world.passes(timedelta(days=1))

    assert world.last_movements == ["ONAY", "RET"]
    assert world.sandbox.movements()[-1]["source"] == "HS_KARAR"


def test_a_refusal_that_is_too_old_by_then_is_renewed(world):
    by_link(world)
    world.passes(MINUTE)
    world.passes(timedelta(days=9))
    assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", STARTS - HOUR) == []

    world.passes(2 * HOUR, pull=True)

    assert world.last_movements == ["ONAY", "RET"]


def test_a_file_that_is_taken_back_leaves_iys_with_the_persons_own_refusal(world):
    by_link(world)
    world.passes(MINUTE)
    world.brings(entry(make.EMAIL, Status.REFUSED, clock.now(), channel=Channel.EMAIL))
    assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", STARTS - HOUR) == []
    world.traveller.shift(2 * HOUR)
    with world.app.app_context():
        while feeds.pull_next_page(world.iys):
            pass
        theirs = [each.id for each in world.rows(Decision, Decision.origin == DecisionOrigin.IMPORT)]
        assert annulments.annul_decisions(db.session, vault(), theirs, None, clock.now()) == theirs
        db.session.commit()

    world.passes(MINUTE)

    assert world.last_movements == ["ONAY", "RET"]


def test_a_merchants_grant_without_a_date_withdraws_no_refusal(world):
    merchant = {"channel": Channel.EMAIL, "recipient_type": RecipientType.MERCHANT}
    world.brings(entry(make.EMAIL, Status.REFUSED, clock.now(), **merchant))
    world.passes(MINUTE)
    assert tells_iys(world.sandbox, make.EMAIL, "EPOSTA", "ONAY", None, recipient_type="TACIR") == []

    world.passes(2 * HOUR, pull=True)

    assert {each.status for each in world.rows(Consent)} == {Status.REFUSED}
    assert world.last_movements == ["ONAY", "RET"]


def test_several_refusals_that_waited_cost_no_failure_and_keep_their_order(world, rows):
    world.person.decides(EPOSTA="ONAY")
    world.passes(MINUTE)
    for refused in (by_link, by_one_click, by_staff):  # While İYS is not asked.
        refused(world)
        world.traveller.shift(MINUTE)

    for _ in range(2):  # Two of one key are a second apart.
        world.passes(MINUTE)

    outcomes = [each.outcome for each in rows(Submission)]
    assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.NOT_NEEDED, Outcome.NOT_NEEDED]
    assert world.last_movements == ["ONAY", "RET"] and world.sandbox.ledger()["failures"] == 0
