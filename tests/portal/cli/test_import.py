"""`flask import FILE…`, as cron calls it over a folder."""

import os
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, Source, Status
from portal.core.models import BatchState, Consent, Decision, ImportBatch, Provider
from portal.services.imports import profiles
from portal.services.imports.layout import Field, Layout
from portal.services.imports.store import layout_of, outline_of
from tests import make
from tests.portal.cli.import_files import GOOD, GUESS, NOW, put
from tests.portal.services.imports.file_steps import csv_of, uploaded

pytestmark = pytest.mark.slow

GRANTS = csv_of(*(f"053{number} 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1" for number in (2, 3)))
SOME_BAD = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", f"0555 12;RET;{NOW};HS_WEB;")
INCOMPLETE = csv_of("0532 987 65 43;ONAY", header="Telefon;Durum")


def test_a_good_file_is_brought_once_and_moved_away(run_import, tmp_path, rows):
    done = tmp_path / "done"
    done.mkdir()

    code, (told,) = run_import(put(tmp_path, "a.csv", GRANTS), *GUESS, "--move-to", done)

    assert (code, told["state"], told["lines"], told["problem"]) == (0, "done", 2, None)
    assert told["tally"]["grant"] >= 1 and sum(told["tally"].values()) >= 2
    assert told["moved_to"] == str(done / "a.csv") and not (tmp_path / "a.csv").exists()
    batch, decisions = rows.one(ImportBatch), rows.count(Decision)
    assert (batch.id, batch.user_id) == (told["batch"], None) and decisions >= 2

    code, (again,) = run_import(put(tmp_path, "a.csv", GRANTS), *GUESS, "--move-to", done)

    assert (code, again["repeated"], again["batch"]) == (0, True, batch.id)
    assert again["moved_to"] == str(done / f"a-{batch.id}.csv")
    assert rows.count(ImportBatch) == 1

    code, (anew,) = run_import(done / "a.csv", *GUESS, "--again")

    assert (code, anew["state"], anew["repeated"]) == (0, "done", False)
    assert rows.count(ImportBatch) == 2 and rows.count(Decision) == decisions


def test_of_several_files_each_is_told_and_the_worst_decides(run_import, tmp_path, rows):
    files = [put(tmp_path, "good.csv", GOOD), put(tmp_path, "bad.csv", SOME_BAD), put(tmp_path, "no.pdf", b"%PDF-1.7")]

    code, (good, bad, no) = run_import(*files, *GUESS)

    assert code == 2
    assert (good["problems"], no["state"], no["batch"]) == ([], None, None)
    assert bad["state"] == "done" and bad["problems"][0]["count"] >= 1 and bad["problems"][0]["cure"]
    assert no["problem"]["word"] == "file_pdf" and no["problem"]["sentence"]
    assert run_import(put(tmp_path, "worse.csv", SOME_BAD + b"\r\n"), *GUESS)[0] == 1
    assert run_import(tmp_path / "nowhere.csv")[0] == 2


def test_a_dry_run_writes_nothing_and_leaves_no_line(run_import, tmp_path, rows):
    code, (told,) = run_import(put(tmp_path, "a.csv", SOME_BAD), *GUESS, "--dry-run", "--move-to", tmp_path)

    assert (code, told["state"], told["moved_to"]) == (1, "dropped", None)
    assert told["tally"] and told["problems"]
    assert rows.count(Decision) == 0 and rows.one(ImportBatch).layout is None
    assert run_import(tmp_path / "a.csv", *GUESS)[1][0]["state"] == "done"


def test_without_a_profile_nobody_guesses_unasked_and_the_file_waits(run_import, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)

    code, (told,) = run_import(path)
    assert (code, told["state"], told["problem"]["word"]) == (2, "read", "no_profile")
    assert run_import(path, "--profile", "kasa")[1][0]["problem"]["word"] == "no_profile"

    code, (told,) = run_import(path, *GUESS)  # Taken up where it stopped.
    assert (code, told["state"]) == (0, "done")
    assert rows.count(ImportBatch) == 1


def test_what_no_column_and_no_profile_says_is_named(run_import, tmp_path, rows):
    code, (told,) = run_import(put(tmp_path, "a.csv", INCOMPLETE), *GUESS)

    assert code == 2 and told["problem"]["word"] == "missing"
    assert {"source", "date"} <= set(told["problem"]["missing"])
    assert rows.one(ImportBatch).state == BatchState.DRY_RUN


def test_no_channel_is_presumed_of_a_file_that_names_none(run_import, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)

    code, (told,) = run_import(path, "--guess")
    assert (code, told["problem"]["missing"]) == (2, ["channels"])

    code, (told,) = run_import(path, "--guess", "--channels", "ARAMA")
    assert (code, told["state"]) == (0, "done")
    assert {each.channel for each in rows(Decision, Decision.status == Status.GRANTED)} == {Channel.CALL}
    assert {each.channel for each in rows(Decision, Decision.status == Status.REFUSED)} == {Channel.SMS, Channel.CALL}


