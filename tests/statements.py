"""What each test asks of the database: written down on SQLite, so that PostgreSQL is not asked the same all the time.

`bin/test` names a folder for it (TEST_STATEMENTS). Without one nothing is written down, and nothing left out.
"""

import inspect
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any
from zlib import crc32

import pytest
from sqlalchemy import Engine, event

# A test with one of these shows what only a server does: locks, races, migrations, programs of their own.
ONLY_THERE = {"databases", "processes", "postgres", "threading", "ThreadPoolExecutor"}
OF_TESTS = "is_of_tests"  # The option of a statement by which tests look at rows: it shows nothing of the product.
VALUES, ROWS = re.compile(r"\?(, \?)+"), re.compile(r"\(\?\)(, \(\?\))+")
TESTS = Path(__file__).resolve().parent
FOLDER = Path(os.environ["TEST_STATEMENTS"]) if os.environ.get("TEST_STATEMENTS") else None
_asked: Counter[int] = Counter()


@cache
def number_of(statement: str) -> int:
    """The same for a statement with more or fewer values."""
    return crc32(ROWS.sub("(?)", VALUES.sub("?", statement)).encode())


def lock_of(context: Any) -> str:
    """How a statement locks rows on PostgreSQL; SQLite has no words for it."""
    compiled = getattr(context, "compiled", None)
    lock = getattr(compiled.statement, "_for_update_arg", None) if compiled else None
    return f" FOR UPDATE {lock.skip_locked} {lock.key_share} {lock.nowait}" if lock is not None else ""


def runs_on_a_server(item: pytest.Item) -> bool:
    """Whether it meets the database, and is none of those that `bin/test` leaves to SQLite."""
    return meets_database(item) and not any(item.get_closest_marker(name) for name in ("alike", "browser"))


def meets_database(item: pytest.Item) -> bool:
    has_own_database = any(hasattr(item.module, name) for name in ("databases", "processes", "postgres"))
    return "template" in item.fixturenames or has_own_database or "shortlinks" in item.path.parts


def is_of_a_server(item: pytest.Item) -> bool:
    """Whether the test, or what it calls of the tests beside and below it, uses one of ONLY_THERE."""
    if not ONLY_THERE & vars(item.module).keys():
        return False
    if inspect.unwrap(item.function).__code__.co_filename != str(item.path):
        return True  # Made by Hypothesis, of what cannot be looked into.
    fixtures = [each.func for found in item._fixtureinfo.name2fixturedefs.values() for each in found]
    waiting, seen = [item.function, *fixtures], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, type) and each.__module__.startswith("tests."):
            waiting += [*vars(each).values(), *each.__bases__]
        code = getattr(inspect.unwrap(each), "__code__", None) if callable(each) else None
        if code is None or code in seen or not is_of_some_tests(Path(code.co_filename)):
            continue
        seen.add(code)
        names, known = names_in(code), inspect.unwrap(each).__globals__
        if names & {*ONLY_THERE, "subprocess"}:
            return True
        waiting += [known[name] for name in names & known.keys()]
    return False


def is_of_some_tests(file: Path) -> bool:
    """Whether it lies in a folder of tests: all use what lies above them, and that uses everything."""
    return TESTS in file.parents and file.parent != TESTS


def names_in(code: CodeType) -> set[str]:
    """Each name of a module that a function uses, itself or in functions within."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return {*code.co_names, *itertools.chain(*map(names_in, inner))}


class Writer:
    """A plugin that writes down the statements of each test."""

    def __init__(self, place: Path):
        self._place, self._was_skipped = place, False
        event.listen(Engine, "before_cursor_execute", self._note)

    @staticmethod
    def _note(_connection, _cursor, statement: str, _parameters, context, _many) -> None:
        if context is None or not context.execution_options.get(OF_TESTS):
            _asked[number_of(statement + lock_of(context))] += 1

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        _asked.clear()
        self._was_skipped = False
        result = yield
        if runs_on_a_server(item):
            line = [item.nodeid, self._was_skipped or is_of_a_server(item), _asked.total(), sorted(_asked)]
            with (self._place / f"{os.getpid()}.jsonl").open("a") as file:
                print(json.dumps(line), file=file)
        return result

    def pytest_runtest_makereport(self, call: pytest.CallInfo) -> None:
        self._was_skipped |= bool(call.excinfo and call.excinfo.errisinstance(pytest.skip.Exception))


def chosen(place: Path) -> set[str]:
    """The tests that PostgreSQL must see: those of what only a server shows, as what SQLite skips, and of the others as
    many as it takes to run each statement once; those that ask most often are the first to be left out."""
    lines = [json.loads(line) for path in place.glob("*.jsonl") for line in path.read_text().splitlines()]
    found = {name for name, *_ in lines}
    times = Counter(itertools.chain(*(asked for *_, asked in lines)))
    for name, is_needed, _, asked in sorted(lines, key=lambda line: (-line[2], line[0])):
        if not is_needed and all(times[each] > 1 for each in asked):
            times.subtract(asked)
            found.remove(name)
    return found
