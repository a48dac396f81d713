"""Styles and scripts are fetched once for each version of them."""

import re

import pytest

pytestmark = pytest.mark.alike


@pytest.mark.parametrize("path", ["/", "/sign-in", "/kontrol"])
def test_every_file_of_a_page_is_kept_for_ever_and_has_its_digest_in_its_address(browser, path):
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', browser.get(path).text)

    assert links
    for link in links:
        with browser.get(link) as answer:
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("asked", ["", "?v=", "?v=0000000000"])
def test_another_version_is_asked_for_each_time(browser, asked):
    with browser.get(f"/static/css/base.css{asked}") as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_a_file_that_is_none_is_not_kept(browser):
    assert browser.get("/static/../config.py?v=1").status_code == 404
    assert "immutable" not in browser.get("/static/none.css?v=1").headers.get("Cache-Control", "")
