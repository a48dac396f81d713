"""A quote that is closed lines below swallows no line: each is a row of its own."""

import pytest

from portal.services.imports.reading.csv_records import records


def rows_of(text, separator=";"):
    return list(records(text.splitlines(keepends=True), separator))


@pytest.mark.parametrize(
    "lines",
    [
        ["1;\"VIP;E;HS_WEB", "2;;H;HS_WEB", "3;;H;HS_WEB", "4;özel\";E;HS_WEB"],
        ["0532 700 01 61;E;\"x;HS_WEB", "0532 700 01 62;H", "0532 700 01 63;H;y\";HS_WEB"],
        ["0532 700 01 61;E;\"x;HS_WEB", "0532 700 01 62;y\";H;HS_WEB"],
        ["1;E;H;\"x", "2;y\";H;HS_WEB"],
        ["\"1;E;H;x", "2\";E;H;HS_WEB"],
    ],
)  # fmt: skip
def test_no_line_is_swallowed_by_a_quote(lines):
    found = rows_of("\n".join(["Telefon;Not;SMS izni;Kaynak", *lines, "9;;E;HS_WEB", ""]))

    assert [number for number, _ in found] == list(range(1, len(lines) + 3))
    assert [row for _, row in found[1:-1]] == [line.replace('"', "").split(";") for line in lines[:-1]] + [found[-2][1]]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('1;"iki\nsatır; ""tırnak""";E;x', ["1", 'iki\nsatır; "tırnak"', "E", "x"]),
        ('"0532 700 01 61\n0533 700 01 61";y;E;x', ["0532 700 01 61\n0533 700 01 61", "y", "E", "x"]),
        ('1;"Ev: Kızılay\nAnkara";"iş:\nİstanbul";x', ["1", "Ev: Kızılay\nAnkara", "iş:\nİstanbul", "x"]),
        ('"1";"a\nb";"c";"d"', ["1", "a\nb", "c", "d"]),
    ],
)
def test_a_cell_may_have_lines(text, row):
    assert rows_of(f"Telefon;Not;SMS izni;Kaynak\n{text}\n")[1:] == [(2, row)]
