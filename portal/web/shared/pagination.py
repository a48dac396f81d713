"""Pages of a long list."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy import Select

from portal.core.extensions import read_session

MAX_PAGE = 10_000  # Of a typed page number: skipping rows costs the database.


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    number: int
    has_more: bool


def requested_page(found: Select, size: int, shown: Callable[..., Any]) -> Page:
    """The page of the query string; `shown` turns each row into what the template needs."""
    number = requested_number()
    rows = read_session().execute(found.offset((number - 1) * size).limit(size + 1)).all()
    return Page([shown(*row) for row in rows[:size]], number, has_more=len(rows) > size)


def requested_number() -> int:
    """The page's number in the query string, from 1 on."""
    return min(max(1, request.args.get("page", 1, type=int)), MAX_PAGE)
