"""Parse each line of a file into entries, or into what is wrong with it.

The checks go as a person reads: address, channel, status, recipient type, source, date, and proof. A problem of the
address counts once; one of the line counts for each channel that it would serve.
"""

from collections.abc import Sequence
from datetime import datetime

from portal.core.addresses import Address, AddressKind, BadAddress, Problem, parse
from portal.core.iys_protocol import Channel, Status
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.date_column import DateColumn
from portal.services.imports.fixes import FIXES, apply_fix
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.normalization import folded, says_nothing
from portal.services.imports.row_results import SLOTS, RowProblem, SkipReason
from portal.services.imports.row_values import RowValueReader, RowValues
from portal.services.imports.store import Line

SLOT_OF = {channel: slot for slot, channel in enumerate(SLOTS)}
SERVED_BY = {AddressKind.PHONE: (Channel.SMS, Channel.CALL), AddressKind.EMAIL: (Channel.EMAIL,)}
KIND_OF = {Field.ADDRESS: None, Field.PHONE: AddressKind.PHONE, Field.EMAIL: AddressKind.EMAIL}
NO_NUMBER = " 0+-./()"  # Zeros are what a database often has in place of no number.

Results = dict[int, Entry | str]  # Entries, and problems in place of some, by slot.
Addresses = list[tuple[Address | Problem, AddressKind | None]]  # Each with the kind that its column asks for.


class RowParser:
    """Parses the lines of one sheet by a layout. `at` is now; lines up to `header_line` are no data."""

    def __init__(self, layout: Layout, *, at: datetime, header_line: int | None):
        self.layout, self.at, self.header_line = layout, at.replace(microsecond=0), header_line or 0
        self.values = RowValueReader(layout)
        self._dates = DateColumn(layout, self.at)
        self._addresses = [(layout.columns[each], kind) for each, kind in KIND_OF.items() if each in layout.columns]
        self._width = max(layout.columns.values(), default=-1) + 1
        self._origin = layout.columns.get(Field.ORIGIN)

    def cells_of(self, line: Line) -> Sequence[str] | None:
        """A line's cells, padded to the width of the layout; None where it is no data."""
        number, cells = line
        if number <= self.header_line:
            return None
        return cells if len(cells) >= self._width else [*cells, *[""] * (self._width - len(cells))]

    def parse(self, line: Line) -> list[tuple[int, Entry | str]]:
        """(slot, entry or the value of its problem) for each slot that the line is about.

        Every line of data that holds anything has at least one.
        """
        cells = self.cells_of(line)
        if cells is None:
            return []
        addresses: Addresses = []
        for column, kind in self._addresses:
            address = self._parse_address(cells[column])
            if address is not None:
                addresses.append((address, kind))
        if not addresses:
            return [(0, Problem.EMPTY.value)] if any(map(str.strip, line[1])) else []
        return sorted(self._results(line[0], cells, addresses).items(), key=_slot)

    def _results(self, number: int, cells: Sequence[str], addresses: Addresses) -> Results:
        values = self.values.read(cells)
        results: Results = {}
        if values.channel_problem:
            _add_unknown_channel(addresses, values, values.channel_problem, results)
            return results
        date = self._dates.date_of(cells, values)
        at = date if isinstance(date, datetime) else self.at  # Counts only where there is no problem.
        refusal = values.problem or (None if isinstance(date, datetime) else date)
        grant = values.grant_problem or refusal or (None if self._has_origin(cells) else RowProblem.ORIGIN_MISSING)
        problems = {Status.GRANTED: grant, Status.REFUSED: refusal}
        for address, kind in addresses:
            if isinstance(address, Problem):
                _add_bad_address(address, kind, values, results)
            else:
                _add_entries(number, address, values, at, self._dates.is_given(at), problems, results)
        if values.named:
            _add_unfit_channels(values, results)
        if not results:
            _add_silence(addresses, values, results)
        return results

    def _has_origin(self, cells: Sequence[str]) -> bool:
        return bool(self.layout.origin) or (self._origin is not None and not says_nothing(cells[self._origin]))

    def _parse_address(self, cell: str) -> Address | Problem | None:
        """The address, its problem, or None where the cell holds none at all."""
        if not cell:
            return None
        try:
            return parse(cell)
        except BadAddress as bad:
            problem = bad.problem
        if problem == Problem.EMPTY or says_nothing(cell) or not cell.strip(NO_NUMBER) or folded(cell) == "yok":
            return None
        return self._apply_fixes(cell, problem)

    def _apply_fixes(self, cell: str, problem: Problem) -> Address | Problem:
        """Apply the chosen fixes one after the other; a cell that none repairs keeps its first problem."""
        left, first = set(self.layout.fixes), problem
        while (fix := FIXES.get(problem)) in left:
            left.discard(fix)
            cell = apply_fix(cell, fix)
            try:
                return parse(cell)
            except BadAddress as bad:
                problem = bad.problem
        return first


