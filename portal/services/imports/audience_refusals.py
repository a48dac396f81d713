"""Refusals in a row of a campaign's audience list, found as an import finds them; what is unclear refuses, since nobody
is asked what it means."""

import re
from collections.abc import Iterable, Sequence, Set

from portal.core.iys_protocol import Channel, Status
from portal.core.models import AudienceLine
from portal.services.imports.grouped_statuses import GroupedStatuses
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.cell_words import WEAK
from portal.services.imports.layout.consent_names import is_no_status, is_of_states, refusal_named, words_of_state
from portal.services.imports.layout.headers import announced
from portal.services.imports.layout.layout import RETAILERS
from portal.services.imports.layout.normalization import folded, key_of, says_nothing
from portal.services.imports.layout.plain_words import contents_of, is_date
from portal.services.imports.layout.refusals import may_refuse
from portal.services.imports.reading.column_words import CODED, is_code
from portal.services.imports.reading.workbook_chunker.chunks import MOST_COLUMNS
from portal.services.imports.refusals_beside import RefusalsBeside, is_beside_address, is_beside_contact, is_beside_day
from portal.services.imports.row_results import RowProblem
from portal.services.imports.row_values import STATUSES, RowValueReader

UNUSED = (Field.DATE, Field.SOURCE, Field.CHANNEL, Field.TYPE, *RETAILERS)  # Of consents; to a campaign notes.
_LEFT = re.compile(r"cikis(?: (?:tarih|gun|saat)\w*)?")  # Beside "Giriş": a guest's stay.


class RefusalReader:
    """Reads rows by a guessed layout; `addresses` are all columns of addresses, `days` those of a contact's day,
    `contacts` of its kind, and `words` those of the whole table (ColumnWords). `dated` ones have a date in each line,
    which tells nobody apart."""

    def __init__(
        self, guessed: Layout, header: Sequence[str], addresses: Sequence[int], words: Sequence[int],
        days: Set[int] = frozenset(), contacts: Set[int] = frozenset(), dated: Set[int] = frozenset(),
    ):  # fmt: skip
        self._reader = RowValueReader(guessed, header, words=words)
        checks = dict.fromkeys(addresses, is_beside_address) | dict.fromkeys(days, is_beside_day)
        self._beside = RefusalsBeside(guessed, header, checks | dict.fromkeys(contacts, is_beside_contact), UNUSED)
        statuses = {column for field, column in self._reader.columns.items() if field in STATUSES} - {*addresses}
        self._status_columns = sorted(statuses)
        self.groups = GroupedStatuses(self._reader, addresses, words)
        self._width = max(guessed.columns.values(), default=-1) + 1
        read = {*addresses, *guessed.columns.values(), *days}
        self._named = {place: refusal_named(name) for place, name in enumerate(header)}
        names = [*map(folded, header)]
        stays = {place for place, name in enumerate(names) if place in dated and _LEFT.fullmatch(name)
                 and name.replace("cikis", "giris") in names}  # fmt: skip
        self._named = {each: said for each, said in self._named.items() if each not in {*statuses, *addresses, *stays}}
        self._of_dates = {each for each in range(MOST_COLUMNS) if each not in read}
        self._of_dates -= {
            place for place, name in enumerate(header) if contents_of(name) or (place in dated and not may_refuse(name))
        } | stays
        # Further ones, beside those that are read: "SMS izni (güncel)".
        self._statuses = {
            place
            for place, name in enumerate(header)
            if {*STATUSES}.intersection(announced(name) or ()) or is_no_status(name)  # "Abonelik", "Subscribed"
        } - {*read, *stays, *(place for place, said in self._named.items() if said is not None)}
        self._coded = {place for place in self._statuses if CODED in words[place : place + 1]}
        self._of_states = {
            place for place, name in enumerate(header) if place in self._statuses
            and (is_of_states(name) or words_of_state(name) or is_no_status(name)
                 or Field.ADDRESS in (announced(name) or ()))  # "Alıcı"
        }  # fmt: skip

    def reason(self, cells: Sequence[str], channels: Iterable[Channel] = tuple(Channel)) -> str:
        """Why an address of these channels is not asked, one of AudienceLine.REASONS; "" where nothing speaks against
        it."""
        if self._status_columns:
            if any(map(_is_ditto, self._statuses_of(cells))):
                return AudienceLine.UNCLEAR
            statuses = self._reader.read([*cells, *[""] * (self._width - len(cells))]).statuses
            found = {statuses.get(channel) for channel in channels}
            if Status.REFUSED in found:
                return AudienceLine.REFUSED
            if RowProblem.STATUS_UNKNOWN in statuses.values():
                return AudienceLine.UNCLEAR
        others = {self._further(place, cells[place]) for place in self._statuses if place < len(cells)}
        if Status.REFUSED in others:
            return AudienceLine.REFUSED
        if None in others:
            return AudienceLine.UNCLEAR
        if self._beside.found_in(cells):
            return AudienceLine.NOTED
        return AudienceLine.ENDED if any(self._ends(*each) for each in enumerate(cells)) else ""

    def _statuses_of(self, cells: Sequence[str]) -> list[str]:
        return [cells[place] for place in self._status_columns if place < len(cells)]

    def _further(self, place: int, cell: str) -> Status | str | None:
        status = None if place in self._coded and is_code(cell) else self._reader.meanings.status(cell)
        is_state = status is None and place in self._of_states and any(map(str.isalpha, cell))
        return "" if is_state and not (is_code(cell) or may_refuse(cell)) else status

    def _ends(self, place: int, cell: str) -> bool:
        """Whether a cell stands under a name that refuses, and does not say no to it; or is a date of unknown kind."""
        if says_nothing(cell):
            return False
        if (refuses := self._named.get(place)) is not None:
            is_no = WEAK.fullmatch(key_of(cell)) and self._reader.meanings.status(cell) == Status.REFUSED
            return not (refuses and is_no)
        return place in self._of_dates and is_date(cell)


def _is_ditto(cell: str) -> bool:
    """Whether a cell has nothing but signs that are no words, either: '"' below a word repeats it."""
    return bool(cell.strip()) and not folded(cell)
