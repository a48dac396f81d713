"""A receipt as a PDF on A4, with its own font and a QR code that leads to its living page. Words are the caller's."""

from dataclasses import dataclass
from html import escape
from io import BytesIO

import segno
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from portal.evidence.sheet import BOLD, FAINT, INK, MARGIN, NAMES, PLAIN, WIDTH, know_fonts

LINE, GROUND = HexColor("#6a7e85"), HexColor("#f3f6f6")
CODE = 38 * mm  # The side of the QR code with its quiet zone.
QUIET = 4  # Modules around it that stay white (ISO/IEC 18004, 6.3.8).

TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9.5, leading=14, textColor=INK, spaceAfter=2 * mm)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=8.5, leading=12, spaceAfter=0, wordWrap="LTR")
STRONG = ParagraphStyle("strong", parent=SMALL, fontName=BOLD, splitLongWords=1)
HEAD = ParagraphStyle("head", parent=TEXT, fontName=BOLD, fontSize=16, leading=20, spaceAfter=1 * mm)
UNDER = ParagraphStyle("under", parent=TEXT, textColor=FAINT)
PART = ParagraphStyle("part", parent=TEXT, fontName=BOLD, fontSize=11, spaceBefore=4 * mm, spaceAfter=1.5 * mm)

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """A heading with pairs of a name and what it is, and sentences below."""

    heading: str
    pairs: Pairs = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paper:
    """Everything that stands on it. `address` is where the QR code leads, `beside` the sentences next to it."""

    language: str  # "tr-TR" or "en"
    title: str
    under: str
    author: str
    pairs: Pairs
    sections: tuple[Section, ...]
    address: str
    beside: tuple[str, ...]
    foot: str
    page_of: str  # "Sayfa {page}"


def drawn(paper: Paper) -> bytes:
    """The receipt as a PDF. The same paper gives the same bytes."""
    know_fonts()
    file = BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=18 * mm, bottomMargin=20 * mm,
        title=paper.title, author=paper.author, lang=paper.language, invariant=1, displayDocTitle=True,
    )  # fmt: skip

    def foot(canvas, _document) -> None:
        canvas.setFont(PLAIN, 7.5)
        canvas.setFillColor(FAINT)
        canvas.drawString(MARGIN, 12 * mm, paper.foot)
        canvas.drawRightString(A4[0] - MARGIN, 12 * mm, paper.page_of.format(page=canvas.getPageNumber()))

    document.build(_story(paper), onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _story(paper: Paper) -> list[Flowable]:
    told = [Paragraph(escape(paper.title), HEAD), Paragraph(escape(paper.under), UNDER), _pairs(paper.pairs)]
    for section in paper.sections:
        top = [Paragraph(escape(section.heading), PART)] + ([_pairs(section.pairs)] if section.pairs else [])
        told.append(KeepTogether(top))
        told += [Spacer(1, 1.5 * mm)] if section.sentences else []
        told += [Paragraph(escape(each).replace("\n", "<br/>"), TEXT) for each in section.sentences]
    return [*told, Spacer(1, 4 * mm), _with_code(paper)]


def _pairs(rows: Pairs) -> Table:
    cells = [[Paragraph(escape(name), SMALL), Paragraph(escape(text), STRONG)] for name, text in rows]
    table = Table(cells, colWidths=[WIDTH * NAMES, WIDTH * (1 - NAMES)])
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, LINE), ("BACKGROUND", (0, 0), (0, -1), GROUND),
                    ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])  # fmt: skip
    return table


def _with_code(paper: Paper) -> Table:
    table = Table(
        [[_code(paper.address), [Paragraph(escape(each), TEXT) for each in paper.beside]]],
        colWidths=[CODE + 4 * mm, WIDTH - CODE - 4 * mm],
    )
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, 0), 0)])
    return table


def _code(text: str) -> Drawing:
    """The QR code in lines of modules, sharp at every size."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=QUIET)]
    side = CODE / len(rows)
    drawing = Drawing(CODE, CODE)
    drawing.add(Rect(0, 0, CODE, CODE, fillColor=white, strokeColor=None))
    for down, row in enumerate(rows):
        for start, length in _runs(row):
            dark = Rect(start * side, CODE - (down + 1) * side, length * side, side)
            dark.fillColor, dark.strokeColor, dark.strokeWidth = black, None, 0
            drawing.add(dark)
    return drawing


def _runs(row: list[int]) -> list[tuple[int, int]]:
    """Where dark modules begin, and how many stand together: seams between them would show."""
    runs, start = [], None
    for place, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            runs.append((start, place - start))
            start = None
    return runs
