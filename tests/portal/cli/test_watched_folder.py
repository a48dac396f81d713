"""`flask import --move-to`: nothing is put away unread, whatever happens to a file meanwhile."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import time_machine

from portal.cli import imports as command
from portal.cli import watched_folder
from portal.core import clock
from portal.core.models import BatchState, Consent, Decision, ImportBatch
from tests import make
from tests.portal.cli.import_files import GUESS, NOW, put
from tests.portal.services.imports.file_steps import csv_of, uploaded, work_all

pytestmark = pytest.mark.slow

SMS = ("--guess", "--channels", "MESAJ", "--ignore-unread")
FIRST = csv_of("0532 987 65 43;RET;;;", "0533 987 65 43;RET;;;")
SECOND = csv_of("0535 987 65 43;RET;;;", "0536 987 65 43;RET;;;")
# A command that is killed where it would start the run.
KILLED = """
import os, signal, sys
from portal.app import create_app
from portal.services.imports import batches
batches.start = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
create_app(dict(os.environ)).test_cli_runner().invoke(args=sys.argv[1:])
"""


@pytest.fixture
def done(tmp_path):
    folder = tmp_path / "done"
    folder.mkdir()
    return folder


@pytest.fixture
def meanwhile(monkeypatch):
    """Calls a function once, after the steps of a file's import."""

    def call(act):
        steps = command.run_steps

        def with_act(*arguments):
            steps(*arguments)
            monkeypatch.setattr(command, "run_steps", steps)
            act()

        monkeypatch.setattr(command, "run_steps", with_act)

    return call


def refused(rows) -> int:
    """How many people."""
    return len({each.recipient_id for each in rows(Decision)})


def names_in(folder, *, kept: bool = False) -> list[str]:
    """Without those that were brought and are kept for whoever still writes into them, or these alone."""
    return sorted(each.name for each in folder.iterdir() if each.is_file() and each.name.endswith(".read") == kept)


def test_what_comes_by_the_same_name_meanwhile_is_brought_next(run_import, tmp_path, done, rows, meanwhile):
    path = put(tmp_path, "ret.csv", FIRST)
    meanwhile(lambda: put(tmp_path, "new.part", SECOND).rename(path))

    code, (told,) = run_import(path, *SMS, "--move-to", done)

    assert (code, told["file"], told["moved_to"]) == (0, str(path), str(done / "ret.csv"))
    assert (done / "ret.csv").read_bytes() == FIRST and path.read_bytes() == SECOND
    assert run_import(path, *SMS, "--move-to", done)[0] == 0
    assert refused(rows) == 4 and names_in(tmp_path) == []


@pytest.mark.parametrize("has_successor", [False, True])
def test_what_grows_while_it_is_read_is_put_back(run_import, tmp_path, done, rows, meanwhile, has_successor):
    path = put(tmp_path, "ret.csv", FIRST)
    writer = path.open("ab")

    def go_on():
        writer.write(SECOND.split(b"\n", 1)[1])
        writer.close()
        if has_successor:
            put(tmp_path, "ret.csv", csv_of("0537 987 65 43;RET;;;"))

    meanwhile(go_on)

    code, (told,) = run_import(path, *SMS, "--move-to", done)

    assert (code, told["problem"]["word"], told["moved_to"], names_in(done)) == (2, "changed", None, [])
    assert run_import(path, *SMS, "--move-to", done)[0] == 0
    assert refused(rows) == 4 + has_successor and names_in(tmp_path) == []


@pytest.mark.parametrize("is_cleaned", [False, True])
def test_what_a_program_appends_after_a_file_was_moved_is_brought(run_import, tmp_path, done, rows, is_cleaned):
    """It holds the file open all the time."""
    brought = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", "0533 987 65 43;RET;01.11.2026;HS_WEB;")
    path = put(tmp_path, "day.csv", brought)
    with path.open("ab") as writer:
        assert run_import(path, *SMS, "--move-to", done)[0] == 0
        before = sorted(each.id for each in rows(Decision))
        writer.write(SECOND.split(b"\n", 1)[1])
    if is_cleaned:
        (done / "day.csv").unlink()
    other = put(tmp_path, "other.csv", csv_of("0537 987 65 43;RET;;;"))

    code, told = run_import(other, *SMS, "--move-to", done)

    assert (code, [(each["problem"] or {}).get("word") for each in told]) == (2, ["changed", None])
    assert (told[0]["file"], path.exists(), refused(rows)) == (str(path), True, 3)
    assert run_import(path, *SMS, "--move-to", done)[0] == 0
    assert refused(rows) == 5 and names_in(tmp_path) == [] and len(names_in(tmp_path, kept=True)) == 2
    of_earlier = {each.recipient_id for each in rows(Decision, Decision.id.in_(before))}
    assert sorted(each.id for each in rows(Decision) if each.recipient_id in of_earlier) == before


