"""The eye that looks at every page is not blind: what is planted on a page, it sees."""

import re

import pytest

from portal.core.paths import ROOT

WIDE = re.compile(r"@media [^{]*width[^{]*\{((?:[^{}]*\{[^{}]*\})*)")
COLOUR = re.compile(r"color|background|fill:|stroke:|opacity|#[0-9a-f]{3}|[{;]\s*--")
WELL = "<!doctype html><html lang=tr><head><title>İyi</title></head><body><main><h1>İyi</h1>{}</main></body></html>"
PLANTED = {
    "no label": ("<input>", "label"),
    "only in the dark": (
        "<style>@media (prefers-color-scheme: dark) {p {color: #777; background: #888}}</style><p>Soluk</p>",
        "in the dark': ['color-contrast",
    ),
    "no label when narrow": (
        "<style>@media (min-width: 700px) {input {display: none}}</style><input>",
        "in the dark': ['label",
    ),
    "only when narrow": ("<p style='width: 700px'>Geniş</p>", "too wide at 360"),
    "only when wide": ("<style>@media (min-width: 700px) {p {color: #ddd}}</style><p>Soluk</p>", "barriers'"),
}


@pytest.fixture
def screen(screens):
    return screens(1280, also=[360])


def test_a_page_without_fault_looks_well(screen):
    screen.page.set_content(WELL.format("<p>Metin</p>"))

    screen.looks_well("well")

    assert screen.page.viewport_size["width"] == 1280


@pytest.mark.parametrize("fault", PLANTED)
def test_a_fault_is_seen(screen, fault):
    planted, said = PLANTED[fault]
    screen.page.set_content(WELL.format(planted))
    screen.is_thorough = fault == "no label when narrow"

    with pytest.raises(AssertionError) as seen:
        screen.looks_well("planted")

    assert said in str(seen.value)


def test_a_picture_that_is_not_there_is_heard(screen):
    screen.page.route("**/nowhere.png", lambda route: route.fulfill(status=404))
    screen.page.set_content(WELL.format("<img src='http://nowhere.example/nowhere.png' alt='Resim'>"))

    with pytest.raises(AssertionError, match="status of 404"):
        screen.looks_well("incomplete")


def test_what_the_page_complains_of_is_heard(screen):
    screen.page.set_content(WELL.format("<script>console.error('kırık')</script>"))

    with pytest.raises(AssertionError, match="kırık"):
        screen.looks_well("complains")


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_screen_has_nothing_of_an_earlier_one(screens, server, time):
    screen = screens()
    screen.opens(server.empty_page)
    assert screen.kept() == [] and screen.page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")

    screen.context.add_cookies([{"name": "a", "value": "1", "url": server.empty_page}])  # A page's own comes later.
    screen.page.evaluate("localStorage.b = 2; sessionStorage.c = 3")
    screen.page.emulate_media(color_scheme="dark")
    assert len(screen.kept()) == 3


def test_no_colour_depends_on_the_width():
    blocks = {path.name: WIDE.findall(path.read_text()) for path in (ROOT / "static" / "css").glob("*.css")}
    assert len(list(filter(None, blocks.values()))) > 4
    assert [(name, block) for name, found in blocks.items() for block in found if COLOUR.search(block)] == []
