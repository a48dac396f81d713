"""One sheet of a campaign's audience list, read row by row: its addresses, why one of them is not asked, and the
contact that its person began."""

import json
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from typing import NamedTuple

from portal.core.addresses import Address, AddressProblem
from portal.core.addresses.problems import ExplainedProblem
from portal.core.models import AudienceLine
from portal.domain.campaigns import OwnContact
from portal.services.imports import layout
from portal.services.imports.address_cells import is_none
from portal.services.imports.audience_contacts import ContactReader
from portal.services.imports.audience_refusals import UNUSED, RefusalReader
from portal.services.imports.fixes import addresses_meant
from portal.services.imports.grouped_statuses import GroupedStatuses
from portal.services.imports.layout import Layout
from portal.services.imports.layout.cell_words import Meanings, is_among
from portal.services.imports.layout.consent_names import is_of_states, words_of_state
from portal.services.imports.layout.normalization import address_or_problem
from portal.services.imports.layout.plain_words import is_date
from portal.services.imports.layout.refusals import may_refuse
from portal.services.imports.reading import FileChunk, FileProblem, Line, Sheet, Unreadable
from portal.services.imports.row_results import RowProblem
from portal.services.imports.row_values import STATUSES
from portal.services.imports.unread import Mark, MarkKind, marks_of_sheet
from portal.services.imports.unused_columns import CellCounter, Counts, unused_columns

MOST_ROWS = 100_000
FEWEST_DATED = 2  # Lines; one has nobody to be told from.


class AudienceRow(NamedTuple):
    """A value of a line, and what it is. `refusal` says why it is not asked (AudienceLine.REASONS), or is empty;
    `contact` is its person's own, or the cell that is wrong and how."""

    line: int
    value: str
    read: Address | ExplainedProblem
    refusal: str = ""
    contact: OwnContact | tuple[str, ExplainedProblem] = OwnContact()


@dataclass
class AudienceSheet:
    """Its place in the file, its address columns and its rows; columns count from 0."""

    place: int
    header: list[str] | None
    columns: tuple[int, ...]
    first: list[Line] = field(repr=False)  # Of data, those of its first chunk;
    others: list[bytes] = field(repr=False, default_factory=list)  # and the other chunks.
    rows: list[AudienceRow] = field(default_factory=list)
    guessed: Layout = field(default_factory=Layout)
    counts: Counts = field(default_factory=dict)  # Of what is not read.
    unread: list[Mark] = field(default_factory=list)  # What nobody understands.
    is_hidden: bool = False
    is_of_refusals: bool = False

    def mark(self, sheet: Sheet) -> None:
        """Take over what is known of it once the file is read. All in a list of refusals refuse."""
        self.is_hidden = sheet.is_hidden
        unused = unused_columns(self.counts, self.guessed, sheet.header)
        self.unread = [Mark(MarkKind.UNUSED, each.letter, each.header) for each in unused if each.may_refuse]
        self.unread += marks_of_sheet(sheet, self.place, self.guessed, self.counts)
        names = [(self.header or [])[column : column + 1] for column in self.columns]
        self.is_of_refusals = any(map(layout.refusal_spoken, (sheet.title, sheet.name, *chain.from_iterable(names))))
        if self.is_of_refusals:
            self.rows = [row._replace(refusal=row.refusal or AudienceLine.LISTED) for row in self.rows]

    def is_like(self, other: "AudienceSheet") -> bool:
        """Columns are read by their place: the same names in another order are other columns."""
        names = [[name.strip().casefold() for name in each.header or []] for each in (self, other)]
        return self is other or (bool(names[0]) and names[0] == names[1])


def open_sheet(place: int, chunks: Iterator[FileChunk]) -> AudienceSheet | None:
    """A sheet with its header, its address columns and its lines; None without any row. Raises Unreadable where there
    are more than MOST_ROWS."""
    first: list[Line] = json.loads(next(chunks).packed)
    above = layout.find_header(first)
    header = None if above is None else first[above][1]
    rows = first if above is None else first[above + 1 :]
    if not rows:
        return None
    sheet = AudienceSheet(place, header, layout.address_columns(header or [], rows), rows)
    count = len(rows)
    for chunk in chunks if sheet.columns else ():
        count += chunk.lines
        if count > MOST_ROWS:
            raise Unreadable(FileProblem.TOO_MANY_ROWS)
        sheet.others.append(chunk.packed)
    return sheet


