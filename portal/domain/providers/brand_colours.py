"""A brand's colour, as text on our pages: legible where the page is light, and a lighter one of it where it is dark."""

import colorsys
import re

LEGIBLE = 4.5  # WCAG 2.2, 1.4.3: text against its ground.
ON_LIGHT, ON_DARK = "#ffffff", "#182327"  # The grounds of static/css/tokens.css: --card, in both schemes.
HEX = re.compile(r"#[0-9a-f]{6}")
STEPS = 200


class InvalidColour(ValueError):
    """It is not spelled as a colour: # and six digits of 0-9 and a-f."""


class Illegible(ValueError):
    """The colour is too pale on a light page; `nearest` is the closest one that is not."""

    def __init__(self, nearest: str):
        super().__init__(nearest)
        self.nearest = nearest


def validate_colour(text: str) -> str:
    """A colour as we keep it, "#rrggbb". Raises InvalidColour and Illegible."""
    colour = text.strip().lower()
    if not HEX.fullmatch(colour):
        raise InvalidColour
    if contrast(colour, ON_LIGHT) < LEGIBLE:
        raise Illegible(nearest_legible(colour, ON_LIGHT))
    return colour


def dark_variant(colour: str) -> str:
    """The same hue for dark pages, as light as it must be."""
    return nearest_legible(colour, ON_DARK)


def nearest_legible(colour: str, ground: str) -> str:
    """The colour of the same hue that is closest in lightness and legible on the ground; itself where it is so."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    end = 1.0 if _luminance(ground) < 0.5 else 0.0
    for step in range(STEPS + 1):
        there = lightness + (end - lightness) * step / STEPS
        candidate = colour if step == 0 else _spelled(colorsys.hls_to_rgb(hue, there, saturation))
        if contrast(candidate, ground) >= LEGIBLE:
            return candidate
    raise InvalidColour  # Black and white are legible on every ground of ours.


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _spelled(parts: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
