"""Cures as a person sees them before choosing, and the words that only a person can explain."""

from datetime import UTC, datetime

import pytest

from portal.services.imports.fixes import FIXES, apply_fix
from portal.services.imports.layout import Field, Fix, Layout
from portal.services.imports.row_parser import RowParser
from portal.services.imports.unknown_words import unknown_words


@pytest.mark.parametrize(
    ("before", "fix", "after"),
    [
        ("AYŞE.ığüşöçİĞÜŞÖÇ@x.com", Fix.EMAIL_LETTERS, "AYSE.igusocIGUSOC@x.com"),
        ("i\u0307pek@x.com", Fix.EMAIL_LETTERS, "ipek@x.com"),
        (" ayse @ x .com", Fix.EMAIL_SPACES, " ayse@x.com"),
        ("ayse burak@x.com", Fix.EMAIL_SPACES, "ayse burak@x.com"),
        ("ayse_ ak@x.com", Fix.EMAIL_SPACES, "ayse_ak@x.com"),
        ("ayse -ak@x.com", Fix.EMAIL_SPACES, "ayse-ak@x.com"),
        *(
            (each, Fix.EMAIL_SPACES, each)
            for each in ("- a@x.com", "-- a@x.com", "_ a@x.com", "a@x.com -", "Al - a@x.com")
        ),
        ("11/24/2026 14:02", Fix.DATE_SWAP, "24/11/2026 14:02"),
        ("03.12.26", Fix.DATE_SWAP, "12.03.26"),
        ("2026-12-03 10:00:00", Fix.DATE_SWAP, "2026-03-12 10:00:00"),
        ("24 Kasım 2026", Fix.DATE_SWAP, "24 Kasım 2026"),
        ("45985", Fix.DATE_SWAP, "45985"),
    ],
)
def test_a_fix_shows_what_it_would_do(before, fix, after):
    assert apply_fix(before, fix) == after


def test_few_problems_have_a_cure():
    assert FIXES == {
        "email_turkish_letter": Fix.EMAIL_LETTERS, "email_space": Fix.EMAIL_SPACES,
        "date_impossible": Fix.DATE_SWAP, "date_to_come": Fix.DATE_SWAP,
    }  # fmt: skip


def test_unknown_words_are_counted_once_for_all_their_spellings():
    columns = {Field.PHONE: 0, Field.STATUS: 1, Field.SOURCE: 2, Field.CHANNEL: 3}
    looker = RowParser(Layout(columns=columns), at=datetime(2026, 11, 24, tzinfo=UTC), header_line=1)
    lines = [
        (1, ["Telefon", "Durum", "Kaynak", "Kanal"]),
        (2, ["0532", "Belki", "Web", "faks"]),
        (3, ["0532", " BELKİ", "IYS_WEB", ""]),
        (4, ["0532", "onay", "orası"]),
        (5, ["0532", "Sonra"]),
    ]

    found = unknown_words(lines, looker)

    assert found == {"status": {"Belki": 2, "Sonra": 1}, "source": {"IYS_WEB": 1, "orası": 1}, "channel": {"faks": 1}}
    assert list(found["status"]) == ["Belki", "Sonra"]
