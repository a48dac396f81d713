"""The lines that must be mended: as they stood, with what is wrong; brought again they are read as the first time."""

import csv
import io
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.styles import PatternFill
from python_calamine import CalamineWorkbook
from sqlalchemy import update

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel, Source
from portal.core.models import BatchState, ImportBatch, ImportChunk, Outcome, Submission
from portal.services.imports import batches, layout, row_errors, uploads, worker
from portal.services.imports.batch_problems import Confirmation
from portal.services.imports.store import layout_of, outline_of
from portal.services.imports.unread import unread_of
from tests import make
from tests.portal.web.dashboard.staff import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.alike]

HEADER = "Telefon;E-posta;Durum;İzin Tarihi;Kaynak;Not"
NOW, LATE = "{now}", "02.01.2026 10:00"
LINES = [
    f"0532 123 45 67;;ONAY;{NOW};HS_WEB;iyi",
    f"053212345;;ONAY;{NOW};HS_WEB;=1+1",
    f'+905321234568;;belki;{NOW};HS_WEB;"+90 ""ve""\nikinci satır"',
    f";ayşe@example.com;RET;{NOW};HS_WEB;😀 007",
    f"0532 123 45 69;;ONAY;{LATE};HS_WEB;geç",
    f"00532;bu@@yanlış;belki;{NOW};HS_BILINMEZ;çok",
]


@pytest.fixture
def brand(app):
    with app.app_context():
        brand = make.brand()
        yield brand
        db.session.rollback()


def imported_batch(brand, content: bytes, name: str) -> ImportBatch:
    """A file after its dry run, with defaults for what it does not say."""
    at = clock.now()
    whose = {"provider_id": brand.provider_id, "brand_id": brand.id, "user_id": None, "name": name}
    batch = uploads.store_upload(db.session, vault(), **whose, stream=io.BytesIO(content), at=at)
    work(batch)
    assert batch.state == BatchState.READ
    said = replace(layout_of(vault(), batch), origin="Üyelik formu", source=Source.WEB, channels=tuple(Channel))
    batches.set_layout(db.session, vault(), batch, said, at)
    db.session.commit()
    work(batch)
    return batch


def work(batch: ImportBatch) -> None:
    db.session.execute(update(ImportBatch).values(lease_until=None))
    db.session.commit()
    while worker.work(batch.id):
        pass
    db.session.refresh(batch)


def csv_of(lines: list[str], header: str = HEADER) -> bytes:
    at = clock.istanbul(clock.now()).strftime("%d.%m.%Y 00:01")
    return "\r\n".join([header, *lines]).replace(NOW, at).encode("utf-8-sig")


def found(batch: ImportBatch) -> row_errors.RowErrors:
    return row_errors.RowErrors(read_session(), vault(), batch)


def workbook(app, batch: ImportBatch, sheet: int = 0) -> list[list]:
    content = taken(app, batch)
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(sheet).to_python()


def taken(app, batch: ImportBatch) -> bytes:
    answer = signed_in(app).opens(f"/dashboard/imports/{batch.id}/errors.xlsx")
    assert answer.status_code == 200
    return answer.get_data()


def test_bad_lines_stand_there_as_they_were_with_all_that_is_wrong(app, brand):
    batch = imported_batch(brand, csv_of(LINES), "müşteriler.csv")

    header, *lines = workbook(app, batch)

    assert header == HEADER.split(";") + list(row_errors.OURS)
    assert [line[0] for line in lines] == ["053212345", "+905321234568", "", "00532"]
    assert [line[5] for line in lines] == ["=1+1", '+90 "ve"\nikinci satır', "😀 007", "çok"]
    assert [line[6] for line in lines] == [3.0, 4.0, 6.0, 8.0]
    said = [line[7:] for line in lines]
    assert said[0] == [
        "Telefon numarasının rakamı eksik.",
        "Türkiye numarasını alan koduyla, baştaki 0 dışında 10 rakam olarak yazın: 0532 123 45 67.", "H121",
    ]  # fmt: skip
    assert (said[1][2], said[2][2]) == ("H115", "H120")
    assert " / " in said[3][0] and " / " in said[3][2]


def test_late_grants_stand_on_a_sheet_of_their_own(app, brand):
    batch = imported_batch(brand, csv_of(LINES), "a.csv")

    header, *lines = workbook(app, batch, 1)

    assert header == [*HEADER.split(";"), *row_errors.OURS]
    assert [(line[0], line[5], line[6]) for line in lines] == [("0532 123 45 69", "geç", 7.0)]


def test_brought_again_it_is_read_as_the_first_file_was_and_ours_is_passed_by(app, brand):
    first = imported_batch(brand, csv_of(LINES), "a.csv")
    second = imported_batch(brand, taken(app, first), "hatalar.xlsx")

    for batch in (first, second):
        assert outline_of(vault(), batch).sheets[0].header_line == 1
    signatures = {layout.signature(outline_of(vault(), batch).sheets[0].header) for batch in (first, second)}
    assert len(signatures) == 1
    assert layout_of(vault(), second).columns == layout_of(vault(), first).columns
    assert second.tally == {word: count for word, count in first.tally.items() if word != "grant"}
    assert unread_of(vault(), second).names() == [
        "F",
        "addresses",
    ]  # The notes, and refusals of nobody known, as in the first.

    assert found(second).header == found(first).header
    assert [line.cells for line in found(second).lines()] == [line.cells for line in found(first).lines()]


