"""What `flask import` leaves out until somebody vouches for it, or has no room for."""

from datetime import timedelta

import pytest
import time_machine

from portal.core import clock
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import Brand, Consent, Decision, ImportBatch, ImportChunk, Provider
from portal.services.imports import batches
from tests import make
from tests.files.workbooks import hidden_and_filtered
from tests.portal.cli.import_files import GOOD, GUESS, NOW, put
from tests.portal.domain.packages.cast import bought
from tests.portal.services.imports.file_steps import csv_of

pytestmark = pytest.mark.slow


def test_grants_from_before_2015_need_a_flag_that_vouches_for_them(run_import, tmp_path, rows):
    old = put(tmp_path, "a.csv", csv_of("0532 987 65 43;ONAY;01.05.2015;HS_2015;Sözleşme"))

    code, (told,) = run_import(old, *GUESS)
    assert (code, told["problem"]["word"], told["problem"]["grants"], rows.count(Decision)) == (
        2, "before_2015_unconfirmed", 2, 0,
    )  # fmt: skip

    code, (told,) = run_import(old, *GUESS, "--confirm-before-2015")
    assert (code, told["state"], rows.count(Decision)) == (0, "done", 2)
    assert rows.one(ImportBatch).before_2015_confirmed_at


def test_grants_after_peoples_own_refusals_need_a_flag_that_vouches_for_them(run_import, app, tmp_path, rows):
    person = make.Person(app.test_client(), make.codes(app, "0532 987 65 43")["+905329876543"])
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        person.decides(MESAJ="RET")
    date = clock.istanbul(clock.now()).strftime("%d.%m.%Y %H:%M:%S")
    newer = put(tmp_path, "a.csv", csv_of(f"0532 987 65 43;ONAY;{date};HS_WEB;Form"))

    code, (told,) = run_import(newer, *GUESS)
    assert (code, told["state"], told["tally"]) == (1, "done", {"over_refusal": 1, "grant": 1})
    (problem,) = told["problems"]
    assert (problem["word"], problem["count"], problem["code"]) == ("over_refusal", 1, "")
    assert problem["cure"].endswith("(--confirm-after-refusal)")

    code, (told,) = run_import(newer, *GUESS, "--confirm-after-refusal")
    assert (code, told["repeated"], told["tally"]) == (0, False, {"grant": 1, "known": 1})
    grants = rows(Decision, Decision.status == Status.GRANTED)
    assert {each.channel for each in grants} == {Channel.SMS, Channel.CALL} and len(grants) == 2
    assert run_import(newer, *GUESS, "--confirm-after-refusal")[1][0]["repeated"]


def test_a_merchants_old_grants_are_counted_apart(run_import, tmp_path):
    header = "Telefon;Durum;Tarih;Kaynak;Dayanak;Alıcı tipi"
    old = put(tmp_path, "a.csv", csv_of("0532 987 65 43;ONAY;01.06.2026;HS_WEB;Sözleşme;TACIR", header=header))

    code, (told,) = run_import(old, *GUESS, "--dry-run")

    assert (code, told["tally"]) == (0, {"late_merchant": 2})


OFFICE = "CEP;MAIL;SMS (E/H);ARAMA (E/H);MAIL (E/H);TARİH;KAYNAK;FORM NO;Notlar;Toplantıya geldi"


def test_no_yes_or_no_of_an_offices_file_is_lost(run_import, tmp_path, rows):
    lines = [
        f"0532 {n:03} 45 {n + 10};kisi{n}@example.com;H;H;H;{NOW};HS_WEB;A-{n};{'ek' * (n % 2)};E" for n in range(25)
    ]

    code, (told,) = run_import(put(tmp_path, "crm.csv", csv_of(*lines, header=OFFICE)), "--guess")

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
def test_grants_beside_what_may_refuse_are_left_out_until_somebody_vouches(run_import, tmp_path, rows, name, cell):
    lines = f"0532 987 65 43;E;E;{cell};{NOW};HS_WEB;A-1", f"0533 234 56 78;H;H;;{NOW};HS_WEB;A-2"
    header = f"CEP;SMS (E/H);Arama (E/H);{name};İzin tarihi;Kaynak;Form No"
    path = put(tmp_path, "crm.csv", csv_of(*lines, header=header))

    code, (told,) = run_import(path, "--guess")

    assert (code, told["state"], told["only_refusals"]) == (1, "done", True)
    assert told["tally"]["grant_left_out"] == 2 and not rows(Decision, Decision.status == Status.GRANTED)
    assert run_import(path, "--guess")[1][0]["repeated"]

    code, (told,) = run_import(path, "--guess", "--ignore-unread")
    assert (code, told["tally"]["grant"], told["only_refusals"]) == (0, 2, False)


