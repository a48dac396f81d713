"""A QR code as a drawing in the page: nothing to load, and no style that the security headers forbid."""

import segno
from markupsafe import Markup

QUIET = 4  # Modules around it that stay white, also on a dark page (ISO/IEC 18004, 6.3.8).


def drawn(text: str, title: str) -> Markup:
    """The code of a text; `title` says to those who hear the page what it is."""
    code = segno.make(text, error="m", micro=False)
    # Without a size of its own it is as large as its sheet says; with one, a smaller box would show a part of it.
    drawn_whole = {"omitsize": True, "border": QUIET, "light": "#fff", "svgclass": "qr", "lineclass": None}
    drawing = Markup(code.svg_inline(**drawn_whole))  # nosec B704
    return Markup('<div role="img" aria-label="{}">{}</div>').format(title, drawing)
