"""`flask import FILE…`, as cron calls it over a folder."""

import json
import os
import time
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
from tests.files.workbooks import hidden_and_filtered
from tests.portal.domain.packages.cast import bought
from tests.portal.services.imports.file_steps import csv_of, uploaded

pytestmark = pytest.mark.slow

NOW = clock.istanbul(clock.now()).strftime("%d.%m.%Y 00:00")
GOOD = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", f"0533 234 56 78;RET;{NOW};HS_WEB;")
GRANTS = csv_of(*(f"053{number} 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1" for number in (2, 3)))
SOME_BAD = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", f"0555 12;RET;{NOW};HS_WEB;")
GUESS = ("--guess", "--channels", "MESAJ,ARAMA")
INCOMPLETE = csv_of("0532 987 65 43;ONAY", header="Telefon;Durum")


@pytest.fixture
def run(app):
    """Calls the command in this process; (exit code, what it printed of each file)."""
    with app.app_context():
        make.provider()

    def call(*arguments, brand=make.BRAND_CODE):
        result = app.test_cli_runner().invoke(args=["import", "--brand", str(brand), *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        assert "987 65 43" not in result.output and "0555 12" not in result.output
        return result.exit_code, [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]

    return call


def put(folder, name: str, content: bytes, age: float = 3600):
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_grants_from_before_2015_need_a_flag_that_vouches_for_them(run, tmp_path, rows):
    old = put(tmp_path, "a.csv", csv_of("0532 987 65 43;ONAY;01.05.2015;HS_2015;Sözleşme"))

    code, (told,) = run(old, *GUESS)
    assert (code, told["problem"]["word"], told["problem"]["grants"], rows.count(Decision)) == (
        2, "before_2015_unconfirmed", 2, 0,
    )  # fmt: skip

    code, (told,) = run(old, *GUESS, "--confirm-before-2015")
    assert (code, told["state"], rows.count(Decision)) == (0, "done", 2)
    assert rows.one(ImportBatch).before_2015_confirmed_at


def test_grants_after_peoples_own_refusals_need_a_flag_that_vouches_for_them(run, app, tmp_path, rows):
    person = make.Person(app.test_client(), make.codes(app, "0532 987 65 43")["+905329876543"])
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        person.decides(MESAJ="RET")
    date = clock.istanbul(clock.now()).strftime("%d.%m.%Y %H:%M:%S")
    newer = put(tmp_path, "a.csv", csv_of(f"0532 987 65 43;ONAY;{date};HS_WEB;Form"))

    code, (told,) = run(newer, *GUESS)
    assert (code, told["state"], told["tally"]) == (1, "done", {"over_refusal": 1, "grant": 1})
    (problem,) = told["problems"]
    assert (problem["word"], problem["count"], problem["code"]) == ("over_refusal", 1, "")
    assert problem["cure"].endswith("(--confirm-after-refusal)")

    code, (told,) = run(newer, *GUESS, "--confirm-after-refusal")
    assert (code, told["repeated"], told["tally"]) == (0, False, {"grant": 1, "known": 1})
    grants = rows(Decision, Decision.status == Status.GRANTED)
    assert {each.channel for each in grants} == {Channel.SMS, Channel.CALL} and len(grants) == 2
    assert run(newer, *GUESS, "--confirm-after-refusal")[1][0]["repeated"]


def test_a_merchants_old_grants_are_counted_apart(run, tmp_path):
    header = "Telefon;Durum;Tarih;Kaynak;Dayanak;Alıcı tipi"
    old = put(tmp_path, "a.csv", csv_of("0532 987 65 43;ONAY;01.06.2026;HS_WEB;Sözleşme;TACIR", header=header))

    code, (told,) = run(old, *GUESS, "--dry-run")

    assert (code, told["tally"]) == (0, {"late_merchant": 2})


def test_a_good_file_is_brought_once_and_moved_away(run, tmp_path, rows):
    done = tmp_path / "done"
    done.mkdir()

    code, (told,) = run(put(tmp_path, "a.csv", GRANTS), *GUESS, "--move-to", done)

    assert (code, told["state"], told["lines"], told["problem"]) == (0, "done", 2, None)
    assert told["tally"]["grant"] >= 1 and sum(told["tally"].values()) >= 2
    assert told["moved_to"] == str(done / "a.csv") and not (tmp_path / "a.csv").exists()
    batch, decisions = rows.one(ImportBatch), rows.count(Decision)
    assert (batch.id, batch.user_id) == (told["batch"], None) and decisions >= 2

    code, (again,) = run(put(tmp_path, "a.csv", GRANTS), *GUESS, "--move-to", done)

    assert (code, again["repeated"], again["batch"]) == (0, True, batch.id)
    assert again["moved_to"] == str(done / f"a-{batch.id}.csv")
    assert rows.count(ImportBatch) == 1

    code, (anew,) = run(done / "a.csv", *GUESS, "--again")

    assert (code, anew["state"], anew["repeated"]) == (0, "done", False)
    assert rows.count(ImportBatch) == 2 and rows.count(Decision) == decisions


def test_of_several_files_each_is_told_and_the_worst_decides(run, tmp_path, rows):
    files = [put(tmp_path, "good.csv", GOOD), put(tmp_path, "bad.csv", SOME_BAD), put(tmp_path, "no.pdf", b"%PDF-1.7")]

    code, (good, bad, no) = run(*files, *GUESS)

    assert code == 2
    assert (good["problems"], no["state"], no["batch"]) == ([], None, None)
    assert bad["state"] == "done" and bad["problems"][0]["count"] >= 1 and bad["problems"][0]["cure"]
    assert no["problem"]["word"] == "file_pdf" and no["problem"]["sentence"]
    assert run(put(tmp_path, "worse.csv", SOME_BAD + b"\r\n"), *GUESS)[0] == 1
    assert run(tmp_path / "nowhere.csv")[0] == 2


def test_a_dry_run_writes_nothing_and_leaves_no_line(run, tmp_path, rows):
    code, (told,) = run(put(tmp_path, "a.csv", SOME_BAD), *GUESS, "--dry-run", "--move-to", tmp_path)

    assert (code, told["state"], told["moved_to"]) == (1, "dropped", None)
    assert told["tally"] and told["problems"]
    assert rows.count(Decision) == 0 and rows.one(ImportBatch).layout is None
    assert run(tmp_path / "a.csv", *GUESS)[1][0]["state"] == "done"


OFFICE = "CEP;MAIL;SMS (E/H);ARAMA (E/H);MAIL (E/H);TARİH;KAYNAK;FORM NO;Notlar;Toplantıya geldi"


def test_no_yes_or_no_of_an_offices_file_is_lost(run, tmp_path, rows):
    lines = [
        f"0532 {n:03} 45 {n + 10};kisi{n}@example.com;H;H;H;{NOW};HS_WEB;A-{n};{'ek' * (n % 2)};E" for n in range(25)
    ]

    code, (told,) = run(put(tmp_path, "crm.csv", csv_of(*lines, header=OFFICE)), "--guess")

    assert (code, told["state"], told["problem"], told["problems"]) == (1, "done", None, [])
    assert sum(told["tally"].values()) == 75 == len(rows(Decision, Decision.status == Status.REFUSED))
    named = [(each["column"], each["filled"], each["statuses"], each["may_refuse"]) for each in told["unused_columns"]]
    assert named == [("I", 12, 0, True), ("J", 25, 25, True)]
    assert told["unused_columns"][1]["header"] == "Toplantıya geldi"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("SMS izni reddi", "Evet"),
        ("Ret tarihi", NOW),
        ("Üye mi", "E"),
        ("Opt-in revoked", "Yes"),
        ("Bitiş tarihi", NOW),
        ("Telefon 2", "0535 111 22 33"),
    ],
)
def test_grants_beside_what_may_refuse_are_left_out_until_somebody_vouches(run, tmp_path, rows, name, cell):
    lines = f"0532 987 65 43;E;E;{cell};{NOW};HS_WEB;A-1", f"0533 234 56 78;H;H;;{NOW};HS_WEB;A-2"
    header = f"CEP;SMS (E/H);Arama (E/H);{name};İzin tarihi;Kaynak;Form No"
    path = put(tmp_path, "crm.csv", csv_of(*lines, header=header))

    code, (told,) = run(path, "--guess")

    assert (code, told["state"], told["only_refusals"]) == (1, "done", True)
    assert told["tally"]["grant_left_out"] == 2 and not rows(Decision, Decision.status == Status.GRANTED)
    assert run(path, "--guess")[1][0]["repeated"]

    code, (told,) = run(path, "--guess", "--ignore-unread")
    assert (code, told["tally"]["grant"], told["only_refusals"]) == (0, 2, False)


