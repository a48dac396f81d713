"""Numbers of firms: what checks, what does not, and why."""

import pytest

from portal.core import tax_ids
from portal.core.tax_ids import BadNumber, NumberProblem

VKN, TCKN = "4540536920", "10000000146"


@pytest.mark.parametrize("typed", [VKN, TCKN, "454 053 6920", "454.053.6920"])
def test_a_number_that_checks_comes_back_as_digits(typed):
    assert tax_ids.parse_tax_number(typed) == typed.replace(" ", "").replace(".", "")


BAD = {
    "4540536921": NumberProblem.CHECK_DIGITS,
    "10000000147": NumberProblem.CHECK_DIGITS,
    "00000000000": NumberProblem.CHECK_DIGITS,
    "454053692": NumberProblem.LENGTH,
    "454053692012": NumberProblem.LENGTH,
    "45405E6920": NumberProblem.NOT_DIGITS,
    "٤٥٤٠٥٣٦٩٢٠": NumberProblem.NOT_DIGITS,
    "": NumberProblem.NOT_DIGITS,
}


@pytest.mark.parametrize("typed", BAD)
def test_a_number_that_does_not_check_says_why(typed):
    with pytest.raises(BadNumber) as bad:
        tax_ids.parse_tax_number(typed)

    assert bad.value.problem == BAD[typed]


@pytest.mark.parametrize(("typed", "owner"), [(f"0{VKN}00015", VKN), (f"{TCKN}00001", TCKN)])
def test_a_mersis_number_holds_its_owners_number(typed, owner):
    assert tax_ids.tax_id_in_mersis(tax_ids.parse_mersis(typed)) == owner


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("0454053692100015", NumberProblem.CHECK_DIGITS),
        ("1000000014700001", NumberProblem.CHECK_DIGITS),
        (VKN, NumberProblem.LENGTH),
        ("0" * 16, NumberProblem.CHECK_DIGITS),
    ],
)
def test_a_mersis_number_whose_owners_number_is_wrong_is_no_number(typed, wrong):
    with pytest.raises(BadNumber) as bad:
        tax_ids.parse_mersis(typed)

    assert bad.value.problem == wrong
