"""From an upload to what İYS is told: a dry run without a trace, written once whatever is killed, and taken back."""

import io
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.core import addresses, clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status, format_wire_date
from portal.core.models import (
    Annulment,
    AuditEntry,
    BatchState,
    Brand,
    Consent,
    Decision,
    ImportBatch,
    ImportChunk,
    Lane,
    Leaf,
    Mail,
    Outcome,
    Provider,
    Recipient,
    Submission,
)
from portal.domain.consents import recipients, refusals
from portal.domain.consents.import_plan import WRITTEN
from portal.domain.notifications import mails
from portal.domain.packages import usage
from portal.services.imports import batches, queries, undo, uploads, worker
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.layout import Field, Layout
from portal.services.imports.reading.workbook_chunker import chunks
from portal.services.imports.row_errors import RowErrors
from portal.services.imports.row_results import RowProblem
from tests import make
from tests.portal.api.programs import CONSENTS, Program, make_key, refusal

pytestmark = pytest.mark.slow

COLUMNS = {Field.PHONE: 0, Field.EMAIL: 1, Field.STATUS: 2, Field.DATE: 3}
LAYOUT = Layout(columns=COLUMNS, source=Source.SIGNED_FORM, origin="Üyelik formu")
HEADER = "Telefon;E-posta;Durum;Tarih"
IN_A_CHUNK = 100
VOUCHED = {Confirmation.UNREAD, Confirmation.FIRST_GRANTS}  # Of an older refusal, and of a brand without others.


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "LINES", IN_A_CHUNK)


@pytest.fixture
def brand(app):
    with app.app_context():
        yield make.brand()


def line(number: int, status="ONAY", ago=timedelta(hours=2), mail=True) -> str:
    said = clock.istanbul(clock.now() - ago).strftime("%d.%m.%Y %H:%M:%S")
    return f"0532 {number:07};{f'kisi{number}@example.com' if mail else ''};{status};{said}"


def batch_of(brand, lines: list[str]) -> ImportBatch:
    """An uploaded file, cut into lines."""
    stream = io.BytesIO("\n".join([HEADER, *lines]).encode())
    batch = uploads.store_upload(
        db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name="izinler.csv",
        stream=stream, at=clock.now(),
    )  # fmt: skip
    finish(batch)
    assert batch.state == BatchState.READ
    return batch


def batch_after_dry_run(brand, lines: list[str], layout: Layout = LAYOUT) -> ImportBatch:
    batch = batch_of(brand, lines)
    batches.set_layout(db.session, vault(), batch, layout, clock.now())
    db.session.commit()
    finish(batch)
    assert batch.state == BatchState.DRY_RUN, batch.problem
    return batch


def begin(batch: ImportBatch, **said) -> None:
    batches.start(db.session, batch, 3, clock.now(), **{"confirms": VOUCHED} | said)
    db.session.commit()


def imported_batch(brand, lines: list[str], layout: Layout = LAYOUT, **said) -> ImportBatch:
    batch = batch_after_dry_run(brand, lines, layout)
    begin(batch, **said)
    finish(batch)
    assert batch.state == BatchState.DONE
    return batch


def finish(batch: ImportBatch) -> None:
    while worker.work(batch.id):
        pass
    db.session.refresh(batch)


def counts(rows) -> list[int]:
    return [rows.count(model) for model in (Recipient, Consent, Decision, Leaf, Submission)]


MANY = 2 * IN_A_CHUNK + 10
LINES = [
    *[line(number) for number in range(MANY)],
    line(1, "RET", timedelta(hours=1)),  # Newer than its first line.
    line(2, "RET", timedelta(hours=3), mail=False),  # Older.
    line(3000, "ONAY", timedelta(days=60)),
    line(3001, "RET", timedelta(days=60)),
    line(3002, "belki"),
    "yok;;ONAY;",
]


