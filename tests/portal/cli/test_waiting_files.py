"""`flask import --move-to`: a file that a program has open is looked at by each later call for its brand."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete, update

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Consent, ImportBatch, WaitingFile
from tests import make
from tests.portal.cli.import_files import FIRST, NOW, SECOND, SMS, csv_of, lines_of, names_in, put, refused
from tests.portal.cli.test_import_repeats import HEADER, READS_BOTH, READS_SMS
from tests.portal.cli.test_watched_folder import undo_first

pytestmark = pytest.mark.slow

OTHERS = 700002


@pytest.fixture
def days(tmp_path):
    """Folders by day."""
    folders = tmp_path / "1130", tmp_path / "1201"
    for each in folders:
        each.mkdir()
    return folders


@pytest.fixture
def open_file(days):
    """That a program appends to."""
    with put(days[0], "day.csv", FIRST).open("ab") as writer:
        yield writer


@pytest.fixture
def bring_next(run_import, days, done):
    """Calls the command for the next day's folder: (exit code, what it said of the first file)."""

    def call(*more, **later):
        with time_machine.travel(clock.now() + timedelta(**later)):
            code, told = run_import(days[1] / "day.csv", *SMS, "--move-to", done, *more)
        return code, told[0] if told else None

    return call


@pytest.fixture
def waiting(run_import, days, done, open_file):
    """What was said of it."""
    code, (told,) = run_import(days[0] / "day.csv", *SMS, "--move-to", done)
    assert (code, told["state"]) == (0, "waiting")
    return told


def forget_waiting(app) -> None:
    with app.app_context():
        db.session.execute(delete(WaitingFile))
        db.session.commit()


def words(told) -> tuple:
    return told["state"], (told["problem"] or {}).get("word")


def test_what_is_appended_is_brought_by_a_call_for_another_folder(bring_next, days, done, open_file, waiting, rows):
    for each in range(2):
        put(days[1], "day.csv", csv_of(f"0537 987 6{each} 43;RET;;;"))
        code, told = bring_next(minutes=each)
        assert (code, words(told), told["file"]) == (0, ("waiting", None), waiting["file"])
    open_file.write(lines_of(SECOND))
    open_file.close()
    put(days[1], "day.csv", csv_of("0538 987 65 43;RET;;;"))

    code, told = bring_next(minutes=3)

    assert (code, words(told), names_in(days[0])) == (0, ("done", None), [])
    assert (refused(rows), rows.count(WaitingFile), len(names_in(done))) == (7, 0, 4)


def test_files_of_the_same_content_wait_each_by_itself(run_import, bring_next, days, done, open_file, waiting, rows):
    with put(days[1], "day.csv", FIRST).open("ab") as other:
        assert bring_next()[0] == 0 and rows.count(WaitingFile) == 2
        for writer, line in ((open_file, "0537 987 65 43;RET;;;"), (other, "0538 987 65 43;RET;;;")):
            writer.write(lines_of(csv_of(line)))
            writer.close()

    run_import(put(done.parent, "later.csv", SECOND), *SMS, "--move-to", done)

    assert (refused(rows), rows.count(WaitingFile), names_in(days[0]) + names_in(days[1])) == (6, 0, [])


def test_one_that_waits_for_more_than_a_day_is_named(run_import, bring_next, days, waiting):
    later = days[1] / "day.csv"
    for hours, expected in (
        (23, (0, ("waiting", None))),
        (25, (2, ("waiting", "waiting"))),
        (600, (2, ("waiting", "waiting"))),
    ):
        put(days[1], "day.csv", SECOND)
        code, told = bring_next(hours=hours)
        assert (code, words(told), told["file"]) == (*expected, waiting["file"])
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        code, told = run_import(put(days[1], "day.csv", SECOND), *SMS, "--dry-run")

    assert (code, [words(each) for each in told]) == (2, [("waiting", "waiting"), ("dropped", None)])
    assert run_import(later, *SMS, "--dry-run")[0] == 0


def test_it_is_brought_by_the_options_of_its_first_call(run_import, days, open_file, waiting, rows, tmp_path):
    """Whatever the next calls say, also that files stay where they are."""
    open_file.write(lines_of(csv_of(f"0535 987 65 43;ONAY;{NOW};HS_WEB;A-1")))
    open_file.close()

    code, told = run_import(put(days[1], "day.csv", SECOND), *SMS, "--only-refusals")

    assert (code, told[0]["moved_to"], told[0]["tally"]["grant"]) == (0, str(tmp_path / "done" / "day.csv"), 1)
    assert rows.count(WaitingFile) == 0


def test_one_that_somebody_took_away_is_told_once(bring_next, days, waiting, rows):
    (days[0] / waiting["hidden_as"]).unlink()
    told = []
    for _ in range(2):
        put(days[1], "day.csv", SECOND)
        told.append(bring_next())

    assert [(code, words(each)) for code, each in told] == [(2, ("waiting", "gone")), (0, ("done", None))]
    assert rows.count(WaitingFile) == 0


def test_one_whose_folder_is_away_is_named_after_a_day_and_brought_when_it_is_back(
    bring_next, days, open_file, waiting, rows
):
    """As of a drive that is not mounted, or where another machine brings files for the brand."""
    away = days[0].rename(days[0].with_name("away"))
    for hours, expected in ((1, (0, ("done", None))), (25, (2, ("waiting", "unopened")))):
        days[0].mkdir(exist_ok=True)  # Another one by its name.
        put(days[1], "day.csv", SECOND)
        code, told = bring_next(hours=hours)
        assert (code, words(told)) == expected
    days[0].rmdir()
    away.rename(days[0])
    open_file.write(lines_of(csv_of("0537 987 65 43;RET;;;")))
    open_file.close()

    put(days[1], "day.csv", SECOND)
    assert words(bring_next(hours=26)[1]) == ("done", None)
    assert (refused(rows), rows.count(WaitingFile)) == (5, 0)


