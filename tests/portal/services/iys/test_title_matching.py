"""One firm's title is spelled in many ways, and another firm's is not among them."""

import pytest

from portal.services.iys import title_matching

OURS = "Örnek Mağazacılık Sanayi ve Ticaret A.Ş."


@pytest.mark.parametrize(
    "theirs",
    [
        "ÖRNEK MAĞAZACILIK SANAYİ VE TİCARET ANONİM ŞİRKETİ",
        "ORNEK MAGAZACILIK SANAYI VE TICARET ANONIM SIRKETI",
        "Örnek Mağazacılık San. Tic. AŞ",
        "örnek mağ. san. & tic. a. ş.",
        "  Örnek  Mağazacılık,  Sanayi ve Ticaret A.Ş ",
        "O\u0308rnek Mağazacılık Sanayi ve Ticaret A.Ş.",
    ],
)
def test_spellings_of_one_title_agree(theirs):
    assert title_matching.titles_agree(OURS, theirs) and title_matching.titles_agree(theirs, OURS)


@pytest.mark.parametrize(
    "theirs",
    [
        "",
        "A.Ş.",
        "Başka Mağazacılık Sanayi ve Ticaret A.Ş.",
        "Örnek Mağazacılık Sanayi ve Ticaret Ltd. Şti.",
        "Örnek Mağazacılık A.Ş.",
        "Mağazacılık Örnek Sanayi ve Ticaret A.Ş.",
        "Ö. M. San. ve Tic. A.Ş.",
        "Örnek Mağazacılık Sanayi ve Ticaret A.Ş. Şubesi",
    ],
)
def test_another_title_does_not_agree(theirs):
    assert not title_matching.titles_agree(OURS, theirs)
    assert not title_matching.titles_agree(theirs, OURS)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("Deniz İnş. Taah. Ltd. Şti.", "DENİZ İNŞAAT TAAHHÜT LİMİTED ŞİRKETİ"),
        ("Türkiye Örnek Bankası T.A.Ş.", "TÜRKİYE ÖRNEK BANKASI TÜRK ANONİM ŞİRKETİ"),
        ("IŞIK Ltd Şti", "Işık Limited Şirketi"),
    ],
)
def test_usual_abbreviations_are_understood(short, long):
    assert title_matching.titles_agree(short, long)


def test_nothing_agrees_with_nothing():
    assert not title_matching.titles_agree("", "")
