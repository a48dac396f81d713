"""A brand's text colour, legible on light pages, and its lighter variant for dark ones."""

import colorsys
import re

LEGIBLE = 4.5  # WCAG 2.2, 1.4.3: text against its backbackground.
ON_LIGHT, ON_DARK = "#ffffff", "#182327"  # --card of static/css/tokens.css, in both schemes.
HEX = re.compile(r"#[0-9a-f]{6}")
STEPS = 200


class InvalidColour(ValueError):
    """The text is not a colour: # and six hexadecimal digits."""


class Illegible(ValueError):
    """The colour is too pale on a light page; `nearest` is the closest one that is not."""

    def __init__(self, nearest: str):
        super().__init__(nearest)
        self.nearest = nearest


def validate_colour(text: str) -> str:
    """A colour normalised to "#rrggbb". Raises InvalidColour and Illegible."""
    colour = text.strip().lower()
    if not HEX.fullmatch(colour):
        raise InvalidColour
    if contrast(colour, ON_LIGHT) < LEGIBLE:
        raise Illegible(nearest_legible(colour, ON_LIGHT))
    return colour


def dark_variant(colour: str) -> str:
    """The same hue for dark pages, as light as legibility needs."""
    return nearest_legible(colour, ON_DARK)


def nearest_legible(colour: str, background: str) -> str:
    """The legible colour of the same hue that is closest in lightness; itself if it is legible."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_to_rgb(colour))
    end = 1.0 if _luminance(background) < 0.5 else 0.0
    for step in range(STEPS + 1):
        candidate_lightness = lightness + (end - lightness) * step / STEPS
        candidate = colour if step == 0 else _to_hex(colorsys.hls_to_rgb(hue, candidate_lightness, saturation))
        if contrast(candidate, background) >= LEGIBLE:
            return candidate
    raise InvalidColour  # Black and white are legible on every background.


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _to_hex(parts: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
