"""Sheets of personal codes: ten a page, and every line within its cell."""

import pypdfium2
import pytest

from portal.services.documents import code_sheet
from portal.services.documents.code_sheet import CodeSheet

CODE = ("a•••@g•••.com", "https://kisa.example/AbCdEfGhJk12", "mavi deniz")


@pytest.mark.parametrize(("codes", "pages"), [(0, 1), (1, 1), (10, 1), (11, 2)])
def test_ten_codes_are_a_page(codes, pages):
    content = code_sheet.render_pdf(CodeSheet("Örnek Mağaza", "Kasım · 1", [CODE] * codes))

    document = pypdfium2.PdfDocument(content)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert len(document) == pages
    assert text.count("mavi deniz") == text.count("kisa.example/AbCdEfGhJk12") == codes


def test_what_is_too_long_is_cut_and_nothing_is_markup():
    sheet = CodeSheet("<b>Çok & Uzun</b> " * 15, "Kasım", [(CODE[0], CODE[1] + "x" * 200, CODE[2])], is_sandbox=True)

    content = code_sheet.render_pdf(sheet)

    (page,) = pypdfium2.PdfDocument(content)
    text = page.get_textpage().get_text_range()
    assert "<b>Çok & Uzun</b>" in text and "…" in text and "DENEME" in text
    assert content == code_sheet.render_pdf(sheet)
