"""The eye that looks at every page is not blind: what is planted on a page, it sees."""

import pytest

WELL = "<!doctype html><html lang=tr><head><title>İyi</title></head><body><main><h1>İyi</h1>{}</main></body></html>"
PLANTED = {
    "no label": ("<input>", "label"),
    "only in the dark": (
        "<style>@media (prefers-color-scheme: dark) {p {color: #777; background: #888}}</style><p>Soluk</p>",
        "in the dark",
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
