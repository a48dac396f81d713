"""Parse each line of a batch into entries, or into what is wrong with it.

The checks go as a person reads: address, channel, status, recipient type, source, date, and proof. A problem of the
address counts once; one of the line counts for each channel that it would serve.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from operator import itemgetter

from portal.core.addresses import Address, AddressKind, AddressProblem, BadAddress, parse
from portal.core.iys_protocol import MAX_RETAILERS, NO_RETAILERS, Channel, Retailers, Source, Status
from portal.domain.consents.bulk_import import Entry
from portal.services.imports.address_cells import is_none
from portal.services.imports.brand_columns import brand_columns, is_another_brands
from portal.services.imports.brand_names import NO_BRANDS, BrandNames
from portal.services.imports.date_column import DateColumn, refusal_date
from portal.services.imports.fixes import addresses_meant, repairs
from portal.services.imports.grouped_statuses import GroupedStatuses
from portal.services.imports.layout import Field, Layout
from portal.services.imports.layout.consent_names import yes_refuses
from portal.services.imports.layout.headers import dates_refusals
from portal.services.imports.layout.layout import ADDRESSES as SERVES
from portal.services.imports.layout.layout import RETAILERS
from portal.services.imports.layout.normalization import address_or_problem, retailer_codes, says_nothing
from portal.services.imports.layout.plain_words import is_marked
from portal.services.imports.layout.refusals import may_refuse
from portal.services.imports.reading import Line
from portal.services.imports.refusals_beside import RefusalsBeside
from portal.services.imports.row_results import PROBLEMS, SLOTS, RowProblem, SkipReason
from portal.services.imports.row_values import STATUSES, WORDS, KnownStatus, RowValueReader, RowValues

SLOT_OF = {channel: slot for slot, channel in enumerate(SLOTS)}
SERVED_BY = {AddressKind.PHONE: (Channel.SMS, Channel.CALL), AddressKind.EMAIL: (Channel.EMAIL,)}
KIND_OF = {Field.ADDRESS: None, Field.PHONE: AddressKind.PHONE, Field.EMAIL: AddressKind.EMAIL}

Parse = Callable[[str], Address]
Results = dict[int, Entry | str]  # Entries, and problems in place of some, by slot.
Addresses = list[tuple[Address | AddressProblem, AddressKind | None]]  # Each with the kind that its column asks for.


class RowParser:
    """Parses the lines of one sheet by a layout. `at` is now; lines up to `header_line` are no data, and `words` those
    of all sheets that are read (ColumnWords). `parse_refused` reads an address of who refuses that is none by today's
    rules, and raises BadAddress."""

    def __init__(
        self, layout: Layout, *, at: datetime, header_line: int | None, header: Sequence[str] = (), heading: str = "",
        words: Sequence[int] = (), brands: BrandNames = NO_BRANDS, parse_refused: Parse = parse,
    ):  # fmt: skip
        self._parse_refused = parse_refused
        self.layout, self.at, self.header_line = layout, at.replace(microsecond=0), header_line or 0
        self._received_at = (layout.received_at or at).replace(microsecond=0)
        self.values, self._words = RowValueReader(layout, header, heading, words), words
        self._dates = DateColumn(layout, self.at)
        self._addresses = [(layout.columns[each], kind) for each, kind in KIND_OF.items() if each in layout.columns]
        self._width = max(layout.columns.values(), default=-1) + 1
        self._origin = layout.columns.get(Field.ORIGIN)
        self._date = layout.columns.get(Field.DATE)
        self._retailers = [layout.columns.get(each) for each in RETAILERS]
        self._beside = RefusalsBeside(layout, header)
        self._brands = brand_columns(header, brands)
        name = "" if self._date is None else "".join(header[self._date : self._date + 1])
        self._dates_only_refusals, self._dates_refusals = yes_refuses(name), dates_refusals(name)
        said = (*WORDS, Field.DATE, *RETAILERS)
        self._said = {place: each for each, place in layout.columns.items() if each in said}

    def groups(self) -> GroupedStatuses:
        """Of the sheet's lines, from the first one on."""
        return GroupedStatuses(self.values, [column for column, _ in self._addresses], self._words, self.header_line)

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
        return self.parse_and_hold(line)[0]

    def parse_and_hold(self, line: Line) -> tuple[list[tuple[int, Entry | str]], list[Address]]:
        """As parse(); and the line's addresses, where it may refuse and not all of it can be written: of these no
        other line's grant counts, either."""
        cells = self.cells_of(line)
        if cells is None:
            return [], []
        values = self.values.read(cells)
        addresses, forgotten = self._read_addresses(cells, are_refused=Status.REFUSED in values.statuses.values())
        results: Results = {}
        if addresses:
            results = self._results_of_all(line[0], cells, addresses, values)
        elif not values.stated and any(map(str.strip, line[1])):
            results = {0: AddressProblem.EMPTY.value}
        for channel in values.stated:  # No cell of a status column goes without a result.
            results.setdefault(SLOT_OF[channel], self._problem_of_cell(channel, addresses, values))
        granted = {
            slot: each for slot, each in results.items() if isinstance(each, Entry) and each.status == Status.GRANTED
        }
        results |= {slot: forgotten[each.address] for slot, each in granted.items() if each.address in forgotten}
        grants = [slot for slot, each in granted.items() if results[slot] is each]
        are_open = bool(grants) or any(each in PROBLEMS for each in results.values())
        is_beside = are_open and self._beside.found_in(line[1])
        if is_beside:
            results |= dict.fromkeys(grants, RowProblem.REFUSED_BESIDE.value)
        if not addresses and (is_beside or values.refuses):
            lost = RowProblem.REFUSAL_WITHOUT_ADDRESS.value
            results = {slot: lost if each == AddressProblem.EMPTY.value else each for slot, each in results.items()}
        if is_another_brands(self._brands, cells):
            results = {
                slot: RowProblem.OTHER_BRAND.value if isinstance(each, Entry) or each in PROBLEMS else each
                for slot, each in results.items()
            }
        are_bad = any(each in PROBLEMS for each in results.values())
        is_unclear = values.refuses or values.channel_problem == RowProblem.CHANNEL_UNKNOWN or self._may_refuse(cells)
        refuses = is_beside or (are_bad and is_unclear)
        held = [found for place, _ in self._addresses for found in addresses_meant(cells[place])] if refuses else []
        return sorted(results.items(), key=itemgetter(0)), held

    def _read_addresses(self, cells: Sequence[str], *, are_refused: bool) -> tuple[Addresses, dict[Address, str]]:
        """The line's addresses; and the problem of those that are none by today's rules and that the provider has,
        which can only be refused."""
        found: Addresses = []
        forgotten: dict[Address, str] = {}
        for column, kind in self._addresses:
            address = self._parse_address(cells[column])
            if are_refused and isinstance(address, AddressProblem):
                with suppress(BadAddress):
                    known = self._parse_refused(cells[column])
                    forgotten[known], address = address.value, known
            if address is not None:
                found.append((address, kind))
        return found, forgotten

    def _may_refuse(self, cells: Sequence[str]) -> bool:
        """Whether a cell that is read for something else has a word of refusing, or a sign beside what it says."""
        return any(
            may_refuse(cells[place]) or (each not in (Field.DATE, *STATUSES) and is_marked(cells[place]))
            for place, each in self._said.items()
        )

    def _problem_of_cell(self, channel: Channel, addresses: Addresses, values: RowValues) -> str:
        """What is wrong with a channel's own status on a line that has no entry of this channel."""
        if values.channel_problem and addresses:
            return values.channel_problem.value
        for address, kind in addresses:
            if isinstance(address, AddressProblem) and channel in _channels_of(address, kind):
                return address.value
        if not addresses:
            return AddressProblem.EMPTY.value
        if any(channel in SERVES[each] for each in self.layout.columns.keys() & SERVES.keys()):
            return SkipReason.NO_ADDRESS.value
        return RowProblem.ADDRESS_MISSING.value

    def _results_of_all(self, number: int, cells: Sequence[str], addresses: Addresses, values: RowValues) -> Results:
        """A refusal of an unknown channel or recipient type is taken as widely as it can mean, and named in a slot that
        is free."""
        refused: dict[Channel, KnownStatus] = {
            channel: status for channel, status in values.statuses.items() if status == Status.REFUSED
        }
        unclear = (values.channel_problem or values.type_problem) if refused else None
        if refused and values.channel_problem:
            values = replace(values, statuses=refused, channel_problem=None)
        results = self._results(number, cells, addresses, values)
        free = [slot for slot in SLOT_OF.values() if slot not in results]
        return results | ({free[0]: unclear.value} if unclear and free else {})

    def _results(self, number: int, cells: Sequence[str], addresses: Addresses, values: RowValues) -> Results:
        if values.channel_problem and values.stated:
            return {}
        if values.channel_problem:
            # Once, since nobody knows how many channels are meant.
            good = [address for address, _ in addresses if isinstance(address, Address)]
            if good:
                return {SLOT_OF[good[0].channels[0]]: values.channel_problem.value}
            return _problem_of_silence(addresses, values)
        date = self._dates.date_of(cells, values)
        at = date if isinstance(date, datetime) else self.at  # Counts only where there is no problem.
        grant = values.grant_problem or (None if isinstance(date, datetime) else date)
        if self._dates_only_refusals and self._date is not None and not says_nothing(cells[self._date]):
            grant = grant or RowProblem.DATE_MISSING  # "Ret tarihi" is no date of a grant.
        if grant is None and not self.layout.origin and (self._origin is None or says_nothing(cells[self._origin])):
            grant = RowProblem.ORIGIN_MISSING
        retailers = self._retailers_of(cells)
        grant = grant or (RowProblem.RETAILER if retailers is None else None)
        problems = {Status.GRANTED: grant, Status.REFUSED: None}  # Of whom and where a refusal is not clear, it is all.
        given = self._dates.is_given(at)
        is_own = given and self._dates_refusals and self._has_refusal_date(at, cells, values)
        is_dated = {Status.GRANTED: given, Status.REFUSED: is_own}
        refused_at = refusal_date(at, self._received_at) if is_own else self._received_at
        dates = {Status.GRANTED: at, Status.REFUSED: refused_at}
        results: Results = {}
        for address, kind in addresses:
            if isinstance(address, AddressProblem):
                _add_bad_address(address, kind, values, results)
            else:
                _add_entries(number, address, values, dates, is_dated, problems, retailers or NO_RETAILERS, results)
        for channel in values.named:  # Those that none of the line's addresses serves:
            if channel in values.statuses:
                results.setdefault(SLOT_OF[channel], RowProblem.CHANNEL_UNFIT.value)
        return results if results or values.stated else _problem_of_silence(addresses, values)

    def _has_refusal_date(self, at: datetime, cells: Sequence[str], values: RowValues) -> bool:
        return Status.REFUSED in values.statuses.values() and self._dates.may_be_of_refusal(at, cells)

    def _retailers_of(self, cells: Sequence[str]) -> Retailers | None:
        """The retailers that a line names; None where a cell holds more than codes, several mediated, or more than
        MAX_RETAILERS have access (H126)."""
        code, access = (() if place is None else retailer_codes(cells[place]) for place in self._retailers)
        if code is None or access is None or len(code) > 1 or len(access) > MAX_RETAILERS:
            return None
        return Retailers(code[0] if code else None, access)

    def _parse_address(self, cell: str) -> Address | AddressProblem | None:
        """The address, its problem, or None where the cell holds none at all."""
        if not cell:
            return None
        found = address_or_problem(cell)
        if isinstance(found, Address):
            return found
        if found == AddressProblem.EMPTY or is_none(cell):
            return None
        # A cell that none of the chosen fixes repairs keeps its first problem.
        *_, repaired = repairs(cell, self.layout.fixes)
        fixed = address_or_problem(repaired)
        return fixed if isinstance(fixed, Address) else found


