"""Intake: an uploaded file becomes sealed chunks and a guess, once, however often it is begun."""

import io
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.extensions import db, vault
from portal.core.iys_protocol import Source
from portal.core.leases import LeaseLost
from portal.core.models import AuditEntry, BatchState, ImportBatch, ImportChunk, UploadPart
from portal.services.imports import batches, intake, profiles, store, uploads, worker
from portal.services.imports.layout import Field, Layout
from portal.services.imports.reading import FileProblem, Outline
from tests import make
from tests.files.people import xlsx_of

pytestmark = pytest.mark.slow

HEADER = ["Telefon", "E-posta", "İzin Tarihi", "Durum"]
ROW = ["0532 123 45 67", "ayse@example.com", "24.11.2026 14:02", "ONAY"]
CSV = "\n".join(map(";".join, [["Mart listesi"], HEADER, *[ROW] * 2500])).encode()


@pytest.fixture
def brand(app):
    with app.app_context():
        yield make.brand()
        db.session.rollback()


def bring(brand, data: bytes, name="liste.csv") -> int:
    batch = uploads.store_upload(
        db.session, vault(), provider_id=brand.provider_id, brand_id=brand.id, user_id=None, name=name,
        stream=io.BytesIO(data), at=clock.now(),
    )  # fmt: skip
    return batch.id


def read(batch_id: int) -> None:
    """As the worker does it, where nobody holds the file and it is still to be read."""
    lease = batches.claim_batch(db.session, batch_id, BatchState.UPLOADED, clock.now())
    db.session.commit()
    if lease:
        intake.read_batch(lease)


def free(batch_id: int) -> None:
    """Its lease has run out."""
    db.session.query(ImportBatch).filter_by(id=batch_id).update({"lease_until": None})
    db.session.commit()


def outline_of(batch) -> Outline:
    return Outline.unpacked(vault().read(batch.outline, ImportBatch.OUTLINE, batch.provider_id, batch.id))


def layout_of(batch) -> Layout:
    return Layout.unpacked(vault().read(batch.layout, ImportBatch.LAYOUT, batch.provider_id, batch.id))


def chunks() -> list[ImportChunk]:
    db.session.expire_all()
    return db.session.query(ImportChunk).order_by(ImportChunk.place).all()


def test_a_file_becomes_chunks_with_a_guessed_layout(brand, rows):
    read(bring(brand, CSV))

    batch = rows.one(ImportBatch)
    assert (batch.state, batch.chunks, batch.lines, batch.lease_until) == (BatchState.READ, 3, 2500, None)
    assert [(chunk.place, chunk.first_line, chunk.lines) for chunk in chunks()] == [
        (0, 1, 1000), (1, 1001, 1000), (2, 2001, 502),
    ]  # fmt: skip
    assert store.lines_of(vault(), chunks()[2])[-1] == [2502, ROW]
    assert outline_of(batch).sheets[0].header_line == 2
    assert layout_of(batch).columns == {Field.PHONE: 0, Field.EMAIL: 1, Field.DATE: 2, Field.STATUS: 3}
    assert rows.count(UploadPart) == rows.count(AuditEntry) == 0


def test_nothing_of_a_file_lies_open(brand, rows):
    read(bring(brand, CSV))

    batch = rows.one(ImportBatch)
    for kept in (batch.name, batch.outline, batch.layout, *(chunk.content for chunk in chunks())):
        assert b"0532" not in kept and b"Telefon" not in kept and b"liste" not in kept


def test_one_that_was_killed_begins_again(brand, rows, monkeypatch):
    monkeypatch.setattr(intake, "AT_ONCE", 1)
    batch_id = bring(brand, CSV)
    killed = iter([None, None])
    hold = intake._hold

    def killing(*arguments):
        next(killed)
        hold(*arguments)

    monkeypatch.setattr(intake, "_hold", killing)
    with pytest.raises(StopIteration):
        read(batch_id)
    db.session.rollback()
    assert rows.count(ImportChunk) == 1

    monkeypatch.setattr(intake, "_hold", hold)
    free(batch_id)
    read(batch_id)
    read(batch_id)

    assert rows.one(ImportBatch).state == BatchState.READ
    assert [chunk.place for chunk in chunks()] == [0, 1, 2]


