"""SELECTs of the shortest requests: their text and conversions are made once, and each goes straight to the driver."""

import contextlib
from collections import namedtuple
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Dialect, Engine, PoolProxiedConnection, Select
from sqlalchemy.exc import DBAPIError


class PreparedSelect:
    """A SELECT for an engine that opens no transaction (database.reader_options). SQLAlchemy itself takes several times
    as long for one row: it looks up its own text anew, and makes a connection, a context and a result.

    Each value is one parameter: no lists (`in_`). It takes a connection of the pool for as long as it runs.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]):
        self.statement = statement
        names = [each.key or "" for each in statement.selected_columns]
        self._make_row = cast("Any", namedtuple)("PreparedRow", names, rename=True)._make
        self._texts: dict[str, _CompiledSelect] = {}  # By dialect.

    def all(self, engine: Engine, **values: Any) -> list[Any]:
        """The rows, as named tuples. Raises DBAPIError, after which the pool opens others."""
        dialect = engine.dialect
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = _CompiledSelect(self.statement, dialect)
        parameters = text.parameters(values)
        try:
            with contextlib.closing(engine.raw_connection()) as connection:
                rows = _fetch(engine, connection, text.sql, parameters)
        except dialect.loaded_dbapi.Error as error:
            base = dialect.loaded_dbapi.Error
            raise cast(
                "DBAPIError", DBAPIError.instance(text.sql, None, error, base, hide_parameters=True, dialect=dialect)
            ) from error
        return [self._make_row(text.read(row)) for row in rows]


def _fetch(engine: Engine, connection: PoolProxiedConnection, sql: str, parameters: Any) -> Sequence[Any]:
    try:
        cursor: Any = connection.info.get("cursor") or connection.info.setdefault("cursor", connection.cursor())
        for listener in engine.dispatch.before_cursor_execute:
            listener(connection, cursor, sql, parameters, None, False)
        cursor.execute(sql, parameters)
        return cast("Sequence[Any]", cursor.fetchall())
    except engine.dialect.loaded_dbapi.Error as error:
        is_gone = engine.dialect.is_disconnect(error, connection.dbapi_connection, None)
        connection.invalidate()
        if is_gone:
            engine.dispose()  # What ended it has ended the pool's others.
        raise


class _CompiledSelect:
    """A statement in a database's words, and how values become what its driver takes and gives."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect):
        compiled: Any = statement.compile(dialect=dialect)
        self.sql: str = compiled.string
        self._positions: list[str] | None = compiled.positiontup
        self._constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        impls = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        self._binds = [(name, convert) for name, impl in impls.items() if (convert := impl.bind_processor(dialect))]
        types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
        converts = [each.result_processor(dialect, None) for each in types]
        self._columns = [(place, convert) for place, convert in enumerate(converts) if convert]

    def parameters(self, values: dict[str, Any]) -> Any:
        named = self._constants | values
        for name, convert in self._binds:
            named[name] = convert(named[name])
        return named if self._positions is None else [named[name] for name in self._positions]

    def read(self, row: Any) -> list[Any]:
        read = list(row)
        for place, convert in self._columns:
            if read[place] is not None:
                read[place] = convert(read[place])
        return read
