"""A person's own overview as a PDF. The caller provides the texts."""

from dataclasses import dataclass
from html import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from portal.services.documents import pdf
from portal.services.documents.pdf import BOLD, FAINT, INK, NAMES, PLAIN, SIDE_MARGIN, WIDTH

LINE = HexColor("#cfd9db")

TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9, leading=13, textColor=INK, spaceAfter=1.5 * mm)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=8, leading=11, textColor=FAINT, spaceAfter=1.5 * mm)
CELL = ParagraphStyle("cell", parent=TEXT, fontSize=8, leading=11, spaceAfter=0)
HEAD = ParagraphStyle("head", parent=TEXT, fontName=BOLD, fontSize=16, leading=20, spaceAfter=3 * mm)
PART = ParagraphStyle("part", parent=TEXT, fontName=BOLD, fontSize=11, leading=14, spaceBefore=6 * mm, keepWithNext=1)
PAST = ParagraphStyle("past", parent=SMALL, fontName=BOLD, spaceBefore=2 * mm, keepWithNext=1)


@dataclass(frozen=True)
class BrandSection:
    """One brand: its consents and their history, as (label, text) pairs."""

    title: str
    under: str
    rows: tuple[tuple[str, str], ...]
    past_title: str
    past: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OverviewContent:
    title: str
    language: str
    lines: tuple[str, ...]
    sections: tuple[BrandSection, ...]


def render_pdf(paper: OverviewContent) -> bytes:
    """The same content gives the same bytes."""
    pdf.register_fonts()

    def draw_page_number(canvas: Canvas, _document: SimpleDocTemplate) -> None:
        canvas.setFont(PLAIN, 8)
        canvas.setFillColor(FAINT)
        canvas.drawRightString(A4[0] - SIDE_MARGIN, 10 * mm, str(canvas.getPageNumber()))

    language = "tr-TR" if paper.language == "tr" else "en-GB"
    return pdf.build_document(
        _story(paper), paper.title, "İzinlink", language, bottom=18 * mm, draw_footer=draw_page_number
    )


def _story(paper: OverviewContent) -> list[Flowable]:
    story: list[Flowable] = [Paragraph(escape(paper.title), HEAD)]
    story += [Paragraph(escape(line), TEXT) for line in paper.lines]
    for section in paper.sections:
        story += [Paragraph(escape(section.title), PART), Paragraph(escape(section.under), SMALL), _table(section.rows)]
        if section.past:
            story += [Paragraph(escape(section.past_title), PAST), _table(section.past)]
    return story


def _table(rows: tuple[tuple[str, str], ...]) -> Table:
    cells = [[Paragraph(escape(name), CELL), Paragraph(escape(text), CELL)] for name, text in rows]
    table = Table(cells, colWidths=[WIDTH * NAMES, WIDTH * (1 - NAMES)], hAlign="LEFT")
    table.setStyle([("LINEABOVE", (0, 0), (-1, -1), 0.5, LINE), ("LINEBELOW", (0, -1), (-1, -1), 0.5, LINE),
                    ("VALIGN", (0, 0), (-1, -1), "TOP")])  # fmt: skip
    return table
