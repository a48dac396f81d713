"""The letter of authorisation: a real PDF, with every Turkish letter, on one page that can be signed."""

import os
from datetime import date
from pathlib import Path

import pypdfium2

from portal.services.documents.authorisation_letter import Letter, render_pdf

LETTER = Letter(
    title="Iğdır Şişecilik & Çağ Güneş Pazarlama Sanayi ve Ticaret Limited Şirketi",
    numbers=(("MERSİS numarası", "0454053692000015"), ("Vergi numarası", "4540536920")),
    contact="0850 123 45 67", representative="İpek Öğütçü Şığ", iys_code=731845,
    brands=(("Güneş Mağaza", 731845), ("Iğdır <b>Şişe</b>", 731901)),
    partner_title="İzinlink Bilişim A.Ş.", partner_address="Büyükdere Cad. No: 1, Şişli / İstanbul", partner_code=4242,
    made_on=date(2026, 11, 26),
)  # fmt: skip


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_the_letter_says_who_authorises_whom_for_what():
    words = words_of(render_pdf(LETTER))

    for text in (LETTER.title, "0454053692000015", "4540536920", LETTER.representative, "731845", "731901",
                 LETTER.partner_title, LETTER.partner_address, "4242", "Arama · Mesaj (SMS) · E-posta",
                 "26 Kasım 2026", "Kaşe ve ıslak imza", "6563"):  # fmt: skip
        assert text in words


def test_no_line_is_left_empty_where_the_partners_address_is_not_known():
    assert "Adres" not in words_of(render_pdf(Letter(**LETTER.__dict__ | {"partner_address": ""})))


def test_every_turkish_letter_is_in_the_fonts_that_travel_with_it():
    letters = "çğıöşüÇĞİÖŞÜâîû"
    pdf = render_pdf(Letter(**LETTER.__dict__ | {"representative": letters}))

    assert letters in words_of(pdf)
    assert pdf.count(b"/FontFile2") == 2, "the fonts are embedded"


def test_what_a_firm_is_called_is_text_and_no_markup():
    assert "Iğdır <b>Şişe</b>" in words_of(render_pdf(LETTER))


def test_the_letter_fits_on_one_page_of_a4_and_can_be_drawn(tmp_path):
    document = pypdfium2.PdfDocument(render_pdf(LETTER))

    assert len(document) == 1
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    picture = document[0].render(scale=1.5).to_pil()
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / "letter.png")
    dark = sum(count for value, count in enumerate(picture.convert("L").histogram()) if value < 128)
    assert 0.005 < dark / (picture.width * picture.height) < 0.2


def test_many_brands_go_on_to_a_second_page():
    many = tuple((f"Marka {number}", 731900 + number) for number in range(40))

    assert len(pypdfium2.PdfDocument(render_pdf(Letter(**LETTER.__dict__ | {"brands": many})))) == 2


def test_the_same_letter_gives_the_same_bytes():
    assert render_pdf(LETTER) == render_pdf(LETTER)
