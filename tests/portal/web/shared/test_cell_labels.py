"""Cells of a table name their columns, so that a narrow screen can show each row as a list."""

from markupsafe import Markup

from portal.web.shared.cell_labels import label_cells


def test_cells_name_their_columns_and_leave_tables_within_alone():
    inner = '<td><table><tr><td data-label="Önce">1</td></tr></table></td>'
    row = f'<tr><th scope="row">Ad</th>{inner}<td class="when">3</td></tr>'

    drawn = label_cells(Markup(2 * row), ["Kim", "Ne <b>", "Zaman"])

    labelled = inner.replace("<td>", '<td data-label="Ne &lt;b&gt;">', 1)
    last = '<td data-label="Zaman" class="when">3</td>'
    assert drawn == 2 * f'<tr><th scope="row">Ad</th>{labelled}{last}</tr>'
