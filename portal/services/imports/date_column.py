"""The date of a line's consent, from its columns of date and time or from the file's default."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from portal.core import clock
from portal.core.clock import ISTANBUL
from portal.core.iys_protocol import RecipientType, Source
from portal.services.imports.fixes import apply_fix
from portal.services.imports.layout import Field, Fix, Layout, dates
from portal.services.imports.layout.dates import BadTime, Moment, read_clock
from portal.services.imports.layout.normalization import says_nothing
from portal.services.imports.row_results import RowProblem
from portal.services.imports.row_values import RowValues

FIRST = datetime(2015, 5, 1, tzinfo=ISTANBUL).astimezone(UTC)  # Since then İYS's law holds (H156).
DAY, A_MINUTE, A_SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
MIDNIGHT_OF_UTC = 3  # Istanbul's hour by then.
MAYBE_SWAPPED = (RowProblem.DATE_IMPOSSIBLE, RowProblem.DATE_TO_COME)


def refusal_date(date: datetime, at: datetime) -> datetime:
    """The date of a refusal that bears this one, at `at` (now, in whole seconds). Midnight names the day only, and no
    seconds the minute: a refusal counts from their end, now at most, so that no grant of theirs outlasts it."""
    day = _day_named_by(date)
    if day is not None:
        return min(day[1], at)
    return date if date.second else min(date + A_MINUTE - A_SECOND, at)


def grant_date(date: datetime) -> datetime:
    """The date of a grant that bears this one: of a day only its beginning, so that it outlasts no refusal of it."""
    day = _day_named_by(date)
    return date if day is None else day[0]


def is_of_before_law(date: datetime) -> bool:
    """Whether a date names the law's first day, at which İYS has what was said before (H155), or an earlier one: no
    refusal is of then."""
    return clock.day(date) <= clock.day(FIRST)


def _day_named_by(date: datetime) -> tuple[datetime, datetime] | None:
    """The first and last second of the day that a moment names: midnight in Istanbul, UTC or a zone between, by which
    programs write a day alone. None for a moment that is a time of day."""
    local = clock.istanbul(date)
    if local.time() != time(local.hour) or local.hour > MIDNIGHT_OF_UTC:
        return None
    begin = clock.start_of_day(local.date())
    return begin, begin + DAY - A_SECOND


class DateColumn:
    """Reads the date of a line's consent: its own, the file's default, or none where İYS asks for none; never in the
    future. `at` is now, in whole seconds."""

    def __init__(self, layout: Layout, at: datetime):
        self._at, self._day_first = at, layout.day_first
        self._default = layout.date.astimezone(UTC).replace(microsecond=0) if layout.date else None
        self._date, self._time = layout.columns.get(Field.DATE), layout.columns.get(Field.TIME)
        self._fixes_swaps = Fix.DATE_SWAP in layout.fixes

    def date_of(self, cells: Sequence[str], values: RowValues) -> datetime | RowProblem:
        """The consent date in UTC, as İYS takes it with this source, or its problem."""
        cell = cells[self._date] if self._date is not None else ""
        at = self._date_in_cell(cell, cells) if cell else None
        if at is None:
            at = self._default_date(values)
        if not isinstance(at, datetime):
            return at
        if at > self._at:
            return RowProblem.DATE_TO_COME
        if values.source == Source.BEFORE_2015:  # Its only date; the source says that the consent is older.
            return FIRST if at <= FIRST else RowProblem.DATE_NOT_2015
        return RowProblem.DATE_BEFORE_2015 if at < FIRST else at

    def is_given(self, at: datetime) -> bool:
        """Whether this date, as date_of() returned it, comes from the file: a merchant's may be left out."""
        return at is not self._at

    def may_be_of_refusal(self, at: datetime, cells: Sequence[str]) -> bool:
        """Whether this date, as date_of() returned it, may be of a refusal: the line's own. A default of the file is
        when its consents were given."""
        own = self._date_in_cell(cells[self._date], cells) if self._date is not None and cells[self._date] else None
        return isinstance(own, datetime) and not is_of_before_law(at)

    def _date_in_cell(self, cell: str, cells: Sequence[str]) -> datetime | RowProblem | None:
        """The line's own date; None where the cell says nothing."""
        at = self._parse(cell, cells)
        if (not isinstance(at, datetime) or at < FIRST) and dates.is_blank(cell):
            return None
        if self._fixes_swaps and (at in MAYBE_SWAPPED or (isinstance(at, datetime) and at > self._at)):
            swapped = self._parse(apply_fix(cell, Fix.DATE_SWAP), cells)
            if isinstance(swapped, datetime) and FIRST <= swapped <= self._at:
                return swapped
        return at

    def _parse(self, cell: str, cells: Sequence[str]) -> datetime | RowProblem:
        moment = dates.read(cell, self._day_first)
        if not isinstance(moment, Moment):
            return moment
        day = _day_named_by(moment.at)
        if self._time is None or day is None:
            return grant_date(moment.at)
        try:
            return day[0] + timedelta(seconds=read_clock(cells[self._time]))
        except BadTime:
            return day[0] if says_nothing(cells[self._time]) else RowProblem.DATE_UNREADABLE

    def _default_date(self, values: RowValues) -> datetime | RowProblem:
        if values.source == Source.BEFORE_2015:
            return FIRST
        if self._default:
            return self._default
        # İYS asks no date of a merchant's first consent; it counts here from the moment of the import.
        return self._at if values.recipient_type == RecipientType.MERCHANT else RowProblem.DATE_MISSING
