"""The journal holds what was committed, all of it and only that, whatever happens to its files."""

import errno
import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from portal.core import clock, journal, journal_records, sealed_records
from portal.core.extensions import db, vault
from portal.core.gap_files import RESERVE, RESERVE_SIZE, keep_reserve, list_gaps
from portal.core.iys_protocol import Channel, Status
from portal.core.journal import Journal
from portal.core.models import Decision, DecisionOrigin, Receipt, ReceiptDecision
from portal.domain.consents import bulk_import
from tests import make
from tests.portal.domain.consents.import_entries import entry, import_run
from tests.stories.another_sender import tells_iys
from tests.stories.refusal_world import HOUR, MINUTE, STARTS, World, a_citizen_grants
from tests.stories.test_second_refusals import WAYS


@pytest.fixture
def kept(app, tmp_path):
    """The journal of this app."""
    app.extensions["journal"] = Journal(tmp_path, app.extensions["vault"], 30)
    return app.extensions["journal"]


def read(path: Path, kept: Journal, **on_problem) -> Iterator[journal_records.Record]:
    with path.open("rb") as file:
        for offset, _ in journal_records.scan_file(path, kept.vault, **on_problem):
            yield journal_records.read_at(file, offset, kept.vault)


def records(kept: Journal) -> list[journal_records.Record]:
    return [each for _, path in journal.list_files([kept.folder]) for each in read(path, kept)]


def only_file(kept: Journal) -> Path:
    ((_, path),) = journal.list_files([kept.folder])
    return path


def row_of(record: journal_records.Record, table: str) -> journal_records.Row:
    (row,) = record[table]
    return row


def note_and_commit(number: int = 1) -> None:
    journal.note(db.session, ReceiptDecision, [{"receipt_id": number, "decision_id": number}])
    db.session.commit()


def stored(rows, *conditions) -> list[dict]:
    names = [column.key for column in Decision.__table__.c]
    return [{name: getattr(each, name) for name in names} for each in rows(Decision, *conditions)]


def a_grant(world) -> None:
    world.person.decides(EPOSTA="ONAY")


@pytest.mark.slow
def test_every_way_of_deciding_is_journalled_with_all_that_is_kept_of_it(app, browser, sandbox, iys, rows, kept):
    with time_machine.travel(STARTS, tick=False) as traveller:
        world = World(app, browser, sandbox, iys, rows, traveller)
        for decides in (a_grant, *WAYS):
            decides(world)
            world.passes(MINUTE)
        held = records(kept)
        assert [row for each in held for row in each.get("decision", ())] == stored(rows)
        assert len(rows(Decision)) == len(WAYS) + 1
        assert {row["id"] for each in held for row in each.get("receipt", ())} == {each.id for each in rows(Receipt)}

        a_citizen_grants(world)
        world.traveller.shift(MINUTE)
        assert tells_iys(sandbox, make.EMAIL, "EPOSTA", "RET", clock.now()) == []
        world.passes(2 * HOUR, pull=True)
        world.brings(entry("bora@example.com", Status.GRANTED, clock.now() - HOUR, channel=Channel.EMAIL))
        told = (DecisionOrigin.AT_IYS, DecisionOrigin.OTHER_SENDER)
        assert stored(rows, Decision.origin.in_(told)) and len(records(kept)) == len(
            held
        )  # These come by others again.


def test_what_was_rolled_back_is_not_journalled(app, kept):
    with app.app_context():
        journal.note(db.session, ReceiptDecision, [{"receipt_id": 1, "decision_id": 1}])
        db.session.rollback()
        note_and_commit(2)

    assert [row_of(each, "receipt_decision")["decision_id"] for each in records(kept)] == [2]


def test_an_import_that_fails_leaves_nothing_in_the_journal(app, kept):
    with app.app_context():
        make.provider()
        refusal = entry(make.EMAIL, Status.REFUSED, clock.now() - HOUR, channel=Channel.EMAIL)
        bulk_import.apply_import(db.session, vault(), make.brand(), [refusal], import_run())

    with app.app_context():  # Another session: the first one ended without a commit.
        note_and_commit()
    assert [list(each) for each in records(kept)] == [["receipt_decision"]]


