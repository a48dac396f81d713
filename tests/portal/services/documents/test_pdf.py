"""What our PDFs share: the code on paper is the code that was meant, module by module, and letters travel along."""

from io import BytesIO

import pypdfium2
import pytest
import segno
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate

from portal.services.documents import pdf

ADDRESS, SIDE, SCALE = "https://izinlink.example/b/ornek-magaza", 290, 4


def picture_of(file: BytesIO):
    return pypdfium2.PdfDocument(file.getvalue())[0].render(scale=SCALE).to_pil().convert("L")


@pytest.mark.parametrize("error", ["m", "q"])
def test_every_module_of_a_code_is_as_dark_as_it_should_be(error):
    file = BytesIO()
    canvas = Canvas(file, pagesize=(SIDE, SIDE))
    pdf.qr_drawing(ADDRESS, SIDE, error).drawOn(canvas, 0, 0)
    canvas.save()

    rows = [list(row) for row in segno.make(ADDRESS, error=error, micro=False).matrix_iter(border=pdf.QUIET_ZONE)]
    module, picture = SIDE * SCALE / len(rows), picture_of(file)
    drawn = [
        [int(picture.getpixel(((x + 0.5) * module, (y + 0.5) * module)) < 128) for x in range(len(rows))]
        for y in range(len(rows))
    ]
    assert drawn == rows


def test_dark_modules_that_stand_together_are_one():
    assert list(pdf._dark_runs([1, 1, 0, 1])) == [(0, 2), (3, 1)]
    assert list(pdf._dark_runs([0, 0])) == []


def test_pairs_say_what_was_typed_with_every_turkish_letter():
    pdf.register_fonts()
    file, style = BytesIO(), ParagraphStyle("plain", fontName=pdf.PLAIN)
    SimpleDocTemplate(file).build([pdf.pairs_table([("Ünvan", "<b>Şığ & Çöğüş</b> İı")], (90, 250), style, style)])

    (page,) = pypdfium2.PdfDocument(file.getvalue())
    words = page.get_textpage().get_text_range()
    assert "Ünvan" in words and "<b>Şığ & Çöğüş</b> İı" in words
    assert b"/FontFile2" in file.getvalue()