def _add_entries(
    number: int, address: Address, values: RowValues, dates: dict[Status, datetime],
    is_dated: dict[Status, bool],
    problems: dict[Status, RowProblem | None], retailers: Retailers, results: Results,
) -> None:  # fmt: skip
    for channel in address.all_channels:
        status = values.statuses.get(channel)
        if status is None or (status != Status.REFUSED and channel not in address.channels):
            continue
        slot = SLOT_OF[channel]
        if slot in results:  # A telephone in the e-mail column, or the other way round, beside another one of its kind.
            first = results[slot]
            if not isinstance(first, Entry) or first.address != address:
                free = [each for each in range(len(SLOTS)) if each not in results]
                results[free[0] if free else slot] = AddressProblem.SEVERAL.value
            return
        problem = problems[status] if isinstance(status, Status) else status
        if isinstance(status, Status) and problem is None:
            source = values.source if is_dated[status] or status == Status.GRANTED else None
            if status == Status.REFUSED and source is None:
                # Refusals are always taken. A refusal is never İYS's first record of a key, so İYS wants both: the
                # provider makes it known now.
                source = Source.PROVIDER_DECISION
            is_stated = is_dated[status] or status == Status.REFUSED
            results[slot] = Entry(
                number, address, channel, values.recipient_type, status, source, dates[status], is_stated,
                retailers=retailers,
            )  # fmt: skip
        elif problem:
            results[slot] = problem.value
    if address.channels == (Channel.CALL,) and Channel.SMS in values.statuses and Channel.SMS not in values.named:
        results.setdefault(SLOT_OF[Channel.SMS], SkipReason.NO_SMS.value)


