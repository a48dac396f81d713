"""Parse dates and times of day in cells, in the spellings of Excel, of databases and of people in Türkiye.

Times are in Istanbul's zone unless another is written. Without a time of day the day's beginning is meant.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from portal.core.addresses.normalization import normalize_spelling
from portal.core.clock import ISTANBUL
from portal.services.imports.layout.normalization import folded, says_nothing, spelled
from portal.services.imports.row_results import RowProblem

CENTURIES = ("19", "20")
EXCEL_BEGINS = datetime(1899, 12, 30, tzinfo=ISTANBUL)
EXCEL_DAYS = range(36526, 73051)  # 2000 to 2099: other numbers are no dates.
UNIX_SECONDS = range(1_000_000_000, 2_000_000_000)  # 2001 to 2033
PIVOT = 70  # Of years in two digits, as Python reads them.
LONGEST = 60
KNOWN_DAYS, KNOWN_TEXTS = 4096, 16384

MONTHS = {
    name: month
    for month, names in enumerate(
        (
            "ocak oca january jan", "subat sub february feb", "mart mar march", "nisan nis april apr", "mayis may",
            "haziran haz june jun", "temmuz tem july jul", "agustos agu august aug", "eylul eyl september sept sep",
            "ekim eki october oct", "kasim kas november nov", "aralik ara december dec",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY = re.compile(
    r"\b(?:pazartesi|pzt|sali|sal|carsamba|car|persembe|per|cumartesi|cmt|cuma|cum|pazar|paz"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b[\s.,]*"
)
_BRACKETS = re.compile(r"\(([^()\n]*)\)")
# Spelled: "GMT+03:00, İstanbul", "Turkey Standard Time", "Pazar".
_OF_ZONE = (
    r"\b(?:gmt|utc|tsi|trt|eest|eet|cest|cet|istanbul|turkiye|turkey|turkish|europe|european|eastern|central|summer|"
    r"winter|standard|daylight|coordinated|universal|greenwich|mean|arabian|local|time|yerel|yaz|kis|dogu|orta|avrupa|standart|saati|saat)\b"
)
_AHEAD = r"(?:\+ ?|(?<=[a-z] ))\d{1,2}(?::?\d\d)?|- ?\d\d:?\d\d"
_HARMLESS_NOTE = re.compile(
    rf"(?:(?:{_OF_ZONE}|{_AHEAD})[ ,/:]*)+|{_WEEKDAY.pattern}|(?:\d{{1,2}}[:.]\d\d(?:[:.]\d\d)?)?"
)
DAY = 86400
ISTANBUL_AHEAD = 3 * 3600  # Of UTC.
_HALF = r"(?:[ao]\.?\s?m\.?|[öo]\.?\s?[öosş]\.?|p\.?\s?m\.?)"
_ZONE = r"(?:z|utc|gmt|tsi|trt)?\s*(?:[+-]\s*\d{1,2}(?::?\d{2})?)?"
# Without groups, to stand within another pattern.
CLOCK = rf"(?:{_HALF}\s*)?\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}}(?:[.,:]\d{{1,9}})?)?(?:\s*{_HALF})?\s*{_ZONE}"
# What databases store for no date.
_NO_DAY = re.compile(
    r"(?:0000-00-00|0001-01-01|1899-12-30|1900-01-0[01]|(?:00[./]00|01[./]01)[./](?:0000|0001)|1/1/0001)"
    rf"(?:[ t]+{CLOCK})?"
)
_CLOCK = re.compile(
    rf"({_HALF})?\s*(\d{{1,2}})[:.](\d{{2}})(?:[:.](\d{{2}})(?:[.,:]\d{{1,9}})?)?(?:\s*({_HALF}))?"
    r"\s*(z|utc|gmt|tsi|trt)?\s*(?:([+-])\s*(\d{1,2})(?::?(\d{2}))?)?"
)
_FRACTION = re.compile(r"0?[.,](\d+)")  # Of a day, as Excel stores it.
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[ t](.+)")  # A time to which Excel added its first day.
_GAP = r"\s*[./\-\s]\s*"
_REST = rf"(?:[\s,;t]*(?:-\s*|saat\s*:?\s*)?({CLOCK}))?"
_YEAR_FIRST = re.compile(rf"(\d{{4}}){_GAP}(\d{{1,2}}){_GAP}(\d{{1,2}}){_REST}")
_YEAR_LAST = re.compile(rf"(\d{{1,2}}){_GAP}(\d{{1,2}}){_GAP}(\d{{4}}|\d{{2}}){_REST}")
_DAY_NAMED = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s.\-/]*([a-z]{{3,9}})\.?[\s,.\-/]*(\d{{4}}|\d{{2}}){_REST}")
_MONTH_NAMED = re.compile(rf"([a-z]{{3,9}})\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?[\s,.]+(\d{{4}}){_REST}")
_YEAR_AT_END = re.compile(rf"([a-z]{{3}}) +(\d{{1,2}}) +({CLOCK}) (\d{{4}})")  # As Unix writes it.
_COMPACT = re.compile(r"(\d{8})(?:[t\s]?(\d{2})(\d{2})(\d{2}))?")
_NUMBER = re.compile(r"(\d{5}|\d{10}|\d{13})(?:[.,](\d+))?")


class BadTime(ValueError):
    """Not a time of day."""


class Moment(NamedTuple):
    """A moment in UTC, to the second, and whether the cell named a time of day."""

    at: datetime
    has_clock: bool


def is_blank(cell: str) -> bool:
    """Whether a cell holds no date at all: empty, or a database's null date."""
    return says_nothing(cell) or _NO_DAY.fullmatch(normalize_spelling(cell).lower()) is not None


