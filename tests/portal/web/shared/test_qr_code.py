"""A QR code stands in the page itself, drawn without any style."""

from portal.web.shared import qr_code


def test_it_is_drawn_with_a_title_and_nothing_inline():
    code = qr_code.svg("otpauth://totp/a?secret=JBSWY3DPEHPK3PXP", "Kod <1>")

    assert code.startswith('<div role="img" aria-label="Kod &lt;1&gt;"><svg')
    assert "style" not in code and "<script" not in code
    assert "JBSWY3DPEHPK3PXP" not in code


def test_it_grows_and_shrinks_whole():
    code = qr_code.svg("https://kisa.example/m/abcdefghijklmnopqrstuvwxyz", "Belge")

    assert 'viewBox="0 0 ' in code
    assert " width=" not in code and " height=" not in code
