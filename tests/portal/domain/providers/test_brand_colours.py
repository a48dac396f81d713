"""A brand's colour is legible as text, on light pages and on dark ones."""

from pathlib import Path

import pytest

from portal.domain.providers import brand_colours

HUES = ["#ff0000", "#ffff00", "#00ff00", "#00aaff", "#0000ff", "#ff00ff", "#ffffff", "#000000", "#808080", "#f5c400"]


def test_the_ratio_is_that_of_wcag():
    assert brand_colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert brand_colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_dark_colour_is_taken_as_it_is():
    assert brand_colours.validate_colour(" #0B5E6B ") == "#0b5e6b"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#12345g", "0b5e6b", "#0b5e6b;}", "#0b5e6b\n#fff", "#١٢٣٤٥٦"])
def test_what_is_spelled_otherwise_is_no_colour(text):
    with pytest.raises(brand_colours.InvalidColour):
        brand_colours.validate_colour(text)


def test_a_pale_colour_is_refused_with_the_nearest_that_is_legible():
    with pytest.raises(brand_colours.Illegible) as refused:
        brand_colours.validate_colour("#f5c400")

    assert 4.5 <= brand_colours.contrast(refused.value.nearest, "#ffffff") < 4.8
    assert brand_colours.validate_colour(refused.value.nearest) == refused.value.nearest


@pytest.mark.parametrize("colour", HUES)
@pytest.mark.parametrize("ground", [brand_colours.ON_LIGHT, brand_colours.ON_DARK])
def test_each_hue_has_a_legible_neighbour(colour, ground):
    assert brand_colours.contrast(brand_colours.nearest_legible(colour, ground), ground) >= brand_colours.LEGIBLE


def test_the_grounds_are_those_of_our_pages():
    tokens = Path("static/css/tokens.css").read_text(encoding="utf-8")

    assert "--card: #fff;" in tokens and f"--card: {brand_colours.ON_DARK};" in tokens
