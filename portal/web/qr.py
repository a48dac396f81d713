"""A QR code as a drawing in the page: nothing to load, and no style that the security headers forbid."""

import segno
from markupsafe import Markup

SIDE = 5  # Pixels of a module.
QUIET = 4  # Modules around it that stay white, also on a dark page (ISO/IEC 18004, 6.3.8).


def drawn(text: str, title: str) -> Markup:
    """The code of a text; `title` says to those who hear the page what it is."""
    code = segno.make(text, error="m", micro=False)
    drawing = Markup(code.svg_inline(scale=SIDE, border=QUIET, light="#fff", svgclass="qr", lineclass=None))  # nosec B704
    return Markup('<div role="img" aria-label="{}">{}</div>').format(title, drawing)
