"""When a line's consent was given: its own date, the file's, or what İYS allows to be left out; and never to come."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from portal.core.clock import ISTANBUL
from portal.core.iys_protocol import RecipientType, Source
from portal.services.imports.fixes import cured
from portal.services.imports.layout import Cure, Field, Layout, dates
from portal.services.imports.layout.dates import Moment
from portal.services.imports.layout.normalization import says_nothing
from portal.services.imports.layout.times import OddTime, read_clock
from portal.services.imports.row_results import RowProblem
from portal.services.imports.row_values import Saying

FIRST = datetime(2015, 5, 1, tzinfo=ISTANBUL).astimezone(UTC)  # Since then İYS's law holds (H156).
WRONG_WAY_ROUND = (RowProblem.DATE_IMPOSSIBLE, RowProblem.DATE_TO_COME)


class Dating:
    """Reads the dates of lines by a layout; `at` is now, to the second."""

    def __init__(self, layout: Layout, at: datetime):
        self._at, self._day_first = at, layout.day_first
        self._spare = layout.date.astimezone(UTC).replace(microsecond=0) if layout.date else None
        self._date, self._time = layout.columns.get(Field.DATE), layout.columns.get(Field.TIME)
        self._swaps = Cure.DATE_SWAP in layout.cures

    def of(self, cells: Sequence[str], saying: Saying) -> datetime | RowProblem:
        """A moment that İYS may be told with this source, in UTC, or what is wrong with it."""
        cell = cells[self._date] if self._date is not None else ""
        at = self._written(cell, cells) if cell else None
        if at is None:
            at = self._left_out(saying)
        if not isinstance(at, datetime):
            return at
        if at > self._at:
            return RowProblem.DATE_TO_COME
        if saying.source == Source.BEFORE_2015:  # It has this one date; that the consent is older, the source says.
            return FIRST if at <= FIRST else RowProblem.DATE_NOT_2015
        return RowProblem.DATE_BEFORE_2015 if at < FIRST else at

    def is_said(self, at: datetime) -> bool:
        """Whether this moment, as of() gave it, was said: a merchant's may be ours."""
        return at is not self._at

    def _written(self, cell: str, cells: Sequence[str]) -> datetime | RowProblem | None:
        """What the line says; None where it says nothing."""
        at = self._read(cell, cells)
        if (not isinstance(at, datetime) or at < FIRST) and dates.is_blank(cell):
            return None
        if self._swaps and (at in WRONG_WAY_ROUND or isinstance(at, datetime) and at > self._at):
            swapped = self._read(cured(cell, Cure.DATE_SWAP), cells)
            if isinstance(swapped, datetime) and FIRST <= swapped <= self._at:
                return swapped
        return at

    def _read(self, cell: str, cells: Sequence[str]) -> datetime | RowProblem:
        moment = dates.read(cell, self._day_first)
        if not isinstance(moment, Moment):
            return moment
        if self._time is None or moment.has_clock and moment.at != _midnight(moment.at):
            return moment.at
        return self._at_clock(moment, cells[self._time])

    def _at_clock(self, moment: Moment, cell: str) -> datetime | RowProblem:
        """A day with the time that stands in a column of its own."""
        try:
            return _midnight(moment.at) + timedelta(seconds=read_clock(cell).seconds)
        except OddTime:
            return moment.at if says_nothing(cell) else RowProblem.DATE_UNREADABLE

    def _left_out(self, saying: Saying) -> datetime | RowProblem:
        if saying.source == Source.BEFORE_2015:
            return FIRST
        if self._spare:
            return self._spare
        # İYS asks no date of a merchant's first consent, but ours have one: when we were told.
        return self._at if saying.recipient_type == RecipientType.MERCHANT else RowProblem.DATE_MISSING


def _midnight(at: datetime) -> datetime:
    return at.astimezone(ISTANBUL).replace(hour=0, minute=0, second=0).astimezone(UTC)