def test_a_dry_run_leaves_no_trace_and_foretells_the_run(brand, rows):
    batch = batch_after_dry_run(brand, LINES)

    assert counts(rows) == [0] * 5
    tally = batch.tally
    good = MANY * 3
    assert tally["grant"] == good - 3 and tally["repeated"] == 3 + 2 and tally["late_grant"] == 3
    assert tally["first_refusal"] == 3 + 3 and tally["status_unknown"] == 3
    assert batch.lines == len(LINES) and batch.new_addresses == MANY * 2 + 2
    assert sum(tally.values()) == sum(sum(chunk.tally.values()) for chunk in rows(ImportChunk))

    begin(batch)
    finish(batch)

    assert batch.state == BatchState.DONE and batch.tally == tally
    written = sum(tally.get(effect, 0) for effect in WRITTEN)
    assert rows.count(Decision) == rows.count(Leaf) == written
    assert rows.count(Submission) == written - 3
    assert Counter(each.lane for each in rows(Submission)) == {Lane.BULK: good - 3, Lane.REFUSALS: 6}
    grants = {each.due_at for each in rows(Submission, Submission.lane == Lane.BULK)}
    assert min(grants) == batch.started_at + timedelta(seconds=600)
    (told,) = [each for each in rows(AuditEntry) if each.act.startswith("import.")]
    assert told.act == "import.begun" and told.facts["grant"] == good - 3

    again = batch_after_dry_run(brand, LINES)
    assert again.tally["known"] == written and again.new_addresses == 0
    begin(again)
    finish(again)
    assert rows.count(Decision) == written


class Killed(BaseException):
    pass


@pytest.fixture
def killing():
    """Fail at the nth commit of the worker from now on, before or after it counts."""

    def at(number: int, after: bool):
        left = [number]
        commit = db.session.commit

        def dies():
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Killed
            commit()
            if left[0] == 0:
                raise Killed

        its = pytest.MonkeyPatch()  # Its own, or undoing it would undo the test's, too.
        its.setattr(type(db.session), "commit", lambda self: dies())
        return its.undo

    return at


@pytest.mark.long
def test_whatever_is_killed_each_good_entry_becomes_one_decision(brand, rows, killing, monkeypatch):
    batch = batch_of(brand, LINES)
    batches.set_layout(db.session, vault(), batch, LAYOUT, clock.now())
    db.session.commit()
    monkeypatch.setattr(batches, "LEASE", timedelta(0))  # What a killed worker held is free at once.
    _killed_all_along(batch, BatchState.MAPPED, killing)
    tally = batch.tally
    begin(batch)
    _killed_all_along(batch, BatchState.RUNNING, killing)

    written = sum(tally.get(effect, 0) for effect in WRITTEN)
    assert batch.tally == tally
    assert rows.count(Decision) == written == len({(each.line, each.channel) for each in rows(Decision)})

    batches.undo(db.session, batch, 3, clock.now())
    db.session.commit()
    _killed_all_along(batch, BatchState.UNDOING, killing)
    assert rows.count(Annulment) == batch.annulled == written
    assert all(each.status is None for each in rows(Consent))