def test_one_thrown_away_meanwhile_stays_so(brand, rows, monkeypatch):
    monkeypatch.setattr(intake, "AT_ONCE", 1)
    batch_id = bring(brand, CSV)
    seal = store.seal_lines

    def dropping(*arguments):
        db.session.query(ImportBatch).update({"state": BatchState.DROPPED})
        db.session.commit()
        return seal(*arguments)

    monkeypatch.setattr(store, "seal_lines", dropping)
    with pytest.raises(LeaseLost):
        read(batch_id)
    db.session.rollback()

    assert rows.one(ImportBatch).state == BatchState.DROPPED
    assert rows.count(ImportChunk) == 0


def test_a_file_that_two_workers_cut_at_once_loses_no_line(brand, rows, monkeypatch):
    batch_id = bring(brand, CSV)
    found = intake._findings

    def meanwhile(*arguments):
        later = clock.now() + timedelta(hours=1)
        assert batches.claim_batch(db.session, batch_id, BatchState.UPLOADED, later)  # By another, who thinks us dead,
        db.session.query(ImportChunk).delete()  # and begins anew.
        db.session.commit()
        return found(*arguments)

    monkeypatch.setattr(intake, "_findings", meanwhile)
    with pytest.raises(LeaseLost):
        read(batch_id)
    db.session.rollback()
    assert rows.one(ImportBatch).state == BatchState.UPLOADED

    monkeypatch.setattr(intake, "_findings", found)
    free(batch_id)
    read(batch_id)
    assert rows.one(ImportBatch).state == BatchState.READ and rows.count(ImportChunk) == 3


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (CSV + b"\0", FileProblem.BINARY),
        (b"PK\x03\x04 broken", FileProblem.DAMAGED),
        (xlsx_of(Boş=[]), FileProblem.EMPTY),
    ],
    ids=["nul at its end", "a broken zip", "an empty workbook"],
)
def test_a_file_that_cannot_be_read_says_why_and_leaves_nothing(brand, rows, data, problem):
    read(bring(brand, data))

    batch = rows.one(ImportBatch)
    assert (batch.state, batch.problem, batch.outline) == (BatchState.UNREADABLE, problem, None)
    assert rows.count(ImportChunk) == rows.count(UploadPart) == 0


def test_an_upload_that_broke_off_is_not_taken_for_a_short_file(brand, rows):
    batch_id = bring(brand, CSV)
    db.session.query(ImportBatch).update({"digest": uploads.UNFINISHED})
    db.session.commit()

    read(batch_id)

    assert rows.one(ImportBatch).problem == FileProblem.BROKEN_OFF


def test_sheets_with_the_same_columns_are_read_together(brand, rows):
    turned = [HEADER[::-1], ROW[::-1]]
    data = xlsx_of(Kapak=[["Hazırlayan: Ayşe"]], Ocak=[HEADER, ROW], Şubat=[["Şubat"], HEADER, ROW, ROW], Ters=turned)

    read(bring(brand, data, "izinler.xlsx"))

    batch = rows.one(ImportBatch)
    assert [sheet.name for sheet in outline_of(batch).sheets] == ["Kapak", "Ocak", "Şubat", "Ters"]
    assert (layout_of(batch).sheets, batch.lines) == ((1, 2), 3)


def test_a_header_met_before_is_read_as_it_was(brand, rows):
    columns = {Field.PHONE: 0, Field.DATE: 2}
    said = Layout(columns=columns, source=Source("HS_WEB"), sheets=(7,))
    profiles.remember(db.session, vault(), brand.provider_id, HEADER, said, clock.now())
    db.session.commit()

    read(bring(brand, CSV))

    found = layout_of(rows.one(ImportBatch))
    assert (found.columns, found.source, found.sheets) == (columns, Source("HS_WEB"), (0,))


def test_a_file_that_ends_every_worker_is_given_up(brand, rows):
    batch_id = bring(brand, CSV)
    for _ in range(intake.MOST_ATTEMPTS):
        assert (
            batches.claim_batch(db.session, batch_id, BatchState.UPLOADED, clock.now() + timedelta(hours=1)) is not None
        )
        db.session.query(ImportBatch).update({"lease_until": None})
        db.session.commit()
    assert rows.one(ImportBatch).state == BatchState.UPLOADED

    worker.work(batch_id)

    batch = rows.one(ImportBatch)
    assert (batch.state, batch.problem) == (BatchState.UNREADABLE, FileProblem.DAMAGED)
    assert rows.count(UploadPart) == 0