@lru_cache(maxsize=KNOWN_TEXTS)
def read(cell: str, day_first: bool = True) -> Moment | RowProblem:
    """The moment, or DATE_UNREADABLE, or DATE_IMPOSSIBLE for a date that no calendar has."""
    text = normalize_spelling(cell).rstrip(" .")
    if len(text) > LONGEST:
        return RowProblem.DATE_UNREADABLE
    try:
        moment = _iso(text) or _in_digits(text.lower(), day_first) or _in_words(text)
    except (ValueError, OverflowError):
        return RowProblem.DATE_IMPOSSIBLE
    return moment or RowProblem.DATE_UNREADABLE


def notes_in(cell: str) -> list[str]:
    """What stands in brackets beside a date, and is neither a time zone nor a day of the week."""
    return [note for note in _BRACKETS.findall(cell) if not _HARMLESS_NOTE.fullmatch(spelled(note))]


def read_clock(cell: str) -> int:
    """Seconds from midnight in Istanbul, of a cell that holds a time of day only. Raises BadTime."""
    text = normalize_spelling(cell).lower().removeprefix("saat").strip(" :")
    if dated := _DATED.fullmatch(text):
        text = dated[1]
    if fraction := _FRACTION.fullmatch(text):
        return min(round(float(f"0.{fraction[1]}") * DAY), DAY - 1)
    return _parse_clock(text)


def parts(cell: str) -> tuple[int, int] | None:
    """The first two numbers of a date with its year last, to find out which of them is the day."""
    found = _YEAR_LAST.fullmatch(normalize_spelling(cell).lower())
    return (int(found[1]), int(found[2])) if found else None


def _iso(text: str) -> Moment | None:
    """A fast path for 2026-11-24 14:02:05, which most files have."""
    if len(text) != 19 or text[4] != "-" or text[13] != ":" or text[16] != ":" or not text.isascii():
        return None
    begins = _iso_day_start(text[:10])
    hours, minutes, seconds = text[11:13], text[14:16], text[17:]
    if not begins or text[10] not in " T" or not (hours + minutes + seconds).isdigit():
        return None
    if hours > "23" or minutes > "59" or seconds > "59":
        return None
    return Moment(begins + timedelta(0, int(hours) * 3600 + int(minutes) * 60 + int(seconds)), True)


@lru_cache(maxsize=KNOWN_DAYS)
def _iso_day_start(iso: str) -> datetime | None:
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return None
    return _day_start(day.year, day.month, day.day)


