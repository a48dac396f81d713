"""The layout page of a batch, for dashboard and operator: the layout form above the file's first lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import request
from flask_babel import gettext
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import ImportBatch
from portal.core.vault import Vault
from portal.services.imports import layout as layouts
from portal.services.imports.chunk_parser import sheet_parser
from portal.services.imports.layout.layout import Layout
from portal.services.imports.reading import Line, Outline, Sheet
from portal.services.imports.store import file_name_of, first_lines, layout_of, outline_of
from portal.services.imports.unknown_words import unknown_words
from portal.services.imports.unread import Unread, brands_of, find_marks
from portal.services.imports.unused_columns import CellCounter, unused_columns
from portal.web.shared.column_layout_form import LayoutForm, build_layout_form

SHOWN_LINES = 20


@dataclass(frozen=True)
class LayoutPage:
    form: LayoutForm
    sheet: Sheet
    lines: Sequence[Line]
    unread: Unread
    is_as_posted: bool = True  # Otherwise another sheet was chosen, and the form is shown anew for it.


def layout_page(session: Session, vault: Vault, batch: ImportBatch, *, asks_facts: bool = True) -> LayoutPage:
    """The form as stored, or as posted; for another sheet where one was chosen. Raises CannotOpen.

    Without `asks_facts` it leaves out what only the provider knows.
    """
    outline, layout = outline_of(vault, batch), layout_of(vault, batch)
    drawn = request.form.get("drawn", type=int)
    if drawn is not None and drawn != layout.sheets[0] and 0 <= drawn < len(outline.sheets):
        layout = _guess_for_sheets(session, vault, batch, outline, layout, (drawn,))
    page = _build_page(session, vault, batch, outline, layout, posted=True, asks_facts=asks_facts)
    if not page.form.is_submitted() or not page.form.has_other_header():
        return page
    layout = _guess_for_sheets(session, vault, batch, outline, layout, tuple(page.form.sheets.data))
    again = _build_page(session, vault, batch, outline, layout, posted=False, asks_facts=asks_facts)
    if again.form.has_other_header():
        again.form.sheets.errors = [gettext("Seçtiğiniz sayfaların başlıkları ayrı. Her birini ayrı aktarın.")]
    return again


def _build_page(
    session: Session, vault: Vault, batch: ImportBatch, outline: Outline, layout: Layout, *, posted: bool,
    asks_facts: bool,
) -> LayoutPage:  # fmt: skip
    sheet = outline.sheets[layout.sheets[0]]
    lines = first_lines(session, vault, batch, sheet)
    name = file_name_of(vault, batch)
    parser = sheet_parser(outline, layout.sheets[0], layout, name, clock.now())
    unknown = unknown_words(parser.groups().fill(lines), parser)
    form = build_layout_form(outline, layout, unknown, posted=posted, asks_facts=asks_facts)
    chosen = form.layout() if posted and form.is_submitted() else layout
    brands = brands_of(batch)
    counter = CellCounter(chosen, sheet.header, brands=brands)
    counter.add((line for line in lines if line[0] > parser.header_line), layout.sheets[0])
    counts = counter.counts()
    unread = Unread(
        unused_columns(counts, chosen, sheet.header),
        marks=find_marks(outline, replace(chosen, sheets=layout.sheets), name, counts, brands),
        hidden_lines=sum(each.hidden_lines for each in outline.sheets),
    )
    return LayoutPage(form, sheet, lines[:SHOWN_LINES], unread, is_as_posted=posted)


def _guess_for_sheets(
    session: Session, vault: Vault, batch: ImportBatch, outline: Outline, layout: Layout, sheets: tuple[int, ...]
) -> Layout:
    """The layout with the columns guessed for other sheets; the defaults stay."""
    sheet = outline.sheets[sheets[0]]
    lines = first_lines(session, vault, batch, sheet)
    guess = layouts.guess(sheet.header, lines)
    return replace(layout, columns=guess.columns, day_first=guess.day_first, sheets=sheets)
