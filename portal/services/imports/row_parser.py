"""What each line of a file says: its entries, or why there is none.

The checks go as a person reads: whom, by which channel, yes or no, as what, from where, when, and proved by what.
A problem of the address counts once; one of the line counts for each channel that it would serve.
"""

from collections.abc import Sequence
from datetime import datetime

from portal.core.addresses import Address, AddressKind, BadAddress, Problem, parse
from portal.core.iys_protocol import Channel, Status
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.date_column import Dating
from portal.services.imports.fixes import CURES, cured
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.normalization import folded, says_nothing
from portal.services.imports.row_results import SLOTS, Passed, RowProblem
from portal.services.imports.row_values import Saying, Sayings
from portal.services.imports.store import Line

SLOT_OF = {channel: slot for slot, channel in enumerate(SLOTS)}
SERVED_BY = {AddressKind.PHONE: (Channel.SMS, Channel.CALL), AddressKind.EMAIL: (Channel.EMAIL,)}
KIND_OF = {Field.ADDRESS: None, Field.PHONE: AddressKind.PHONE, Field.EMAIL: AddressKind.EMAIL}
NO_NUMBER = " 0+-./()"  # Zeros are what a database without a number often keeps.

Found = dict[int, Entry | str]  # By slot.


class RowParser:
    """Reads the lines of one sheet by a layout. `at` is now; what stands up to `header_line` is no data."""

    def __init__(self, layout: Layout, *, at: datetime, header_line: int | None):
        self.layout, self.at, self.header_line = layout, at.replace(microsecond=0), header_line or 0
        self.sayings = Sayings(layout)
        self._dating = Dating(layout, self.at)
        self._addresses = [(layout.columns[each], kind) for each, kind in KIND_OF.items() if each in layout.columns]
        self._width = max(layout.columns.values(), default=-1) + 1
        self._origin = layout.columns.get(Field.ORIGIN)

    def cells_of(self, line: Line) -> Sequence[str] | None:
        """A line's cells, as many as the layout speaks of; None where it is no data."""
        number, cells = line
        if number <= self.header_line:
            return None
        return cells if len(cells) >= self._width else [*cells, *[""] * (self._width - len(cells))]

    def look(self, line: Line) -> list[tuple[int, Entry | str]]:
        """Of each slot that the line speaks of: its number, and the entry or the word of what is wrong with it.

        Every line of data that holds anything has at least one.
        """
        cells = self.cells_of(line)
        if cells is None:
            return []
        addresses = []
        for column, kind in self._addresses:
            address = self._address(cells[column])
            if address is not None:
                addresses.append((address, kind))
        if not addresses:
            return [(0, Problem.EMPTY.value)] if any(map(str.strip, line[1])) else []
        return sorted(self._found(line[0], cells, addresses).items(), key=_slot)

    def _found(self, number: int, cells: Sequence[str], addresses: list) -> Found:
        saying = self.sayings.of(cells)
        found: Found = {}
        if saying.channel_problem:
            _note_unknown_channel(addresses, saying, found)
            return found
        at = self._dating.of(cells, saying)
        refusal = saying.problem or (None if isinstance(at, datetime) else at)
        grant = saying.grant_problem or refusal or (None if self._has_origin(cells) else RowProblem.ORIGIN_MISSING)
        problems = {Status.GRANTED: grant, Status.REFUSED: refusal}
        for address, kind in addresses:
            if isinstance(address, Problem):
                _note_bad(address, kind, saying, found)
            else:
                _note_good(number, address, saying, at, self._dating.is_said(at), problems, found)
        if saying.named:
            _note_unfit(saying, found)
        if not found:
            _note_silence(addresses, saying, found)
        return found

    def _has_origin(self, cells: Sequence[str]) -> bool:
        return bool(self.layout.origin) or (self._origin is not None and not says_nothing(cells[self._origin]))

    def _address(self, cell: str) -> Address | Problem | None:
        """The address, what is wrong with it, or None where the cell holds none at all."""
        if not cell:
            return None
        try:
            return parse(cell)
        except BadAddress as bad:
            problem = bad.problem
        if problem == Problem.EMPTY or says_nothing(cell) or not cell.strip(NO_NUMBER) or folded(cell) == "yok":
            return None
        return self._cured(cell, problem)

    def _cured(self, cell: str, problem: Problem) -> Address | Problem:
        """What one cure leaves, another may mend; a cell that none mends keeps its first problem."""
        left, first = set(self.layout.cures), problem
        while (cure := CURES.get(problem)) in left:
            left.discard(cure)
            cell = cured(cell, cure)
            try:
                return parse(cell)
            except BadAddress as bad:
                problem = bad.problem
        return first


