"""Files for tests of `flask import`."""

import os
import time

from portal.core import clock
from tests.portal.services.imports.file_steps import csv_of

NOW = clock.istanbul(clock.now()).strftime("%d.%m.%Y 00:00")
GOOD = csv_of(f"0532 987 65 43;ONAY;{NOW};HS_WEB;Sipariş 1", f"0533 234 56 78;RET;{NOW};HS_WEB;")
GUESS = ("--guess", "--channels", "MESAJ,ARAMA")


def put(folder, name: str, content: bytes, age: float = 3600):
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age,) * 2)
    return path
