"""Sheets of personal codes for letters: an A4 grid with a QR code, the link in letters, its two words and the masked
address in each cell. No name stands there; whoever opens another's letter learns no address."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from portal.services.documents import pdf
from portal.services.documents.pdf import BOLD, FAINT, INK, LINE, PLAIN

ACROSS, DOWN = 2, 5
FOOT = 12 * mm
WIDTH, HEIGHT = A4[0] / ACROSS, (A4[1] - FOOT) / DOWN  # Of a cell.
CODE = 40 * mm  # With the quiet zone.
MARGIN = 6 * mm
SMALLEST = 6  # Points; what does not fit then is cut.
PERSONAL = "Bu kod size özeldir; onay da ret de verebilirsiniz."
SANDBOX_NOTE = "DENEME: buradaki kararlar gerçek İYS'ye bildirilmez."


@dataclass(frozen=True)
class CodeSheet:
    """Content of a file: `codes` are (masked address, link, two words); `title` stands at the foot of its pages."""

    brand_name: str
    title: str
    codes: Sequence[tuple[str, str, str]]
    is_sandbox: bool = False


def render_pdf(sheet: CodeSheet) -> bytes:
    """The same sheet gives the same bytes."""
    pdf.register_fonts()
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, lang="tr-TR", pageCompression=1)
    canvas.setTitle(sheet.title)
    pages = [sheet.codes[start : start + ACROSS * DOWN] for start in range(0, len(sheet.codes), ACROSS * DOWN)]
    for number, page in enumerate(pages or [()], 1):
        for place, code in enumerate(page):
            left, below = (place % ACROSS) * WIDTH, A4[1] - (place // ACROSS + 1) * HEIGHT
            _draw_cell(canvas, sheet.brand_name, *code, left, below)
        foot = f"{sheet.title} · {number} / {max(len(pages), 1)}" + (f" · {SANDBOX_NOTE}" if sheet.is_sandbox else "")
        _draw_line(canvas, foot, MARGIN, FOOT / 2, PLAIN, 8, A4[0] - 2 * MARGIN, FAINT)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_cell(
    canvas: Canvas, brand_name: str, address: str, link: str, words: str, left: float, below: float
) -> None:  # fmt: skip
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.3)
    canvas.rect(left, below, WIDTH, HEIGHT)
    pdf.qr_drawing(link, CODE, error="m").drawOn(canvas, left + MARGIN / 2, below + (HEIGHT - CODE) / 2)
    x, y, width = left + MARGIN / 2 + CODE, below + (HEIGHT + CODE) / 2 - 8 * mm, WIDTH - CODE - MARGIN
    shown = link.partition("://")[2] or link
    lines = (
        (brand_name, BOLD, 10, INK, 8), (shown, PLAIN, 9, INK, 8), (words, BOLD, 12, INK, 8),
        (address, PLAIN, 9, FAINT, 6), (PERSONAL, PLAIN, 7, FAINT, 0),
    )  # fmt: skip
    for text, font, size, colour, gap in lines:
        _draw_line(canvas, text, x, y, font, size, width, colour)
        y -= gap * mm


def _draw_line(
    canvas: Canvas, text: str, x: float, y: float, font: str, size: float, width: float, colour: Color
) -> None:  # fmt: skip
    """A line that is set smaller, and at last cut, until it fits; sizes and places in points."""
    needed = stringWidth(text, font, size)
    if needed > width:
        size = max(SMALLEST, size * width / needed)
        while stringWidth(text, font, size) > width + 0.01:
            text = f"{text[:-2]}…"
    canvas.setFillColor(colour)
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)
