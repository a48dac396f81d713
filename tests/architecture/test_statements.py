"""PostgreSQL sees every statement but those by which tests look at rows, and not more tests than it must."""

import json
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import column, event, select

from portal.core.extensions import db, read_session
from portal.core.models import Provider
from tests import statements

pytestmark = pytest.mark.alike


def chosen(folder, asked: dict[str, list[int]], racing=()) -> set[str]:
    """Names of the tests that are chosen, by the statements of each, which two processes wrote down."""
    facts = [(name, name in racing, len(numbers), sorted({*numbers})) for name, numbers in asked.items()]
    lines = [json.dumps(each) for each in facts]
    (folder / "1.jsonl").write_text("\n".join(lines[:2]))
    (folder / "2.jsonl").write_text("\n".join(lines[2:]))
    return statements.chosen(folder)


def test_each_statement_is_run_by_the_smallest_tests_that_have_it(tmp_path):
    asked = {"a": [1], "b": [1], "both": [1, 2], "often": [3, 3, 3, 3], "more": [1, 2, 3], "other": [3], "nothing": []}

    assert chosen(tmp_path, asked) == {"both", "other"}


def test_races_are_always_run_and_serve_the_others(tmp_path):
    asked = {"a": [1], "b": [2], "race": [1], "another": [1], "third": []}

    assert chosen(tmp_path, asked, racing=["race", "third", "another"]) == {"race", "another", "third", "b"}


class Meeting:
    def __init__(self):
        self.both = [threading.Barrier(each) for each in (1, 2)]


def meets():
    return [each() for each in (Meeting, list)]


@pytest.mark.parametrize(
    ("uses", "is_needed"), [(Meeting, True), (meets, True), (lambda: meets(), True), (lambda: chosen, False)]
)
def test_a_test_is_of_a_server_if_what_it_calls_is(uses, is_needed):
    fixtures = {"waits": [SimpleNamespace(func=uses)], "tmp_path": [SimpleNamespace(func=Path.cwd)]}
    facts = {"module": sys.modules[__name__], "path": Path(__file__)}

    def of_a_server(function, fixtures):
        made = SimpleNamespace(function=function, _fixtureinfo=SimpleNamespace(name2fixturedefs=fixtures), **facts)
        return statements.is_of_a_server(made)

    assert of_a_server(test_races_are_always_run_and_serve_the_others, fixtures) is is_needed
    assert not of_a_server(test_races_are_always_run_and_serve_the_others, {})


def test_statements_are_told_apart_but_not_by_how_many_values_they_have():
    asks, adds = "SELECT a FROM b WHERE c IN (%s)", "INSERT INTO b (c, d) VALUES %s"

    assert len({statements.number_of(asks % each) for each in ("?", "?, ?", "?, ?, ?")}) == 1
    assert len({statements.number_of(adds % each) for each in ("(?, ?)", "(?, ?), (?, ?), (?, ?)")}) == 1
    assert len({statements.number_of(each) for each in (asks % "?", asks % "SELECT ?", adds % "(?, ?)")}) == 3


def test_what_tests_ask_for_rows_themselves_is_not_noted(app, rows):
    asked = []

    def note(_connection, _cursor, _statement, _parameters, context, _many) -> None:
        asked.append(context.execution_options.get(statements.OF_TESTS))

    with app.app_context():
        event.listen(db.engines["reader"], "before_cursor_execute", note)
        rows.count(Provider)
        rows(Provider, Provider.title == "Örnek")
        read_session().scalar(select(Provider.id))
        event.remove(db.engines["reader"], "before_cursor_execute", note)
    assert asked == [True, True, None]

    statements._asked.clear()
    for is_of_tests in (True, None):
        context = SimpleNamespace(execution_options={statements.OF_TESTS: is_of_tests}, compiled=None)
        statements.Writer._note(None, None, f"SELECT {is_of_tests}", (), context, False)
    assert list(statements._asked) == [statements.number_of("SELECT None")]


def test_a_statement_that_locks_is_another_one():
    def lock(statement):
        return statements.lock_of(SimpleNamespace(compiled=statement.compile()))

    plain = select(column("id"))
    assert lock(plain) == statements.lock_of(SimpleNamespace(compiled=None)) == ""
    assert len({lock(each) for each in (plain, plain.with_for_update(), plain.with_for_update(skip_locked=True))}) == 3
