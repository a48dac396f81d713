"""Marks of an .xlsx are seen however a program spells its XML, and a sheet of which some cannot be read is named."""

import io
import json
import re
import zipfile
from collections.abc import Callable

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill

from portal.services.imports.reading.workbook_chunker import __main__ as chunker
from portal.services.imports.reading.workbook_chunker.chunks import FrameKind
from portal.services.imports.reading.workbook_chunker.workbook_parts import WorkbookParts
from tests.portal.services.imports.test_workbooks import zipped

SHEET, NOTES = "xl/worksheets/sheet1.xml", "xl/comments/comment1.xml"
RELATIONS = "xl/worksheets/_rels/sheet1.xml.rels"
HEADER, ROW = ["Ad", "Telefon", "SMS izni"], ["Ayşe", "0532 123 45 67", "Evet"]


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    """A workbook with a red line, one struck through, comments, a number that writes a word, a hidden line, a rule."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    for row in (HEADER, *[ROW] * 8):
        sheet.append(row)
    sheet["A3"].fill, sheet["A4"].font = PatternFill("solid", fgColor="FFFF0000"), Font(strike=True)
    sheet["A5"].comment, sheet["A7"].comment = Comment("bir daha aramayın", "Ayşe"), Comment("istemiyor", "Ayşe")
    sheet["D6"], sheet["D6"].number_format = 1, '[=1]"RET"'
    sheet.row_dimensions[8].hidden = True
    sheet.conditional_formatting.add("A2:C9", FormulaRule(formula=["$H$1=1"], font=Font(strike=True)))
    book.save(file)
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def seen(parts: dict[str, bytes]) -> list[bytes]:
    """What the chunker writes of a workbook, with the texts beside its cells."""
    return list(chunker.workbook_frames(zipped(**parts)))


def texts(parts: dict[str, bytes]) -> list[str]:
    (looks,) = (each for each in seen(parts) if each.startswith(FrameKind.LOOKS.encode()))
    return json.loads(looks[5:])[1]


def in_tags(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(part: bytes) -> bytes:
        return re.sub(r"<[^?!<>][^<>]*>", lambda tag: re.sub(old, new, tag[0]), part.decode()).encode()

    return change


@pytest.mark.parametrize(
    "change",
    [
        in_tags(r'="([^"\']*)"', r"='\1'"),
        in_tags(r'="', ' = "'),
        in_tags(r" (\w[\w:]*=)", r"\n\1"),
        in_tags(r'(?<=<c) r="\w+"|(?<=<row) r="\d+"', ""),
        in_tags(r'(<c) r="(\w+)"(.*?)(/?)>', r'\1\3 r="\2"\4>'),
        lambda part: re.sub(rb"</?(?=[\w:])", lambda tag: tag[0] + b"x:", part).replace(b" xmlns=", b" xmlns:x=")
        if b"<c r=" in part or b"<comment " in part
        else part,
        lambda part: part.replace(b"<c ", b"<!-- <c r='A1'> --><c "),
    ],
    ids=["single quotes", "blanks", "line breaks", "no places", "places last", "prefixes", "comments of XML"],
)  # fmt: skip
def test_marks_are_seen_in_each_spelling(parts, change):
    respelt = {name: change(part) if name.startswith("xl/") else part for name, part in parts.items()}

    assert respelt[SHEET] != parts[SHEET]
    assert seen(respelt) == seen(parts)
    assert b"aramay" in b"".join(seen(parts)) and texts(parts) == ["Koşullu biçim", chunker.HIDDEN]


def test_names_of_parts_and_encodings_differ_too(parts):
    respelt = {name.replace("comment1", "Comment1"): part for name, part in parts.items()}
    respelt["xl/comments/Comment1.xml"] = respelt["xl/comments/Comment1.xml"].decode().encode("utf-16")

    assert seen(respelt) == seen(parts)


def test_a_comment_of_merged_cells_holds_for_their_lines(parts):
    ranged = parts[NOTES].replace(b'ref="A7"', b'ref="$a$7:B8"')
    lines = b"".join(seen(parts | {NOTES: ranged})).decode(errors="replace")

    assert lines.count("istemiyor") == 2 and lines.count("bir daha aramayın") == 1


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (NOTES, lambda part: part[:-200]),
        (NOTES, lambda part: b'<!DOCTYPE c [<!ENTITY a "b">]>' + part),
        ("xl/styles.xml", lambda part: part[:-100]),
        (RELATIONS, lambda part: part.replace(b"comment1.xml", b"other.xml")),
        (RELATIONS, lambda part: part[:-30]),
        (SHEET, lambda part: part.replace(b'r="A3"', b'r="3A"')),
        (SHEET, lambda part: part.replace(b"<v>1</v>", b"<v><![CDATA[1]]></v>")),
        (SHEET, lambda part: part.replace(b'r="A3" s="', b'r="A3" s="x')),
    ],
)
def test_a_sheet_of_which_some_cannot_be_read_is_named(parts, name, change):
    assert change(parts[name]) != parts[name]
    its = chunker.find_marks(zipped(**parts | {name: change(parts[name])}), "xlsx").get("Sheet")

    assert its is None or chunker.UNSEEN in its.looks.texts  # Of a sheet without marks UNSEEN is written, too.


def test_a_part_that_cannot_be_unpacked_is_named_and_costs_no_other_mark(parts):
    packed = bytearray(zipped(**parts))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        header = archive.getinfo(NOTES).header_offset
    packed[header + 30 + len(NOTES)] = 0xFF  # Of DEFLATE no block begins like that.

    its = chunker.find_marks(bytes(packed), "xlsx")["Sheet"]
    assert chunker.UNSEEN in its.looks.texts and its.hidden == {8}


def test_a_comment_that_people_answer_counts_like_another(parts):
    comment = b'<threadedComment ref="A7"><text>istemiyor</text></threadedComment>'
    links = parts[RELATIONS].replace(b"relationships/comments", b"relationships/threadedComment")

    found = b"".join(seen(parts | {NOTES: b"<x:all>%s</x:all>" % comment, RELATIONS: links})).decode(errors="replace")

    assert "istemiyor" in found and "aramayın" not in found


def test_a_comment_without_a_place_is_a_text_beside_the_cells(parts):
    assert "Hücre notu:\nistemiyor" in texts(parts | {NOTES: parts[NOTES].replace(b'ref="A7"', b"")})


def test_a_part_that_is_there_twice_is_broken(parts):
    assert WorkbookParts(zipped(**parts, **{NOTES.upper(): b"<x/>"})).is_broken
    assert not WorkbookParts(zipped(**parts)).is_broken
