"""The format of a workbook by its container; zip bombs and encrypted files are refused."""

import io
import zipfile

from .chunks import CannotChunk

MOST_FILES = 10_000  # In a zip.
MOST_UNPACKED = 3 * 1024**3
STEEPEST = 400  # Times its packed size; a sheet of one value a million times comes to some 200.
HARMLESS = 32 * 1024**2  # Bytes that a file may swell to, however steeply.

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # How Office packs a workbook with a password.


def format_of(data: bytes) -> str:
    """ "xlsx", "xlsb", "xls" or "ods". Raises CannotChunk."""
    if data.startswith(OLE):
        if ENCRYPTED in data:
            raise CannotChunk("file_password")
        return "xls"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            files = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise CannotChunk("file_damaged") from None
    _refuse_zip_bomb(files)
    names = {file.filename.lower() for file in files}
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    is_office = any(name.startswith(("word/", "ppt/")) for name in names)
    raise CannotChunk("file_no_workbook" if is_office else "file_archive")


def _refuse_zip_bomb(files: list[zipfile.ZipInfo]) -> None:
    is_bomb = any(file.file_size > max(HARMLESS, STEEPEST * file.compress_size) for file in files)
    if is_bomb or len(files) > MOST_FILES or sum(file.file_size for file in files) > MOST_UNPACKED:
        raise CannotChunk("file_workbook_too_large")
    if any(file.flag_bits & 1 for file in files):
        raise CannotChunk("file_password")