def test_threads_that_commit_at_once_share_the_disk_and_lose_nothing(app, kept):
    def commits(number: int) -> None:
        with app.app_context():
            kept.append({"receipt_decision": [{"receipt_id": number, "decision_id": number}]})

    threads = [threading.Thread(target=commits, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {row_of(each, "receipt_decision")["receipt_id"] for each in records(kept)} == set(range(40))


def test_a_folder_that_is_gone_stops_no_decision_and_readyz_says_so(app, browser, kept, rows):
    person = make.Person(browser, make.codes(app)[make.EMAIL])
    kept.folder.rename(kept.folder.with_name("gone"))

    assert person.decides(EPOSTA="RET").status_code == 303
    kept.folder.with_name("gone").rename(kept.folder)
    assert rows.one(Decision).status == Status.REFUSED and records(kept) == []
    assert "journal" in browser.get("/readyz").json["failing"]
    assert browser.get("/health").json == {"status": "ok"}  # Refusals are taken all the same.
    assert person.decides(EPOSTA="RET", ARAMA="RET").status_code in (303, 200)


@pytest.mark.parametrize("cut", [1, sealed_records.HEADER.size + 1])
def test_an_end_that_a_crash_cut_off_is_known_and_all_before_it_is_read(app, kept, cut):
    with app.app_context():
        note_and_commit(1)
        whole = only_file(kept).stat().st_size
        note_and_commit(2)
    path = only_file(kept)
    os.truncate(path, whole + cut)

    found = read(path, kept)
    assert row_of(next(found), "receipt_decision")["receipt_id"] == 1
    with pytest.raises(sealed_records.TruncatedRecord, match=f"byte {whole} to"):
        next(found)


def test_a_record_that_was_changed_moved_or_taken_out_is_noticed(app, kept):
    with app.app_context():
        for number in range(3):
            note_and_commit(number)
    path = only_file(kept)
    written = path.read_bytes()
    third = len(written) // 3
    changed = bytearray(written)
    changed[third // 2] ^= 1

    for content in (bytes(changed), written[third:]):
        path.write_bytes(content)
        with pytest.raises(sealed_records.CorruptRecords):
            list(read(path, kept))


def test_files_are_private_begin_each_day_and_go_after_their_days(app, kept):
    others = kept.folder / "notes.txt"
    others.write_text("mine")
    with time_machine.travel(STARTS, tick=False) as traveller:
        for days in (0, 1, 29, 1):
            traveller.shift(timedelta(days=days))
            kept.append(numbered(days))

    files = journal.list_files([kept.folder])
    assert [str(day)[5:] for day, _ in files] == ["11-24", "12-23", "12-24"] and others.exists()
    assert {path.stat().st_mode & 0o777 for _, path in files} == {0o600}


def test_a_clock_that_is_years_ahead_deletes_no_file(kept):
    with time_machine.travel(STARTS, tick=False) as traveller:
        kept.append(numbered(1))
        traveller.shift(timedelta(days=3650))
        kept.append(numbered(2))

    assert [str(day)[:4] for day, _ in journal.list_files([kept.folder])] == ["2026", "2036"]


def test_a_column_that_the_journal_is_older_than_has_its_default(kept):
    kept.append({"submission": [{"id": 1}]})

    submission = row_of(records(kept)[0], "submission")
    assert (submission["id"], submission["attempts"], submission["code"]) == (1, 0, None)


def test_nothing_of_a_journal_stands_in_clear(app, browser, kept):
    make.Person(browser, make.codes(app)[make.EMAIL]).decides(EPOSTA="RET")

    content = only_file(kept).read_bytes()
    assert content and not any(word in content for word in (b"EPOSTA", b"fatma", b"RET", b"127.0.0.1"))


def test_a_forked_process_writes_to_a_file_of_its_own(app, kept):
    kept.append({"receipt_decision": [{"receipt_id": 1, "decision_id": 1}]})
    child = os.fork()
    if not child:
        kept.append({"receipt_decision": [{"receipt_id": 2, "decision_id": 2}]})
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0

    assert len(journal.list_files([kept.folder])) == len(records(kept)) == 2


def numbered(number: int) -> journal_records.Record:
    return {"receipt_decision": [{"receipt_id": number, "decision_id": number}]}


def read_numbers(path, kept: Journal) -> tuple[list[int], list[Exception]]:
    problems: list[Exception] = []
    found = read(path, kept, on_problem=problems.append)
    return [row_of(each, "receipt_decision")["receipt_id"] for each in found], problems


def damage(content: bytes, place: int, into: bytes) -> bytes:
    """The content with other bytes there; with others again where just these stood there by chance."""
    end = place + len(into)
    return content[:place] + (into if content[place:end] != into else bytes(each ^ 1 for each in into)) + content[end:]


@pytest.mark.parametrize("which", [1, 4])
@pytest.mark.parametrize(("at", "into"), [(0, b"?"), (4, b"\x40"), (7, b"\x01"), (0, bytes(16)), (60, b"?")])
def test_damage_is_never_called_cut_off_and_hides_no_other_record(kept, which, at, into):
    for number in range(5):
        kept.append(numbered(number))
    path = only_file(kept)
    content = path.read_bytes()
    path.write_bytes(damage(content, len(content) // 5 * which + at, into))

    numbers, (problem,) = read_numbers(path, kept)

    assert numbers == [number for number in range(5) if number != which]
    assert isinstance(problem, sealed_records.CorruptRecords)


@pytest.mark.parametrize("behind", [b"", bytes(4096)])
def test_a_record_that_a_crash_left_in_part_is_cut_off_also_with_zeros_behind_it(kept, behind):
    kept.append(numbered(0))
    path = only_file(kept)
    content = path.read_bytes()
    for part in (0, 2, 9, 40):
        path.write_bytes(content + content[:part] + behind)
        assert [type(each) for each in read_numbers(path, kept)[1]] == [sealed_records.TruncatedRecord] * bool(
            part or behind
        )


def fail_once(monkeypatch, name: str, error: Exception) -> None:
    real, left = getattr(os, name), [error]

    def call(*arguments):
        if left:
            raise left.pop()
        return real(*arguments)

    monkeypatch.setattr(os, name, call)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), MemoryError()])
def test_whoever_was_not_written_is_told_so_and_the_file_goes_on(kept, monkeypatch, error):
    assert kept.append(numbered(0))
    fail_once(monkeypatch, "fsync", error)

    size = only_file(kept).stat().st_size
    assert not kept.append(numbered(1))
    assert only_file(kept).stat().st_size == size  # A half record's room is needed on a full disk.
    assert kept.append(numbered(2))
    assert read_numbers(only_file(kept), kept) == ([0, 2], [])
    assert not kept.append({"receipt_decision": [{"receipt_id": object()}]}) and records(kept)


def test_a_strange_name_in_the_folder_and_one_that_keeps_names_by_itself_harm_nothing(kept, monkeypatch):
    (kept.folder / "2026-02-30-web1.journal").touch()
    fail_once(monkeypatch, "fsync", OSError(errno.EINVAL, "a folder"))

    assert kept.append(numbered(1)) and [row_of(each, "receipt_decision") for each in records(kept)]


def test_a_folder_that_cannot_be_synced_leaks_no_descriptors(kept, monkeypatch):
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    keep_reserve(kept.folder)
    before = descriptors()
    for number in range(3):
        fail_once(monkeypatch, "fsync", OSError(errno.EIO, "a folder"))
        assert not kept.append(numbered(number))

    assert descriptors() == before and len(journal.list_files([kept.folder])) == 1


def test_a_disk_that_hangs_is_waited_for_once_and_then_left_alone(kept, monkeypatch):
    hangs, real = threading.Event(), os.fsync
    monkeypatch.setattr(journal, "LONGEST_WAIT", 0.05)
    monkeypatch.setattr(os, "fsync", lambda file: (hangs.wait(), real(file)))

    assert not kept.append(numbered(1)) and kept.is_paused
    monkeypatch.setattr(journal, "LONGEST_WAIT", 60)
    assert not kept.append(numbered(2))  # At once.
    assert list_gaps([kept.folder]) == []
    after = clock.now()
    hangs.set()
    while not (gaps := list_gaps([kept.folder])):  # Also known without the database, once it can be.
        hangs.wait(0.01)
        threading.Event().wait(0.01)
    assert gaps[0].since < after <= gaps[0].until


def test_where_there_is_no_room_for_a_name_the_reserve_makes_it(kept, monkeypatch):
    assert kept.append(numbered(1))
    reserve, real = kept.folder / RESERVE, os.open

    def open_(path, *arguments):
        if str(path).endswith(".gap") and reserve.exists():
            raise OSError(errno.ENOSPC, "full")
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", open_)
    fail_once(monkeypatch, "fsync", OSError(errno.ENOSPC, "full"))

    assert reserve.stat().st_size and not kept.append(numbered(2))
    assert len(list_gaps([kept.folder])) == 1 and not reserve.exists()
    reserve.touch()  # As keeping one leaves it on a full disk.
    keep_reserve(kept.folder)
    assert reserve.stat().st_size == RESERVE_SIZE


def test_a_gap_is_one_file_whose_name_grows_until_the_disk_can_be_written(kept, monkeypatch):
    keep_reserve(kept.folder)
    began, ends = clock.now(), set()
    for number in range(3):
        fail_once(monkeypatch, "fsync", OSError(errno.ENOSPC, "full"))
        assert not kept.append(numbered(number))
        (gap,) = list_gaps([kept.folder])
        assert began <= gap.since < gap.until <= clock.now() and gap.path.stat().st_size == 0
        ends.add(gap.until)
    assert len(ends) == 3

    assert kept.append(numbered(4))
    fail_once(monkeypatch, "fsync", OSError(errno.ENOSPC, "full"))
    assert not kept.append(numbered(5)) and len(list_gaps([kept.folder])) == 2
