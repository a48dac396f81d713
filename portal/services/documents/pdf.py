"""Shared parts of our PDFs: embedded fonts, colours, page geometry, two-column tables, and QR codes as vectors."""

from collections.abc import Callable, Iterable, Iterator
from html import escape
from io import BytesIO

import segno
from reportlab.graphics.shapes import Drawing, Path, Rect
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

# Bitstream Vera comes with reportlab and has every Turkish letter; it is embedded, so that each reader shows the same.
PLAIN, BOLD = "Vera", "VeraBd"
INK, FAINT = HexColor("#17262b"), HexColor("#4c5e65")
LINE, SHADE = HexColor("#6a7e85"), HexColor("#f3f6f6")
SIDE_MARGIN = 20 * mm  # Of receipts and overviews, as below.
WIDTH = A4[0] - 2 * SIDE_MARGIN
NAMES = 0.32  # Share of the width for the first column of a table.
QUIET_ZONE = 4  # Modules around a code that stay white (ISO/IEC 18004, 6.3.8).


def register_fonts() -> None:
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


def build_document(
    story: list[Flowable],
    title: str,
    author: str,
    language: str,
    *,
    side: float = SIDE_MARGIN,
    bottom: float,
    draw_footer: Callable[[Canvas, SimpleDocTemplate], None] = lambda canvas, document: None,
) -> bytes:
    """The bytes of an A4 document, always the same for the same story; `side` and `bottom` are margins in points."""
    file = BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=side, rightMargin=side, topMargin=18 * mm, bottomMargin=bottom, title=title,
        author=author, lang=language, invariant=1, displayDocTitle=True,
    )  # fmt: skip
    document.build(story, onFirstPage=draw_footer, onLaterPages=draw_footer)
    return file.getvalue()


def pairs_table(
    rows: Iterable[tuple[str, str]], widths: tuple[float, float], name: ParagraphStyle, text: ParagraphStyle
) -> Table:  # fmt: skip
    """A ruled two-column table; `widths` in points, a style for each column."""
    cells = [[Paragraph(escape(left), name), Paragraph(escape(right), text)] for left, right in rows]
    table = Table(cells, colWidths=widths)
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, LINE), ("BACKGROUND", (0, 0), (0, -1), SHADE),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])  # fmt: skip
    return table


def qr_drawing(text: str, side: float, error: str) -> Drawing:
    """The QR code of a text; `side` in points, with the quiet zone. `error` is its correction level: l, m, q or h."""
    rows = [list(row) for row in segno.make(text, error=error, micro=False).matrix_iter(border=QUIET_ZONE)]
    module = side / len(rows)
    drawing = Drawing(side, side)
    drawing.add(Rect(0, 0, side, side, fillColor=white, strokeColor=None))
    modules = Path(fillColor=black, strokeColor=None, strokeWidth=0)  # One shape: hundreds of them are slow.
    for down, row in enumerate(rows, 1):
        for begin, length in _dark_runs(row):
            left, right, below = begin * module, (begin + length) * module, side - down * module
            modules.moveTo(left, below)
            for corner in ((right, below), (right, below + module), (left, below + module)):
                modules.lineTo(*corner)
            modules.closePath()
    drawing.add(modules)
    return drawing


def _dark_runs(row: list[int]) -> Iterator[tuple[int, int]]:
    """(begin, length) of runs of dark modules: drawn one by one, they would show seams."""
    begin = None
    for place, dark in enumerate([*row, 0]):
        if dark and begin is None:
            begin = place
        elif not dark and begin is not None:
            yield begin, place - begin
            begin = None
