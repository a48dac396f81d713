"""A number counts as reviewed only where it stands as a whole in a line of contact."""

import pytest

from portal.domain.providers.contact_numbers import is_in_contact

LINE = "Çağrı (0850) 123 45 67, SMS 4609, 444 0 567"


@pytest.mark.parametrize("number", ["08501234567", "908501234567", "+90 850 123 45 67", "8501234567", "4440567"])
def test_a_whole_number_of_the_line(number):
    assert is_in_contact(number, LINE)


@pytest.mark.parametrize(
    ("number", "line"),
    [
        ("05321234440", "0212 553 21 23, 444 0 567"),
        ("7889", "0212 7889 123"),
        ("4609", LINE),  # A short one is looked at by itself.
        ("155", "0212 555 44 33 (dahili 155)"),
        ("112", "0212 555 44 33, Cumhuriyet Cad. No 112"),
        ("08501234567", "0850123456 7@ornek.example, bilgi@08501234567.example, tel08501234567"),
        ("4567", LINE),
        ("08501234567", "Mersis 0123408501234567"),
        ("", LINE),
    ],
)
def test_pieces_of_numbers(number, line):
    assert not is_in_contact(number, line)
