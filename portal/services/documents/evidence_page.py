"""The sheet that all papers of evidence are written on."""

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm

MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
NAMES = 0.32  # The share of the width that the names of pairs take.