def test_a_refusal_that_cannot_be_written_holds_back_the_grants_of_its_address(run, tmp_path, rows):
    """Wherever they stand; what counts beside them is another refusal of the file, though it is older."""
    header, older = "Telefon;Kanal;Durum;Tarih;Kaynak;Dayanak", "20.11.2026 10:00"
    lines = [f"0533 234 56 78;MESAJ;ONAY;{NOW};HS_WEB;A-2", f"0532 987 65 43;MESAJ;ONAY;{NOW};HS_WEB;A-1"]
    lines += [f"0532 987 65 43;MESAJ;RET;{older};HS_WEB;", f"0532 987 65 43;WhatsApp + SMS;RET;{NOW};HS_WEB;"]

    code, (told,) = run(put(tmp_path, "izinler.csv", csv_of(*lines, header=header)), *GUESS)

    assert (code, told["only_refusals"], told["unread"]) == (1, False, 0)
    assert told["tally"] == {"grant": 1, "refused_elsewhere": 1, "first_refusal": 1, "channel_unknown": 1}
    assert {each.status for each in rows(Decision)} == {Status.GRANTED, Status.REFUSED}


def test_an_unclear_column_grants_nothing_from_a_shell(run, tmp_path, rows):
    lines = f"0532 987 65 43;E;{NOW};HS_WEB;A-1", f"0533 234 56 78;RET;{NOW};HS_WEB;A-2"
    path = put(tmp_path, "crm.csv", csv_of(*lines, header="CEP;SMS off;İzin tarihi;Kaynak;Form No"))

    code, (told,) = run(path, "--guess")

    assert (code, told["state"], told["tally"]) == (1, "done", {"status_unknown": 1, "first_refusal": 1})
    assert [each.status for each in rows(Decision)] == [Status.REFUSED]


