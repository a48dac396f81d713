"""Page geometry of receipts and overviews."""

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
NAMES = 0.32  # Share of the width for the first column of a table.
