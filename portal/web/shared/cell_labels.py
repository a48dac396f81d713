"""Cells of a table that say their column's heading: on narrow screens each row stands as a list."""

import re
from collections.abc import Iterator, Sequence

from markupsafe import Markup, escape

START_TAG = re.compile(r"<t[rhd](?=[ >])")


def label_cells(rows: str, headings: Sequence[object]) -> Markup:
    """The rows of a table; their cells carry `data-label`, but for a row's own heading."""
    labels: Iterator[object] = iter(())

    def label_cell(tag: re.Match[str]) -> str:
        nonlocal labels
        if tag[0] == "<tr":
            labels = iter(headings)
            return tag[0]
        label = escape(next(labels, ""))
        return f'{tag[0]} data-label="{label}"' if label and tag[0] == "<td" else tag[0]

    return Markup(START_TAG.sub(label_cell, rows))  # nosec B704  # Drawn rows come in; labels are escaped.