def test_a_sheet_that_is_not_read_holds_back_the_grants_of_the_others(run, tmp_path):
    path = put(tmp_path, "a.xlsx", hidden_and_filtered())

    code, (told,) = run(path, *GUESS)

    assert (code, told["only_refusals"], "grant" in told["tally"]) == (1, True, False)


def test_a_dry_run_names_what_is_not_read(run, tmp_path):
    path = put(tmp_path, "a.xlsx", hidden_and_filtered())

    code, (told,) = run(path, *GUESS, "--dry-run")

    assert (code, told["state"], told["lines"], told["hidden_lines"]) == (1, "dropped", 3, 2)
    assert told["unused_sheets"] == [{"sheet": "Eski", "lines": 4, "is_hidden": True}]
    assert [each["header"] for each in told["unused_columns"]] == ["Üye mi"]


def test_without_a_profile_nobody_guesses_unasked_and_the_file_waits(run, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)

    code, (told,) = run(path)
    assert (code, told["state"], told["problem"]["word"]) == (2, "read", "no_profile")
    assert run(path, "--profile", "kasa")[1][0]["problem"]["word"] == "no_profile"

    code, (told,) = run(path, *GUESS)  # Taken up where it stopped.
    assert (code, told["state"]) == (0, "done")
    assert rows.count(ImportBatch) == 1


def test_what_no_column_and_no_profile_says_is_named(run, tmp_path, rows):
    code, (told,) = run(put(tmp_path, "a.csv", INCOMPLETE), *GUESS)

    assert code == 2 and told["problem"]["word"] == "missing"
    assert {"source", "date"} <= set(told["problem"]["missing"])
    assert rows.one(ImportBatch).state == BatchState.READ


def test_no_channel_is_presumed_of_a_file_that_names_none(run, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)

    code, (told,) = run(path, "--guess")
    assert (code, told["problem"]["missing"]) == (2, ["channels"])

    code, (told,) = run(path, "--guess", "--channels", "ARAMA")
    assert (code, told["state"]) == (0, "done")
    assert {each.channel for each in rows(Decision, Decision.status == Status.GRANTED)} == {Channel.CALL}
    assert {each.channel for each in rows(Decision, Decision.status == Status.REFUSED)} == {Channel.SMS, Channel.CALL}