def test_a_refusal_that_cannot_be_written_holds_back_the_grants_of_its_address(run_import, tmp_path, rows):
    """Wherever they stand; what counts beside them is another refusal of the file, though it is older."""
    header, older = "Telefon;Kanal;Durum;Tarih;Kaynak;Dayanak", "20.11.2026 10:00"
    lines = [f"0533 234 56 78;MESAJ;ONAY;{NOW};HS_WEB;A-2", f"0532 987 65 43;MESAJ;ONAY;{NOW};HS_WEB;A-1"]
    lines += [f"0532 987 65 43;MESAJ;RET;{older};HS_WEB;", f"0532 987 65 43;MESAJ;bilmiyorum;{NOW};HS_WEB;"]

    code, (told,) = run_import(put(tmp_path, "izinler.csv", csv_of(*lines, header=header)), *GUESS)

    assert (code, told["only_refusals"], told["unread"]) == (1, False, 0)
    assert told["tally"] == {"grant": 1, "refused_elsewhere": 1, "first_refusal": 1, "status_unknown": 1}
    assert {each.status for each in rows(Decision)} == {Status.GRANTED, Status.REFUSED}


def test_an_unclear_column_grants_nothing_from_a_shell(run_import, tmp_path, rows):
    lines = f"0532 987 65 43;E;{NOW};HS_WEB;A-1", f"0533 234 56 78;RET;{NOW};HS_WEB;A-2"
    path = put(tmp_path, "crm.csv", csv_of(*lines, header="CEP;SMS off;İzin tarihi;Kaynak;Form No"))

    code, (told,) = run_import(path, "--guess")

    assert (code, told["state"], told["tally"]) == (1, "done", {"status_unknown": 1, "first_refusal": 1})
    assert [each.status for each in rows(Decision)] == [Status.REFUSED]


def test_a_sheet_that_is_not_read_holds_back_the_grants_of_the_others(run_import, tmp_path):
    path = put(tmp_path, "a.xlsx", hidden_and_filtered())

    code, (told,) = run_import(path, *GUESS)

    assert (code, told["only_refusals"], "grant" in told["tally"]) == (1, True, False)


def test_a_dry_run_names_what_is_not_read(run_import, tmp_path):
    path = put(tmp_path, "a.xlsx", hidden_and_filtered())

    code, (told,) = run_import(path, *GUESS, "--dry-run")

    assert (code, told["state"], told["lines"], told["hidden_lines"]) == (1, "dropped", 3, 2)
    assert told["unused_sheets"] == [{"sheet": "Eski", "lines": 4, "is_hidden": True}]
    assert [each["header"] for each in told["unused_columns"]] == ["Üye mi"]


def hold(app, model, **moment):
    with app.app_context():
        db.session.query(model).update(moment)
        db.session.commit()


def end_package(app):
    with app.app_context():
        order = bought(db.session.query(Provider).one(), 5000)
        order.starts_on, order.ends_on = (day - timedelta(days=500) for day in (order.starts_on, order.ends_on))
        db.session.commit()


@pytest.mark.parametrize(("model", "moment"), [(Provider, "suspended_at"), (Brand, "closed_at")])
def test_refusals_of_a_suspended_provider_or_a_passive_brand_are_taken(app, run_import, tmp_path, rows, model, moment):
    hold(app, model, **{moment: clock.now()})
    path, done = put(tmp_path, "a.csv", GOOD), tmp_path / "done"
    done.mkdir()

    for is_repeated in (False, True):
        code, (told,) = run_import(path, *GUESS, "--move-to", done)
        assert (code, told["problem"]["word"], told["repeated"], told["moved_to"]) == (
            3,
            "suspended",
            is_repeated,
            None,
        )
        assert "2 refusals were recorded, 2 grants wait" in told["problem"]["sentence"]
    assert [each.status for each in rows(Decision)] == ["RET", "RET"]
    assert run_import(path, *GUESS, "--only-refusals")[0] == 0

    hold(app, model, **{moment: None})
    code, (told,) = run_import(path, *GUESS, "--move-to", done)
    assert (code, told["tally"]["grant"], told["moved_to"]) == (0, 2, str(done / "a.csv"))


