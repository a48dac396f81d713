"""Templates as they are written: nothing inline, one title each, no unused import, no unused template or style sheet.

What a rendered page must be is checked on every page that a test opens (tests/page_checks.py).
"""

import re

from tests.architecture import product

TEMPLATES = product.ROOT / "templates"
SOURCES = {
    str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html"))
}
PAGES = [name for name, source in SOURCES.items() if '{% extends "layouts/' in source and "layouts/" not in name]
SCRIPT = r"""<script(?! src="\{\{ url_for\('static', )"""  # But for a file of ours.
INLINE = re.compile(SCRIPT + r"""|<style|\sstyle\s*=|\son[a-z]+\s*=|javascript:|\|\s*safe\b""", re.IGNORECASE)
ELSEWHERE = re.compile(r"""<(?:link|img|script|iframe)\b[^>]*["'](?:https?:)?//""", re.IGNORECASE)
MAIL = "messages/mail.html"  # Mail programs load no style sheet.
USED = re.compile(r"""["']([a-z_/]+\.html)["']""")


def test_nothing_is_inline_and_nothing_comes_from_elsewhere():
    found = {name for name, source in SOURCES.items() if INLINE.search(source) or ELSEWHERE.search(source)}

    assert found == {MAIL} and not INLINE.search(SOURCES[MAIL].replace("<style>", ""))


def test_inline_code_is_found():
    planted = [
        "<p style='x'>",
        '<a onclick="x">',
        "<script>",
        "{{ text | safe }}",
        "<style>",
        '<a href="javascript:x">',
    ]

    assert [each for each in planted if not INLINE.search(each)] == []


def test_each_page_has_one_title_and_leaves_the_heading_to_its_layout():
    assert len(PAGES) >= 100
    assert [name for name in PAGES if SOURCES[name].count("{% block title %}") != 1 or "<h1" in SOURCES[name]] == []


def test_each_imported_macro_is_used():
    unused = {(name, macro) for name, source in SOURCES.items() for macro in unused_macros(source)}

    assert unused == set()


def unused_macros(source: str) -> list[str]:
    """Macros that neither the template itself calls nor one that it includes."""
    parts = [SOURCES[part] for part in re.findall(r'{% include "([^"]+)"', source)]
    code = "\n".join([re.sub(r"{% from .*? %}", "", source), *parts])
    imports = re.findall(r'{% from "[^"]+" import ([^%]+?)(?: with context)? %}', source)
    macros = [macro.split(" as ")[-1].strip() for each in imports for macro in each.split(",")]
    return [macro for macro in macros if not re.search(rf"\b{macro}\(", code)]


def test_each_template_is_used():
    code = [path.read_text(encoding="utf-8") for _, path in product.modules()]
    used = set(USED.findall("\n".join([*code, *SOURCES.values()])))

    assert SOURCES.keys() - used == set()


def test_each_style_sheet_is_used_and_exists():
    code = "\n".join(SOURCES.values())
    used = set(re.findall(r'sheet\("(\w+)"\)', code)) | set(re.findall(r"css/(\w+)\.css", code))

    assert used == {path.stem for path in (product.ROOT / "static" / "css").glob("*.css")}
