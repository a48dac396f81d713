"""Integers as a table within a statement: one parameter, however many they are."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session


def numbered_values(session: Session, values: Sequence[int]) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """The places of the values, from 0, and the values, as columns of a table."""
    table: Any
    if session.get_bind().dialect.name == "sqlite":
        table = func.json_each(literal(json.dumps(values))).table_valued("key", "value")
        return table.c.key, table.c.value
    given = func.unnest(literal(values, ARRAY(BigInteger)))
    table = given.table_valued("value", with_ordinality="place").render_derived()
    return table.c.place - 1, table.c.value
