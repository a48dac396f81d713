"""Cells of a workbook as text: numbers with all their digits, dates in ISO 8601, errors as nothing."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

HALF_A_SECOND = timedelta(milliseconds=500)  # Excel counts days in floats: 14:02:05 may come as 14:02:04.9999.


def text_of(value: object) -> str:
    """A cell as text: 5321234567, though Excel holds it as 5.321234567E9."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return _FORMATTERS.get(type(value), str)(value)


def _format_datetime(value: datetime) -> str:
    with suppress(OverflowError):  # In the year 9999, which stands for "for ever".
        value += HALF_A_SECOND
    return value.isoformat(" ", "seconds")


def _format_duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


_FORMATTERS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "TRUE" if value else "FALSE",
    int: str,
    datetime: _format_datetime,
    date: date.isoformat,
    time: lambda value: value.isoformat("seconds"),
    timedelta: _format_duration,
}
