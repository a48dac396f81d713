"""A receipt's number is shown in groups, and read as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import receipts
from portal.domain.consents import writer
from portal.domain.receipts import lookup

NUMBER = "K7QM01NXH4V0T2ZA"


def test_it_is_shown_in_four_groups():
    assert receipts.format_number(NUMBER) == "K7QM-01NX-H4V0-T2ZA"


def test_it_is_written_in_the_letters_that_are_drawn():
    assert lookup.LETTERS == writer.LETTERS
    assert lookup.LENGTH == writer.NUMBER_LETTERS


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER, "K7QM-01NX-H4V0-T2ZA", "k7qm-01nx-h4v0-t2za", " K7QM 01NX H4V0 T2ZA\n", "K7QM–01NX–H4V0–T2ZA",
        "K7QM-OLNX-H4VO-T2ZA", "k7qm-oınx-h4vo-t2za", "k7qm-oinx-h4vo-t2za", "K7QM-OİNX-H4VO-T2ZA",
        "k7qm01nx.h4v0.t2za",
        "k7qm-olnx-h4vo-t2za",
    ],
)  # fmt: skip
def test_it_is_read_however_it_is_written(typed):
    assert receipts.parse_number(typed) == NUMBER


@pytest.mark.parametrize(
    "typed", ["", "-", NUMBER[:-1], NUMBER + "0", NUMBER.replace("K", "U"), NUMBER.replace("K", "Ç"), NUMBER + " " * 60,
              "K7QM01NXH4V0T2Z!", "K7QM01NXH4V0T2Z\x00", "https://example.com/m/K7QM"],
)  # fmt: skip
def test_anything_else_is_no_number(typed):
    assert receipts.parse_number(typed) is None


@given(st.text(max_size=80))
def test_what_is_read_can_be_shown_and_read_again(typed):
    number = receipts.parse_number(typed)

    assert number is None or receipts.parse_number(receipts.format_number(number).lower()) == number