def test_of_a_passive_brand_a_list_of_refusals_is_brought_and_one_of_grants_ends(app, run_import, tmp_path, rows):
    hold(app, Brand, closed_at=clock.now())
    refusals = put(tmp_path, "a.csv", csv_of(f"0533 234 56 78;RET;{NOW};HS_WEB;"))
    grants = put(tmp_path, "izinler.csv", csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1"))

    assert [run_import(refusals, *GUESS)[1][0]["repeated"] for _ in range(2)] == [False, True]
    for is_repeated in (False, True):
        code, (told,) = run_import(grants, *GUESS)
        assert (code, told["state"], told["problem"]["word"], told["repeated"]) == (3, "done", "suspended", is_repeated)
        assert "0 refusals were recorded, 2 grants wait" in told["problem"]["sentence"]
    assert {each.status for each in rows(Decision)} == {"RET"} and rows.count(ImportBatch) == 2
    with time_machine.travel(clock.now() + timedelta(hours=1)):  # Somebody took the file away.
        code, (told,) = run_import(refusals, *GUESS)
        assert (code, told["repeated"]) == (0, True)
    hold(app, Brand, closed_at=None)
    assert run_import(grants, *GUESS)[1][0]["tally"] == {"grant": 2}


@pytest.mark.parametrize("lacks", ["vouching", "room"])
def test_a_passive_brands_grants_end_whatever_else_holds_them(app, run_import, tmp_path, rows, lacks):
    hold(app, Brand, closed_at=clock.now())
    if lacks == "room":
        end_package(app)
    line = "01.05.2015;HS_2015;Sözleşme" if lacks == "vouching" else f"{NOW};HS_WEB;Sipariş 1"

    code, (told,) = run_import(put(tmp_path, "a.csv", csv_of(f"0532 987 65 43;ONAY;{line}")), *GUESS)

    assert (code, told["state"], told["problem"]["word"], rows.count(Decision)) == (3, "done", "suspended", 0)


def test_grants_that_were_left_out_as_they_ran_are_told_and_brought_anew(run_import, tmp_path, rows, monkeypatch):
    """Though nothing holds them any more when the command ends."""
    done, takes_grants = tmp_path / "done", batches.takes_grants
    done.mkdir()
    start, is_running = batches.start, []
    monkeypatch.setattr(batches, "start", lambda *given, **more: (start(*given, **more), is_running.append(True)))
    monkeypatch.setattr(
        batches, "takes_grants", lambda *given: is_running.pop() is None if is_running else takes_grants(*given)
    )
    path = put(tmp_path, "a.csv", GOOD)

    code, (told,) = run_import(path, *GUESS, "--move-to", done)
    assert (code, told["problem"]["word"], told["moved_to"], rows.count(Decision)) == (3, "suspended", None, 2)
    monkeypatch.undo()
    code, (told,) = run_import(path, *GUESS, "--move-to", done)
    assert (code, told["tally"]["grant"], told["moved_to"]) == (0, 2, str(done / "a.csv"))


def test_a_package_without_room_is_said_to_have_none_and_refusals_go_all_the_same(app, run_import, tmp_path, rows):
    end_package(app)
    path = put(tmp_path, "a.csv", GOOD)

    code, (summary,) = run_import(path, *GUESS, "--dry-run")
    assert (code, summary["state"], summary["problem"]["word"]) == (3, "dropped", "no_room")
    code, (told,) = run_import(path, *GUESS)
    assert (code, told["state"], told["problem"]["word"], told["moved_to"]) == (3, "done", "no_room", None)
    assert "2 refusals were recorded, 2 grants wait" in told["problem"]["sentence"]
    assert {each.status for each in rows(Decision)} == {"RET"} and rows.count(Decision) == 2

    code, (again,) = run_import(path, *GUESS)
    assert (code, again["repeated"], again["problem"], rows.count(ImportBatch)) == (3, True, told["problem"], 2)
    with app.app_context():
        db.session.query(Provider).one().admitted_at = None  # Practising, it has room for a thousand.
        db.session.commit()
    code, (told,) = run_import(path, *GUESS)
    assert (code, told["tally"]["grant"], told["problem"]) == (0, 2, None)


@pytest.mark.parametrize("day", ["", NOW])
def test_a_refusal_of_a_file_that_runs_again_keeps_the_date_of_its_first_run(run_import, app, tmp_path, rows, day):
    """So that a grant which the person gave between both runs stays."""
    person = make.Person(app.test_client(), make.codes(app, "0533 234 56 78")["+905332345678"])
    path = put(tmp_path, "a.csv", csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", f"0533 234 56 78;RET;{day};;"))
    first = clock.now()
    with time_machine.travel(first):
        run_import(path, *GUESS, "--only-refusals")
    with time_machine.travel(first + timedelta(minutes=2)):
        person.decides(MESAJ="ONAY")

    with time_machine.travel(first + timedelta(minutes=10)):
        code, (told,) = run_import(path, *GUESS, "--ignore-unread")  # Of the refusal that her grant outlasts.

    assert (code, told["repeated"], told["tally"]) == (0, False, {"grant": 2, "known": 2})
    hers = rows.one(Consent, Consent.channel == Channel.SMS, Consent.recipient_id == rows(Decision)[0].recipient_id)
    assert hers.status == Status.GRANTED


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("0532 987 65 43;ONAY;01.05.2015;HS_2015;Sözleşme", "before_2015_unconfirmed"),
        ("0532 987 65 43;ONAY;24.11.2026;HS_WEB;", "missing"),
    ],
)
def test_refusals_beside_grants_that_wait_are_taken(run_import, tmp_path, rows, line, word):
    header = "Telefon;Durum;Tarih;Kaynak" + ";Dayanak" * (word != "missing")
    path = put(tmp_path, "a.csv", csv_of(line, "0533 234 56 78;RET;;;", header=header))
    done = tmp_path / "done"
    done.mkdir()

    for is_repeated in (False, True):
        code, (told,) = run_import(path, *GUESS, "--move-to", str(done))
        assert (code, told["state"], told["problem"]["word"]) == (2, "done", word)
        assert (told["repeated"], told["moved_to"]) == (is_repeated, None)
        assert "2 refusals were recorded" in told["problem"]["sentence"]
    assert [each.status for each in rows(Decision)] == ["RET", "RET"]