def _killed_all_along(batch: ImportBatch, state: BatchState, killing) -> None:
    number = 0
    while batch.state == state:
        number += 1
        alive = killing(1 + number // 2, after=bool(number % 2))
        try:
            worker.work(batch.id)
        except Killed:
            db.session.rollback()
        finally:
            alive()
        db.session.rollback()
        db.session.refresh(batch)
        assert number < 100


def test_a_person_stops_resumes_and_undoes_what_was_not_claimed(brand, rows, monkeypatch):
    batch = batch_after_dry_run(brand, LINES)
    begin(batch)
    worker.work(batch.id, seconds=0)
    batches.stop(db.session, batch, 3, clock.now())
    db.session.commit()
    assert not worker.work(batch.id) and batch.state == BatchState.STOPPED and batch.position == 1
    stopped = rows.count(Decision)
    with pytest.raises(batches.WrongState):
        batches.start(db.session, batch, 3, clock.now(), confirms=VOUCHED)
    batches.resume(db.session, batch, 3, clock.now())
    db.session.commit()
    finish(batch)
    assert batch.state == BatchState.DONE and rows.count(Decision) > stopped

    sent = rows(Submission)[0]
    db.session.query(Submission).filter_by(id=sent.id).update({"attempts": 1})
    db.session.commit()
    batches.undo(db.session, batch, 3, clock.now())
    db.session.commit()
    finish(batch)

    assert batch.state == BatchState.UNDONE and batch.annulled == rows.count(Decision) - 1
    (held,) = [head for head in rows(Consent) if head.status is not None]
    assert held.id == sent.consent_id
    assert Counter(each.outcome for each in rows(Submission))[Outcome.ANNULLED] == rows.count(Submission) - 1

    again = imported_batch(brand, LINES[:5])
    assert again.tally == {"grant": 14, "same": 1} or again.tally == {"grant": 14, "known": 1}
    with pytest.raises(batches.WrongState):
        batches.drop(db.session, again, 3, clock.now())


def test_who_started_an_import_is_mailed_what_came_of_it(brand, rows):
    owner = make.person(db.session.get_one(Provider, brand.provider_id), "starter@example.com")
    db.session.commit()
    batch = batch_after_dry_run(brand, [line(1, "RET", mail=False), line(2, mail=False)])
    batches.start(db.session, batch, owner.id, clock.now())
    db.session.commit()
    finish(batch)

    mail = rows.one(Mail)
    facts = mails.read_facts(vault(), mail)
    assert (mail.kind, facts["is_complete"], facts["refusals"], facts["grants"]) == ("import_ended", True, 2, 2)
    assert facts["link"].endswith(f"/dashboard/imports/{batch.id}")

    imported_batch(brand, [line(3, mail=False)])  # By nobody who has an address.
    assert rows.count(Mail) == 1


@pytest.mark.alike
def test_a_stopped_import_tells_what_happened_and_not_what_was_planned(brand):
    batch = batch_after_dry_run(brand, LINES)
    begin(batch)
    worker.work(batch.id, seconds=0)
    batches.stop(db.session, batch, 3, clock.now())
    db.session.commit()

    now, planned = queries.tally_now(db.session, batch), batch.tally

    assert 0 < now["grant"] < planned["grant"]
    assert {result: count for result, count in now.items() if result not in WRITTEN} == {
        result: count for result, count in planned.items() if result not in WRITTEN
    }


def test_a_refusal_that_another_file_said_too_stays_when_the_first_one_is_taken_back(brand, rows):
    said = [line(1, "RET", mail=False), line(2, mail=False)]
    earlier, later = batch_after_dry_run(brand, said), batch_after_dry_run(brand, said)
    begin(earlier)
    begin(later)
    finish(later)
    finish(earlier)  # It began first, and came second: of what stands already it writes no second one.
    assert earlier.tally == {"known": 4}
    batches.undo(db.session, later, 3, clock.now())
    db.session.commit()
    finish(later)

    stand = Counter(head.status for head in rows(Consent))
    assert stand == {Status.REFUSED: 2, None: 2}
    assert later.annulled == 2


def test_refusals_are_taken_back_though_another_file_came_close_to_theirs(brand, rows):
    said = [line(1, "RET", mail=False)]
    wrong = imported_batch(brand, said)
    right = imported_batch(brand, [line(2, "RET", mail=False)])  # Of others: it relies on none of those refusals.
    assert undo.count_undoable(db.session, wrong) == undo.Undoable(free=2, gone=0)

    batches.undo(db.session, wrong, 3, clock.now())
    db.session.commit()
    finish(wrong)

    assert (wrong.annulled, right.annulled) == (2, 0)
    assert Counter(head.status for head in rows(Consent)) == {Status.REFUSED: 2, None: 2}

    imported_batch(brand, [line(2, "RET", mail=False), line(3, "RET", mail=False)])
    assert undo.count_undoable(db.session, right) == undo.Undoable(free=0, gone=0, relied_on=2)


def take_back(batch: ImportBatch) -> None:
    batches.undo(db.session, batch, 3, clock.now())
    db.session.commit()
    finish(batch)


def test_an_entry_that_was_told_later_is_counted_when_its_file_is_taken_back(brand, rows):
    grants = imported_batch(brand, [line(1, mail=False)])
    older = imported_batch(brand, [line(1, "RET", timedelta(hours=3), mail=False)])
    assert older.tally == {"older": 2}
    take_back(grants)
    assert [each.outcome for each in rows(Submission)][2:] == [Outcome.WAITING] * 2
    grants.ended_at = clock.now() - timedelta(hours=1)  # So that it relies on none of those refusals.
    db.session.commit()

    assert undo.count_undoable(db.session, older) == undo.Undoable(free=2, gone=0)

    take_back(older)

    assert (older.annulled, rows.count(Annulment)) == (2, 4)
    assert len(queries.group_rows(db.session, vault(), older, queries.RowGroup.ANNULLED)) == 2


def test_refusals_as_the_other_recipient_type_are_no_entries_of_a_file_that_is_taken_back(brand, rows):
    imported_batch(brand, [line(1, mail=False)], replace(LAYOUT, recipient_type=RecipientType.MERCHANT))
    refused = imported_batch(brand, [line(1, "RET", timedelta(hours=1), mail=False)])

    take_back(refused)

    assert (refused.annulled, rows.count(Annulment)) == (2, 4)
    assert len(queries.group_rows(db.session, vault(), refused, queries.RowGroup.ANNULLED)) == 2


def test_a_refusal_that_a_program_reported_again_stays_when_the_file_is_taken_back(app, brand):
    wrong = imported_batch(brand, [line(1, "RET", mail=False), line(2, "RET", mail=False)])
    program = Program(app, make_key(db.session.get_one(Provider, brand.provider_id)))
    program.post(CONSENTS, refusal("+905321239999"))  # Of somebody else: new, so it relies on nothing.
    assert undo.count_undoable(db.session, wrong).relied_on == 0
    row = refusal("+905320000001", consentDate=format_wire_date(clock.now() - timedelta(hours=3)))
    assert not program.post(CONSENTS, row).json["results"][0]["written"]

    assert undo.count_undoable(db.session, wrong).relied_on > 0


def test_refusals_are_taken_where_there_is_no_room_for_grants(brand, rows, monkeypatch):
    monkeypatch.setattr(usage, "FREE", IN_A_CHUNK)
    db.session.query(Provider).update({"admitted_at": None})
    db.session.commit()
    batch = batch_after_dry_run(brand, LINES)

    begin(batch)
    batches.stop(db.session, batch, 3, clock.now())
    batches.resume(db.session, batch, 3, clock.now())
    db.session.commit()
    finish(batch)

    assert (batch.problem, batch.only_refusals) == ("no_room", True)
    assert batch.tally["grant_left_out"] == MANY * 3 - 3 + 3 and batch.tally["first_refusal"] == 8
    assert {each.status for each in rows(Decision)} == {Status.REFUSED} and rows.count(Recipient) == 5


@pytest.mark.parametrize(("model", "moment"), [(Provider, "suspended_at"), (Brand, "closed_at")])
def test_what_is_suspended_meanwhile_has_its_refusals_written_only(brand, rows, model, moment):
    batch = batch_after_dry_run(brand, LINES)
    begin(batch)
    worker.work(batch.id, seconds=0)
    before = rows.count(Decision)
    db.session.execute(update(model).values({moment: clock.now()}))
    db.session.commit()

    finish(batch)

    assert (batch.state, batch.only_refusals, batch.problem) == (BatchState.DONE, True, "suspended")
    written, after = rows(Decision)[:before], rows(Decision)[before:]
    assert {each.status for each in written} == {Status.GRANTED}
    assert [each.status for each in after] == [Status.REFUSED] * 8  # Two of them are older than a written grant.
    assert before + batch.tally["grant_left_out"] > 3 * 2 * IN_A_CHUNK


@pytest.mark.alike
def test_a_damaged_chunk_is_noted(brand, rows):
    batch = batch_after_dry_run(brand, LINES)
    begin(batch)
    worker.work(batch.id, seconds=0)
    batches.stop(db.session, batch, 3, clock.now())
    chunk = db.session.query(ImportChunk).filter_by(batch_id=batch.id, place=1).one()
    chunk.content = chunk.content[:-1] + bytes((chunk.content[-1] ^ 1,))
    db.session.commit()
    batches.resume(db.session, batch, 3, clock.now())
    db.session.commit()
    finish(batch)

    assert (batch.state, batch.problem) == (BatchState.DONE, "damaged")
    assert [chunk.ran_at is not None for chunk in rows(ImportChunk)] == [True, False, True]
    piles = queries.count_groups(db.session, batch)
    assert piles.unwritten == 3 * IN_A_CHUNK and piles.total == sum(batch.tally.values())


def test_duplicates_are_found_over_the_whole_file(brand, rows):
    first, last = line(7, "ONAY", timedelta(hours=2)), line(7, "RET", timedelta(hours=2))
    batch = batch_after_dry_run(brand, [first, *[line(each, mail=False) for each in range(10, 150)], last, last])

    chunks = rows(ImportChunk)
    assert chunks[0].tally["repeated"] == 3 and chunks[1].tally["repeated"] == 3
    assert batch.tally["first_refusal"] == 3


def refuse(brand, number: int) -> None:
    """Somebody calls and refuses SMS: an hour ago, so that a line may be newer."""
    address, at = addresses.parse(f"+90532{number:07}"), clock.now() - timedelta(hours=1)
    (recipient_id,) = recipients.gather(db.session, vault(), brand.provider_id, [address], at).values()
    refusals.refuse(
        db.session, vault(), db.session.get_one(Recipient, recipient_id), [brand], [Channel.SMS], address=address,
        source=Source.CALL_CENTRE, user_id=3, at=at,
    )  # fmt: skip
    db.session.commit()


def test_grants_after_peoples_own_refusals_are_left_out_and_told(brand, rows):
    refuse(brand, 1)
    half_an_hour = {"ago": timedelta(minutes=30), "mail": False}
    batch = imported_batch(brand, [line(1, **half_an_hour), line(2, **half_an_hour)])

    assert batch.tally == {"over_refusal": 1, "grant": 3} and batch.after_refusal_confirmed_at is None
    (left_out,) = RowErrors(db.session, vault(), batch).lines()
    assert left_out.number == 2 and [each.sentence for each in left_out.errors] == [RowProblem.OVER_REFUSAL.sentence]
    assert queries.count_groups(db.session, batch).problems == 1


def test_vouched_grants_are_written_once_and_a_refusal_heard_since_holds_its_own(brand, rows, killing, monkeypatch):
    refuse(brand, 1)
    half_an_hour = {"ago": timedelta(minutes=30), "mail": False}
    batch = batch_after_dry_run(brand, [line(number, **half_an_hour) for number in (1, 2, 3)])
    assert batch.tally == {"over_refusal": 1, "grant": 5}
    refuse(brand, 2)
    begin(batch, confirms=set(Confirmation))
    monkeypatch.setattr(batches, "LEASE", timedelta(0))  # What a killed worker held is free at once.
    _killed_all_along(batch, BatchState.RUNNING, killing)

    assert batch.tally == {"over_refusal": 1, "grant": 5} and batch.after_refusal_confirmed_at == batch.started_at
    (begun,) = rows(AuditEntry, AuditEntry.act == "import.begun")
    assert begun.facts["after_refusal"] == 1
    (left_out,) = RowErrors(db.session, vault(), batch).lines()
    assert left_out.number == 3
    told = [each.line for each in rows(Decision, Decision.batch_id == batch.id, Decision.channel == Channel.SMS)]
    assert sorted(told) == [2, 4] and len(rows(Submission, Submission.status == Status.GRANTED)) == 5

    batches.undo(db.session, batch, 3, clock.now())
    db.session.commit()
    finish(batch)
    refused = {each.recipient_id for each in rows(Consent, Consent.status == Status.REFUSED)}
    assert len(refused) == 2, "both stand refused again"


def test_a_merchants_grant_without_a_date_withdraws_no_refusal(brand, rows):
    firms = replace(LAYOUT, recipient_type=RecipientType.MERCHANT)
    undated = "0532 0000007;;ONAY;"
    batch = batch_after_dry_run(brand, [line(7, "RET", mail=False), *[undated] * 120, "0532 0000008;;ONAY;"], firms)
    assert batch.tally == {"first_refusal": 2, "repeated": 240, "grant": 2}
    begin(batch)
    finish(batch)

    again = imported_batch(brand, [undated, "0532 0000008;;ONAY;"], layout=firms)
    assert again.tally["date_missing"] == 2 and again.tally.get("grant", 0) == 0
    assert Counter(head.status for head in rows(Consent)) == {Status.REFUSED: 2, Status.GRANTED: 2}


def test_a_machine_whose_clock_is_behind_writes_what_the_dry_run_accepted(brand, rows, monkeypatch):
    batch = batch_after_dry_run(brand, [line(1, ago=timedelta(seconds=2), mail=False)])
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() - timedelta(seconds=30))
    begin(batch)
    finish(batch)

    assert batch.tally == {"grant": rows.count(Decision)} == {"grant": 2}


def test_a_new_layout_takes_the_dry_run_from_the_worker(brand, rows):
    batch = batch_of(brand, LINES)
    batches.set_layout(db.session, vault(), batch, replace(LAYOUT, origin=""), clock.now())
    db.session.commit()
    assert worker.work(batch.id, seconds=0)
    batches.set_layout(db.session, vault(), batch, LAYOUT, clock.now())
    db.session.commit()

    finish(batch)

    assert batch.tally["grant"] == MANY * 3 - 3 and "origin_missing" not in batch.tally
    batches.drop(db.session, batch, 3, clock.now())
    db.session.commit()
    assert rows.count(ImportChunk) == 0 and batch.state == BatchState.DROPPED