def _add_bad_address(problem: AddressProblem, kind: AddressKind | None, values: RowValues, results: Results) -> None:
    served = [SLOT_OF[each] for each in _channels_of(problem, kind) if each in values.statuses]
    if not served and kind is None:
        served = [SLOT_OF[each] for each in SLOTS if each in values.statuses]
    if served and served[0] not in results:
        results[served[0]] = problem.value


def _problem_of_silence(addresses: Addresses, values: RowValues) -> Results:
    """A line with addresses and nothing about them gets one problem, so that it does not vanish from the counts."""
    address, kind = addresses[0]
    if isinstance(address, AddressProblem):
        return {SLOT_OF[_channels_of(address, kind)[0]]: address.value}
    able = [each for each in address.channels if each in values.wanted]
    if able:
        return {SLOT_OF[able[0]]: RowProblem.STATUS_MISSING.value}
    return {SLOT_OF[values.wanted[0]] if values.wanted else 0: RowProblem.CHANNEL_UNFIT.value}


def _channels_of(problem: AddressProblem, kind: AddressKind | None) -> tuple[Channel, ...]:
    """The channels that a bad address would serve, by its column or by how it is bad."""
    return SERVED_BY[kind or (AddressKind.EMAIL if problem.value.startswith("email") else AddressKind.PHONE)]
