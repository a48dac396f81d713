"""Names that messages show: one line, visible, and nothing that a phone makes a link of."""

import pytest

from portal.core.display_names import BadName, NameProblem, holds_link, parse_name, parse_title, without_emails

BAD = {
    "": NameProblem.BLANK,
    " \u00a0 ": NameProblem.BLANK,
    "---": NameProblem.BLANK,
    "Garanti\nBBVA": NameProblem.INVISIBLE,
    "Garanti\u2028BBVA": NameProblem.INVISIBLE,
    "Garanti\u200bBBVA": NameProblem.INVISIBLE,
    "Ziraat\u202eknaB": NameProblem.INVISIBLE,
    "\u3164": NameProblem.INVISIBLE,
    "A\u2800B": NameProblem.INVISIBLE,
    "soft\u00adhyphen": NameProblem.INVISIBLE,
    "tag\U000e0041": NameProblem.INVISIBLE,
    "https://kotu.example": NameProblem.LINK,
    "banka-sube.com": NameProblem.LINK,
    "banka．com": NameProblem.LINK,
    "banka。com": NameProblem.LINK,
    "WWW banka": NameProblem.LINK,
    "destek@banka": NameProblem.LINK,
    "10.20.30.40": NameProblem.LINK,
    "Banka…com": NameProblem.LINK,
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_name_is_refused_and_said_why(text):
    with pytest.raises(BadName) as bad:
        parse_name(text)

    assert bad.value.problem == BAD[text]


@pytest.mark.parametrize("name", ["Örnek Mağazacılık A.Ş.", "3 M", "Çiçek & Çikolata", "A/B Giyim", "İş'te Kahve"])
def test_names_of_firms_are_kept(name):
    assert parse_name(f"  {name} ") == name


def test_abbreviations_of_a_title_get_their_spaces():
    assert parse_title("Yeni Gıda San.ve Tic.Ltd.Şti.") == "Yeni Gıda San. ve Tic. Ltd. Şti."


def test_contact_details_may_hold_email_addresses_but_no_other_link():
    allowed = ["0850 123 45 67, destek@ornek.com.tr.", "(a@ornek.com; B@ornek.com)", "Şikâyet… 444 0 123"]
    links = [
        "0850 123 45 67 banka-sube.com",
        "https://sube-iptal.com/giris?@ornek.com",
        "https://sube.com/ destek@ornek.com",
        "0850 123 45 67 bit…ly/3xY",
        "sube.com?a@ornek.com",
    ]

    assert [each for each in allowed if holds_link(without_emails(each))] == []
    assert [each for each in links if not holds_link(without_emails(each))] == []
