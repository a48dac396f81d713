"""Files that cannot be read, or hold nothing: each must end in a sentence, not in a crash."""

import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from tests.files import workbooks
from tests.files.people import HEADER, SHEET, saved, text, with_parts, workbook

SAVED = Path(__file__).with_name("saved")
CHUNK = 1 << 20
SHEET_1 = "xl/worksheets/sheet1.xml"
BEGIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def nothing() -> bytes:
    """No byte at all."""
    return b""


def blanks() -> bytes:
    """Line ends and blanks only."""
    return b"\xef\xbb\xbf \r\n\t\r\n  \r\n"


def only_header() -> bytes:
    """Names of columns, and nobody under them."""
    return text([HEADER]).encode()


def workbook_of_headers() -> bytes:
    """The same in a workbook of two sheets."""
    return saved(workbook({"Ocak": [HEADER], "Şubat": []}))


def nuls() -> bytes:
    """A text with NULs in it."""
    return text(SHEET).encode().replace(b"HS_WEB", b"HS\0WEB")


def pdf() -> bytes:
    """A PDF."""
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def png() -> bytes:
    """A picture of one pixel."""
    return PNG


def noise() -> bytes:
    """Bytes of no kind."""
    return bytes((number * number * 31 + 7) % 256 for number in range(5000))


def other_zip() -> bytes:
    """A zip file that is no workbook."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("liste.csv", text(SHEET))
    return out.getvalue()


def half_a_workbook() -> bytes:
    """The connection broke in the middle."""
    whole = workbooks.plain()
    return whole[: len(whole) // 2]


def without_its_sheet() -> bytes:
    """A workbook whose only sheet is missing."""
    return with_parts(workbooks.plain(), {SHEET_1: None})


def torn_xml() -> bytes:
    """A workbook whose sheet ends in the middle of a cell."""
    with zipfile.ZipFile(BytesIO(workbooks.plain())) as parts:
        sheet = parts.read(SHEET_1)
    return with_parts(workbooks.plain(), {SHEET_1: sheet[: len(sheet) // 2]})


def half_an_xls() -> bytes:
    """An old workbook, torn."""
    whole = (SAVED / "people.xls").read_bytes()
    return whole[: len(whole) // 2]


def locked() -> bytes:
    """A workbook that opens with a password only."""
    return (SAVED / "locked.xlsx").read_bytes()


def bomb() -> bytes:
    """A megabyte that becomes a gigabyte of blanks inside the first sheet."""
    return _with_swollen(workbooks.plain(), SHEET_1, 1024)


def bomb_of_rows() -> bytes:
    """More rows than Excel has, all alike: they compress to nothing."""
    row = b'<row><c t="inlineStr"><is><t>05321234567</t></is></c></row>'
    return _with_swollen(workbooks.plain(), SHEET_1, 64, row * (CHUNK // len(row)))


def too_many_columns() -> bytes:
    """501 of them."""
    return text([[f"s{number}" for number in range(501)], ["05321234567"] * 501]).encode()


def too_many_columns_in_a_sheet() -> bytes:
    """501 of them in a workbook."""
    return saved(workbook({"Sayfa1": [[f"s{number}" for number in range(501)], ["05321234567"] * 501]}))


def endless_line() -> bytes:
    """Half a megabyte without a line end."""
    return b"05321234567 " * 50_000


def _with_swollen(book: bytes, name: str, chunks: int, chunk: bytes = b" " * CHUNK) -> bytes:
    """A workbook with one part that swells: the same compressed piece, repeated, so that it is made in no time."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(BEGIN) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    body = head + piece * chunks + packer.compress(END) + packer.flush(zlib.Z_FINISH)
    checksum = zlib.crc32(BEGIN)
    for _ in range(chunks):
        checksum = zlib.crc32(chunk, checksum)
    checksum = zlib.crc32(END, checksum)
    size = len(BEGIN) + len(chunk) * chunks + len(END)
    out = BytesIO(with_parts(book, {name: None}))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, body)
    return _declared_deflated(out.getvalue(), name.encode(), len(body), size, checksum)


def _declared_deflated(archive: bytes, name: bytes, packed: int, size: int, checksum: int) -> bytes:
    """The archive with one stored member said to be deflated: zipfile cannot be given a part already compressed."""
    changed = bytearray(archive)
    local = archive.rindex(name, 0, archive.rindex(b"PK\x01\x02")) - 30
    central = archive.rindex(name) - 46
    struct.pack_into("<H", changed, local + 8, zipfile.ZIP_DEFLATED)
    struct.pack_into("<III", changed, local + 14, checksum, packed, size)
    struct.pack_into("<H", changed, central + 10, zipfile.ZIP_DEFLATED)
    struct.pack_into("<III", changed, central + 16, checksum, packed, size)
    return bytes(changed)