def test_only_refusals_are_brought_where_that_is_wished(run_import, tmp_path, rows):
    code, (told,) = run_import(put(tmp_path, "a.csv", GOOD), *GUESS, "--only-refusals")

    assert (code, told["state"]) == (0, "done")
    assert {each.status for each in rows(Decision)} == {"RET"}


def test_grants_that_were_left_out_are_brought_when_they_are_asked_for(run_import, tmp_path, rows):
    path = put(tmp_path, "a.csv", GOOD)
    run_import(path, *GUESS, "--only-refusals")

    code, (told,) = run_import(path, *GUESS)
    _, (again,) = run_import(path, *GUESS)

    assert (code, told["state"], told["repeated"], again["repeated"]) == (0, "done", False, True)
    assert {each.status for each in rows(Decision)} == {"ONAY", "RET"}


def test_lines_of_another_brand_are_problems_here_and_imported_there(run_import, app, tmp_path, rows):
    with app.app_context():
        first = make.brand()
        other = Brand(provider_id=first.provider_id, brand_code=make.BRAND_CODE + 1, name="Moda Evi",
                      created_at=clock.now())  # fmt: skip
        db.session.add(other)
        db.session.commit()
        of_other = other.id
    content = csv_of(
        f"0532 987 65 43;RET;{NOW};HS_WEB;A-1;{make.BRAND_CODE + 1}", f"0533 234 56 78;RET;{NOW};HS_WEB;A-2;700001",
        header="Telefon;Durum;Tarih;Kaynak;Dayanak;Marka Kodu",
    )  # fmt: skip

    code, (told,) = run_import(put(tmp_path, "a.csv", content), *GUESS)
    assert (code, told["tally"], told["unread"]) == (1, {"other_brand": 2, "first_refusal": 2}, 0)
    assert rows(Decision, Decision.brand_id == of_other) == []

    code, (told,) = run_import(put(tmp_path, "b.csv", content), *GUESS, brand=make.BRAND_CODE + 1)
    assert (code, told["tally"]) == (1, {"other_brand": 2, "first_refusal": 2})
    assert {each.line for each in rows(Decision, Decision.brand_id == of_other)} == {2}


def test_a_file_of_which_a_stored_part_cannot_be_opened_is_brought_anew(run_import, tmp_path, rows, monkeypatch):
    """Its grants wait: who refuses in the lost part may be granted in another one."""
    folder = tmp_path / "done"
    folder.mkdir()
    lines = [f"0532 {n // 10_000:03} {n // 100 % 100:02} {n % 100:02};ONAY;{NOW};HS_WEB;Form" for n in range(999)]
    path = put(tmp_path, "a.csv", csv_of("0533 234 56 78;RET;;;", *lines, "0532 987 65 43;RET;;;"))
    set_layout = batches.set_layout

    def loses_a_part(session, vault, batch, *rest):
        last = session.query(ImportChunk).filter_by(batch_id=batch.id).order_by(ImportChunk.place.desc()).first()
        last.content = last.content[:-1] + bytes([last.content[-1] ^ 1])
        set_layout(session, vault, batch, *rest)

    monkeypatch.setattr(batches, "set_layout", loses_a_part)
    code, (told,) = run_import(path, "--guess", "--channels", "MESAJ", "--move-to", folder)
    assert (code, told["state"], told["problem"]["word"], told["moved_to"]) == (2, "done", "damaged", None)
    assert {each.status for each in rows(Consent)} == {Status.REFUSED}

    monkeypatch.setattr(batches, "set_layout", set_layout)
    code, (told,) = run_import(
        path, "--guess", "--channels", "MESAJ", "--ignore-unread", "--confirm-first-grants", "--move-to", folder
    )
    assert (code, told["problem"], told["repeated"], told["lines"]) == (0, None, False, 1_001)
    assert told["moved_to"] and len({each.recipient_id for each in rows(Consent, Consent.status == "RET")}) == 2
