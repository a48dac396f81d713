"""The poster of a consent point: an A4 page with a QR code to be scanned from two steps away, the URL under it, and the
sender, as on the page itself."""

from dataclasses import dataclass
from html import escape
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from portal.services.documents import pdf
from portal.services.documents.pdf import BOLD, FAINT, INK, PLAIN

WIDTH, HEIGHT = A4
MARGIN = 20 * mm
BAND = 8 * mm
SMALLEST_CODE, LARGEST_CODE = 60 * mm, 132 * mm  # With the quiet zone; the larger is read from over a metre.
GAP = 5 * mm
LOGO = (70 * mm, 22 * mm)
FOOT = 30 * mm
LONG = 60  # Characters; a longer name or title is set smaller.

TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=14, leading=20, textColor=INK, alignment=TA_CENTER)
NAME = ParagraphStyle("name", parent=TEXT, fontName=BOLD, fontSize=30, leading=36)
TITLE = ParagraphStyle("title", parent=TEXT, fontName=BOLD, fontSize=18, leading=24)
LONGER = ParagraphStyle("longer", parent=TEXT, fontName=BOLD, fontSize=13, leading=17)
ADDRESS = ParagraphStyle("address", parent=TEXT, fontName=BOLD, fontSize=16, leading=20, splitLongWords=1)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=11, leading=15)
ENGLISH = ParagraphStyle("english", parent=SMALL, textColor=FAINT)

HOW = "Telefonunuzun kamerasıyla karekodu okutun ya da bu adresi yazın:"
CHECK = "Açılan sayfanın adresi bundan başkaysa devam etmeyin."
STEPS = "Seçin, numaranızı ya da e-posta adresinizi yazın, gelen kodu yazın. Her kanal için ayrı karar verirsiniz."
FREE = (
    "Onay vermek zorunda değilsiniz; onay, alışverişin şartı değildir. "
    "Kararınızı istediğiniz zaman, ücretsiz değiştirebilirsiniz."
)
ENGLISH_STEPS = "Scan the code to decide if we may send you messages. You need not consent, and can refuse at any time."
NUMBERS = {16: "MERSİS no", 11: "T.C. kimlik no"}  # By their digits.
SANDBOX_NOTE = "DENEME: buradaki kararlar gerçek İYS'ye bildirilmez."


@dataclass(frozen=True)
class Poster:
    """Content of a poster. `address` is an absolute URL; `logo` a PNG; `colour` "#rrggbb"."""

    brand_name: str
    title: str
    address: str
    sender: str
    number: str
    contact: str
    logo: bytes | None = None
    colour: str | None = None
    is_sandbox: bool = False


def render_pdf(poster: Poster) -> bytes:
    """The same poster gives the same bytes."""
    pdf.register_fonts()
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, lang="tr-TR")
    canvas.setTitle(f"{poster.brand_name}: izin noktası")
    canvas.setAuthor(poster.sender)
    canvas.setFillColor(HexColor(poster.colour) if poster.colour else INK)
    canvas.rect(0, HEIGHT - BAND, WIDTH, BAND, stroke=0, fill=1)
    _draw_page(canvas, poster)
    canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_page(canvas: Canvas, poster: Poster) -> None:
    """Draw from the top down. The code gets the space that the texts leave."""
    address = poster.address.partition("://")[2] or poster.address
    above = [_layout(poster.brand_name, NAME), _layout(poster.title, TITLE), _layout(HOW, TEXT)]
    below = [
        _layout(address, ADDRESS), _layout(CHECK, SMALL), _layout(STEPS, TEXT), _layout(FREE, SMALL),
        _layout(ENGLISH_STEPS, ENGLISH),
    ]  # fmt: skip
    at = HEIGHT - BAND - 10 * mm
    if poster.logo:
        at = _draw_logo(canvas, poster.logo, at)
    taken = sum(height + GAP for _, height in above + below)
    side = min(max(at - FOOT - taken, SMALLEST_CODE), LARGEST_CODE)
    at -= max(at - FOOT - taken - side, 0) / 2
    at = _draw_paragraphs(canvas, above, at) - side
    pdf.qr_drawing(poster.address, side, error="q").drawOn(canvas, (WIDTH - side) / 2, at)  # A poster gets dirty.
    _draw_paragraphs(canvas, below, at)
    _draw_footer(canvas, poster)


def _draw_footer(canvas: Canvas, poster: Poster) -> None:
    number = NUMBERS.get(len(poster.number), "Vergi no")
    line = SANDBOX_NOTE if poster.is_sandbox else f"{poster.sender} · {number}: {poster.number} · {poster.contact}"
    paragraph = _layout(line, SMALL)
    _draw_paragraphs(canvas, [paragraph], 12 * mm + paragraph[1], gap=0)


def _layout(text: str, style: ParagraphStyle) -> tuple[Paragraph, float]:
    """A paragraph and its height."""
    paragraph = Paragraph(escape(text), LONGER if style in (NAME, TITLE) and len(text) > LONG else style)
    return paragraph, float(paragraph.wrap(WIDTH - 2 * MARGIN, HEIGHT)[1])


def _draw_paragraphs(canvas: Canvas, paragraphs: list[tuple[Paragraph, float]], at: float, gap: float = GAP) -> float:
    """Draw them below `at`; return where the next element begins."""
    for paragraph, height in paragraphs:
        paragraph.drawOn(canvas, MARGIN, at - height)
        at -= height + gap
    return at


def _draw_logo(canvas: Canvas, logo: bytes, at: float) -> float:
    picture = ImageReader(BytesIO(logo))
    wide, high = picture.getSize()
    scale = min(LOGO[0] / wide, LOGO[1] / high)
    size = (wide * scale, high * scale)
    canvas.drawImage(picture, (WIDTH - size[0]) / 2, at - size[1], *size, mask="auto")
    return float(at - size[1] - 4 * mm)
