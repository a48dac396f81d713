"""A receipt as a PDF with a QR code that leads to its page. The caller provides the texts."""

from dataclasses import dataclass
from html import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from portal.services.documents import pdf
from portal.services.documents.pdf import BOLD, FAINT, INK, NAMES, PLAIN, SIDE_MARGIN, WIDTH

CODE = 38 * mm  # The side of the QR code with its quiet zone.

TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9.5, leading=14, textColor=INK, spaceAfter=2 * mm)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=8.5, leading=12, spaceAfter=0, wordWrap="LTR")
STRONG = ParagraphStyle("strong", parent=SMALL, fontName=BOLD, splitLongWords=1)
HEAD = ParagraphStyle("head", parent=TEXT, fontName=BOLD, fontSize=16, leading=20, spaceAfter=1 * mm)
UNDER = ParagraphStyle("under", parent=TEXT, textColor=FAINT)
PART = ParagraphStyle("part", parent=TEXT, fontName=BOLD, fontSize=11, spaceBefore=4 * mm, spaceAfter=1.5 * mm)

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """A heading, (label, text) pairs, and sentences below."""

    heading: str
    pairs: Pairs = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceiptContent:
    """`address` is where the QR code leads, `beside` the sentences next to it."""

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


def render_pdf(paper: ReceiptContent) -> bytes:
    """The same content gives the same bytes."""
    pdf.register_fonts()

    def draw_footer(canvas: Canvas, _document: SimpleDocTemplate) -> None:
        canvas.setFont(PLAIN, 7.5)
        canvas.setFillColor(FAINT)
        canvas.drawString(SIDE_MARGIN, 12 * mm, paper.foot)
        canvas.drawRightString(A4[0] - SIDE_MARGIN, 12 * mm, paper.page_of.format(page=canvas.getPageNumber()))

    story, language = _story(paper), paper.language
    return pdf.build_document(story, paper.title, paper.author, language, bottom=20 * mm, draw_footer=draw_footer)


def _story(paper: ReceiptContent) -> list[Flowable]:
    story = [Paragraph(escape(paper.title), HEAD), Paragraph(escape(paper.under), UNDER), _table(paper.pairs)]
    for section in paper.sections:
        top = [Paragraph(escape(section.heading), PART)] + ([_table(section.pairs)] if section.pairs else [])
        story.append(KeepTogether(top))
        story += [Spacer(1, 1.5 * mm)] if section.sentences else []
        story += [Paragraph(escape(each).replace("\n", "<br/>"), TEXT) for each in section.sentences]
    return [*story, Spacer(1, 4 * mm), _qr_table(paper)]


def _table(rows: Pairs) -> Table:
    return pdf.pairs_table(rows, (WIDTH * NAMES, WIDTH * (1 - NAMES)), SMALL, STRONG)


def _qr_table(paper: ReceiptContent) -> Table:
    code = pdf.qr_drawing(paper.address, CODE, error="m")
    beside = [Paragraph(escape(each), TEXT) for each in paper.beside]
    table = Table([[code, beside]], colWidths=[CODE + 4 * mm, WIDTH - CODE - 4 * mm])
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, 0), 0)])
    return table