def test_given_channels_are_none_of_lines_whose_column_of_channels_is_blank(run_import, tmp_path):
    """As below the first line of a group; "-" may mean none."""
    lines = (f"0532 987 65 4{number};{each};ONAY;{NOW};HS_WEB;Form" for number, each in enumerate(("ARAMA", "", "-")))
    content = csv_of(*lines, header="Telefon;Kanal;Durum;Tarih;Kaynak;Dayanak")

    code, (told,) = run_import(put(tmp_path, "a.csv", content), "--guess", "--channels", "MESAJ")

    assert (code, told["tally"]) == (1, {"grant": 1, "channel_missing": 1, "channel_unknown": 1})


def test_a_profile_reads_a_file_by_its_name_and_by_its_header(app, run_import, tmp_path, rows):
    vault = app.extensions["vault"]
    run_import(put(tmp_path, "musteriler.csv", GOOD), *GUESS)
    with app.app_context():
        batch = db.session.query(ImportBatch).one()
        header = outline_of(vault, batch).sheets[0].header
        layout = replace(layout_of(vault, batch), origin="Kasa formları")
        profiles.remember(
            db.session, vault, batch.provider_id, header, layout, clock.now(), "kasa"
        )  # fmt: skip
        db.session.commit()

    shuffled = csv_of(f"HS_WEB;{NOW};ONAY;0534 123 45 67;", header="Kaynak;Tarih;Durum;Telefon;Dayanak")
    code, (by_header,) = run_import(put(tmp_path, "izinler.csv", shuffled))
    assert (code, by_header["state"], by_header["problems"]) == (0, "done", [])
    code, (by_name,) = run_import(put(tmp_path, "onaylar.csv", GOOD + b"\r\n"), "--profile", "kasa")
    assert (code, by_name["state"]) == (0, "done")
    listed = run_import("--profiles")[1]
    assert [each["profile"] for each in listed] == ["kasa"]


def test_whether_days_come_first_is_read_from_each_file(app, run_import, tmp_path, rows):
    lines = "Telefon;Tarih;Durum;Kaynak;Dayanak\n0534 123 45 67;{};RET;HS_WEB;\n"
    with app.app_context():
        layout = Layout(
            {Field.PHONE: 0, Field.DATE: 1, Field.STATUS: 2, Field.SOURCE: 3, Field.ORIGIN: 4},
            day_first=False,
            channels=(Channel.SMS,),
        )
        header = lines.partition("\n")[0].split(";")
        profiles.remember(db.session, vault(), rows.one(Provider).id, header, layout, clock.now())
        db.session.commit()

    run_import(put(tmp_path, "a.csv", lines.format("10.11.2024 10:00").encode()))
    run_import(put(tmp_path, "b.csv", lines.format("11/26/2024 10:00").encode()))

    dates = [clock.istanbul(each.consent_date).date().isoformat() for each in rows(Decision)]
    assert dates == ["2024-11-10"] * 2 + ["2024-11-26"] * 2  # A refusal without a channel is of both.


def test_all_are_grants_is_said_anew_of_each_file_and_of_no_list_of_refusals(app, run_import, tmp_path, rows):
    layout = Layout(
        {Field.PHONE: 0, Field.DATE: 1},
        channels=(Channel.SMS,),
        status=Status.GRANTED,
        source=Source.WEB,
        origin="form",
    )
    with app.app_context():
        for name, column in (("Üyeler", "Telefon"), ("Arama", "Aranmayacak telefon")):
            header = [column, "Tarih"]
            profiles.remember(db.session, vault(), rows.one(Provider).id, header, layout, clock.now(), name)
        db.session.commit()
    phones = ["0532 987 65 43", "0533 234 56 78", "0534 345 67 89", "0535 456 78 90"]
    listed, as_file, above, as_column = (f"Telefon;Tarih\n{phone};{NOW}\n" for phone in phones)
    files = {
        "üyeler.csv": listed, "RET-listesi.csv": as_file, "c.csv": f"RET VERENLER LİSTESİ\n\n{above}",
        "d.csv": as_column.replace("Telefon", "Aranmayacak telefon"),
    }  # fmt: skip
    paths = [put(tmp_path, name, text.encode()) for name, text in files.items()]

    code, (told,) = run_import(paths[0])
    assert (code, told["problem"]["missing"]) == (2, ["status"])
    for path, profile in zip(paths[1:], ("Üyeler", "Üyeler", "Arama"), strict=True):
        code, (told,) = run_import(path, "--profile", profile)
        assert (code, told["tally"]) == (1, {"status_missing": 1})
    assert rows.count(Decision) == 0
    assert run_import(paths[0], "--profile", "Üyeler")[1][0]["tally"] == {"grant": 1}


