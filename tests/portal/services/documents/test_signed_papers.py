"""Papers that come back: what a file is decides its content, and a picture carries nothing but the picture."""

import base64
import struct
import time
import zlib
from io import BytesIO

import pytest
from PIL import Image

from portal.services.documents.authorisation_letter import render_pdf
from portal.services.documents.signed_papers import BadPaper, PaperProblem, check_paper
from tests.portal.services.documents.test_authorisation_letter import LETTER


def picture(kind: str, size: tuple[int, int] = (40, 30), **options) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "white").save(file, kind, **options)
    return file.getvalue()


def test_a_pdf_is_kept_as_it_came():
    pdf = render_pdf(LETTER)

    assert (check_paper(pdf).media_type, check_paper(pdf).content) == ("application/pdf", pdf)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_is_made_anew(kind):
    checked = check_paper(picture(kind))

    assert checked.media_type == "image/jpeg"
    assert Image.open(BytesIO(checked.content)).size == (40, 30)


def test_what_a_picture_says_of_camera_and_place_is_gone_and_it_stands_upright():
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "A telephone", 6  # Make; turned by 90 degrees.

    checked = check_paper(picture("JPEG", exif=exif))

    assert b"A telephone" not in checked.content
    assert Image.open(BytesIO(checked.content)).size == (30, 40)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_odd_words_about_the_camera_break_nothing(kind):
    turned, odd = struct.pack("<HHII", 0x0112, 3, 1, 6), struct.pack("<HHII", 0x011A, 2, 3, 8)  # A number of letters.
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + turned + odd + bytes(4)

    assert Image.open(BytesIO(check_paper(picture(kind, exif=exif)).content)).size == (30, 40)


def test_what_is_see_through_becomes_white_paper():
    file = BytesIO()
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(file, "PNG")

    assert Image.open(BytesIO(check_paper(file.getvalue()).content)).getpixel((5, 5)) == (255, 255, 255)


def test_what_follows_a_picture_is_not_kept():
    assert b"<script>" not in check_paper(picture("PNG") + b"<script>alert(1)</script>").content


PDF = b"%%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%s\n%%%%EOF\n"
JS = b"1 0 0 <</S/JavaScript/JS(app.alert(1))>>"


def stream(words: bytes, data: bytes) -> bytes:
    return PDF % (b"5 0 obj<<%s>>stream\n%s\nendstream endobj" % (words, data))


def packed(words: bytes, plain: bytes, **options) -> bytes:
    return stream(words, zlib.compress(plain, **options))


OBJECTS = b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode"
HIDDEN = {
    "codes in a name": lambda: PDF % b"<</S/J#61vaScript/JS(app.alert(1))>>",
    "codes in all of a name": lambda: PDF % b"<</S/#4c#61#75#6E#63#68>>",
    "an act at opening": lambda: PDF % b"<</OpenAction 3 0 R>>",
    "an act of a field": lambda: PDF % b"<</AA<</O 3 0 R>>>>",
    "a file within": lambda: PDF % b"<</EmbeddedFiles 3 0 R>>",
    "an object stream": lambda: packed(OBJECTS, JS),
    "an object stream that says it is a picture": lambda: packed(OBJECTS + b"/Subtype/Image", JS),
    "an object stream in letters": lambda: stream(
        b"/Type/ObjStm/First 4/Filter[/ASCII85Decode/FlateDecode]", base64.a85encode(zlib.compress(JS)) + b"~>"
    ),
    "an object stream in digits": lambda: stream(
        b"/Type/ObjStm/First 4/Filter[/ASCIIHexDecode/Fl]", zlib.compress(JS).hex().encode() + b">"
    ),
    "an object stream whose end is forged": lambda: packed(OBJECTS, b"endstream " * 9 + JS, level=0),
    "an object stream with codes in its own name": lambda: packed(b"/Type/Obj#53tm/First 4/Filter/FlateDecode", JS),
    "a short name in an object stream": lambda: packed(OBJECTS, b"1 0 0 <</AA 4 0 R>>"),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_nothing_that_runs_or_unpacks_hides_in_a_pdf(what):
    with pytest.raises(BadPaper) as bad:
        check_paper(HIDDEN[what]())

    assert bad.value.problem == PaperProblem.ACTIVE


def test_a_pdf_of_a_scanner_is_taken_though_its_picture_spells_short_names():
    pdf = stream(b"/Subtype/Image/Filter/DCTDecode", b"\xff\xd8 /AA /JS " + bytes(range(256)) * 40)

    assert check_paper(pdf).content == pdf


@pytest.mark.slow
def test_a_pdf_that_unpacks_without_end_is_refused_soon():
    started = time.process_time()
    with pytest.raises(BadPaper) as bad:
        check_paper(packed(OBJECTS, bytes(300 * 1024 * 1024)))

    assert bad.value.problem == PaperProblem.TOO_LARGE
    assert time.process_time() - started < 5


BAD = {
    "a PDF with a password": (lambda: PDF % b"trailer<</Encrypt 9 0 R>>", PaperProblem.CLOSED),
    "a PDF in another compression": (
        lambda: stream(b"/Type/ObjStm/First 4/Filter/LZWDecode", b"x"),
        PaperProblem.CLOSED,
    ),
    "nothing": (lambda: b"", PaperProblem.EMPTY),
    "HTML": (lambda: b"<html><script>", PaperProblem.OTHER_KIND),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", PaperProblem.OTHER_KIND),
    "a program": (lambda: b"MZ" + bytes(100), PaperProblem.OTHER_KIND),
    "GIF": (lambda: picture("GIF"), PaperProblem.OTHER_KIND),
    "half a PNG": (lambda: picture("PNG")[:60], PaperProblem.DAMAGED),
    "half a PDF": (lambda: b"%PDF-1.7\n1 0 obj", PaperProblem.DAMAGED),
    "a PDF that runs": (lambda: PDF % b"<</S/JavaScript/JS(app.alert(1))>>", PaperProblem.ACTIVE),
    "a PDF that starts something": (lambda: PDF % b"<</S/Launch>>", PaperProblem.ACTIVE),
    "a picture of too many points": (lambda: picture("PNG", (10_000, 5_001)), PaperProblem.TOO_LARGE),
    "more than 10 MB": (lambda: b"%PDF-" + bytes(10 * 1024 * 1024), PaperProblem.TOO_LARGE),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", BAD)
def test_what_is_no_paper_is_refused_and_said_why(what):
    made, problem = BAD[what]

    with pytest.raises(BadPaper) as bad:
        check_paper(made())

    assert bad.value.problem == problem
