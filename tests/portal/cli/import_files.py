"""Files for tests of `flask import`."""

import os
import time

from portal.core import clock
from portal.core.models import Decision
from tests.portal.services.imports.file_steps import csv_of

NOW = clock.istanbul(clock.now()).strftime("%d.%m.%Y 00:00")
GOOD = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", f"0533 234 56 78;RET;{NOW};HS_WEB;")
PERMISSIONS = ["Telefon", "SMS izni", "Arama izni", "İzin Tarihi"]
GUESS = ("--guess", "--channels", "MESAJ,ARAMA")


def put(folder, name: str, content: bytes, age: float = 3600):
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    return path


SMS = ("--guess", "--channels", "MESAJ", "--ignore-unread")
FIRST = csv_of("0532 987 65 43;RET;;;", "0533 987 65 43;RET;;;")
SECOND = csv_of("0535 987 65 43;RET;;;", "0536 987 65 43;RET;;;")


def lines_of(content: bytes) -> bytes:
    """Without the header."""
    return content.split(b"\n", 1)[1]


def names_in(folder) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.is_file())


def refused(rows) -> int:
    """How many people."""
    return len({each.recipient_id for each in rows(Decision)})