def read_pages(pages: Sequence[AudienceSheet], words: Sequence[int]) -> None:
    """Read the rows of sheets with the same header as one table, whose columns are guessed from the first lines of all;
    `words` are of all (ColumnWords)."""
    header = pages[0].header or []
    lines = [line for lines in zip_longest(*(each.first for each in pages)) for line in lines if line]
    guessed, columns = (
        _without_states(layout.guess(header, lines), header, lines),
        layout.address_columns(header, lines),
    )
    dated = _dated_columns(chain.from_iterable(chain([each.first], map(json.loads, each.others)) for each in pages))
    above: GroupedStatuses | None = None
    for sheet in pages:
        sheet.guessed, sheet.columns = guessed, columns
        contacts = ContactReader(guessed, header)
        counter = CellCounter(guessed, header, columns, contacts.places, UNUSED)
        refusals = RefusalReader(guessed, header, columns, words, contacts.days, contacts.kinds, dated)
        if above:
            refusals.groups.go_on(above)
        for rows in chain([sheet.first], map(json.loads, sheet.others)):
            filled = [*refusals.groups.fill(rows)]
            counter.add(filled, sheet.place)
            for line, cells in filled:
                sheet.rows += _read_row(line, cells, columns, refusals, contacts)
        sheet.counts, above = counter.counts(), refusals.groups


def _without_states(guessed: Layout, header: Sequence[str], lines: Sequence[Line]) -> Layout:
    """A guess without columns of states of which most are none of consents ("Durum": "Sıcak", "Telefon durumu":
    "Aktif"): they are named, as others are that nobody reads, where each of their words would leave a person out."""
    names = {each: "".join(header[at : at + 1]) for each, at in guessed.columns.items() if each in STATUSES}
    of_states = {each: name for each, name in names.items() if is_of_states(name) or words_of_state(name)}
    meanings, others = Meanings(guessed.words), set()
    for each, name in of_states.items():
        place = guessed.columns[each]
        states = [cells[place] if place < len(cells) else "" for _, cells in lines]
        if _are_of_others(states, words_of_state(name), meanings):
            others.add(each)
    return replace(guessed, columns={each: at for each, at in guessed.columns.items() if each not in others})


def _are_of_others(states: Sequence[str], of_anything: Set[str], meanings: Meanings) -> bool:
    """Whether most words of a column are none of consents, and no blank below a no may go on with it."""
    if any(map(may_refuse, states)) and not all(any(map(str.isalpha, each)) for each in states):
        return False
    known = sum(bool(meanings.status(each)) and not is_among(each, of_anything) for each in states)
    return 2 * known < sum(map(bool, map(str.strip, states)))


def _dated_columns(parts: Iterable[Sequence[Line]]) -> set[int]:
    """The columns that have a date in each of several lines, but in empty ones."""
    found: set[int] | None = None
    count = 0
    for _, cells in chain.from_iterable(parts):
        if any(map(str.strip, cells)):
            places = range(len(cells)) if found is None else found
            found = {place for place in places if place < len(cells) and is_date(cells[place])}
            count += 1
            if not found:
                break
    return found or set() if count >= FEWEST_DATED else set()


def _read_row(
    line: int, cells: Sequence[str], columns: tuple[int, ...], refusals: RefusalReader, contacts: ContactReader
) -> Iterator[AudienceRow]:
    values = [cells[column].strip() for column in columns if column < len(cells)]
    filled = [(value, address_or_problem(value)) for value in values if not is_none(value)]
    if not filled:
        refuses = refusals.reason(cells)
        yield AudienceRow(line, "", RowProblem.REFUSAL_WITHOUT_ADDRESS if refuses else AddressProblem.EMPTY)
    for value, address in filled:
        refusal = refusals.reason(cells, address.channels) if isinstance(address, Address) else ""
        yield AudienceRow(line, value, address, refusal, contacts.read(cells))
        meant = addresses_meant(value) if refusal or not isinstance(address, Address) else []
        for other in (each for each in meant if each != address):
            if refusal := refusals.reason(cells, other.channels):
                yield AudienceRow(line, value, other, refusal)