BOOKS = {  # What holds the grants of a workbook back beside its lines.
    "title": lambda book: book.active.insert_rows(1) or book.active.cell(1, 1, "SMS İPTAL EDENLER"),
    "unknown title": lambda book: book.active.insert_rows(1) or book.active.cell(1, 1, "Robinson"),
    "sheet": lambda book: setattr(book.active, "title", "RET verenler"),
    "colour": lambda book: setattr(book.active["A2"], "fill", PatternFill("solid", fgColor="FFFF0000")),
    "hidden": lambda book: setattr(book.active.row_dimensions[2], "hidden", True),
    "another sheet": lambda book: book.create_sheet("Ayrılanlar").append(["Ayşe Er"]),
}


def workbook_of(dress) -> bytes:
    """Two grants, of which one lacks its date."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Liste"
    for row in (["Telefon", "SMS izni", "Onay tarihi"], ["0532 123 45 67", "Evet", None], GOOD):
        book.active.append(row)
    dress(book)
    book.save(out)
    return out.getvalue()


GOOD = ["0532 123 45 68", "Evet", "27.11.2026 10:00"]


@pytest.mark.parametrize("kind", [*BOOKS, "file"])
def test_what_holds_grants_back_beside_the_lines_comes_with_them(app, brand, kind):
    """In our workbook, and in what a program takes as JSON; also once the missing date is written."""
    name = "ret listesi.xlsx" if kind == "file" else "liste.xlsx"
    first = imported_batch(brand, workbook_of(BOOKS.get(kind, lambda book: None)), name)
    assert unread_of(vault(), first).doubtful
    errors, out = found(first), io.StringIO()
    lines = [[cell or GOOD[2] for cell in line.cells[:3]] + list(line.cells[3:]) for line in errors.lines()]
    csv.writer(out, delimiter=";").writerows([errors.header, *lines])

    for content, again in ((taken(app, first), "izinlink-hatalar-2026-11-29.xlsx"), (out.getvalue().encode(), "a.csv")):
        second = imported_batch(brand, content, again)

        assert unread_of(vault(), second).doubtful
        if kind in ("title", "sheet", "file"):
            assert "grant" not in second.tally and "late_grant" not in second.tally


def test_columns_of_a_file_without_a_header_are_named_so_that_the_next_reading_knows_them(app, brand):
    lines = [f"053212345{number};ad{number}@example.com;ONAY;{NOW};HS_WEB" for number in range(50, 60)]
    first = imported_batch(brand, csv_of([*lines, lines[0].replace("ONAY", "belki")], lines[0]), "a.csv")
    second = imported_batch(brand, taken(app, first), "hatalar.xlsx")

    assert found(first).header[:4] == ["Telefon", "E-posta", "Durum", "İzin tarihi"]
    assert layout_of(vault(), second).columns == layout_of(vault(), first).columns
    assert [line.cells for line in found(second).lines()] == [line.cells for line in found(first).lines()]


def test_what_iys_refused_is_there_with_its_code_and_what_a_person_closed_is_not(app, brand):
    batch = imported_batch(
        brand, csv_of([LINES[0], LINES[0].replace("67", "68"), LINES[0].replace("67", "69")]), "a.csv"
    )
    batches.start(db.session, batch, None, clock.now(), confirms={Confirmation.UNREAD})
    db.session.commit()
    work(batch)
    assert batch.state == BatchState.DONE
    refused, closed, *others = db.session.query(Submission).order_by(Submission.id)
    assert len(others) == 4
    refused.outcome, refused.code = Outcome.PARKED, "H121"
    closed.outcome, closed.code, closed.closed_at = Outcome.EXPIRED, "H467", clock.now()
    db.session.commit()

    (line,) = workbook(app, batch)[1:]

    assert (line[0], line[6], line[9]) == ("0532 123 45 67", 2.0, "H121")
    assert line[7] and line[8]


def test_a_damaged_chunk_keeps_nothing_else_back(app, brand):
    many = [LINES[1]] * 1500
    batch = imported_batch(brand, csv_of(many), "a.csv")
    db.session.execute(update(ImportChunk).where(ImportChunk.place == 0).values(content=b"damaged"))
    db.session.commit()

    assert 400 < len(list(found(batch).lines())) < 600


def test_a_file_that_has_not_come_so_far_has_no_lines(app, brand):
    at = clock.now()
    whose = {"provider_id": brand.provider_id, "brand_id": brand.id, "user_id": None, "name": "a.csv"}
    batch = uploads.store_upload(db.session, vault(), **whose, stream=io.BytesIO(csv_of(LINES)), at=at)
    db.session.commit()

    assert workbook(app, batch) == [list(row_errors.OURS)]
