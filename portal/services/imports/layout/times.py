"""Parse a time of day: in twelve hours or twenty-four, with or without a zone."""

import re
from functools import lru_cache
from typing import NamedTuple

from portal.core.addresses.normalization import normalize_spelling

DAY = 86400
ISTANBUL_AHEAD = 3 * 3600  # Of UTC.
_HALF = r"(?:[ao]\.?\s?m\.?|[öo]\.?\s?[öosş]\.?|p\.?\s?m\.?)"
_ZONE = r"(?:z|utc|gmt|tsi|trt)?\s*(?:[+-]\s*\d{1,2}(?::?\d{2})?)?"
# Without groups, to stand within another pattern.
CLOCK = rf"(?:{_HALF}\s*)?\d{{1,2}}[:.]\d{{2}}(?:[:.]\d{{2}}(?:[.,:]\d{{1,9}})?)?(?:\s*{_HALF})?\s*{_ZONE}"
_CLOCK = re.compile(
    rf"({_HALF})?\s*(\d{{1,2}})[:.](\d{{2}})(?:[:.](\d{{2}})(?:[.,:]\d{{1,9}})?)?(?:\s*({_HALF}))?"
    r"\s*(z|utc|gmt|tsi|trt)?\s*(?:([+-])\s*(\d{1,2})(?::?(\d{2}))?)?"
)
_FRACTION = re.compile(r"0?[.,](\d+)")  # Of a day, as Excel stores it.
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}[ t](.+)")  # A time to which Excel added its first day.


class BadTime(ValueError):
    """Not a time of day."""


class Clock(NamedTuple):
    """Seconds from midnight in Istanbul; below 0 or beyond a day where a zone is written."""

    seconds: int


@lru_cache(maxsize=4096)
def clock_of(text: str) -> Clock:
    """Raises BadTime."""
    found = _CLOCK.fullmatch(text.strip().lower())
    if not found:
        raise BadTime
    before, hours, minutes, seconds, after, name, sign, ahead, ahead_minutes = found.groups()
    seconds_of_day = _seconds_of(int(hours), int(minutes), int(seconds or 0), before or after)
    if sign:
        offset = (int(ahead) * 60 + int(ahead_minutes or 0)) * 60 * (1 if sign == "+" else -1)
        if abs(offset) > 14 * 3600:
            raise BadTime
        return Clock(seconds_of_day + ISTANBUL_AHEAD - offset)
    return Clock(seconds_of_day + (ISTANBUL_AHEAD if name in ("z", "utc", "gmt") else 0))


def read_clock(cell: str) -> Clock:
    """Parse a cell that holds a time of day only. Raises BadTime."""
    text = normalize_spelling(cell).lower().removeprefix("saat").strip(" :")
    if dated := _DATED.fullmatch(text):
        text = dated[1]
    if fraction := _FRACTION.fullmatch(text):
        return Clock(min(round(float(f"0.{fraction[1]}") * DAY), DAY - 1))
    return clock_of(text)


def _seconds_of(hours: int, minutes: int, seconds: int, half: str | None) -> int:
    if half and hours <= 12:
        hours = hours % 12 + (12 if _is_afternoon(half) else 0)
    is_end = hours == 24 and not minutes and not seconds
    if (hours > 23 and not is_end) or minutes > 59 or seconds > 59:
        raise BadTime
    return hours * 3600 + minutes * 60 + seconds


def _is_afternoon(half: str) -> bool:
    letters = re.sub(r"[.\s]", "", half)
    return letters == "pm" or letters[-1] in "sş"
