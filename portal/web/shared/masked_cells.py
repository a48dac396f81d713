"""A file's cells masked for whoever may not import it: enough to recognize columns, too little to recognize people.

Masking depends on a cell's content, not on its column's field, which the operator chooses itself.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext

from portal.core import addresses
from portal.core.addresses import HIDDEN
from portal.core.extensions import vault
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import ImportBatch
from portal.core.vault import CannotOpen
from portal.services.imports import store
from portal.services.imports.reading import Line
from portal.services.imports.store import Cell
from portal.web.shared.column_layout_form import Word

A_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T]+\d{1,2}[:.]\d{2}([:.]\d{2})?)?|\d{1,2}:\d{2}(:\d{2})?")
KNOWN_WORDS = {
    *(each.value.casefold() for kind in (Channel, RecipientType, Source, Status) for each in kind),
    "evet", "hayır", "hayir", "var", "yok", "yes", "no", "true", "false", "sms", "e-posta", "email", "e-mail",
    "telefon", "onaylı", "onayli", "izinli", "izinsiz", "reddetti", "bireysel", "esnaf",
}  # fmt: skip
LONGEST = 60
MOST_WORDS = 12  # Of one kind that a page shows; a column with more holds names.
OFTEN = 2  # Lines with a word before it is shown: a name is rarer.


def file_name(batch: ImportBatch) -> str:
    """A file's name without addresses in it; some are named after the person they are about."""
    try:
        return addresses.redact_certain_addresses(store.file_name_of(vault(), batch)) or gettext("Yapıştırılan tablo")
    except CannotOpen:
        return gettext("Adı okunamayan dosya")


def mask_cell(cell: str) -> str:
    """A cell with an address masked as everywhere, and of other words only the first letters."""
    text = " ".join(cell.split())[:LONGEST]
    if A_DATE.fullmatch(text) or text.casefold() in KNOWN_WORDS:
        return text
    try:
        return addresses.mask(addresses.parse(text).text)
    except addresses.BadAddress:
        return " ".join(f"{word[0] if word[0].isalpha() else ''}{HIDDEN}" for word in text.split())


def mask_cells(of: Sequence[Cell]) -> tuple[Cell, ...]:
    return tuple(replace(cell, value=mask_cell(cell.value)) for cell in of)


def mask_lines(of: Sequence[Line], header_line: int | None) -> list[Line]:
    """The first lines of a file; the header is unmasked except for what looks like an address."""
    return [
        (
            number,
            [
                addresses.redact_addresses(cell[:LONGEST]) if number == header_line else mask_cell(cell)
                for cell in cells
            ],
        )
        for number, cells in of
    ]


def filter_words(of: Sequence[Word]) -> list[Word]:
    """The unknown words that the operator may explain: no addresses, and no column of names."""
    kinds = [each.kind for each in of]
    few = [each for each in of if kinds.count(each.kind) <= MOST_WORDS and each.count >= OFTEN]
    return [each for each in few if addresses.redact_addresses(each.text) == each.text]
