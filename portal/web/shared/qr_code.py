"""QR codes as inline SVG (nothing to load, and no inline style, which the security headers forbid), and as files."""

from io import BytesIO

import segno
from markupsafe import Markup

MEDIA_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
QUIET_ZONE = 4  # Modules; white on a dark page, too (ISO/IEC 18004, 6.3.8).


def svg(text: str, title: str) -> Markup:
    """The QR code of a text; `title` names it for screen readers."""
    code = segno.make(text, error="m", micro=False)
    # Without a size of its own it is as large as its sheet says; with one, a smaller box would show a part of it.
    drawn_whole = {"omitsize": True, "border": QUIET_ZONE, "light": "#fff", "svgclass": "qr", "lineclass": None}
    drawing = Markup(code.svg_inline(**drawn_whole))  # nosec B704
    return Markup('<div role="img" aria-label="{}">{}</div>').format(title, drawing)


def picture(text: str, format: str) -> tuple[bytes, str]:
    """The QR code of a text as a file to print, and its media type; a PNG is about a thousand pixels wide."""
    file = BytesIO()
    scale = 24 if format == "png" else 1
    segno.make(text, error="q", micro=False).save(file, kind=format, scale=scale, border=QUIET_ZONE, light="#fff")
    return file.getvalue(), MEDIA_TYPES[format]
