"""What our PDFs share: two fonts that travel with them, their ink, tables of pairs, and a QR code sharp at any size."""

from collections.abc import Iterable, Iterator
from html import escape

import segno
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, Table

# Bitstream Vera comes with reportlab and has every Turkish letter; it is embedded, so that each reader shows the same.
PLAIN, BOLD = "Vera", "VeraBd"
INK, FAINT = HexColor("#17262b"), HexColor("#4c5e65")
LINE, GROUND = HexColor("#6a7e85"), HexColor("#f3f6f6")
QUIET = 4  # Modules around a code that stay white (ISO/IEC 18004, 6.3.8).


def know_fonts() -> None:
    """Let reportlab know the two fonts."""
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))


def pairs(
    rows: Iterable[tuple[str, str]], widths: tuple[float, float], name: ParagraphStyle, text: ParagraphStyle
) -> Table:  # fmt: skip
    """A ruled table of names and what they are, each in its style. `widths` of the two columns in points."""
    cells = [[Paragraph(escape(left), name), Paragraph(escape(right), text)] for left, right in rows]
    table = Table(cells, colWidths=widths)
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, LINE), ("BACKGROUND", (0, 0), (0, -1), GROUND),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])  # fmt: skip
    return table


def code(text: str, side: float, error: str) -> Drawing:
    """The QR code of a text; `side` in points, quiet zone and all. `error` is segno's level, l, m, q or h: the further,
    the more of the code may be dirty or torn."""
    rows = [list(row) for row in segno.make(text, error=error, micro=False).matrix_iter(border=QUIET)]
    module = side / len(rows)
    drawing = Drawing(side, side)
    drawing.add(Rect(0, 0, side, side, fillColor=white, strokeColor=None))
    for down, row in enumerate(rows, 1):
        for begin, length in _dark_runs(row):
            place = (begin * module, side - down * module, length * module, module)
            drawing.add(Rect(*place, fillColor=black, strokeColor=None, strokeWidth=0))
    return drawing


def _dark_runs(row: list[int]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin, and how many stand together: seams between them would show."""
    begin = None
    for place, dark in enumerate([*row, 0]):
        if dark and begin is None:
            begin = place
        elif not dark and begin is not None:
            yield begin, place - begin
            begin = None
