"""A page of the feed names the next one by a cursor, however İYS spells it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.models import CallTally, Feed, FeedSource, Movement
from portal.domain.consents.brand_lapses import list_lapses
from portal.domain.consents.pull_lapses import lapsed_pulls
from portal.services.iys.client import Client, IysAnswer
from tests.portal.domain.consents.iys_movements import row
from tests.portal.services.iys.forwarding.partly_failing import says
from tests.portal.services.iys.forwarding.scripted import TOKEN

pytestmark = pytest.mark.slow

LONG_AGO = timedelta(hours=2)


class Paged(Client):
    """An İYS that tells three refusals of people, a page each; a page of that number is called `spell(number)`.

    Beside its refusal each page has so many rows that nobody can read.
    """

    def __init__(self, spell, beside=0, empty=None):
        super().__init__("http://iys.example")
        self.spell, self.beside, self.told_at = spell, [None] * beside, clock.now() - LONG_AGO
        self.empty = empty  # The number of a page without rows.

    def ask(self, method, path, **_):
        if path.endswith("token"):
            return says(200, TOKEN)
        query = parse_qs(urlsplit(path).query)
        asked = int(query.get("after", ["0"])[0])
        if query["source"] == ["HS"] or asked >= 3:
            return IysAnswer(204, b"")
        if asked == self.empty:
            return says(200, {"list": [], "after": self.spell(asked + 1)})
        said = row("RET", recipient=f"+90532000010{asked}", at=self.told_at)
        return says(200, {"list": [said, *self.beside]} | {"after": self.spell(asked + 1)})


def people(rows) -> Feed:
    return rows.one(Feed, Feed.source == FeedSource.PEOPLE)


def lapsed(app) -> list[str | None]:
    """İYS's or our codes of the lapses."""
    with app.app_context():
        return [each.code for each in list_lapses(read_session(), lapsed_pulls(clock.now()), 5)]


@pytest.mark.parametrize("spell", [str, int])
def test_a_cursor_leads_to_the_next_page_also_where_it_is_a_number(inflow, rows, spell):
    inflow.iys = Paged(spell)

    inflow.pulls()

    assert rows.count(Movement) == 3
    assert (people(rows).cursor, people(rows).code) == ("3", None) and people(rows).pulled_at


@pytest.mark.parametrize(("beside", "code"), [(998, None), (999, "no_cursor")])
def test_a_page_that_repeats_its_cursor_is_the_last_one_unless_it_is_full(inflow, rows, beside, code):
    inflow.iys = Paged(lambda number: "1", beside)

    inflow.pulls()

    assert rows.count(Movement) == 2
    assert (people(rows).cursor, people(rows).code) == ("1", code)


def test_a_page_without_rows_that_leads_on_does_not_end_a_pull(inflow, rows):
    inflow.iys = Paged(str, empty=1)

    inflow.pulls()
    assert (rows.count(Movement), people(rows).cursor, people(rows).pulled_at) == (1, "2", None)

    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        inflow.pulls()
    assert (rows.count(Movement), people(rows).cursor) == (2, "3") and people(rows).pulled_at


@pytest.mark.parametrize("cursor", [None, "", {"id": 1}, "1\x00", "1" * 256])
def test_rows_without_a_cursor_are_kept_and_count_as_no_pull(inflow, rows, cursor):
    """What comes after them is never asked for, however often they come again."""
    inflow.iys = Paged(lambda number: cursor)

    inflow.pulls()

    feed = people(rows)
    assert rows.count(Movement) == 1
    assert (feed.cursor, feed.pulled_at, feed.code) == (None, None, "no_cursor") and feed.due_at > clock.now()
    assert rows.one(CallTally, CallTally.name == CallTally.UNREADABLE_ROW).calls == 1


def test_a_feed_without_cursors_lapses_until_a_page_has_one(app, inflow, rows):
    inflow.iys = Paged(lambda number: None)
    inflow.pulls()

    with time_machine.travel(clock.now() + timedelta(hours=25)):
        inflow.pulls()
        assert lapsed(app) == ["no_cursor"]

        inflow.iys.spell = str
        with time_machine.travel(clock.now() + timedelta(hours=1)):
            inflow.pulls()
            assert (rows.count(Movement), people(rows).code, lapsed(app)) == (3, None, [])
