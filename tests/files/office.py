"""Made the files in saved/, once, by LibreOffice: the old format, the open one, and its own reading of the new one.

`python -m tests.files.office` makes them again; for the lock it needs the package msoffcrypto-tool.
"""

import io
import subprocess
import tempfile
from pathlib import Path

from tests.files import workbooks

SAVED = Path(__file__).with_name("saved")
FORMATS = {
    "people.xls": workbooks.plain,
    "people.ods": workbooks.plain,
    "people.xlsx": workbooks.plain,
    "title.xls": workbooks.merged_title,
    "title.ods": workbooks.merged_title,
    "typed.xls": workbooks.typed_cells,
    "typed.ods": workbooks.typed_cells,
    "three.xls": workbooks.three_sheets,
    "three.ods": workbooks.three_sheets,
    "formulas.ods": workbooks.formulas_without_values,
    "formulas.xlsx": workbooks.formulas_without_values,
}
LONGEST = 20_000  # Bytes of one.


def make() -> None:
    """All of them."""
    SAVED.mkdir(exist_ok=True)
    for name, made in FORMATS.items():
        _convert(made(), SAVED / name)
    _lock(workbooks.plain(), SAVED / "locked.xlsx")


def _convert(workbook: bytes, target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in", target.with_suffix(".xlsx").name)
        source.parent.mkdir()
        source.write_bytes(workbook)
        command = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
        subprocess.run([*command, target.suffix[1:], "--outdir", folder, str(source)], check=True, capture_output=True)
        made = Path(folder, target.name).read_bytes()
    if len(made) > LONGEST:
        raise ValueError(f"{target.name} is too large: {len(made)}")
    target.write_bytes(made)


def _lock(workbook: bytes, target: Path) -> None:
    import msoffcrypto.format.ooxml

    with target.open("wb") as out:
        msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(workbook)).encrypt("parola", out)


if __name__ == "__main__":
    make()
