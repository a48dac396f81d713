"""Lines of a CSV: no cell that a spreadsheet would run, and every text as it was otherwise."""

import csv
import io

import pytest

from portal.web.shared.downloads import SEPARATOR, csv_line


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1"])
def test_a_formula_is_shown_and_not_run(text):
    (row,) = csv.reader(io.StringIO(csv_line([text]), newline=""), delimiter=SEPARATOR)

    assert row == [f"'{text}"]


@pytest.mark.parametrize("value", ["Ayşe", 'a "b"; c', "1=1", "", "çok\nsatır"])
def test_other_texts_stay_as_they_are(value):
    (row,) = csv.reader(io.StringIO(csv_line([value, 7]), newline=""), delimiter=SEPARATOR)

    assert row == [value, "7"]