def test_a_profile_reads_a_file_by_its_name_and_by_its_header(app, run, tmp_path, rows):
    vault = app.extensions["vault"]
    run(put(tmp_path, "musteriler.csv", GOOD), *GUESS)
    with app.app_context():
        batch = db.session.query(ImportBatch).one()
        header = outline_of(vault, batch).sheets[0].header
        layout = replace(layout_of(vault, batch), origin="Kasa formları")
        profiles.remember(
            db.session, vault, batch.provider_id, header, layout, clock.now(), "kasa"
        )  # fmt: skip
        db.session.commit()

    shuffled = csv_of(f"HS_WEB;{NOW};ONAY;0534 123 45 67;", header="Kaynak;Tarih;Durum;Telefon;Dayanak")
    code, (by_header,) = run(put(tmp_path, "izinler.csv", shuffled))
    assert (code, by_header["state"], by_header["problems"]) == (0, "done", [])
    code, (by_name,) = run(put(tmp_path, "onaylar.csv", GOOD + b"\r\n"), "--profile", "kasa")
    assert (code, by_name["state"]) == (0, "done")
    listed = run("--profiles")[1]
    assert [each["profile"] for each in listed] == ["kasa"]


def test_whether_days_come_first_is_read_from_each_file(app, run, tmp_path, rows):
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

    run(put(tmp_path, "a.csv", lines.format("10.11.2024 10:00").encode()))
    run(put(tmp_path, "b.csv", lines.format("11/26/2024 10:00").encode()))

    dates = [clock.istanbul(each.consent_date).date().isoformat() for each in rows(Decision)]
    assert dates == ["2024-11-10"] * 2 + ["2024-11-26"] * 2  # A refusal without a channel is of both.


def test_all_are_grants_is_said_anew_of_each_file_and_of_no_list_of_refusals(app, run, tmp_path, rows):
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

    code, (told,) = run(paths[0])
    assert (code, told["problem"]["missing"]) == (2, ["status"])
    for path, profile in zip(paths[1:], ("Üyeler", "Üyeler", "Arama"), strict=True):
        code, (told,) = run(path, "--profile", profile)
        assert (code, told["tally"]) == (1, {"status_missing": 1})
    assert rows.count(Decision) == 0
    assert run(paths[0], "--profile", "Üyeler")[1][0]["tally"] == {"grant": 1}


def test_a_file_that_is_still_being_written_is_left_alone(run, tmp_path, rows):
    code, (told,) = run(put(tmp_path, "a.csv", GOOD, age=2), *GUESS, "--settled", 10)

    assert (code, told["state"]) == (0, "unsettled")
    assert rows.count(ImportBatch) == 0


@pytest.mark.parametrize("make_it", [lambda path, other: path.symlink_to(other), lambda path, _: os.mkfifo(path)])
def test_what_is_no_file_of_its_own_is_not_opened(run, tmp_path, rows, make_it):
    secret, path = put(tmp_path, "not-theirs.csv", GOOD), tmp_path / "drop.csv"
    make_it(path, secret)

    code, (told,) = run(path, *GUESS)

    assert (code, told["problem"]["word"]) == (2, "unopened")
    assert rows.count(ImportBatch) == 0


def test_a_suspended_providers_refusals_only_are_brought(app, run, tmp_path, rows):
    with app.app_context():
        db.session.query(Provider).one().suspended_at = clock.now()
        db.session.commit()

    path = put(tmp_path, "a.csv", GOOD)
    assert run(path, *GUESS) == (3, [])
    assert rows.count(ImportBatch) == 0

    code, (told,) = run(path, *GUESS, "--only-refusals")
    assert (code, told["state"]) == (0, "done")
    assert {each.status for each in rows(Decision)} == {"RET"}


def test_a_package_without_room_is_said_to_have_none_and_refusals_go_all_the_same(app, run, tmp_path, rows):
    with app.app_context():
        order = bought(db.session.query(Provider).one(), 5000)
        order.starts_on, order.ends_on = (day - timedelta(days=500) for day in (order.starts_on, order.ends_on))
        db.session.commit()
    path = put(tmp_path, "a.csv", GOOD)

    code, (summary,) = run(path, *GUESS, "--dry-run")
    assert (code, summary["state"], summary["problem"]["word"]) == (3, "dropped", "no_room")
    code, (told,) = run(path, *GUESS)
    assert (code, told["state"], told["problem"]["word"]) == (3, "dry_run", "no_room")
    assert rows.count(Decision) == 0

    code, (told,) = run(path, *GUESS, "--only-refusals")
    assert (code, told["state"], told["problem"]) == (0, "done", None)
    assert {each.status for each in rows(Decision)} == {"RET"}


