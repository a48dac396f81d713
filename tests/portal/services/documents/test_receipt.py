"""A receipt on paper: a real PDF with every Turkish letter, as many pages as it needs, and a code that can be read."""

import pypdfium2
import pytest

from portal.services.documents.receipt import ReceiptContent, Section, render_pdf

pytestmark = pytest.mark.slow

PAPER = ReceiptContent(
    language="tr-TR", title="Ticari ileti izni belgesi", under="27 Kasım 2026 anındaki durum", author="İzinlink",
    pairs=(("Belge no", "K7QM-01NX-H4V0-T2ZA"), ("Adres", "+90 5•• ••• •• 67")),
    sections=(
        Section("Iğdır <b>Şişe</b> & Çağ", (("Unvan", "Güneş Öğütçü Şığ"), ("İYS işlem no", "ab" * 32))),
        Section("Metin", (), ("Bir satır\nve öteki: çğıöşüÇĞİÖŞÜ",)),
    ),
    address="https://kisa.example/m/abcdefghijklmnopqrstuvwxyz", beside=("Kodu okutun.",), foot="İzinlink",
    page_of="Sayfa {page}",
)  # fmt: skip


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_it_says_all_in_turkish_letters():
    (words,) = pages_of(render_pdf(PAPER))

    for text in ("Ticari ileti izni belgesi", "K7QM-01NX-H4V0-T2ZA", "+90 5•• ••• •• 67", "Iğdır <b>Şişe</b> & Çağ",
                 "Güneş Öğütçü Şığ", "çğıöşüÇĞİÖŞÜ", "Kodu okutun.", "Sayfa 1"):  # fmt: skip
        assert text in words
    assert "ab" * 32 in words.replace(" ", "")


def test_it_is_a4_and_carries_its_language_and_its_fonts():
    pdf = render_pdf(PAPER)

    document = pypdfium2.PdfDocument(pdf)
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    assert document.get_metadata_value("Title") == PAPER.title
    assert b"tr-TR" in pdf and b"/FontFile2" in pdf


def test_a_long_one_goes_on_on_further_pages():
    section = PAPER.sections[0]
    text = Section("Metin", (), ("Uzun bir metin. " * 600,))
    many = ReceiptContent(**PAPER.__dict__ | {"sections": (*(section,) * 40, text)})

    pages = pages_of(render_pdf(many))

    assert len(pages) > 3
    assert "Sayfa 2" in pages[1] and "Kodu okutun." in pages[-1]


def test_the_same_paper_is_the_same_bytes():
    assert render_pdf(PAPER) == render_pdf(PAPER)


def test_the_code_is_dark_on_white_with_its_quiet_zone():
    document = pypdfium2.PdfDocument(render_pdf(PAPER))
    picture = document[0].render(scale=3).to_pil().convert("L")

    places = [(x, y) for x in range(0, picture.width, 2) for y in range(0, picture.height, 2)]
    dark = [place for place in places if picture.getpixel(place) == 0]
    assert len(dark) > 500  # Only the code is black; ink is not.
