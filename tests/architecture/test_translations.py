"""Turkish is the source; every text of the product has its English one."""

import ast
import re
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.architecture import product

KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "_l": None, "lazy_gettext": None}
CATALOGUE = product.ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
TURKISH = re.compile(r"[çğışöüÇĞŞÖÜ]|\b(ve|bir|ya da|için|değil)\b")
# Names and quotations that stay as they are in English.
TURKISH_NAMES = re.compile(
    r"Türkiye|İYS|İzinlink|MERSİS|İleti Yönetim Sistemi|ticaret il müdürlüğü|Kadıköy|ç, ğ, ı, İ, ö, ş and ü|“[^”]*”"
)


@pytest.fixture(scope="module")
def msgids() -> set[str | tuple[str, str]]:
    """Every translatable text of the product; one with a plural is a pair."""
    with (product.ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(str(product.ROOT), methods, options, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found}


@pytest.fixture(scope="module")
def english() -> Catalog:
    return read_po(BytesIO(CATALOGUE.read_bytes()))


def texts(catalogue: Catalog) -> dict[str | tuple[str, str], str | tuple[str, str]]:
    return {message.id: message.string for message in catalogue if message.id}


def forms(text: str | tuple[str, str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


@pytest.mark.slow
def test_every_text_has_its_english_one(msgids, english):
    translated = {turkish for turkish, text in texts(english).items() if all(forms(text))}

    assert msgids - translated == set()


@pytest.mark.slow
def test_no_text_stands_within_another():
    """Below Python 3.12 nobody finds a text that is written inside of an f-string: it would never be translated."""
    hidden = [
        (name, ast.unparse(call))
        for name, path in product.modules()
        for said in product.nodes(product.tree(path))
        if isinstance(said, ast.JoinedStr)
        for call in ast.walk(said)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in KEYWORDS and isinstance(call.args[0], ast.Constant)
    ]

    assert hidden == []


def test_no_text_stands_in_the_catalogue_twice(english):
    """The parser takes one of both and says nothing."""
    assert CATALOGUE.read_text(encoding="utf-8").count("\nmsgid ") == len(english) + 1  # And its head.


@pytest.mark.slow
def test_the_catalogue_holds_no_unused_text(msgids, english):
    assert set(texts(english)) - msgids == set()
    assert not english.obsolete


def test_no_english_text_is_a_guess(english):
    assert [message.id for message in english if message.fuzzy] == []


def test_both_languages_fill_in_the_same(english):
    different = [
        turkish
        for turkish, text in texts(english).items()
        for form in forms(text)
        if sorted(PLACEHOLDER.findall(forms(turkish)[0])) != sorted(PLACEHOLDER.findall(form))
    ]

    assert different == []


def test_no_english_text_was_left_in_turkish(english):
    said = [form for text in texts(english).values() for form in forms(text)]

    left = [form for form in said if TURKISH.search(TURKISH_NAMES.sub("", form))]

    assert left == []


@pytest.mark.slow
def test_a_percent_sign_stands_only_before_a_name(msgids):
    # A template fills every text in with %, so that a bare one would break its page.
    said = [form for text in msgids for form in forms(text)]

    assert [form for form in said if "%" in PLACEHOLDER.sub("", form).replace("%%", "")] == []
