"""When `flask import` runs a file again, and what it says of one that it does not."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import Consent, Decision, ImportBatch
from portal.services.imports import batches
from portal.services.imports.layout import Field, Layout
from tests.portal.cli.import_files import GOOD, GUESS, NOW, PERMISSIONS, lines_of, put
from tests.portal.cli.test_watched_folder import undo_first
from tests.portal.services.imports.file_steps import csv_of, work_all

pytestmark = pytest.mark.slow

HEADER = ";".join(PERMISSIONS)
LINES = f"0532 123 45 61;Evet;Kod 7;{NOW}", f"0532 123 45 62;Evet;Evet;{NOW}"
CONTENT = csv_of(*LINES, header=HEADER)
READS_SMS = Layout(
    {Field.PHONE: 0, Field.STATUS_SMS: 1, Field.DATE: 3}, channels=(Channel.SMS,), source=Source.WEB, origin="form"
)
READS_BOTH = replace(READS_SMS, columns=READS_SMS.columns | {Field.STATUS_CALL: 2})
EXPLAINED = replace(READS_BOTH, words={"status": {"Kod 7": Status.REFUSED}})


@pytest.mark.parametrize("named", [("--profile", "crm"), ()])
@pytest.mark.parametrize("former", [READS_SMS, READS_BOTH])
def test_a_file_is_read_again_once_its_profile_reads_it_otherwise(run_import, remember, tmp_path, rows, former, named):
    done = tmp_path / "done"
    done.mkdir()
    remember(former)
    path = put(tmp_path, "a.csv", CONTENT)
    code, (told,) = run_import(path, *named, "--ignore-unread", "--move-to", done)
    assert (told["state"], rows(Decision, Decision.status == Status.REFUSED)) == ("done", [])

    (done / "a.csv").rename(path)
    again, (repeated,) = run_import(path, *named, "--ignore-unread", "--move-to", done)
    assert (again, repeated["repeated"], repeated["tally"]) == (code, True, told["tally"])

    remember(EXPLAINED)
    (done / "a.csv").rename(path)
    code, (told,) = run_import(path, *named, "--move-to", done)

    is_held = not named  # A grant that the former layout did not read.
    assert (code, told["repeated"], told["problems"]) == (2 if is_held else 0, False, [])
    assert [each.channel for each in rows(Decision, Decision.status == Status.REFUSED)] == [Channel.CALL]
    assert rows.count(Decision) == 3 if is_held else 4
    assert path.exists() == is_held
    assert run_import(path if is_held else done / "a.csv", *named)[1][0]["repeated"]


@pytest.mark.parametrize(("said", "grants"), [(("--again",), 2), (("--profile", "crm"), 2), (("--only-refusals",), 1)])
def test_another_layout_brings_no_grants_of_an_old_file_unless_somebody_says_so(
    run_import, remember, tmp_path, rows, said, grants
):
    path = put(tmp_path, "a.csv", csv_of(f"0532 123 45 61;Evet;Evet;{NOW}", header=HEADER))
    remember(READS_SMS)
    run_import(path, "--ignore-unread")
    remember(READS_BOTH)  # Of another file with this header.

    for options, is_repeated in ((("--dry-run",), False), ((), False), ((), True)):
        code, (told,) = run_import(path, *options)
        assert (code, told["problem"]["word"], told["repeated"]) == (2, "read_otherwise", is_repeated)
        assert "--again" in told["problem"]["cure"]
        assert [each.channel for each in rows(Decision)] == [Channel.SMS]

    assert run_import(path, *said)[0] == 0
    assert rows.count(Decision) == grants
    assert run_import(path)[0] == (0 if grants == 2 else 2)


@pytest.mark.parametrize(
    ("options", "channels"),
    [
        ((), [Channel.SMS]),
        (("--again",), [Channel.CALL, Channel.SMS]),
        (("--profile", "crm"), [Channel.CALL, Channel.SMS]),
    ],
)
def test_a_file_that_grew_is_read_by_no_other_layout_unless_somebody_says_so(
    run_import, remember, tmp_path, rows, options, channels
):
    """Whatever its name is by now."""
    first = csv_of(f"0532 123 45 61;Evet;Evet;{NOW}", header=HEADER)
    remember(READS_SMS)
    run_import(put(tmp_path, "a.csv", first), "--ignore-unread")
    remember(READS_BOTH)  # Of another file with this header.
    path = put(tmp_path, "day.csv", first + lines_of(csv_of(f"0532 123 45 62;Evet;Hayır;{NOW}", header=HEADER)))

    code, (told,) = run_import(path, *options)

    held = None if options else "read_otherwise"
    assert (code, (told["problem"] or {}).get("word")) == (2 if held else 0, held)
    assert sorted({each.channel for each in rows(Decision, Decision.status == Status.GRANTED)}) == channels
    assert [each.channel for each in rows(Decision, Decision.status == Status.REFUSED)] == [Channel.CALL]
    assert run_import(path)[0] == code


def test_of_a_file_that_grew_after_somebody_took_it_back_only_the_refusals_are_brought(app, run_import, tmp_path, rows):
    path = put(tmp_path, "a.csv", csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1"))
    run_import(path, *GUESS)
    undo_first(app, rows)
    with path.open("ab") as file:
        file.write(lines_of(csv_of(f"0533 234 56 78;RET;{NOW};HS_WEB;")))

    for _ in range(2):
        code, (told,) = run_import(path, *GUESS)
        assert (code, told["problem"]["word"], told["only_refusals"]) == (2, "undone", True)
        assert {each.status for each in rows(Consent)} == {None, Status.REFUSED}

    assert run_import(path, *GUESS, "--again")[0] == 0
    assert run_import(path, *GUESS)[0] == 0
    assert {each.status for each in rows(Consent)} == {Status.GRANTED, Status.REFUSED}


def test_what_a_trial_held_that_was_taken_back_is_brought_anew_once_and_for_all_of_its_lines(
    app, run_import, tmp_path, rows
):
    """Later files begin with the trial, but not with all of the one that was brought with --again."""
    lines = [f"0532 987 65 {each};ONAY;{NOW};HS_WEB;Sipariş {each}" for each in range(10, 14)]
    run_import(put(tmp_path, "trial.csv", csv_of(*lines[:2])), *GUESS)
    undo_first(app, rows)

    def bring(day: int, *again: str) -> int:
        changed = f"0532 987 65 12;ONAY;{NOW};HS_WEB;Gün {day}"
        return run_import(put(tmp_path, f"{day}.csv", csv_of(*lines[:2], changed, *lines[3:])), *GUESS, *again)[0]

    assert [bring(0), bring(1, "--again"), bring(2), bring(3)] == [2, 0, 0, 0]
    with app.app_context():
        anew = rows(ImportBatch)[2]
        batches.undo(db.session, db.session.get_one(ImportBatch, anew.id), None, clock.now())
        db.session.commit()
    work_all(app)
    assert bring(4) == 2


@pytest.mark.parametrize(
    ("former", "options", "code"),
    [(replace(READS_SMS, source=None), ("--ignore-unread",), 2), (READS_SMS, (), 1)],
    ids=["missing", "unread"],
)
def test_what_a_profile_had_to_say_first_brings_the_grants_that_waited(
    run_import, remember, tmp_path, rows, former, options, code
):
    lines = f"0532 123 45 61;Evet;Hayır;{NOW}", f"0532 123 45 62;Hayır;Hayır;{NOW}"
    path = put(tmp_path, "a.csv", csv_of(*lines, header=HEADER))
    remember(former)
    assert run_import(path, *options)[0] == code
    assert {each.status for each in rows(Decision)} == {Status.REFUSED}

    remember(READS_BOTH)
    assert run_import(path)[0] == 0

    assert [each.channel for each in rows(Decision, Decision.status == Status.GRANTED)] == [Channel.SMS]


def test_a_file_that_is_read_for_other_channels_is_no_repetition(run_import, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)
    run_import(path, "--guess", "--channels", "MESAJ")

    code, (told,) = run_import(path, *GUESS)

    assert (code, told["repeated"], told["tally"]["grant"]) == (0, False, 1)
    assert run_import(path, "--guess", "--channels", "MESAJ")[1][0]["repeated"]
    assert run_import(path)[1][0]["repeated"]  # By no layout at all.
    assert rows.count(ImportBatch) == 2


def test_a_repeated_file_has_the_exit_code_of_what_came_of_it(run_import, remember, tmp_path):
    path = put(tmp_path, "a.csv", CONTENT)
    remember(READS_BOTH)

    for is_repeated in (False, True):
        code, (told,) = run_import(path)
        assert (code, told["repeated"], told["tally"]["status_unknown"]) == (1, is_repeated, 2)


def test_a_file_whose_earlier_import_cannot_be_opened_stops_no_other(app, run_import, tmp_path, rows):
    paths = put(tmp_path, "a.csv", GOOD), put(tmp_path, "c.csv", csv_of("0535 987 65 43;RET;;;"))
    run_import(paths[0], *GUESS)
    with app.app_context():
        db.session.execute(update(ImportBatch).values(layout=bytes(60)))
        db.session.commit()

    code, told = run_import(*paths, *GUESS)

    assert (code, [(each["state"], (each["problem"] or {}).get("word")) for each in told]) == (
        2, [(None, "lost"), ("done", None)],
    )  # fmt: skip
    assert run_import(paths[0], *GUESS, "--again")[0] == 0


def test_an_import_that_cannot_be_opened_stops_no_file_that_begins_with_another_one_that_was_taken_back(
    app, run_import, tmp_path, rows
):  # fmt: skip
    lines = [f"0532 987 65 {each};ONAY;{NOW};HS_WEB;Sipariş {each}" for each in (10, 11)]
    run_import(put(tmp_path, "trial.csv", csv_of(*lines)), *GUESS)
    undo_first(app, rows)
    run_import(put(tmp_path, "a.csv", csv_of("0535 987 65 43;RET;;;")), *GUESS)
    with app.app_context():
        last = ImportBatch.id == rows(ImportBatch)[-1].id
        db.session.execute(update(ImportBatch).where(last).values(layout=bytes(60)))
        db.session.commit()
    exports = [csv_of(*lines, f"0532 987 65 2{each};RET;{NOW};HS_WEB;") for each in range(2)]
    again = [run_import(put(tmp_path, "1.csv", exports[0]), *GUESS)]
    again += [run_import(put(tmp_path, "2.csv", exports[1]), *GUESS, "--again")]

    assert [told["state"] for _, (told,) in again] == ["done", "done"]
    assert len({each.recipient_id for each in rows(Consent, Consent.status == Status.REFUSED)}) == 3
    assert len({each.recipient_id for each in rows(Consent, Consent.status == Status.GRANTED)}) == 2


def test_later_exports_are_read_as_the_one_that_somebody_vouched_for(app, run_import, remember, tmp_path, rows):
    """Or their profile, which may be of other files by now, would bring what was taken back and not vouched for."""
    trial = f"0532 123 45 61;Evet;Evet;{NOW}"
    remember(READS_BOTH)
    run_import(put(tmp_path, "trial.csv", csv_of(trial, header=HEADER)))
    undo_first(app, rows)
    remember(READS_SMS)
    run_import(put(tmp_path, "1.csv", csv_of(trial, LINES[1], header=HEADER)), "--ignore-unread", "--again")
    remember(READS_BOTH)

    code, (told,) = run_import(put(tmp_path, "2.csv", csv_of(trial, f"0532 1;Evet;Evet;{NOW}", header=HEADER)))

    assert (code, told["problem"]["word"]) == (2, "read_otherwise")
    assert {each.channel for each in rows(Consent, Consent.status == Status.GRANTED)} == {Channel.SMS}
