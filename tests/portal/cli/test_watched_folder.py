"""`flask import --move-to`: nothing is put away unread, whatever happens to a file meanwhile."""

import fcntl
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
from portal.core.extensions import db
from portal.core.models import BatchState, Consent, Decision, ImportBatch
from portal.services.imports import batches
from tests import make
from tests.portal.cli.import_files import FIRST, GUESS, NOW, SECOND, SMS, lines_of, names_in, put, refused
from tests.portal.services.imports.file_steps import csv_of, uploaded, work_all

pytestmark = pytest.mark.slow

# A command that is killed where it would start the run.
KILLED = """
import os, signal, sys
from portal.app import create_app
from portal.services.imports import batches
batches.start = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
create_app(dict(os.environ)).test_cli_runner().invoke(args=sys.argv[1:])
"""


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


def undo_first(app, rows) -> None:
    with app.app_context():
        batches.undo(db.session, db.session.get_one(ImportBatch, rows(ImportBatch)[0].id), None, clock.now())
        db.session.commit()
    work_all(app)


def test_what_comes_by_the_same_name_meanwhile_is_brought_next(run_import, tmp_path, done, rows, meanwhile):
    path = put(tmp_path, "ret.csv", FIRST)
    meanwhile(lambda: put(tmp_path, "new.part", SECOND).rename(path))

    code, (told,) = run_import(path, *SMS, "--move-to", done)

    assert (code, told["file"], told["moved_to"]) == (0, str(path), str(done / "ret.csv"))
    assert (done / "ret.csv").read_bytes() == FIRST and path.read_bytes() == SECOND
    assert run_import(path, *SMS, "--move-to", done)[0] == 0
    assert refused(rows) == 4 and names_in(tmp_path) == []


def test_what_grows_while_it_is_read_is_brought_by_the_next_call(run_import, tmp_path, done, rows, meanwhile):
    path = put(tmp_path, "ret.csv", FIRST)
    writer = path.open("ab")

    def go_on():
        writer.write(lines_of(SECOND))
        writer.close()
        put(tmp_path, "ret.csv", csv_of("0537 987 65 43;RET;;;"))

    meanwhile(go_on)

    code, (told,) = run_import(path, *SMS, "--move-to", done)

    assert (code, told["state"], told["moved_to"], names_in(done)) == (0, "waiting", None, [])
    assert told["hidden_as"] in names_in(tmp_path)
    put(tmp_path, "ret.part", csv_of("0538 987 65 43;RET;;;")).rename(path)  # Before anybody reads the second one.
    code, told = run_import(path, *SMS, "--move-to", done)
    assert (code, [(each["file"], each["state"]) for each in told]) == (0, [(str(path), "done")] * 2)
    assert refused(rows) == 5 and names_in(tmp_path) == []


def test_a_file_that_a_program_has_open_waits_for_what_it_appends(run_import, tmp_path, done, rows):
    """However long, and whatever comes by the same name."""
    brought = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", "0533 987 65 43;RET;01.11.2026;HS_WEB;")
    path = put(tmp_path, "day.csv", brought)
    nothing, told = tmp_path / "*.csv", []
    with path.open("ab") as writer:
        for days in (0, 3):
            with time_machine.travel(clock.now() + timedelta(days=days)):
                told += run_import(nothing if days else path, *SMS, "--move-to", done)[1]
        before = sorted(each.id for each in rows(Decision))
        writer.write(lines_of(SECOND))
    put(tmp_path, "day.csv", csv_of("0537 987 65 43;RET;;;"))

    code, now = run_import(path, *SMS, "--move-to", done)

    assert [(each["state"], each["repeated"]) for each in told[:2]] == [("waiting", False), ("waiting", True)]
    assert (code, [each["state"] for each in now], names_in(tmp_path)) == (0, ["done", "done"], [])
    assert (refused(rows), len(names_in(done)), (done / "day.csv").read_bytes()) == (5, 2, brought + lines_of(SECOND))
    of_earlier = {each.recipient_id for each in rows(Decision, Decision.id.in_(before))}
    assert sorted(each.id for each in rows(Decision) if each.recipient_id in of_earlier) == before


def test_a_change_that_keeps_the_size_is_seen(run_import, tmp_path, done, rows):
    path = put(tmp_path, "day.csv", csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1"))
    with path.open("r+b") as writer:
        run_import(path, *SMS, "--move-to", done)
        content = writer.read()
        writer.seek(0)
        writer.write(content.replace(b";ONAY;", b"; RET;"))

    assert run_import(tmp_path / "*.csv", *SMS, "--move-to", done)[1][0]["state"] == "done"
    assert {each.status for each in rows(Consent)} == {"RET"} and names_in(tmp_path) == []


@pytest.mark.parametrize("has_changed", [False, True])
def test_what_a_person_took_back_brings_no_grants_of_itself(app, run_import, tmp_path, done, rows, has_changed):
    path = put(tmp_path, "day.csv", csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1"))
    with path.open("ab") as writer:
        run_import(path, *SMS, "--move-to", done)
        undo_first(app, rows)
        if has_changed:
            writer.write(lines_of(SECOND))

    told = [run_import(tmp_path / "*.csv", *SMS, "--move-to", done)[1][0] for _ in range(1 + has_changed)]

    assert {each.status for each in rows(Consent, Consent.channel == "MESAJ")} == {None, *["RET"] * has_changed}
    if not has_changed:
        assert (told[0]["problem"], told[0]["moved_to"]) == (None, str(done / "day.csv"))
        return
    assert [each["problem"]["word"] for each in told] == ["undone"] * 2 and refused(rows) == 3
    assert names_in(tmp_path) == [told[1]["hidden_as"]]
    assert run_import(tmp_path / "day.csv", *SMS, "--move-to", done, "--again")[1][0]["moved_to"]
    assert "ONAY" in {each.status for each in rows(Consent)}


def test_hidden_names_are_left_alone_where_they_are_given(run_import, tmp_path, done, rows):
    """By `find in -type f`, or where a shell's `*` means them."""
    path = put(tmp_path, "day.csv", FIRST)
    put(tmp_path, ".other.csv.unsettled", b"")
    with path.open("ab"):
        for _ in range(3):
            names = names_in(tmp_path)
            code, told = run_import(*(tmp_path / name for name in names), *SMS, "--move-to", done)
            assert (code, {each["state"] for each in told}) == (0, {"waiting", "taken"})

    assert rows.count(ImportBatch) == 1 and len(names) == 2 and names_in(done) == []


@pytest.mark.parametrize("refusal", [PermissionError, BlockingIOError])
def test_where_nobody_knows_of_writers_a_file_is_moved(run_import, tmp_path, done, monkeypatch, refusal):
    """The kernel leases no other owner's file to whoever is no root, and some network drives none at all."""
    real = fcntl.fcntl

    def without_leases(file, command, argument):
        if command == fcntl.F_SETLEASE:
            raise refusal
        return real(file, command, argument)

    monkeypatch.setattr(fcntl, "fcntl", without_leases)
    path = put(tmp_path, "day.csv", FIRST)
    with path.open("ab"):
        assert run_import(path, *SMS, "--move-to", done)[1][0]["moved_to"] == str(done / "day.csv")

    assert names_in(tmp_path) == []


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
