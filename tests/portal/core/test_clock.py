"""Time is read in one place, is aware, and a day is Istanbul's."""

import ast
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from portal.core import clock
from tests.architecture import product

READERS = {"now", "utcnow", "today", "fromtimestamp", "time", "time_ns", "localtime", "gmtime"}
# Who else reads a clock: why.
LAWFUL = {
    (module, "datetime.fromtimestamp"): "reads a given moment, not the present one"
    for module in (
        "portal.web.consent_points.selection",
        "portal.web.recipient.posted_form",
        "iys_sandbox.queries",
        "iys_sandbox.bulk_lists",
        "portal.web.shared.limits",
        "portal.web.shared.webauthn_challenges",
        "portal.services.imports.layout.dates",
        "portal.cli.imports",
    )
}


def readings(name: str, tree: ast.AST) -> set[tuple[str, str]]:
    """Where a module asks the machine for the time or the day."""
    called = {ast.unparse(call.func) for call in product.calls(tree, *READERS)}
    return {(name, call) for call in called if call.split(".")[0] in ("datetime", "date", "time")}


def test_only_the_clock_reads_the_time():
    found = set().union(*(readings(name, product.tree(path)) for name, path in product.modules()))

    assert found - LAWFUL.keys() == {("portal.core.clock", "datetime.now")}


def test_a_planted_call_is_caught():
    for planted in ("datetime.now()", "datetime.datetime.utcnow()", "date.today()", "time.time()"):
        assert readings("portal.domain.consents", ast.parse(planted))


def test_the_domain_is_told_the_time_and_never_asks():
    asking = {
        name
        for name, path in product.modules()
        if name.startswith(("portal.domain.", "shortlinks"))
        for call in product.calls(product.tree(path), "now")
    }

    assert asking == set()


def test_now_is_aware_and_in_utc():
    with time_machine.travel("2026-11-24T21:30:00.123456Z", tick=False):
        assert clock.now() == datetime(2026, 11, 24, 21, 30, 0, 123456, tzinfo=UTC)
        assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-24T20:59:59+00:00", date(2026, 11, 24)),
        ("2026-11-24T21:00:00+00:00", date(2026, 11, 25)),
        ("2026-12-31T21:00:00+00:00", date(2027, 1, 1)),
        ("2026-07-01T21:00:00+00:00", date(2026, 7, 2)),  # No daylight saving: the same hour in summer.
    ],
)
def test_a_day_begins_at_midnight_in_istanbul(moment, day):
    assert clock.day(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize("day", [date(2026, 11, 25), date(2026, 7, 1), date(2027, 1, 1)])
def test_the_start_of_a_day_is_its_first_moment(day):
    start = clock.start_of_day(day)

    assert start.utcoffset() == timedelta(0)
    assert clock.day(start) == day
    assert clock.day(start - timedelta(microseconds=1)) == day - timedelta(days=1)


def test_the_wall_clock_of_istanbul_is_three_hours_ahead():
    at = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)

    assert clock.istanbul(at) == at
    assert clock.istanbul(at).isoformat() == "2026-11-25T00:30:00+03:00"
