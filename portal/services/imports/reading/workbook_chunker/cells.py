"""Cells of a workbook as text: numbers with all their digits, dates as ISO writes them, errors as nothing."""

from contextlib import suppress
from datetime import date, datetime, time, timedelta

HALF_A_SECOND = timedelta(milliseconds=500)  # Excel counts days in floats: 14:02:05 may come as 14:02:04.9999.


def text_of(value: object) -> str:
    """What stands in a cell. 5321234567, though Excel holds it as 5.321234567E9."""
    kind = type(value)
    if kind is str:
        return value
    if kind is float:
        return str(int(value)) if value.is_integer() else repr(value)
    return _WRITERS.get(kind, str)(value)


def _moment(value: datetime) -> str:
    with suppress(OverflowError):  # In the year 9999, which stands for "for ever".
        value += HALF_A_SECOND
    return value.isoformat(" ", "seconds")


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


_WRITERS = {
    bool: lambda value: "TRUE" if value else "FALSE",
    int: str,
    datetime: _moment,
    date: date.isoformat,
    time: lambda value: value.isoformat("seconds"),
    timedelta: _duration,
}
