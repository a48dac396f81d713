"""Four people as a shop keeps them, and the writers that turn rows into the bytes of a file."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence

import openpyxl

FRESH = "24.11.2026 14:02"  # The day before the one on which the tests look.
HEADER = ["Ad Soyad", "Telefon", "E-posta", "İzin Durumu", "İzin Tarihi", "Kaynak", "Dayanak"]
PEOPLE = [
    ["Ayşe Yılmaz", "0532 123 45 67", "ayse@example.com", "ONAY", FRESH, "HS_WEB", "Form 1"],
    ["Burak Öztürk", "0533 234 56 78", "", "ONAY", FRESH, "HS_ISLAK_IMZA", "Form 2"],
    ["Çağrı Şen", "", "cagri@example.com", "RET", FRESH, "HS_WEB", ""],
    ["İpek Güneş", "0212 345 67 89", "", "RET", FRESH, "HS_CAGRI_MERKEZI", ""],
]
SHEET = [HEADER, *PEOPLE]
# Ayşe's three channels and Burak's two; refusals of people nobody knew: of a landline SMS, too.
ALL_FOUR = {"grant": 5, "first_refusal": 3}

Rows = Iterable[Sequence[object]]


def text(rows: Rows, separator: str = ";", ends: str = "\r\n") -> str:
    """Rows as the csv module writes them."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=ends).writerows(rows)
    return out.getvalue()


def column(header: str, values: Iterable[str]) -> bytes:
    """One column, a value a line."""
    return text([[header], *([value] for value in values)]).encode()


def numbered(header: Sequence[str], rows: Rows) -> bytes:
    """Rows with an e-mail address of their own each in front: only what stands behind it is ugly."""
    return text([["E-posta", *header], *([f"kisi{at}@example.com", *row] for at, row in enumerate(rows, 1))]).encode()


def workbook(sheets: Mapping[str, Rows]) -> openpyxl.Workbook:
    """Rows by the name of their sheet, as openpyxl keeps them."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    """A workbook as openpyxl writes it."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx_of(**sheets: Rows) -> bytes:
    return saved(workbook(sheets))


def with_parts(workbook: bytes, changed: Mapping[str, bytes | None]) -> bytes:
    """The same workbook with some parts of its zip file replaced, added, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        parts = {name: before.read(name) for name in before.namelist()} | changed
        for name, content in parts.items():
            if content is not None:
                after.writestr(name, content)
    return out.getvalue()
