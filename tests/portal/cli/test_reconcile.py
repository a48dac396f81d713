"""`flask iys reconcile`: what it prints, and how it ends."""

import json
from datetime import timedelta

import pytest

from portal.cli.iys import group
from portal.core.models import ReconciledDay
from tests import make
from tests.portal.services.iys.reconciliation.conftest import story  # noqa: F401 - a fixture
from tests.portal.services.iys.reconciliation.story import DAY, the_day
from tests.portal.services.iys.reconciliation.test_day_reconciliation import a_day_with_three_differences

pytestmark = pytest.mark.slow


@pytest.fixture
def reconciles(app, sandbox):
    """Runs the command over the İYS in the box."""
    app.config["IYS_BASE_URL"] = sandbox.url

    def run(brand=make.BRAND_CODE, day=DAY):
        return app.test_cli_runner().invoke(group, ["reconcile", "--brand", str(brand), "--day", str(day)])

    return run


def test_a_day_that_agrees_ends_well_however_often_it_is_asked_for(story, reconciles, rows):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls()

    for _ in range(2):
        ended = reconciles()
        assert ended.exit_code == 0, ended.output
    day = the_day(rows)
    assert json.loads(ended.output) == {
        "brand": make.BRAND_CODE, "day": "2026-11-23", "state": "agreed", "rows": 1,
        "differences": {"open": 0, "settled": 0}, "hash": day.file_hash, "hash_agrees": True,
        "agreed_at": day.agreed_at.isoformat(), "timestamped": True, "code": None,
    }  # fmt: skip


def test_differences_end_with_1(story, reconciles):  # noqa: F811
    a_day_with_three_differences(story)

    ended = reconciles()

    assert (ended.exit_code, json.loads(ended.output)["differences"]) == (1, {"open": 3, "settled": 0})
    assert make.PHONE not in ended.output


def test_an_iys_that_cannot_tell_yet_ends_with_2(story, reconciles):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.sandbox.fault("agreement", "queued")
    story.night_falls()

    ended = reconciles()

    assert (ended.exit_code, json.loads(ended.output)["code"]) == (2, "hash_pending")


def test_a_day_that_iys_no_longer_tells_of_ends_with_3(story, reconciles):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls(nights=9)

    ended = reconciles()

    assert (ended.exit_code, json.loads(ended.output)["state"]) == (3, "missed")


@pytest.mark.parametrize(
    ("brand", "day"),
    [(5, DAY), (make.BRAND_CODE, DAY + timedelta(days=1)), (make.BRAND_CODE, DAY - timedelta(days=1)), ("x", DAY)],
)
def test_what_cannot_be_asked_is_said_and_leaves_nothing(story, reconciles, rows, brand, day):  # noqa: F811
    story.decides_at_noon(MESAJ="ONAY")
    story.night_falls()

    assert reconciles(brand, day).exit_code == 2
    assert rows(ReconciledDay) == []
