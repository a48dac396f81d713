"""The retailers that a file's lines name: found by name and contents, and codes that are none hold a grant back."""

import pytest

from portal.core.iys_protocol import MAX_RETAILERS, Retailers, Status
from portal.services.imports.layout import Field, guess
from portal.services.imports.row_parser import Entry
from tests.portal.services.imports.test_row_parser import GIVEN, PHONE, looked

CODES, PAIRS = [f"589543{number}" for number in range(10, 20)], ["58954386, 58954387", ""] * 5


@pytest.mark.parametrize(
    ("code", "access", "retailers"),
    [
        ("58954386", "58954387; 58954388", Retailers(58954386, (58954387, 58954388))),
        (" 58954386.0 ", "", Retailers(58954386)),  # As a table program writes a number.
        ("-", "58954387|58954388", Retailers(None, (58954387, 58954388))),
        ("", "", Retailers()),
        ("", "58954387 " * MAX_RETAILERS, Retailers(None, (58954387,) * MAX_RETAILERS)),
        ("", "58954387 " * (MAX_RETAILERS + 1), None),  # H126
        ("B-1042", "", None),
        ("5895438", "", None),
        ("58954386 58954387", "", None),
        ("58954386", "Kadıköy", None),
        ("58954386 RET", "", None),
    ],
)
def test_codes_are_read_and_anything_else_holds_back_a_grant_but_no_refusal(code, access, retailers):
    cells = {Field.PHONE: PHONE, Field.RETAILER: code, Field.RETAILER_ACCESS: access}

    granted, refused = (looked(cells, **GIVEN | {"status": status}) for status in Status)

    if retailers is None:
        assert set(granted.values()) == {"retailer_invalid"}
    else:
        assert {each.retailers for each in granted.values()} == {retailers}
    assert {(isinstance(each, Entry), each.retailers) for each in refused.values()} == {
        (True, retailers or Retailers())
    }


@pytest.mark.parametrize(
    ("name", "cells", "field"),
    [
        ("Bayi kodu", CODES, Field.RETAILER),
        ("retailerCode", CODES, Field.RETAILER),
        ("Bayi İYS no", CODES, Field.RETAILER),
        ("Bayi erişimi", PAIRS, Field.RETAILER_ACCESS),
        ("retailerAccess", CODES, Field.RETAILER_ACCESS),
        ("Bayi kodu", ["B-1042"] * 10, None),  # The firm's own code.
        ("Üye no", CODES, None),
    ],
)
def test_a_column_of_retailers_is_known_by_its_name_and_its_codes(name, cells, field):
    rows = [(line, [f"0532 123 45 {line:02}", "ONAY", cell]) for line, cell in enumerate(cells, 2)]

    columns = guess(["Telefon", "Durum", name], rows).columns

    assert next((each for each, place in columns.items() if place == 2), None) == field
