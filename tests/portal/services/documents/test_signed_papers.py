"""Papers that come back: what a file is decides its content, and a picture carries nothing but the picture."""

import struct
from io import BytesIO

import pytest
from PIL import Image

from portal.services.documents.authorisation_letter import render_pdf
from portal.services.documents.signed_papers import BadPaper, Problem, check_paper
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
BAD = {
    "nothing": (lambda: b"", Problem.EMPTY),
    "HTML": (lambda: b"<html><script>", Problem.OTHER_KIND),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", Problem.OTHER_KIND),
    "a program": (lambda: b"MZ" + bytes(100), Problem.OTHER_KIND),
    "GIF": (lambda: picture("GIF"), Problem.OTHER_KIND),
    "half a PNG": (lambda: picture("PNG")[:60], Problem.DAMAGED),
    "half a PDF": (lambda: b"%PDF-1.7\n1 0 obj", Problem.DAMAGED),
    "a PDF that runs": (lambda: PDF % b"<</S/JavaScript/JS(app.alert(1))>>", Problem.ACTIVE),
    "a PDF that starts something": (lambda: PDF % b"<</S/Launch>>", Problem.ACTIVE),
    "a picture of too many points": (lambda: picture("PNG", (10_000, 5_001)), Problem.TOO_LARGE),
    "more than 10 MB": (lambda: b"%PDF-" + bytes(10 * 1024 * 1024), Problem.TOO_LARGE),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", BAD)
def test_what_is_no_paper_is_refused_and_said_why(what):
    made, problem = BAD[what]

    with pytest.raises(BadPaper) as bad:
        check_paper(made())

    assert bad.value.problem == problem