def _add_entries(
    number: int, address: Address, values: RowValues, at: datetime, is_dated: bool,
    problems: dict[Status, RowProblem | None], results: Results,
) -> None:  # fmt: skip
    channels = address.channels
    for channel in channels:
        status = values.statuses.get(channel)
        if status is None:
            continue
        slot = SLOT_OF[channel]
        if slot in results:
            _add_second_address(address, results, slot)
            return
        problem = status if isinstance(status, RowProblem) else problems[status]
        if isinstance(status, Status) and problem is None:
            results[slot] = Entry(number, address, channel, values.recipient_type, status, values.source, at, is_dated)
        elif problem:
            results[slot] = problem.value
    if channels == (Channel.CALL,) and Channel.SMS in values.statuses and Channel.SMS not in values.named:
        results.setdefault(SLOT_OF[Channel.SMS], SkipReason.NO_SMS.value)


def _add_second_address(address: Address, results: Results, slot: int) -> None:
    """A telephone in the e-mail column, or the other way round, beside another one of its kind."""
    first = results[slot]
    if not isinstance(first, Entry) or first.address != address:
        free = [each for each in range(len(SLOTS)) if each not in results]
        results[free[0] if free else slot] = Problem.SEVERAL.value


def _add_bad_address(problem: Problem, kind: AddressKind | None, values: RowValues, results: Results) -> None:
    able = SERVED_BY[kind or _kind_of(problem)]
    served = [SLOT_OF[each] for each in able if each in values.statuses]
    if not served and kind is None:
        served = [SLOT_OF[each] for each in SLOTS if each in values.statuses]
    if served and served[0] not in results:
        results[served[0]] = problem.value


def _add_unknown_channel(addresses: Addresses, values: RowValues, problem: RowProblem, results: Results) -> None:
    """Once, since nobody knows how many channels are meant."""
    address = next((address for address, _ in addresses if isinstance(address, Address)), None)
    if address:
        results[SLOT_OF[address.channels[0]]] = problem.value
    else:
        _add_silence(addresses, values, results)


def _add_unfit_channels(values: RowValues, results: Results) -> None:
    """Channels that the line names and none of its addresses serves."""
    for channel in values.named:
        if channel in values.statuses:
            results.setdefault(SLOT_OF[channel], RowProblem.CHANNEL_UNFIT.value)


def _add_silence(addresses: Addresses, values: RowValues, results: Results) -> None:
    """A line with addresses and nothing about them gets one problem, so that it does not vanish from the counts."""
    address, kind = addresses[0]
    if isinstance(address, Problem):
        results[SLOT_OF[SERVED_BY[kind or _kind_of(address)][0]]] = address.value
        return
    able = [each for each in address.channels if each in values.wanted]
    if able:
        results[SLOT_OF[able[0]]] = RowProblem.STATUS_MISSING.value
    else:
        results[SLOT_OF[values.wanted[0]] if values.wanted else 0] = RowProblem.CHANNEL_UNFIT.value


def _kind_of(problem: Problem) -> AddressKind:
    return AddressKind.EMAIL if problem.value.startswith("email") else AddressKind.PHONE


def _slot(item: tuple[int, object]) -> int:
    return item[0]