def test_a_file_whose_name_is_taken_waits_for_it(run_import, tmp_path, done, rows):
    path = put(tmp_path, "ret.csv", FIRST)
    with path.open("ab") as writer:
        run_import(path, *SMS, "--move-to", done)
        writer.write(SECOND.split(b"\n", 1)[1])
    put(tmp_path, "ret.csv", csv_of("0537 987 65 43;RET;;;"))

    told = [run_import(path, *SMS, "--move-to", done)[1] for _ in range(2)]

    assert [[(each["problem"] or {}).get("word") for each in calls] for calls in told] == [["changed", None]] * 2
    assert "lies there as .ret.csv." in told[0][0]["problem"]["cure"] and refused(rows) == 5


def test_what_was_brought_is_kept_for_two_days_and_looked_at_once_more(run_import, tmp_path, done, rows):
    files = [put(tmp_path, name, content) for name, content in (("a.csv", FIRST), ("b.csv", SECOND))]
    assert run_import(*files, *SMS, "--move-to", done)[0] == 0
    changed = tmp_path / next(name for name in names_in(tmp_path, kept=True) if name.startswith(".b.csv"))
    changed.write_bytes(SECOND.replace(b"0535", b"0538"))
    (tmp_path / f".c.csv.{10**30}-00000000.read").write_bytes(FIRST)  # Of nobody's.

    nothing = tmp_path / "*.csv"
    assert [each["file"] for each in run_import(nothing, *SMS, "--move-to", done)[1]] == [
        str(tmp_path / "c.csv"), str(nothing)
    ]  # fmt: skip
    with time_machine.travel(clock.now() + timedelta(days=2, minutes=1)):
        assert run_import(tmp_path / "b.csv", *SMS, "--move-to", done)[1][0]["problem"]["word"] == "changed"

    assert refused(rows) == 5 and names_in(done) == ["a.csv", f"b-{rows(ImportBatch)[-1].id}.csv", "b.csv"]
    assert names_in(tmp_path) == ["c.csv"] and len(names_in(tmp_path, kept=True)) == 1


def test_a_file_that_fails_lies_there_again(run_import, tmp_path, done):
    path = put(tmp_path, "ret.csv", FIRST)

    assert run_import(path, "--move-to", done)[1][0]["problem"]["word"] == "no_profile"
    assert names_in(tmp_path) == ["ret.csv"] and names_in(done) == []


def test_what_a_killed_command_left_is_taken_up_by_the_next(app, environ, run_import, tmp_path, done, rows):
    path = put(tmp_path, "ret.csv", FIRST)
    words = [*SMS, "--move-to", str(done), str(path)]
    env = {**os.environ, **{name: str(value) for name, value in environ.items()}, "PYTHONPATH": "."}
    killed = [sys.executable, "-c", KILLED, "import", "--brand", str(make.BRAND_CODE), *words]

    assert subprocess.run(killed, env=env, capture_output=True, check=False).returncode == -signal.SIGKILL
    assert rows.one(ImportBatch).state == BatchState.DRY_RUN and not path.exists()
    put(tmp_path, "ret.csv", SECOND)
    code, told = run_import(*words)

    assert (code, [each["file"] for each in told]) == (0, [str(path)] * 2)
    assert refused(rows) == 4 and names_in(tmp_path) == []


def test_a_file_in_the_hands_of_another_command_is_its_own(run_import, tmp_path, done, rows):
    path = put(tmp_path, "ret.csv", FIRST)
    held = watched_folder.claim(path, "0" * 8)

    code, (told,) = run_import(path, *SMS, "--move-to", done)

    assert (code, told["state"], rows.count(ImportBatch)) == (0, "taken", 0)
    held._lock.close()  # As when that command, which read by other options, is killed.
    put(tmp_path, "ret.csv", SECOND)
    code, told = run_import(path, *SMS, "--move-to", done)
    assert (code, [(each["problem"] or {}).get("word") for each in told]) == (2, ["unfinished", None])
    run_import(tmp_path / "other.csv", *SMS, "--move-to", done)  # Its name is free by now.
    assert run_import(path, *SMS, "--move-to", done)[0] == 0
    assert refused(rows) == 4