def test_refusals_without_a_date_count_anew_whenever_their_file_comes(run, app, tmp_path, rows):
    """Though its bytes are those of the last one: the person consented between them. The file that still lies there is
    no news."""
    undated = csv_of("0533 234 56 78;RET;;;")
    person = make.Person(app.test_client(), make.codes(app, "0533 234 56 78")["+905332345678"])
    first = put(tmp_path, "kasa-1.csv", undated)
    start = clock.now() - timedelta(minutes=10)  # Nobody can date a file's change.
    for minute, name in enumerate(("kasa-1.csv", "kasa-2.csv", "kasa-3.csv")):
        with time_machine.travel(start + timedelta(minutes=minute)):
            code, (told,) = run(put(tmp_path, name, undated), *GUESS)
        assert (code, told["repeated"]) == (0, False)
        assert {each.status for each in rows(Consent) if each.channel == Channel.SMS} == {"RET"}
        with time_machine.travel(start + timedelta(minutes=minute, seconds=30)):
            person.decides(MESAJ="ONAY")

    assert run(first, *GUESS)[1][0]["repeated"]


def test_a_file_that_chmod_or_a_hard_link_changed_is_no_news(run, app, tmp_path, rows):
    """Nor one that is dated ahead: a nightly job would refuse whoever consented since."""
    person = make.Person(app.test_client(), make.codes(app, "0533 234 56 78")["+905332345678"])
    path = put(tmp_path, "kasa.csv", csv_of("0533 234 56 78;RET;;;"))
    ahead = clock.now().timestamp() + 3600
    os.utime(path, (ahead, ahead))
    run(path, *GUESS)
    with time_machine.travel(clock.now() + timedelta(seconds=2)):
        person.decides(MESAJ="ONAY")

    assert run(path, *GUESS)[1][0]["repeated"]
    earlier = clock.now().timestamp() - 3600
    os.utime(path, (earlier, earlier))
    path.chmod(0o600)
    (tmp_path / "backup.csv").hardlink_to(path)
    assert run(path, *GUESS)[1][0]["repeated"]
    assert {each.status for each in rows(Consent) if each.channel == Channel.SMS} == {"ONAY"}


def test_what_a_person_stopped_or_took_back_is_not_brought_again_unasked(app, run, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)
    run(path, *GUESS)
    decisions = rows.count(Decision)

    for state in (BatchState.UNDOING, BatchState.UNDONE, BatchState.STOPPED):
        with app.app_context():
            db.session.query(ImportBatch).update({"state": state})
            db.session.commit()
        ended, (told,) = run(path, *GUESS)
        assert (ended, told["state"], told["repeated"], told["problem"]["word"]) == (
            2, state.value, False, "undone" if state != BatchState.STOPPED else "stopped",
        )  # fmt: skip

    assert rows.count(ImportBatch) == 1 and rows.count(Decision) == decisions


def test_a_run_that_was_killed_is_taken_up_by_the_next(app, run, tmp_path, rows):
    uploaded(app, GOOD)

    code, (told,) = run(put(tmp_path, "a.csv", GOOD), *GUESS)

    assert (code, told["state"]) == (0, "done")
    assert rows.count(ImportBatch) == 1


def test_a_brand_that_is_none_and_no_file_are_said_to_be(run, tmp_path):
    assert run(put(tmp_path, "a.csv", GOOD), brand=5)[0] == 2
    assert run()[0] == 2


def test_only_refusals_are_brought_where_that_is_wished(run, tmp_path, rows):
    code, (told,) = run(put(tmp_path, "a.csv", GOOD), *GUESS, "--only-refusals")

    assert (code, told["state"]) == (0, "done")
    assert {each.status for each in rows(Decision)} == {"RET"}


def test_grants_that_were_left_out_are_brought_when_they_are_asked_for(run, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)
    run(path, *GUESS, "--only-refusals")

    code, (told,) = run(path, *GUESS)
    _, (again,) = run(path, *GUESS)

    assert (code, told["state"], told["repeated"], again["repeated"]) == (0, "done", False, True)
    assert {each.status for each in rows(Decision)} == {"ONAY", "RET"}


def test_a_problem_names_the_code_that_its_page_names(run, tmp_path):
    _, (told,) = run(put(tmp_path, "a.csv", SOME_BAD), *GUESS)

    assert [each["code"] for each in told["problems"]] == ["H121"]
