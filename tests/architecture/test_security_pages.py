"""What every page does for the safety of who looks at it: passwords are masked, and one can go out."""

import pytest

from tests.architecture.outline import Outline
from tests.architecture.pages import PAGES
from tests.architecture.test_templates import SOURCES, app, draw  # noqa: F401 - `app` is a fixture

pytestmark = pytest.mark.slow

OF_PEOPLE = ("dashboard", "operator", "account")


@pytest.fixture
def outlines(app) -> dict[tuple[str, str], Outline]:  # noqa: F811
    """Every page, read once."""
    return {page: Outline(draw(app, page[0], context)) for page, context in PAGES.items()}


def test_a_password_is_masked_and_left_to_the_browsers_keeper(outlines):
    masked = [
        (page, control)
        for page, outline in outlines.items()
        for control, _ in outline.controls
        if control.get("type") == "password" or "password" in control.get("name", "")
    ]

    assert len({page[0] for page, _ in masked}) >= 5
    assert [each for each in masked if each[1].get("type") != "password" or each[1].get("value")] == []
    assert [each for each in masked if "onpaste" in each[1] or not each[1].get("autocomplete")] == []


def test_whoever_is_signed_in_goes_out_from_any_page(outlines):
    inside = [page for page in PAGES if any(f'extends "layouts/{name}.html"' in SOURCES[page[0]] for name in OF_PEOPLE)]

    without = [page for page in inside if "/sign-out" not in {form.get("action") for form, _ in outlines[page].forms}]

    assert len(inside) >= 60
    assert without == []
