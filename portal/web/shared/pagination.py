"""A long list, a page at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import Select

from portal.core.extensions import read_session

MAX_PAGE = 10_000  # No database skips more pages than that for a number that somebody typed.


@dataclass(frozen=True)
class Page:
    """One page of the list."""

    rows: list
    number: int
    has_more: bool


def requested_page(found: Select, size: int, shown: Callable[..., Any]) -> Page:
    """The page that is asked for; `shown` makes of each row what the page shows."""
    number = min(max(1, request.args.get("page", 1, type=int)), MAX_PAGE)
    rows = read_session().execute(found.offset((number - 1) * size).limit(size + 1)).all()
    return Page([shown(*row) for row in rows[:size]], number, has_more=len(rows) > size)
