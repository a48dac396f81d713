"""Texts cut into chunks as they stand, in any encoding and in parts of any size, with flat memory."""

import json
import tracemalloc
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.services.imports.reading import ChunkedFile, FileProblem, Unreadable, chunking

pytestmark = pytest.mark.slow

TEXT = (
    "Şahıs Adı;Cep Telefonu;Not\r\n"
    'İğdır Öğüç;0532 123 45 67;"iki\r\nsatır; ""tırnak"""\r\n'
    "\r\n"
    "Ayşe Yılmaz;0533 123 45 67;\r\n"
)
LINES = [
    [1, ["Şahıs Adı", "Cep Telefonu", "Not"]],
    [2, ["İğdır Öğüç", "0532 123 45 67", 'iki\r\nsatır; "tırnak"']],
    [5, ["Ayşe Yılmaz", "0533 123 45 67"]],
]


def in_parts(data: bytes, size: int):
    return (data[start : start + size] for start in range(0, len(data), size))


def cut_up(data: bytes, name: str = "liste.csv", size: int = 65_536):
    done = ChunkedFile(partial(in_parts, data, size), name)
    chunks = list(done)
    return done, [line for chunk in chunks for line in json.loads(chunk.packed)]


def problem_of(data: bytes) -> FileProblem:
    with pytest.raises(Unreadable) as unreadable:
        cut_up(data)
    return unreadable.value.problem


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("windows-1254", "windows-1254"),
        ("iso-8859-9", "windows-1254"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_parts_may_end_anywhere(encoding, told, size):
    done, lines = cut_up(TEXT.encode(encoding), size=size)

    assert lines == LINES
    assert (done.outline.encoding, done.outline.separator) == (told, ";")


def test_the_outline_tells_what_it_is():
    done, _ = cut_up(TEXT.encode(), "Liste.TSV")

    (sheet,) = done.outline.sheets
    assert done.outline.format == "tsv"
    assert (sheet.name, sheet.lines, sheet.width, sheet.first_chunk, sheet.chunks) == ("", 3, 3, 0, 1)
    assert (sheet.header_line, sheet.header) == (1, ("Şahıs Adı", "Cep Telefonu", "Not"))


def test_titles_may_stand_above_the_header():
    done, lines = cut_up(("Mart 2026 izin listesi;;\n\n" + TEXT).encode())

    assert done.outline.sheets[0].header_line == 3
    assert [number for number, _ in lines] == [1, 3, 4, 7]


def test_a_text_without_a_name_was_pasted():
    done, lines = cut_up(b"05321234567\tONAY\n05331234567\tRET\n", "")

    assert (done.outline.format, done.outline.separator) == ("paste", "\t")
    assert done.outline.sheets[0].header_line is None
    assert lines == [[1, ["05321234567", "ONAY"]], [2, ["05331234567", "RET"]]]


def test_a_few_broken_letters_leave_a_text_what_it_is():
    data = TEXT.encode() + "Öğüç;0534 123 45 67\n".encode() * 20 + b"\xfe;0535 123 45 67\n"

    done, lines = cut_up(data)

    assert done.outline.encoding == "utf-8"
    assert lines[1:3] == LINES[1:3]
    assert lines[-1][1] == ["\ufffd", "0535 123 45 67"]


def test_controls_and_half_letters_never_reach_a_line():
    data = "Ad;Telefon\n".encode("utf-16") + "Ayşe\x07\x1b[1m \x7f;0532 123 45 67\n".encode("utf-16-le")
    data = data.replace("A".encode("utf-16-le") + "y".encode("utf-16-le"), b"\x00\xd8A\x00y\x00")

    _, lines = cut_up(b"\xff\xfe" + ("x;y\n" * 3000).encode("utf-16-le") + data[2:])

    assert lines[-1][1] == ["\ufffdAyşe[1m ", "0532 123 45 67"]


def test_a_long_file_comes_in_chunks_of_a_thousand_lines():
    done = ChunkedFile(partial(in_parts, b"0532;a\n" * 2500, 1000), "a.csv")

    chunks = list(done)

    assert [(chunk.sheet, chunk.first_line, chunk.lines) for chunk in chunks] == [
        (0, 1, 1000),
        (0, 1001, 1000),
        (0, 2001, 500),
    ]
    assert done.outline.sheets[0].chunks == 3
    assert len(done.samples[0]) == 300


def test_long_lines_make_small_chunks():
    chunks = list(ChunkedFile(partial(in_parts, (b"x" * 60_000 + b";y\n") * 50, 65_536), "a.csv"))

    assert max(len(chunk.packed) for chunk in chunks) < 1_200_000
    assert sum(chunk.lines for chunk in chunks) == 50


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", FileProblem.EMPTY),
        (b" \r\n;;;\r\n", FileProblem.EMPTY),
        (b"a;b\n" * 1000 + b"\0", FileProblem.BINARY),
        (b"a;b\n" + b"x" * 65_537, FileProblem.LINE_TOO_LONG),
        (b"a;b\n" + b"x;" * 600, FileProblem.TOO_MANY_COLUMNS),
        (b"x;" * 10_000_000, FileProblem.TOO_MANY_COLUMNS),
        (b"<html><table>", FileProblem.HTML),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>', FileProblem.HTML),
        (b"%PDF-1.7", FileProblem.PDF),
        (b"\xff\xd8\xff\xe0", FileProblem.IMAGE),
        (b"Rar!\x1a\x07", FileProblem.ARCHIVE),
    ],
)
def test_what_cannot_be_cut_says_why(data, problem):
    assert problem_of(data) == problem


def test_a_file_has_no_more_lines_than_a_sheet(monkeypatch):
    monkeypatch.setattr(chunking, "MOST_LINES", 2000)

    assert len(cut_up(b"1\n" * 2000)[1]) == 2000
    assert problem_of(b"1\n" * 2001) == FileProblem.TOO_MANY_LINES


def test_blank_lines_alone_fill_no_file():
    assert len(cut_up(b"\n" * chunking.MOST_LINES + b"1\n")[1]) == 1
    assert problem_of(b"\n" * (chunking.MOST_LINES + 1) + b"1\n") == FileProblem.TOO_MANY_LINES


def test_memory_stays_flat():
    line = f"Ayşe Yılmaz;0532 123 45 67;24.11.2026 14:02:05;ONAY;{'uzun bir not, ' * 50}\n".encode()
    peaks = []
    for parts in (20, 80):
        done = ChunkedFile(lambda parts=parts: (line * 100 for _ in range(parts)), "a.csv")
        tracemalloc.start()
        assert sum(chunk.lines for chunk in done) == parts * 100
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.2


@settings(max_examples=60)
@given(st.binary(max_size=300), st.integers(1, 50))
def test_anything_is_cut_or_refused_with_a_word(data, size):
    try:
        done, lines = cut_up(data, size=size)
    except Unreadable as unreadable:
        assert unreadable.problem in FileProblem
        return

    assert sum(sheet.lines for sheet in done.outline.sheets) == len(lines) > 0


@settings(max_examples=60)
@given(st.text('ab;,"\n\r\t|=ş', max_size=200), st.integers(1, 9))
def test_the_size_of_parts_changes_nothing(text, size):
    data = text.encode()
    try:
        whole = cut_up(data)[1]
    except Unreadable:
        return

    assert cut_up(data, size=size)[1] == whole