def test_a_file_that_is_still_being_written_is_left_alone(run_import, tmp_path, rows):
    code, (told,) = run_import(put(tmp_path, "a.csv", GOOD, age=2), *GUESS, "--settled", 10)

    assert (code, told["state"]) == (0, "unsettled")
    assert rows.count(ImportBatch) == 0


@pytest.mark.parametrize("make_it", [lambda path, other: path.symlink_to(other), lambda path, _: os.mkfifo(path)])
def test_what_is_no_file_of_its_own_is_not_opened(run_import, tmp_path, rows, make_it):
    secret, path = put(tmp_path, "not-theirs.csv", GOOD), tmp_path / "drop.csv"
    make_it(path, secret)

    code, (told,) = run_import(path, *GUESS)

    assert (code, told["problem"]["word"]) == (2, "unopened")
    assert rows.count(ImportBatch) == 0


def test_refusals_without_a_date_count_anew_whenever_their_file_comes(run_import, app, tmp_path, rows):
    """Though its bytes are those of the last one: the person consented between them. The file that still lies there is
    no news."""
    undated = csv_of("0533 234 56 78;RET;;;")
    person = make.Person(app.test_client(), make.codes(app, "0533 234 56 78")["+905332345678"])
    first = put(tmp_path, "kasa-1.csv", undated)
    start = clock.now() - timedelta(minutes=10)  # Nobody can date a file's change.
    for minute, name in enumerate(("kasa-1.csv", "kasa-2.csv", "kasa-3.csv")):
        with time_machine.travel(start + timedelta(minutes=minute)):
            code, (told,) = run_import(put(tmp_path, name, undated, age=0), *GUESS)
        assert (code, told["repeated"]) == (0, False)
        assert {each.status for each in rows(Consent) if each.channel == Channel.SMS} == {"RET"}
        with time_machine.travel(start + timedelta(minutes=minute, seconds=30)):
            person.decides(MESAJ="ONAY")

    assert run_import(first, *GUESS)[1][0]["repeated"]


def test_a_file_that_chmod_a_hard_link_or_another_name_changed_is_no_news(run_import, app, tmp_path, rows):
    """Nor one that is dated ahead: a nightly job would refuse whoever consented since."""
    person = make.Person(app.test_client(), make.codes(app, "0533 234 56 78")["+905332345678"])
    path = put(tmp_path, "kasa.csv", csv_of("0533 234 56 78;RET;;;"))
    ahead = clock.now().timestamp() + 3600
    os.utime(path, (ahead, ahead))
    run_import(path, *GUESS)
    with time_machine.travel(clock.now() + timedelta(seconds=2)):
        person.decides(MESAJ="ONAY")

    assert run_import(path, *GUESS)[1][0]["repeated"]
    path.chmod(0o600)
    (tmp_path / "backup.csv").hardlink_to(path)
    assert run_import(path, *GUESS)[1][0]["repeated"]
    assert run_import(path.rename(tmp_path / "liste.csv"), *GUESS)[1][0]["repeated"]
    assert {each.status for each in rows(Consent) if each.channel == Channel.SMS} == {"ONAY"}


def test_what_a_person_stopped_or_took_back_is_not_brought_again_unasked(app, run_import, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)
    run_import(path, *GUESS)
    decisions = rows.count(Decision)

    for state in (BatchState.UNDOING, BatchState.UNDONE, BatchState.STOPPED):
        with app.app_context():
            db.session.query(ImportBatch).update({"state": state})
            db.session.commit()
        ended, (told,) = run_import(path, *GUESS)
        assert (ended, told["state"], told["repeated"], told["problem"]["word"]) == (
            2, state.value, False, "undone" if state != BatchState.STOPPED else "stopped",
        )  # fmt: skip

    assert rows.count(ImportBatch) == 1 and rows.count(Decision) == decisions


def test_a_run_that_was_killed_is_taken_up_by_the_next(app, run_import, tmp_path, rows):
    uploaded(app, GOOD)

    code, (told,) = run_import(put(tmp_path, "a.csv", GOOD), *GUESS)

    assert (code, told["state"]) == (0, "done")
    assert rows.count(ImportBatch) == 1


def test_a_brand_that_is_none_and_no_file_are_said_to_be(run_import, tmp_path):
    assert run_import(put(tmp_path, "a.csv", GOOD), brand=5)[0] == 2
    assert run_import()[0] == 2


def test_a_problem_names_the_code_that_its_page_names(run_import, tmp_path):
    _, (told,) = run_import(put(tmp_path, "a.csv", SOME_BAD), *GUESS)

    assert [each["code"] for each in told["problems"]] == ["H121"]
