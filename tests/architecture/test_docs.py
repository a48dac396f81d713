"""What README and docs name exists: files, pages they link to, and the packages of the picture."""

import re
import sys

import pytest

from tests.architecture.product import ROOT

DOCS = sorted(
    path
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("*/README.md"),
    ]
)
FILE = re.compile(r"`((?:portal|tests|shortlinks|iys_sandbox|templates|static|bin|bench|docs|translations)/[\w./-]*)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_names_exists(path):
    text = path.read_text(encoding="utf-8")
    gone = {name for name in FILE.findall(text) if not (ROOT / name).exists()}
    gone |= {name for name in LINK.findall(text) if not (path.parent / name).exists()}

    assert gone == set()


def test_the_readme_is_read_in_ten_minutes():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_the_picture_shows_the_packages_of_today(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "bin"))
    import architecture_picture

    try:
        assert (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8") == architecture_picture.draw()
    finally:
        sys.modules.pop("architecture_picture", None)
