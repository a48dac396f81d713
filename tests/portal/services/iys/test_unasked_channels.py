"""Refusals of SMS to numbers that are no mobiles: İYS may hold a grant of them, know nothing of them, or take none."""

from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.models import Attempt, Consent, Outcome, Submission
from tests import grants, make
from tests.portal.domain.consents.iys_movements import MovementReceiver, row
from tests.portal.services.iys.forwarding.scripted import iys_that_says

pytestmark = pytest.mark.slow

LANDLINES, MOBILES = ["+902124445566", "+908501234567"], grants.phones(2)
WAYS_TO_SAY = [{}, {"location": ["recipient"]}, {"location": ["recipients", 0]}]
TAKEN, NONE_HELD = (200, {"transactionId": "t-1"}), (200, {"list": []})


def not_taken(code, **error):
    return 422, {"errors": [{"code": code} | error]}


def refuse(app, numbers, held=None) -> None:
    """One after the other, a moment ago."""
    with app.app_context():
        for after, number in enumerate(numbers):
            at = clock.now() - timedelta(minutes=1, seconds=-after)
            grants.insert_decisions(make.brand(), [number], at, status="RET", lane=None, held=held)


def outcomes(rows) -> list[tuple]:
    return [(each.outcome, each.due_at) for each in rows(Submission)]


@pytest.mark.parametrize("error", WAYS_TO_SAY)
@pytest.mark.parametrize("code", ["H121", "H464"])
def test_where_iys_takes_none_there_is_nothing_to_withdraw_and_mobiles_are_asked_about_apart(app, rows, code, error):
    refuse(app, [MOBILES[0], *LANDLINES, MOBILES[1]])
    answers = [NONE_HELD, *[not_taken(code, **error)] * 2]

    with iys_that_says(MESAJ=answers) as iys:
        make.forward_all(app, iys, rounds=3)

    assert outcomes(rows) == [(Outcome.NOT_NEEDED, None)] * 4
    assert sorted(each.code or "" for each in rows(Attempt)) == ["", "", code, code]


def test_it_is_told_again_once_iys_lists_a_grant(app, rows):
    refuse(app, LANDLINES[:1])
    with iys_that_says(MESAJ=not_taken("H464")) as iys:
        make.forward_all(app, iys)
    before = outcomes(rows)
    MovementReceiver(app).receives(row("ONAY", recipient=LANDLINES[0], ago=timedelta(days=200)))

    with iys_that_says(consents=TAKEN) as iys:
        make.forward_all(app, iys)

    assert (before, rows.one(Submission).outcome) == ([(Outcome.NOT_NEEDED, None)], Outcome.ACCEPTED)
    assert rows.one(Consent).status == "RET"


@pytest.mark.parametrize(("code", "http"), [("H175", 400), ("H121", 422), ("H464", 422)])
def test_where_iys_answers_no_question_about_them_each_is_sent_and_ends_the_same(app, rows, code, http):
    refuse(app, LANDLINES)

    with iys_that_says(MESAJ=(501, {}), consents=(http, {"errors": [{"code": code}]})) as iys:
        make.forward_all(app, iys)

    assert outcomes(rows) == [(Outcome.NOT_NEEDED, None)] * 2


@pytest.mark.parametrize(("numbers", "held"), [(LANDLINES[:1], "ONAY"), (MOBILES[:1], None)])
def test_a_grant_that_iys_lists_and_a_mobile_that_it_does_not_take_wait_for_a_person(app, rows, numbers, held):
    refuse(app, numbers, held)

    with iys_that_says(MESAJ=(501, {}), consents=not_taken("H464")) as iys:
        make.forward_all(app, iys, rounds=1)

    assert (rows.one(Submission).outcome, rows.one(Submission).code) == (Outcome.PARKED, "H464")
