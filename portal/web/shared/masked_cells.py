"""A file's cells as they are shown to whoever may not bring it: enough to know which column is what, and too little to
know anybody.

What is shown depends on what stands in a cell, not on what its column is taken for: that, the operator says itself.
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
from portal.services.imports.store import Line
from portal.services.imports.stored_rows import Cell

A_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([ T]+\d{1,2}[:.]\d{2}([:.]\d{2})?)?|\d{1,2}:\d{2}(:\d{2})?")
OF_THE_FIELD = {
    *(each.value.casefold() for kind in (Channel, RecipientType, Source, Status) for each in kind),
    "evet", "hayır", "hayir", "var", "yok", "yes", "no", "true", "false", "sms", "e-posta", "email", "e-mail",
    "telefon", "onaylı", "onayli", "izinli", "izinsiz", "reddetti", "bireysel", "esnaf",
}  # fmt: skip
LONGEST = 60
MOST_WORDS = 12  # Of one kind that a page shows: a column of names has more, one of words has not.
OFTEN = 2  # On so many lines at least a word stands that is one of the firm's, and no name.


def name_of(batch: ImportBatch) -> str:
    """What a file is called, where its seal holds: some are called by the person whom they are about."""
    try:
        return addresses.redact_certain_addresses(store.file_name_of(vault(), batch)) or gettext("Yapıştırılan tablo")
    except CannotOpen:
        return gettext("Adı okunamayan dosya")


def shown(cell: str) -> str:
    """A cell, with an address masked as everywhere, and of other words their first letters only."""
    text = " ".join(cell.split())[:LONGEST]
    if A_DATE.fullmatch(text) or text.casefold() in OF_THE_FIELD:
        return text
    try:
        return addresses.mask(addresses.parse(text).text)
    except addresses.BadAddress:
        return " ".join(f"{word[0] if word[0].isalpha() else ''}{HIDDEN}" for word in text.split())


def cells(of: Sequence[Cell]) -> tuple[Cell, ...]:
    """What stands in a line, each cell so."""
    return tuple(replace(cell, value=shown(cell.value)) for cell in of)


def lines(of: Sequence[Line], header_line: int | None) -> list[Line]:
    """The first lines of a file: the one that names columns as it stands, without what looks like an address."""
    return [
        (
            number,
            [addresses.redact_addresses(cell[:LONGEST]) if number == header_line else shown(cell) for cell in cells],
        )
        for number, cells in of
    ]


def words(of: Sequence) -> list:
    """The words of columns that the operator may explain (layout_form.Word): no addresses, and no column of names."""
    kinds = [each.kind for each in of]
    few = [each for each in of if kinds.count(each.kind) <= MOST_WORDS and each.count >= OFTEN]
    return [each for each in few if addresses.redact_addresses(each.text) == each.text]