def _in_digits(text: str, day_first: bool) -> Moment | None:
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day, clock = found.groups()
        return _moment(int(year), int(month), int(day), clock)
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year, clock = found.groups()
        day, month = (first, second) if day_first else (second, first)
        return _moment(_whole_year(year), int(month), int(day), clock)
    if found := _COMPACT.fullmatch(text):
        return _compact(found)
    return _number(found) if (found := _NUMBER.fullmatch(text)) else None


def _in_words(text: str) -> Moment | None:
    # In ASCII letters, punctuation kept, without the day of the week and anything in brackets.
    words = re.sub(r"[^\W\d_]+", lambda word: folded(word[0]), _BRACKETS.sub("", text))
    text = re.sub(r"\s+", " ", _WEEKDAY.sub("", words)).strip(" ,")
    if found := _DAY_NAMED.fullmatch(text):
        day, month, year, clock = found.groups()
    elif found := _MONTH_NAMED.fullmatch(text):
        month, day, year, clock = found.groups()
    elif found := _YEAR_AT_END.fullmatch(text):
        month, day, clock, year = found.groups()
    else:
        return None
    return _moment(_whole_year(year), MONTHS[month], int(day), clock) if month in MONTHS else None


def _compact(found: re.Match[str]) -> Moment:
    digits, hours, minutes, seconds = found.groups()
    clock = f"{hours}:{minutes}:{seconds}" if hours else None
    if digits[:2] in CENTURIES and digits[4:6] <= "12":
        return _moment(int(digits[:4]), int(digits[4:6]), int(digits[6:]), clock)
    return _moment(int(digits[4:]), int(digits[2:4]), int(digits[:2]), clock)


def _number(found: re.Match[str]) -> Moment | None:
    whole, fraction = int(found[1]), found[2]
    if whole in EXCEL_DAYS:
        seconds = round(float(f"0.{fraction or 0}") * 86400)
        return Moment((EXCEL_BEGINS + timedelta(whole, seconds)).astimezone(UTC), fraction is not None)
    seconds = whole // 1000 if len(found[1]) == 13 else whole
    return Moment(datetime.fromtimestamp(seconds, UTC), True) if seconds in UNIX_SECONDS else None


def _moment(year: int, month: int, day: int, clock: str | None) -> Moment:
    begins = _day_start(year, month, day)
    if not clock:
        return Moment(begins, False)
    try:
        seconds = _parse_clock(clock)
    except BadTime:
        raise ValueError("no such time of day") from None
    return Moment(begins + timedelta(0, seconds), True)


def _day_start(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ISTANBUL).astimezone(UTC)


def _whole_year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < PIVOT else 1900)


@lru_cache(maxsize=4096)
def _parse_clock(text: str) -> int:
    """Seconds from midnight in Istanbul; below 0 or beyond a day where a zone is written. Raises BadTime."""
    found = _CLOCK.fullmatch(text.strip().lower())
    if not found:
        raise BadTime
    before, hours, minutes, seconds, after, name, sign, ahead, ahead_minutes = found.groups()
    seconds_of_day = _seconds_of(int(hours), int(minutes), int(seconds or 0), before or after)
    if sign:
        offset = (int(ahead) * 60 + int(ahead_minutes or 0)) * 60 * (1 if sign == "+" else -1)
        if abs(offset) > 14 * 3600:
            raise BadTime
        return seconds_of_day + ISTANBUL_AHEAD - offset
    return seconds_of_day + (ISTANBUL_AHEAD if name in ("z", "utc", "gmt") else 0)


def _seconds_of(hours: int, minutes: int, seconds: int, half: str | None) -> int:
    if half and hours <= 12:
        letters = re.sub(r"[.\s]", "", half)
        is_afternoon = letters == "pm" or letters[-1] in "sş"
        hours = hours % 12 + (12 if is_afternoon else 0)
    is_end = hours == 24 and not minutes and not seconds
    if (hours > 23 and not is_end) or minutes > 59 or seconds > 59:
        raise BadTime
    return hours * 3600 + minutes * 60 + seconds
