"""Cells of a table that say their column's heading: on narrow screens each row stands as a list."""

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

TAG = re.compile(r"</?table|<t[rhd](?=[ >])")


def label_cells(rows: str, headings: Sequence[object]) -> Markup:
    """The rows of a table; their cells carry `data-label`, but for a row's own heading and tables within cells."""
    labels: Iterator[object] = iter(())
    depth = 0

    def label_cell(found: re.Match[str]) -> str:
        nonlocal labels, depth
        tag = found[0]
        depth += {"<table": 1, "</table": -1}.get(tag, 0)
        if depth or tag == "</table":
            return tag
        if tag == "<tr":
            labels = iter(headings)
            return tag
        label = escape(next(labels, ""))
        return f'{tag} data-label="{label}"' if label and tag == "<td" else tag

    return Markup(TAG.sub(label_cell, rows))  # nosec B704  # Drawn rows come in; labels are escaped.
