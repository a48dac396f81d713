"""ASCII texts for SMS say the same as the texts they come from."""

from portal.core.transliteration import ascii_only


def test_ascii_keeps_what_a_text_says():
    for text, plain in {
        "Çağrı İÇİN öğüt": "Cagri ICIN ogut",
        "g\u0306u\u0308l": "gul",
        "Café Ñandú Škoda": "Cafe Nandu Skoda",
        "50₺, 1.000 ₺, 20€": "50 TL, 1.000 TL, 20 EUR",
        "“a” ‘b’ – c… d`e´": "\"a\" 'b' - c... d'e'",
        "a\u00a0b\tc": "a b c",
        "👍 ok?": "? ok?",
        "banka.\u0301com banka․com": "banka.?com banka?com",  # No link comes of it.
        "banka.₺": "banka. TL",
    }.items():
        assert ascii_only(text) == plain
