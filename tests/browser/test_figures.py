"""Figures of large files stay on one line, however narrow their card."""

from pathlib import Path

import pytest

CSS = "".join((Path("static/css") / name).read_text() for name in ("tokens.css", "base.css", "dashboard.css"))
NUMBERS = ("7", "51.416", "1.048.576")
CARDS = "".join(f"<div class=figure><dt>Bekliyor</dt><dd>{number}</dd></div>" for number in NUMBERS * 2)
HEIGHTS = "[...document.querySelectorAll('dd')].map(dd => dd.getBoundingClientRect().height)"


@pytest.mark.parametrize("width", [1280, 360])
def test_a_million_stands_on_one_line(screens, width):
    page = screens(width).page
    page.set_content(f"<style>{CSS}</style><main><dl class=figures>{CARDS}</dl></main>")

    assert len(set(page.evaluate(HEIGHTS))) == 1
