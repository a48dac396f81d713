"""What a batch's file holds that nobody understands: columns, sheets, headings, names, lines of text, and looks.

Any of it may say a refusal. So no grant of the file is written until its author has vouched for all of it at once;
refusals always go. What is harmless is known by words (layout.plain_words), all else is named.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from sqlalchemy.orm import object_session

from portal.core.addresses import redact_certain_addresses
from portal.core.models import Brand, ImportBatch
from portal.core.vault import Vault
from portal.domain.consents.import_plan import REFUSALS, Effect
from portal.services.imports.brand_names import NO_BRANDS, BrandNames
from portal.services.imports.layout import Layout
from portal.services.imports.layout.headers import holds_person, our_columns
from portal.services.imports.layout.layout import STATUS_FIELDS, Field
from portal.services.imports.layout.plain_words import is_plain
from portal.services.imports.reading import Outline, Sheet
from portal.services.imports.row_results import PROBLEMS, SkipReason
from portal.services.imports.store import file_name_of, header_of, layout_of, outline_of
from portal.services.imports.unused_columns import (
    LOST,
    OLDER,
    TEXTS,
    Counts,
    UnusedColumn,
    column_letter,
    unused_columns,
)

NO_GRANTS = {*REFUSALS, Effect.SAME, Effect.KNOWN, *(each.value for each in SkipReason), *PROBLEMS} - {
    Effect.OVER_REFUSAL, SkipReason.GRANT_LEFT_OUT.value,
}  # fmt: skip

LONGEST_SHOWN = 80  # Characters of a text.
_EXTENSION = re.compile(r"\.(?:csv|tsv|txt|xls[xmb]?|ods)$", re.I)


class MarkKind(StrEnum):
    FIELD = "field"  # A field of a program's rows that the API does not know.
    UNUSED = "unused"  # A column of a campaign's list that is not read; those of an import are UnusedColumns.
    FILE = "file"  # The file's name.
    SHEET = "sheet"  # The name of a sheet that is read.
    TITLE = "title"  # A text above the columns, a group header, a header or footer of the page, a box of text.
    COLUMN = "column"  # The name of a column that is read, or of an empty one.
    LINES = "lines"  # Lines of text among those of data.
    OLDER = "older"  # Lines whose refusals are older than a grant, which stands.
    ADDRESSES = "addresses"  # Lines whose address may hide a refusal: it is unreadable, or says one.
    COLOUR = "colour"  # Fills or letters of data in several colours.
    FORMAT = "format"  # A format of numbers that writes words.
    STRUCK = "struck"  # Parts of cells that are struck through.


LINES_OF_KIND = (MarkKind.LINES, TEXTS), (MarkKind.ADDRESSES, LOST), (MarkKind.OLDER, OLDER)


@dataclass(frozen=True)
class Mark:
    """Something beside a file's cells that may mean a refusal; `where` is a column, lines or a sheet."""

    kind: MarkKind
    where: str = ""
    text: str = ""

    def packed(self) -> str:
        return "\t".join((self.kind, self.where, self.text))

    @classmethod
    def unpacked(cls, packed: str) -> "Mark":
        """What packed() wrote, perhaps without its end; of what another version wrote, its text."""
        kind, *others = packed.split("\t")
        return cls(MarkKind(kind), *others) if others else cls(MarkKind.UNUSED, text=packed)


@dataclass(frozen=True)
class Unread:
    """What of a batch's file is not read or not understood, and how many of the lines that are read its author does
    not see."""

    columns: Sequence[UnusedColumn] = ()
    sheets: Sequence[Sheet] = ()
    marks: Sequence[Mark] = ()
    hidden_lines: int = 0
    brings_grants: bool = True

    @property
    def doubtful(self) -> int:
        """How many columns, sheets and marks may mean refusals, so that no grant can be trusted that is read."""
        return sum(each.may_refuse for each in self.columns) + len(self.sheets) + len(self.marks)

    @property
    def unconfirmed(self) -> int:
        """The same, where the file brings grants."""
        return self.doubtful if self.brings_grants else 0

    def __bool__(self) -> bool:
        return bool(self.columns or self.sheets or self.marks or self.hidden_lines)

    def names(self) -> list[str]:
        """What is vouched for, as the audit log keeps it: no text of the file, in which a person may be named."""
        return [
            *(each.letter for each in self.columns if each.may_refuse),
            *(each.kind.value for each in self.marks),
            *("sheet" for _ in self.sheets),
        ]


