"""SELECTs of the shortest requests: their text and conversions are made once, and each goes straight to the driver."""

import contextlib
from collections import namedtuple
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Engine, PoolProxiedConnection, Select

from portal.core.database import announce, as_dbapi_error, within_transaction


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
        text = self._text_for(engine.dialect)
        driver = engine.dialect.loaded_dbapi
        try:
            with contextlib.closing(engine.raw_connection()) as connection:
                try:
                    return self._fetch(engine, connection, text, values)
                except driver.Error as error:
                    is_gone = engine.dialect.is_disconnect(error, connection.dbapi_connection, None)
                    connection.invalidate()
                    if is_gone:
                        engine.dispose()  # What ended it has ended the pool's others.
                    raise
        except driver.Error as error:
            raise as_dbapi_error(error, text.sql, engine.dialect) from error

    def all_within(self, connection: Connection, **values: Any) -> list[Any]:
        """The same in a transaction, which the caller rolls back after a DBAPIError."""
        text, dialect = self._text_for(connection.dialect), connection.dialect
        try:
            return self._fetch(connection, connection.connection, text, values)
        except dialect.loaded_dbapi.Error as error:
            raise within_transaction(connection, error, text.sql) from error

    def _text_for(self, dialect: Dialect) -> "_CompiledSelect":
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = _CompiledSelect(self.statement, dialect)
        return text

    def _fetch(
        self, at: Engine | Connection, connection: PoolProxiedConnection, text: "_CompiledSelect",
        values: dict[str, Any],
    ) -> list[Any]:  # fmt: skip
        parameters = text.parameters(values)
        cursor: Any = connection.info.get("cursor") or connection.info.setdefault("cursor", connection.cursor())
        announce(at, cursor, text.sql, parameters)
        cursor.execute(text.sql, parameters)
        return [self._make_row(text.read(row)) for row in cursor.fetchall()]


class _CompiledSelect:
    """A statement in a database's words, and how values become what its driver takes and gives."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect):
        compiled: Any = statement.compile(dialect=dialect)
        self.sql: str = compiled.string
        self._positions: list[str] | None = compiled.positiontup
        self._constants: dict[str, Any] = {}
        self._binds: list[tuple[str, Any]] = []
        for name, bind in compiled.binds.items():
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if not bind.required:
                self._constants[name] = convert(bind.value) if convert else bind.value
            elif convert:
                self._binds.append((name, convert))
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
