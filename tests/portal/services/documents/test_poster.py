"""The poster: one A4 page that says the same each time, whatever the brand is called."""

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from portal.services.documents import poster
from portal.services.documents.poster import Poster

POSTER = Poster(
    brand_name="Örnek Mağaza", title="Örnek Mağaza size ileti gönderebilir mi?", sender="Örnek Mağazacılık A.Ş.",
    address="https://izinlink.example/b/ornek-magaza", number="0123456789012345", contact="0850 123 45 67",
)  # fmt: skip


def a_logo() -> bytes:
    file = BytesIO()
    Image.new("RGBA", (600, 120), (11, 94, 107, 128)).save(file, "PNG")
    return file.getvalue()


def test_the_same_poster_gives_the_same_bytes():
    assert poster.render_pdf(POSTER) == poster.render_pdf(POSTER)
    assert poster.render_pdf(POSTER).startswith(b"%PDF-")


@pytest.mark.parametrize(
    "special",
    [
        {"logo": a_logo(), "colour": "#0b5e6b"},
        {"brand_name": "Çok Uzun Adlı Bir Mağazalar Zinciri ve Ortakları Perakende" * 3},
        {"title": "Ş" * 255},
        {"number": "12345678901", "is_sandbox": True},
        {"brand_name": "<b>&"},
    ],
)
def test_it_is_one_page_whatever_stands_on_it(special):
    content = poster.render_pdf(replace(POSTER, **special))

    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") == 1 or b"/Count 1" in content