def _note_good(
    number: int, address: Address, saying: Saying, at: datetime, is_dated: bool, problems: dict, found: Found
) -> None:
    channels = address.channels
    for channel in channels:
        status = saying.statuses.get(channel)
        if status is None:
            continue
        slot = SLOT_OF[channel]
        if slot in found:
            _note_second(address, found, slot)
            return
        problem = problems.get(status, status)  # No status at all is a problem of its own.
        if problem is None:
            found[slot] = Entry(
                number, address, channel, saying.recipient_type, status, saying.source, at, is_dated
            )  # fmt: skip
        else:
            found[slot] = problem.value
    if channels == (Channel.CALL,) and Channel.SMS in saying.statuses and Channel.SMS not in saying.named:
        found.setdefault(SLOT_OF[Channel.SMS], Passed.NO_SMS.value)


def _note_second(address: Address, found: Found, slot: int) -> None:
    """A telephone where the e-mail should stand, or the other way round, beside another one of its kind."""
    first = found[slot]
    if not isinstance(first, Entry) or first.address != address:
        free = [each for each in range(len(SLOTS)) if each not in found]
        found[free[0] if free else slot] = Problem.SEVERAL.value


def _note_bad(problem: Problem, kind: AddressKind | None, saying: Saying, found: Found) -> None:
    able = SERVED_BY[kind or _kind_of(problem)]
    served = [SLOT_OF[each] for each in able if each in saying.statuses]
    if not served and kind is None:
        served = [SLOT_OF[each] for each in SLOTS if each in saying.statuses]
    if served and served[0] not in found:
        found[served[0]] = problem.value


def _note_unknown_channel(addresses: list, saying: Saying, found: Found) -> None:
    """Once, since nobody knows how many channels are meant."""
    address = next((address for address, _ in addresses if isinstance(address, Address)), None)
    if address:
        found[SLOT_OF[address.channels[0]]] = saying.channel_problem.value
    else:
        _note_silence(addresses, saying, found)


def _note_unfit(saying: Saying, found: Found) -> None:
    """Channels that the line names and that no address of it serves."""
    for channel in saying.named:
        if channel in saying.statuses:
            found.setdefault(SLOT_OF[channel], RowProblem.CHANNEL_UNFIT.value)


def _note_silence(addresses: list, saying: Saying, found: Found) -> None:
    """Addresses of which the line says nothing, so that it does not vanish from the counts."""
    address, kind = addresses[0]
    if isinstance(address, Problem):
        found[SLOT_OF[SERVED_BY[kind or _kind_of(address)][0]]] = address.value
        return
    able = [each for each in address.channels if each in saying.wanted]
    if able:
        found[SLOT_OF[able[0]]] = RowProblem.STATUS_MISSING.value
    else:
        found[SLOT_OF[saying.wanted[0]] if saying.wanted else 0] = RowProblem.CHANNEL_UNFIT.value


def _kind_of(problem: Problem) -> AddressKind:
    return AddressKind.EMAIL if problem.value.startswith("email") else AddressKind.PHONE


def _slot(item: tuple[int, object]) -> int:
    return item[0]
