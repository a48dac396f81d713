"""What all papers of evidence share: the sheet, its colours, and fonts that each reader shows the same."""

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

# Bitstream Vera comes with reportlab and has every Turkish letter; it is embedded.
PLAIN, BOLD = "Vera", "VeraBd"
INK, FAINT = HexColor("#17262b"), HexColor("#4c5e65")
MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
NAMES = 0.32  # The share of the width that the names of pairs take.


def know_fonts() -> None:
    """Let reportlab know the two fonts."""
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
