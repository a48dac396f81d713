"""Every page: one heading that is its title, a label for each control, a token in each form, nothing inline."""

import gzip
import re

import pytest
from flask import render_template

from portal.app import create_app
from portal.domain.identity.permissions import Permission
from tests.architecture import product
from tests.architecture.outline import Outline
from tests.architecture.pages import PAGES, SIGNED_IN
from tests.conftest import SECRETS
from tests.databases import close

pytestmark = pytest.mark.slow

TEMPLATES = product.ROOT / "templates"
FILES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
SOURCES = {name: (TEMPLATES / name).read_text(encoding="utf-8") for name in FILES}
SHOWN = [name for name in FILES if '{% extends "layouts/' in SOURCES[name] and not name.startswith("layouts/")]
SCRIPT = r"""<script(?! src="\{\{ url_for\('static', )"""  # But for a file of ours.
INLINE = re.compile(SCRIPT + r"""|<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\|\s*safe\b""", re.IGNORECASE)
ELSEWHERE = re.compile(r"""<(?:link|img|script|iframe)\b[^>]*["'](?:https?:)?//""", re.IGNORECASE)
ALLOWED = {"may": lambda power: True, "Permission": Permission}
# Where the code in the address is the credential, or nothing is changed, a token would prove nothing.
NEED_NONE = ("/m/", "/s/", "/dogrula", "/kontrol")
LARGEST_PAGE = 15_000  # Bytes after gzip, with its style sheets.


@pytest.fixture(scope="module")
def app(tmp_path_factory, compiled):
    folder = tmp_path_factory.mktemp("pages")
    url = f"sqlite:///{folder / 'empty.db'}"
    app = create_app({**SECRETS, "INSTANCE": str(folder), "DATABASE_URL": url})
    app.jinja_env.bytecode_cache = compiled
    yield app
    close(app)


def draw(app, template: str, context, language: str = "tr") -> str:
    with app.test_request_context(f"/?lang={language}"):
        return render_template(template, **(ALLOWED | SIGNED_IN | context()))


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: " ".join(page).strip())
def outline(request, app):
    """Drawn once, and looked at by one test after the other."""
    return Outline(draw(app, request.param[0], PAGES[request.param]))


def test_every_page_is_among_those_looked_at():
    assert {template for template, _ in PAGES} == set(SHOWN)


def test_the_one_heading_is_the_title(outline):
    (title,), (heading,) = outline.texts["title"], outline.texts["h1"]

    assert title == heading
    assert title.strip()


def test_no_heading_level_is_left_out(outline):
    steps = zip(outline.levels, outline.levels[1:], strict=False)

    assert all(below <= above + 1 for above, below in steps)


def test_every_control_has_a_label(outline):
    assert outline.unlabelled() == []


def test_every_posting_form_carries_a_token(outline):
    posting = [
        hidden
        for attributes, hidden in outline.forms
        if attributes.get("method") == "post" and not attributes["action"].startswith(NEED_NONE)
    ]

    assert all("csrf_token" in hidden or "form" in hidden for hidden in posting)


def test_ids_are_used_once_and_every_one_spoken_of_exists(outline):
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.referred) <= set(outline.ids)


def test_a_page_says_its_language(outline):
    assert outline.language == "tr"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: " ".join(page).strip())
def test_a_page_speaks_english(app, page):
    assert Outline(draw(app, page[0], PAGES[page], "en")).language == "en"


def test_nothing_is_chosen_beforehand_on_an_asking_page(app):
    page = draw(app, "recipient/page.html", PAGES["recipient/page.html", "asks"])

    assert page.count('type="radio"') == 4
    assert "checked" not in page


def test_a_refusing_page_offers_no_grant(app):
    page = draw(app, "recipient/page.html", PAGES["recipient/page.html", "refuses"])

    assert 'value="RET"' in page
    assert "ONAY" not in page


@pytest.mark.parametrize(
    "template",
    ["recipient/page.html", "recipient/receipt.html", "recipient/complaint_form.html", "recipient/complaint.html"],
)
def test_a_recipients_page_with_its_style_is_small(app, template):
    page = draw(app, template, next(PAGES[each] for each in PAGES if each[0] == template))
    sheets = re.findall(r'href="/(static/css/[^"]+)"', page)

    parts = [page.encode(), *((product.ROOT / sheet).read_bytes() for sheet in sheets)]
    assert len(sheets) >= 3
    assert sum(len(gzip.compress(part)) for part in parts) <= LARGEST_PAGE


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(name):
    assert not INLINE.search(SOURCES[name])
    assert not ELSEWHERE.search(SOURCES[name])


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_leaves_the_heading_to_its_layout(name):
    assert SOURCES[name].count("{% block title %}") == 1
    assert "<h1" not in SOURCES[name]


@pytest.mark.parametrize("name", FILES)
def test_a_template_imports_nothing_in_vain(name):
    source = SOURCES[name]
    parts = [SOURCES[part] for part in re.findall(r'{% include "([^"]+)"', source)]
    used = "\n".join([re.sub(r"{% from .*? %}", "", source), *parts])
    for imported in re.findall(r'{% from "[^"]+" import ([^%]+?) %}', source):
        for macro in imported.split(","):
            assert re.search(rf"\b{macro.strip()}\(", used), macro


def test_every_style_sheet_is_used_and_exists():
    used = set(re.findall(r'sheet\("(\w+)"\)', "\n".join(SOURCES.values())))
    used |= set(re.findall(r"css/(\w+)\.css", "\n".join(SOURCES.values())))

    assert used == {path.stem for path in (product.ROOT / "static" / "css").glob("*.css")}


@pytest.mark.parametrize(
    "planted",
    ["<p style='x'>", '<a onclick="x">', "<script>", "{{ text | safe }}", "<style>", '<a href="javascript:x">'],
)
def test_something_inline_would_be_seen(planted):
    assert INLINE.search(planted)


def test_a_control_without_a_label_would_be_seen():
    page = '<label for="a">A</label><input id="a"><label>B <input name="b"></label><input id="c" name="c">'

    assert Outline(page).unlabelled() == [{"id": "c", "name": "c"}]