def unread_of(vault: Vault, batch: ImportBatch) -> Unread:
    """What a batch does not read, its columns and lines once the dry run has counted them. Raises CannotOpen."""
    if batch.outline is None or batch.layout is None:
        return Unread()
    layout, outline, counts = layout_of(vault, batch), outline_of(vault, batch), batch.unused_columns or {}
    return Unread(
        unused_columns(counts, layout, header_of(outline, layout)),
        [each for place, each in enumerate(outline.sheets) if each.lines and place not in layout.sheets],
        find_marks(outline, layout, file_name_of(vault, batch), counts, brands_of(batch)),
        sum(outline.sheets[place].hidden_lines for place in layout.sheets),
        batch.tally is None or not NO_GRANTS.issuperset(batch.tally) or any(each.startswith(OLDER) for each in counts),
    )


def brands_of(batch: ImportBatch) -> BrandNames:
    """The names of a batch's brand, and of its provider's others."""
    session = object_session(batch)
    return BrandNames.of_brand(session, session.get_one(Brand, batch.brand_id)) if session else NO_BRANDS


def find_marks(
    outline: Outline, layout: Layout, file_name: str, counts: Counts, brands: BrandNames = NO_BRANDS
) -> list[Mark]:
    """Of a file read by a layout, each thing once."""
    sheets = [
        mark for place in layout.sheets for mark in marks_of_sheet(outline.sheets[place], place, layout, counts, brands)
    ]
    return list(dict.fromkeys((*mark_of_name(file_name, brands), *sheets, *marks_of_empty(outline, brands))))


def marks_of_empty(outline: Outline, brands: BrandNames = NO_BRANDS) -> list[Mark]:
    """Of sheets without cells: their comments, headers and footers of the page, and boxes of text."""
    return [each for sheet in outline.sheets if not sheet.lines for each in _marks_of_texts(sheet, brands)]


def mark_of_name(file_name: str, brands: BrandNames = NO_BRANDS) -> list[Mark]:
    """Of a file's name that nobody understands, or that names another brand."""
    is_clear = _is_clear(_EXTENSION.sub("", file_name).replace("_", " "), brands)
    return [] if is_clear else [Mark(MarkKind.FILE, text=_shown(file_name))]


def mark_of_field(name: str) -> Mark:
    """Of a field of a program's rows; names that look alike, since they are cut or hold addresses, have another end."""
    shown = _shown(name)
    told_apart = sha256(name.encode(errors="replace")).hexdigest()[:8]
    return Mark(MarkKind.FIELD, text=shown if shown == name else f"{shown} … {told_apart}")


def marks_of_sheet(
    sheet: Sheet, place: int, layout: Layout, counts: Counts, brands: BrandNames = NO_BRANDS
) -> Iterator[Mark]:
    """Of a sheet that is read by a layout, of which this was counted."""
    if not _is_clear(sheet.name, brands):
        yield Mark(MarkKind.SHEET, text=_shown(sheet.name))
    yield from _marks_of_texts(sheet, brands)
    # Names of statuses are understood by themselves (consent_names); filled columns that are not read are listed.
    known = {layout.columns.get(each) for each in (Field.STATUS, *STATUS_FIELDS.values())}
    known |= {int(each) for each in counts if each.isdigit()} - {*layout.columns.values()}
    known |= our_columns(sheet.header)
    for column, name in enumerate(sheet.header):
        is_unknown = column not in known and not is_plain(name)
        if is_unknown or holds_person(name) or brands.mentions_others(name):
            yield Mark(MarkKind.COLUMN, column_letter(column), _shown(name))
    looks = zip((MarkKind.COLOUR, MarkKind.FORMAT, MarkKind.STRUCK), sheet.looks, strict=False)
    yield from (Mark(kind, _shown(sheet.name)) for kind, last_line in looks if last_line > (sheet.header_line or 0))
    for kind, key in LINES_OF_KIND:
        if found := counts.get(f"{key} {place}"):
            yield Mark(kind, ", ".join(map(str, found[1:])) + (" …" if found[0] > len(found) - 1 else ""))


def _marks_of_texts(sheet: Sheet, brands: BrandNames) -> Iterator[Mark]:
    """Of what stands around a sheet's lines; one that was cut may have said more."""
    texts = (text for text in sheet.texts if len(text) >= LONGEST_SHOWN or not _is_clear(text, brands))
    return (Mark(MarkKind.TITLE, _shown(sheet.name), _shown(text)) for text in texts)


def _is_clear(text: str, brands: BrandNames) -> bool:
    return is_plain(text, brands.words) and not brands.mentions_others(text)


def _shown(text: str) -> str:
    readable = text[:LONGEST_SHOWN].encode(errors="replace").decode()  # JSON can escape half of a surrogate pair.
    return redact_certain_addresses(readable).replace("\t", " ")