def test_what_another_command_moved_first_ends_none(run_import, tmp_path, done, meanwhile):
    a, b = put(tmp_path, "a.csv", FIRST), put(tmp_path, "b.csv", SECOND)
    meanwhile(lambda: next(tmp_path.glob(".a.csv.*")).rename(done / "a.csv"))

    code, told = run_import(a, b, *SMS, "--move-to", done)

    assert (code, [each["state"] for each in told]) == (0, ["done", "done"])


def test_what_a_shell_left_unwritten_is_named_by_each_call_for_its_brand(app, run_import, tmp_path, done, rows):
    left = uploaded(app, FIRST, name="ret.csv")
    work_all(app)
    other = put(tmp_path, "other.csv", SECOND)

    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        code, (told, named) = run_import(other, *SMS, "--move-to", done)

    assert (code, told["problem"], told["state"]) == (2, None, "done")
    assert (named["batch"], named["file"], named["problem"]["word"]) == (left, "ret.csv", "unfinished")
    assert run_import(put(tmp_path, "ret.csv", FIRST), *SMS, "--move-to", done)[0] == 0  # Goes on with it.
    assert rows.count(ImportBatch) == 2 and refused(rows) == 4


def test_a_file_dated_ahead_settles_and_one_that_never_does_is_a_failure(run_import, tmp_path, rows):
    ahead = put(tmp_path, "ahead.csv", FIRST, age=-3 * 3600)
    with time_machine.travel(clock.now() + timedelta(seconds=20)):
        assert run_import(ahead, *GUESS, "--settled", 10)[1][0]["state"] == "done"

    path, start, codes = tmp_path / "ret.csv", clock.now(), []
    for minutes in (0, 35, 70):
        path.write_bytes(SECOND)  # Its writer goes on all the time.
        with time_machine.travel(start + timedelta(minutes=minutes)):
            code, (told,) = run_import(path, *GUESS, "--settled", 7200)
        codes.append((code, told["state"], (told["problem"] or {}).get("word")))

    assert codes == [(0, "unsettled", None)] * 2 + [(2, "unsettled", "unsettled")]
    assert rows.count(ImportBatch) == 1


def test_a_list_written_anew_counts_by_whatever_clock_its_office_goes(run_import, app, tmp_path, rows):
    """Times are kept (`put -p`, `rsync -t`), and that clock is two hours behind."""
    person = make.Person(app.test_client(), make.codes(app, "0533 234 56 78")["+905332345678"])
    undated = csv_of("0533 234 56 78;RET;;;")
    run_import(put(tmp_path, "ret.csv", undated, age=7200), *SMS)
    with time_machine.travel(clock.now() + timedelta(minutes=55)):
        person.decides(MESAJ="ONAY")

    with time_machine.travel(clock.now() + timedelta(minutes=90)):
        code, (told,) = run_import(put(tmp_path, "ret.csv", undated, age=7200), *SMS)

    assert (code, told["repeated"]) == (0, False)
    assert {each.status for each in rows(Consent) if each.channel.value == "MESAJ"} == {"RET"}


def test_a_list_that_ran_twice_refuses_anew_where_it_is_written_again(run_import, app, tmp_path, rows, done):
    """Of the second run, which brought the grants that the first one left out, each refusal is known."""
    person = make.Person(app.test_client(), make.codes(app, "0533 234 56 78")["+905332345678"])
    path = put(tmp_path, "a.csv", csv_of("0532 987 65 43;ONAY;20.11.2026;HS_WEB;Sipariş 1", "0533 234 56 78;RET;;;"))
    first = clock.now() - timedelta(hours=6)
    with time_machine.travel(first):
        run_import(path, *GUESS, "--only-refusals")
    with time_machine.travel(first + timedelta(minutes=10)):
        assert run_import(path, *GUESS, "--ignore-unread")[1][0]["tally"]["known"]
        person.decides(MESAJ="ONAY")
    with time_machine.travel(first + timedelta(hours=5)):
        path = put(tmp_path, "a.csv", path.read_bytes(), age=0)
        _, (told,) = run_import(path, *GUESS, "--ignore-unread", "--move-to", str(done))

    assert (told["repeated"], told["moved_to"]) == (False, str(done / "a.csv"))
    assert rows(Consent, Consent.channel == "MESAJ", Consent.status == "ONAY", Consent.recipient_id.in_(
        [each.recipient_id for each in rows(Decision, Decision.origin == "link")]
    )) == []  # fmt: skip
