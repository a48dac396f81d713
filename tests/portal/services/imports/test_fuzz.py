"""Whatever bytes come, a file is cut into lines or refused with a sentence, within its share of time and memory."""

import io
import json
import random
import resource
import zipfile
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.services.imports.audience import read_address_list
from portal.services.imports.reading import ChunkedFile, FileProblem, Unreadable
from tests.examples import some
from tests.files import broken, cells, texts, workbooks

pytestmark = pytest.mark.slow

FEW, MANY = 12, 1500  # Workbooks; each takes a process.
SECONDS = 20.0  # Of CPU for one file of some kilobytes, on the slowest machine.
WORKBOOKS = {
    "xlsx": workbooks.plain,
    "typed": workbooks.typed_cells,
    "xlsxwriter": workbooks.plain_by_xlsxwriter,
    "xls": lambda: (broken.SAVED / "people.xls").read_bytes(),
    "ods": lambda: (broken.SAVED / "people.ods").read_bytes(),
    "locked": broken.locked,
}
TEXTS = [
    texts.utf8_commas, texts.utf16_le_tabs, texts.windows_1254, texts.quoted_newlines, texts.carriage_returns,
    texts.mixed_ends, texts.declared_separator, cells.bad_phones, cells.bad_dates,
]  # fmt: skip
LIKE_TABLES = st.text(st.sampled_from("05321ab@ş.;,\t|\"'=\r\n\x00\x1aé\ud7ff"), max_size=400)


@pytest.mark.generated
@given(
    st.one_of(st.binary(max_size=600), LIKE_TABLES.map(str.encode), LIKE_TABLES.map(lambda text: text.encode("utf-16")))
)
@settings(max_examples=some(300))
def test_any_bytes_are_cut_or_refused(data):
    assert is_cut_or_refused(data)


@pytest.mark.generated
@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False), st.integers(1, 64))
@settings(max_examples=some(300))
def test_texts_with_broken_bytes_are_chunked_or_refused(made, dice, size):
    assert is_cut_or_refused(bent(made(), dice), size)


@given(st.sampled_from(TEXTS), st.integers(1, 50))
@settings(max_examples=60)
def test_where_the_parts_of_a_text_end_changes_nothing(made, size):
    assert lines_of(made(), size) == lines_of(made(), 1 << 20)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_broken_workbooks_are_cut_or_refused(name):
    for seed in range(FEW // len(WORKBOOKS)):
        assert is_cut_or_refused(hurt(WORKBOOKS[name](), random.Random(seed)))


@pytest.mark.long
@pytest.mark.parametrize("name", WORKBOOKS)
def test_many_more_broken_workbooks_are_cut_or_refused(name):
    for seed in range(1000, 1000 + MANY // len(WORKBOOKS)):
        assert is_cut_or_refused(hurt(WORKBOOKS[name](), random.Random(seed)))


def is_cut_or_refused(data: bytes, size: int = 1 << 16) -> bool:
    """Whether both readers return lines as they must be, or a reason, within their time."""
    begun, problems = seconds(), []
    for read in (lambda: lines_of(data, size), lambda: read_address_list(data)):
        try:
            read()
        except Unreadable as unreadable:
            problems.append(unreadable.problem)
    return set(problems) <= set(FileProblem) and seconds() - begun < SECONDS


def lines_of(data: bytes, size: int) -> list:
    """All lines of all sheets; the outline tells of each."""
    file = ChunkedFile(lambda: parts(data, size), "liste")
    found, sheets = [], []
    for chunk in file:
        lines = json.loads(chunk.packed)
        assert len(lines) == chunk.lines and lines[0][0] == chunk.first_line
        assert all(isinstance(number, int) and all(isinstance(cell, str) for cell in cells) for number, cells in lines)
        found += lines
        sheets.append(chunk.sheet)
    outline = file.outline
    assert sum(sheet.lines for sheet in outline.sheets) == len(found)
    assert [sheets.count(place) for place in range(len(outline.sheets))] == [sheet.chunks for sheet in outline.sheets]
    return found


def parts(data: bytes, size: int) -> Iterator[bytes]:
    yield from (data[start : start + size] for start in range(0, len(data), size))


def hurt(workbook: bytes, dice: random.Random) -> bytes:
    """In one of the ways in which disks, mail programs and strangers hurt a file."""
    ways: list[Callable] = [bent, torn, swapped]
    if workbook.startswith(b"PK"):
        ways += [with_a_bent_part, with_a_bent_part, without_a_part]
    return dice.choice(ways)(workbook, dice)


def bent(data: bytes, dice: random.Random) -> bytes:
    """Some bytes are others."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 3, 30))):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def torn(data: bytes, dice: random.Random) -> bytes:
    """The end is missing, or the beginning."""
    place = dice.randrange(len(data))
    return data[:place] if dice.random() < 0.8 else data[place:]


def swapped(data: bytes, dice: random.Random) -> bytes:
    """A stretch in the middle stands somewhere else, or twice."""
    start, end, to = sorted(dice.randrange(len(data)) for _ in range(3))
    return data[:start] + data[end:to] + data[start:end] + data[dice.choice((end, to)) :]


def with_a_bent_part(workbook: bytes, dice: random.Random) -> bytes:
    """A good zip file whose XML is bent: it passes every checksum."""
    return _rezipped(workbook, dice, lambda content: dice.choice((bent, torn, swapped))(content, dice))


def without_a_part(workbook: bytes, dice: random.Random) -> bytes:
    return _rezipped(workbook, dice, lambda content: None)


def _rezipped(workbook: bytes, dice: random.Random, change: Callable[[bytes], bytes | None]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        names = [name for name in before.namelist() if before.getinfo(name).file_size > 3]
        chosen = dice.choice(names)
        for name in before.namelist():
            content = change(before.read(name)) if name == chosen else before.read(name)
            if content is not None:
                after.writestr(name, content)
    return out.getvalue()


def seconds() -> float:
    """Of CPU, of this process and of those it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)
