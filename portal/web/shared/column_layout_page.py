"""What a person needs to see to say what each column is: the first lines, and the form over them. For two doors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import request
from flask_babel import gettext
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.models import ImportBatch
from portal.core.vault import Vault
from portal.services.imports import layout as layouts
from portal.services.imports import profiles, store
from portal.services.imports.layout.layout import Layout
from portal.services.imports.outline import Outline, Sheet
from portal.services.imports.row_parser import RowParser
from portal.services.imports.stored_rows import SHOWN_LINES, first_lines, layout_of, outline_of
from portal.services.imports.unknown_words import unknown_words
from portal.web.shared.column_layout_form import LayoutForm, form_of

READ_THROUGH = 1000  # Lines in which words that are not understood are looked for.


@dataclass(frozen=True)
class LayoutPage:
    """A batch's form, and the lines above which it stands."""

    form: LayoutForm
    sheet: Sheet
    lines: Sequence[store.Line]
    is_as_posted: bool = True  # No other sheet was chosen, for which it is drawn anew.


def page_of(session: Session, vault: Vault, batch: ImportBatch, *, asks_facts: bool = True) -> LayoutPage:
    """The form as it was saved, or as it was posted; drawn anew where another sheet was chosen. Raises CannotOpen.

    Without `asks_facts` it asks how the file is read, and not what only the provider knows.
    """
    outline, layout = outline_of(vault, batch), layout_of(vault, batch)
    drawn = request.form.get("drawn", type=int)
    if drawn is not None and drawn != layout.sheets[0] and 0 <= drawn < len(outline.sheets):
        layout = _guessed(session, vault, batch, outline, layout, (drawn,))
    page = _drawn(session, vault, batch, outline, layout, posted=True, asks_facts=asks_facts)
    if not page.form.is_submitted() or not page.form.other_header():
        return page
    layout = _guessed(session, vault, batch, outline, layout, tuple(page.form.sheets.data))
    again = _drawn(session, vault, batch, outline, layout, posted=False, asks_facts=asks_facts)
    if again.form.other_header():
        again.form.sheets.errors = [gettext("Seçtiğiniz sayfaların başlıkları ayrı. Her birini ayrı aktarın.")]
    return again


def keep(
    session: Session, vault: Vault, batch: ImportBatch, outline: Outline, layout: Layout, name: str | None = None
) -> None:
    """Remember how files with this header are read; by a name, too, where one was given."""
    header, name = outline.sheets[layout.sheets[0]].header, (name or "").strip() or None
    if header or name:
        profiles.remember(
            session, vault, batch.provider_id, layouts.signature(header), layout, clock.now(), name, header=header
        )  # fmt: skip


def _drawn(
    session: Session, vault: Vault, batch: ImportBatch, outline: Outline, layout: Layout, *, posted: bool,
    asks_facts: bool,
) -> LayoutPage:  # fmt: skip
    sheet = outline.sheets[layout.sheets[0]]
    lines = first_lines(session, vault, batch, sheet, READ_THROUGH)
    form = form_of(outline, layout, _unknown(sheet, layout, lines), posted=posted, asks_facts=asks_facts)
    return LayoutPage(form, sheet, lines[:SHOWN_LINES], is_as_posted=posted)


def _unknown(sheet: Sheet, layout: Layout, lines: Sequence[store.Line]) -> Mapping[str, Mapping[str, int]]:
    return unknown_words(lines, RowParser(layout, at=clock.now(), header_line=sheet.header_line))


def _guessed(
    session: Session, vault: Vault, batch: ImportBatch, outline: Outline, layout: Layout, sheets: tuple[int, ...]
) -> Layout:
    """What the columns of another sheet may be; what was said of the whole file stays."""
    sheet = outline.sheets[sheets[0]]
    lines = first_lines(session, vault, batch, sheet, READ_THROUGH)
    guess = layouts.guess(sheet.header, lines)
    return replace(layout, columns=guess.columns, day_first=guess.day_first, sheets=sheets)
