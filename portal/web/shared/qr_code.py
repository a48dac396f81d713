"""QR codes as inline SVG: nothing to load, and no inline style, which the security headers forbid."""

import segno
from markupsafe import Markup

QUIET_ZONE = 4  # Modules; white on a dark page, too (ISO/IEC 18004, 6.3.8).


def svg(text: str, title: str) -> Markup:
    """The QR code of a text; `title` names it for screen readers."""
    code = segno.make(text, error="m", micro=False)
    # Without a size of its own it is as large as its sheet says; with one, a smaller box would show a part of it.
    drawn_whole = {"omitsize": True, "border": QUIET_ZONE, "light": "#fff", "svgclass": "qr", "lineclass": None}
    drawing = Markup(code.svg_inline(**drawn_whole))  # nosec B704
    return Markup('<div role="img" aria-label="{}">{}</div>').format(title, drawing)
