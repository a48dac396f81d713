"""The authorisation letter as a PDF: what is authorised, by whom, to whom, and where to sign.

Always in Turkish: it is for İYS, a partner and a Turkish firm's files.
"""

from dataclasses import dataclass
from datetime import date
from html import escape

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from portal.services.documents import pdf
from portal.services.documents.pdf import BOLD, INK, LINE, PLAIN

MARGIN = 22 * mm
WIDTH = A4[0] - 2 * MARGIN
CHANNELS = "Arama · Mesaj (SMS) · E-posta"
MONTHS = ("Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık")

TEXT = ParagraphStyle("text", fontName=PLAIN, fontSize=9.5, leading=14, textColor=INK, spaceAfter=3 * mm)
SMALL = ParagraphStyle("small", parent=TEXT, fontSize=8.5, leading=12, spaceAfter=0)
STRONG = ParagraphStyle("strong", parent=SMALL, fontName=BOLD)
HEAD = ParagraphStyle("head", parent=TEXT, fontName=BOLD, fontSize=14, leading=18, alignment=TA_CENTER)
UNDER = ParagraphStyle("under", parent=TEXT, alignment=TA_CENTER, spaceAfter=5 * mm)
PART = ParagraphStyle("part", parent=TEXT, fontName=BOLD, fontSize=10, spaceBefore=2 * mm, spaceAfter=1.5 * mm)

WHAT = (
    "6563 sayılı Elektronik Ticaretin Düzenlenmesi Hakkında Kanun ile Ticari İletişim ve Ticari Elektronik İletiler "
    "Hakkında Yönetmelik kapsamında, alıcılarımızın ticari elektronik iletilere ilişkin onay ve ret bilgilerini "
    "aşağıda yazılı marka ve kanallar için İleti Yönetim Sistemi'ne (İYS) bizim adımıza kaydetmek, güncellemek, "
    "sorgulamak ve günlük mutabakatını yapmak üzere aşağıdaki iş ortağını yetkilendiriyoruz."
)
LIMITS = (
    "Bu yetki, alıcıların kendi verdiği kararların olduğu gibi bildirilmesiyle sınırlıdır; iş ortağı bizim adımıza "
    "onay üretemez. Yetkiyi İYS panelinden (hs.iys.org.tr) ya da iş ortağına yazarak dilediğimiz an geri alabiliriz.",
    "Bu mektup imzalandıktan sonra aynı yetki İYS panelinde de, her kanal için ayrı ayrı verilir. İYS, mektubu değil "
    "paneldeki yetkiyi esas alır.",
)


@dataclass(frozen=True)
class Letter:
    """Content of the letter. `numbers` are (name, number) pairs that identify the firm."""

    title: str
    numbers: tuple[tuple[str, str], ...]
    contact: str
    representative: str
    iys_code: int
    brands: tuple[tuple[str, int], ...]  # (name, brandCode)
    partner_title: str
    partner_address: str
    partner_code: int | None
    made_on: date


def render_pdf(letter: Letter) -> bytes:
    """The same letter gives the same bytes."""
    pdf.register_fonts()
    title = "İYS iş ortağı yetkilendirme mektubu"
    return pdf.build_document(_story(letter), title, letter.title, "tr-TR", side=MARGIN, bottom=16 * mm)


def _story(letter: Letter) -> list[Flowable]:
    partner = [("Unvan", letter.partner_title)]
    if letter.partner_address:
        partner.append(("Adres", letter.partner_address))
    if letter.partner_code:
        partner.append(("İYS iş ortağı kodu", str(letter.partner_code)))
    firm = [("Unvan / ad soyad", letter.title), *letter.numbers, ("İYS kodu", str(letter.iys_code)),
            ("İletişim", letter.contact)]  # fmt: skip
    day = letter.made_on
    brands = [(f"{name} (marka kodu {code})", CHANNELS) for name, code in letter.brands]
    return [
        Paragraph("YETKİLENDİRME MEKTUBU", HEAD),
        Paragraph("İleti Yönetim Sistemi (İYS) iş ortağı yetkisi", UNDER),
        Paragraph(f"Düzenlendiği gün: {day.day} {MONTHS[day.month - 1]} {day.year}", TEXT),
        Paragraph(WHAT, TEXT),
        Paragraph("Yetki veren hizmet sağlayıcı", PART), _table(firm),
        Paragraph("Yetki verilen iş ortağı", PART), _table(partner),
        Paragraph("Markalar ve kanallar (yazma ve okuma yetkisi)", PART), _table(brands, first=0.5),
        Spacer(1, 4 * mm),
        *(Paragraph(text, TEXT) for text in LIMITS),
        KeepTogether([Paragraph("İmza", PART), _signature(letter.representative)]),
    ]  # fmt: skip


def _table(rows: list[tuple[str, str]], first: float = 0.3) -> Table:
    return pdf.pairs_table(rows, (WIDTH * first, WIDTH * (1 - first)), SMALL, STRONG)


def _signature(representative: str) -> Table:
    """Name and date on the left, space for stamp and signature on the right."""
    left = [
        Paragraph("Yetkili temsilcinin adı soyadı", SMALL), Paragraph(escape(representative), STRONG),
        Spacer(1, 6 * mm), Paragraph("İmza günü: ....... / ....... / ............", SMALL),
    ]  # fmt: skip
    table = Table([[left, [Paragraph("Kaşe ve ıslak imza", SMALL)]]], colWidths=[WIDTH / 2] * 2, rowHeights=[34 * mm])
    table.setStyle([("GRID", (0, 0), (-1, -1), 0.5, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return table