def test_one_whose_folder_is_away_for_long_is_forgotten(bring_next, days, waiting, rows):
    days[0].rename(days[0].with_name("away"))
    told = []
    for _ in range(2):
        put(days[1], "day.csv", SECOND)
        told.append(bring_next(days=8))

    assert [(code, words(each)) for code, each in told] == [(2, ("waiting", "unopened")), (0, ("done", None))]
    assert rows.count(WaitingFile) == 0


def test_what_another_brand_waits_for_is_left_to_it(app, run_import, days, done, open_file, waiting, rows):
    with app.app_context():
        make.provider(OTHERS, OTHERS, "cem@example.com")
    told = run_import(days[0] / "*.csv", *SMS, "--move-to", done, brand=OTHERS)[1]
    open_file.write(lines_of(SECOND))
    open_file.close()
    told += run_import(days[0] / "*.csv", *SMS, "--move-to", done, brand=OTHERS)[1]

    assert [words(each) for each in told if each["hidden_as"]] == [("waiting", None), (None, "unfinished")]
    assert (names_in(days[0]), rows.count(ImportBatch), refused(rows)) == ([waiting["hidden_as"]], 1, 2)


@pytest.mark.parametrize("folder", [0, 1])
@pytest.mark.parametrize("is_known", [True, False])
def test_one_that_somebody_took_back_comes_by_no_again_of_another_file(
    app, run_import, days, done, rows, folder, is_known
):
    """Also where nobody knows that it waits, and its hidden name tells."""
    given = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1")
    with put(days[0], "day.csv", given).open("ab"):
        run_import(days[0] / "day.csv", *SMS, "--move-to", done)
        undo_first(app, rows)
        if not is_known:
            forget_waiting(app)
        run_import(put(days[folder], "other.csv", SECOND), *SMS, "--again", "--move-to", done)

    assert [each.status for each in rows(Consent) if each.status == Status.GRANTED] == []


@pytest.mark.parametrize("name", ["day.csv", "../1130/day.csv", "hidden"])
def test_one_that_somebody_took_back_comes_by_an_again_of_it(app, run_import, days, done, rows, name):
    given = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1")
    with put(days[0], "day.csv", given).open("ab"):
        _, (told,) = run_import(days[0] / "day.csv", *SMS, "--move-to", done)
        undo_first(app, rows)
        named = told["hidden_as"] if name == "hidden" else name
        run_import(days[0] / named, *SMS, "--again", "--move-to", done)

    assert [each.status for each in rows(Consent) if each.status == Status.GRANTED] == [Status.GRANTED]


def test_one_that_changed_is_read_by_no_other_layout_until_somebody_says_so(
    run_import, remember, bring_next, days, done, rows
):
    """Also one that does not begin as it did."""
    remember(READS_SMS)
    lines = csv_of(f"0532 987 65 43;Evet;Evet;{NOW}", header=HEADER)
    with put(days[0], "day.csv", lines).open("ab") as writer:
        run_import(days[0] / "day.csv", "--ignore-unread", "--move-to", done)
        remember(READS_BOTH)  # Of another file with this header.
        writer.truncate(0)
        writer.write(csv_of(f"0533 987 65 43;Evet;Evet;{NOW}", header=HEADER))
    put(days[1], "day.csv", SECOND)
    told = [bring_next()[1]]
    told += run_import(days[0] / "day.csv", *SMS, "--again", "--move-to", done)[1][:1]

    assert [words(each) for each in told] == [("done", "read_otherwise"), ("done", None)]
    assert sorted(each.channel for each in rows(Consent) if each.status == Status.GRANTED) == [
        Channel.CALL, Channel.SMS, Channel.SMS,
    ]  # fmt: skip
    assert (rows.count(WaitingFile), names_in(days[0])) == (0, [])


def test_one_folder_by_two_paths_is_one(run_import, days, done, rows):
    """By a link, and by dots."""
    other, folder = days[0].with_name("link"), days[0].parent / "1201" / ".." / "1130"
    other.symlink_to(days[0])
    with put(days[0], "day.csv", FIRST).open("ab"):
        for path in (days[0] / "day.csv", other / "1.csv", folder / "2.csv"):
            put(days[0], path.name, FIRST)
            assert run_import(path, *SMS, "--move-to", done)[0] == 0
        assert rows.count(WaitingFile) == 1

    code, told = run_import(put(days[1], "later.csv", SECOND), *SMS, "--move-to", done)

    assert (code, [words(each) for each in told]) == (0, [("done", None)] * 2)
    assert (rows.count(WaitingFile), names_in(days[0])) == (0, [])


def test_one_of_which_nobody_can_open_where_it_is_stops_no_other(
    app, run_import, bring_next, days, done, open_file, waiting, rows
):
    with app.app_context():
        db.session.execute(update(WaitingFile).values(place=bytes(60)))
        db.session.commit()
    open_file.write(lines_of(csv_of("0537 987 65 43;RET;;;")))
    open_file.close()
    told = []
    for each in range(2):
        put(days[1], "day.csv", csv_of(f"0538 987 6{each} 43;RET;;;"))
        told.append(bring_next(minutes=each))

    assert [(code, words(each)) for code, each in told] == [(2, ("waiting", "lost")), (0, ("done", None))]
    assert (refused(rows), rows.count(WaitingFile)) == (4, 0)
    assert run_import(put(days[0], "next.csv", SECOND), *SMS, "--move-to", done)[0] == 0
    assert (refused(rows), names_in(days[0])) == (7, [])
