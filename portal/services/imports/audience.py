"""A campaign's audience: read the addresses of a pasted or uploaded list, and add them.

The file is read and its columns are found as for an import; here a row may hold several addresses. Good rows become
recipients, bad ones are kept with their problem, and an address of which the list itself says no is never asked.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, groupby, islice

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import Address, Problem
from portal.core.iys_protocol import Status
from portal.core.models import AudienceLine, AudienceList, Campaign, CampaignKind, Provider
from portal.core.models.ids import new_id, new_ids
from portal.core.vault import Vault
from portal.domain import audit, campaigns, packages
from portal.domain.consents import recipients
from portal.services.imports import layout
from portal.services.imports.layout.normalization import address_or_problem
from portal.services.imports.reading import ChunkedFile, FileProblem, Line, Unreadable, detect_kind
from portal.services.imports.reading.file_problems import START
from portal.services.imports.row_results import RowProblem
from portal.services.imports.row_values import STATUSES, RowValueReader

MOST_BYTES = 5_000_000
MOST_ROWS = 100_000
PART = 65_536  # Bytes decoded at once.
CHUNK = 5000  # Addresses a transaction, so that no recipient's decision waits long for the writer.
SHOWN_VALUE, KEPT_VALUE = 200, 80  # Characters of a bad value: enough to find it again.


@dataclass(frozen=True, slots=True)
class BadRow:
    """A value that is no address, or a row without one (an empty value); lines count from 1, as an editor does."""

    line: int
    value: str = field(repr=False)
    problem: Problem


@dataclass
class AddressList:
    """The addresses of a list. Columns count from 0; an address met again further down stands in `repeats` only."""

    encoding: str  # Of a text; of a workbook its format.
    separator: str
    header: list[str] | None
    columns: tuple[int, ...]
    good: list[tuple[int, Address]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    repeats: list[tuple[int, Address]] = field(default_factory=list)
    refused: list[tuple[int, Address]] = field(default_factory=list)  # A row with it says no; also of others with it.
    unread_sheets: list[str] = field(default_factory=list)


def check_size(content: bytes, limit: int = MOST_BYTES) -> None:
    """Refuse what is no list, or too long a one, before anything of it is kept. Raises Unreadable."""
    if not content.strip():
        raise Unreadable(FileProblem.EMPTY)
    detect_kind(content[:START])  # A PDF is called one, however large.
    if len(content) > limit:
        raise Unreadable(FileProblem.TOO_LARGE)


def read_address_list(data: bytes | str, *, limit: int = MOST_BYTES) -> AddressList:
    """Read a file's bytes or a pasted text of at most `limit` bytes. Raises Unreadable.

    Of a workbook the first visible sheet with addresses is read, and as for an import those with the same header.
    """
    content = data.encode(errors="replace") if isinstance(data, str) else data
    check_size(content, limit)
    file = ChunkedFile(lambda: (content[start : start + PART] for start in range(0, len(content), PART)), "")
    read = [
        _read_sheet(place, (json.loads(chunk.packed) for chunk in chunks))
        for place, chunks in groupby(file, key=lambda chunk: chunk.sheet)
    ]
    filled = [sheet for sheet in read if sheet]
    is_hidden = [sheet.is_hidden for sheet in file.outline.sheets]
    with_addresses = sorted(filter(_has_addresses, filled), key=lambda sheet: is_hidden[sheet.place])
    if not with_addresses:
        raise Unreadable(FileProblem.NO_ADDRESS_COLUMN if filled else FileProblem.EMPTY)
    first, *others = with_addresses
    chosen = [first, *(sheet for sheet in others if _are_alike(sheet, first) and not is_hidden[sheet.place])]
    found = AddressList(file.encoding or file.format, file.separator or "", first.header, first.columns)
    found.unread_sheets = [file.outline.sheets[sheet.place].name for sheet in filled if sheet not in chosen]
    _sort_rows(found, [row for sheet in chosen for row in sheet.rows])
    return found


Row = tuple[int, str, Address | Problem, bool]  # Line, the value, what it is, and whether the line says no to it.


@dataclass
class _Sheet:
    place: int
    header: list[str] | None
    columns: tuple[int, ...]
    rows: list[Row] = field(default_factory=list)


def _read_sheet(place: int, chunks: Iterator[list[Line]]) -> _Sheet | None:
    """Find the header and the address columns in the first chunk, then read every row; None without any row."""
    first = next(chunks)
    above = layout.find_header(first)
    header = None if above is None else first[above][1]
    rows = first if above is None else first[above + 1 :]
    if not rows:
        return None
    sheet = _Sheet(place, header, layout.address_columns(header or [], rows))
    if sheet.columns:
        statuses = _StatusReader(layout.guess(header or [], rows), header or [], sheet.columns)
        lines = islice(chain(rows, chain.from_iterable(chunks)), MOST_ROWS + 1)
        for count, (line, cells) in enumerate(lines, 1):
            if count > MOST_ROWS:
                raise Unreadable(FileProblem.TOO_MANY_ROWS)
            sheet.rows += _read_row(line, cells, sheet.columns, statuses)
    return sheet


def _read_row(line: int, cells: list[str], columns: tuple[int, ...], statuses: "_StatusReader") -> Iterator[Row]:
    values = [cells[column].strip() for column in columns if column < len(cells)]
    filled = [(value, read) for value in values if (read := address_or_problem(value)) != Problem.EMPTY]
    if not filled:
        yield line, "", Problem.EMPTY, False
    for value, address in filled:
        yield line, value, address, isinstance(address, Address) and statuses.refuses(cells, address)


def _sort_rows(found: AddressList, rows: list[Row]) -> None:
    """A line that says no counts for all others with its address, before and after it."""
    refused = {address.text for _, _, address, says_no in rows if says_no and isinstance(address, Address)}
    seen: set[str] = set()
    for line, value, address, _ in rows:
        if isinstance(address, Problem):
            found.bad.append(BadRow(line, value[:SHOWN_VALUE], address))
            continue
        into = found.repeats if address.text in seen else found.refused if address.text in refused else found.good
        into.append((line, address))
        seen.add(address.text)


def _has_addresses(sheet: _Sheet) -> bool:
    return bool(sheet.columns)


class _StatusReader:
    """Reads a row's columns of yes and no, as an import would."""

    def __init__(self, guessed: layout.Layout, header: list[str], addresses: tuple[int, ...]):
        self._reader = RowValueReader(guessed, header)
        columns = self._reader.columns.items()
        self._has_any = any(field in STATUSES and column not in addresses for field, column in columns)
        self._width = max(guessed.columns.values(), default=-1) + 1

    def refuses(self, cells: list[str], address: Address) -> bool:
        """Whether the row says no for a channel of this address, or may say it: nobody is asked to explain a cross."""
        if not self._has_any:
            return False
        cells = [*cells, *[""] * (self._width - len(cells))]
        statuses = self._reader.read(cells).statuses
        noes = {Status.REFUSED, RowProblem.STATUS_UNKNOWN} if self._reader.may_refuse(cells) else {Status.REFUSED}
        return any(statuses.get(channel) in noes for channel in address.channels)


def _are_alike(sheet: _Sheet, other: _Sheet) -> bool:
    """Columns are read by their place: the same names in another order are other columns."""
    names = [[name.strip().casefold() for name in each.header or []] for each in (sheet, other)]
    return bool(names[0]) and names[0] == names[1]


def add_list(
    session: Session, vault: Vault, campaign: Campaign, addresses: AddressList, user_id: int | None, at: datetime
) -> int:
    """Write the list into the audience, a chunk a transaction, and return its id.

    Raises AudienceClosed, and PackageFull where the package takes no new addresses.
    """
    require_room(session, vault, campaign.provider_id, campaign.kind, addresses, at)
    audience_list = insert_list(session, campaign, user_id, at)
    session.commit()
    list_id = audience_list.id
    fill_list(session, vault, audience_list, addresses)
    return list_id


def insert_list(
    session: Session, campaign: Campaign, user_id: int | None, at: datetime, **values: object
) -> AudienceList:
    """An empty list of a campaign that is not launched yet. Raises AudienceClosed."""
    campaigns.lock_audience(session, campaign)
    audience_list = AudienceList(
        id=new_id(), provider_id=campaign.provider_id, campaign_id=campaign.id, user_id=user_id, encoding="",
        separator="", created_at=at, **values,
    )  # fmt: skip
    session.add(audience_list)
    session.flush()
    return audience_list


def fill_list(
    session: Session, vault: Vault, audience_list: AudienceList, addresses: AddressList,
    keep: Callable[[int], None] = lambda added: None,
) -> None:  # fmt: skip
    """Write what was read, a chunk a transaction; begun again it adds nothing twice. `keep` is told of each chunk."""
    campaign = session.get_one(Campaign, audience_list.campaign_id)
    _insert_lines(session, vault, audience_list, addresses)
    good = [address for _, address in addresses.good]
    counts = {
        "good": len(good), "bad": len(addresses.bad), "repeated": len(addresses.repeats),
        "refused": len(addresses.refused),
    }  # fmt: skip
    for name, value in (counts | {"encoding": addresses.encoding, "separator": addresses.separator}).items():
        setattr(audience_list, name, value)
    keep(0)
    session.commit()
    for place, chunk in enumerate(recipients.chunks(good, CHUNK)):
        found = recipients.gather(session, vault, campaign.provider_id, chunk, clock.now())
        campaigns.add_addresses(session, campaign, found, chunk)
        keep(place * CHUNK + len(chunk))
        session.commit()
    audit.note(
        session, "audience.brought", "campaign", campaign.id, provider_id=campaign.provider_id, at=clock.now(),
        user_id=audience_list.user_id, facts=counts,
    )  # fmt: skip
    audience_list.added, audience_list.content, audience_list.lease_until = len(good), None, None
    session.commit()


def _insert_lines(session: Session, vault: Vault, audience_list: AudienceList, addresses: AddressList) -> None:
    """The lines that were not taken, and the sheets that were not read."""
    session.execute(delete(AudienceLine).where(AudienceLine.list_id == audience_list.id))
    found = [
        *((row.line, row.value, row.problem.value) for row in addresses.bad),
        *((line, address.text, AudienceLine.REFUSED) for line, address in addresses.refused),
        *((0, name, AudienceLine.SHEET) for name in addresses.unread_sheets),
    ]
    rows = [
        {
            "id": row_id,
            "provider_id": audience_list.provider_id,
            "list_id": audience_list.id,
            "line": line,
            "value": vault.seal(value[:KEPT_VALUE], AudienceLine.PLACE, audience_list.provider_id, row_id),
            "problem": problem,
        }
        for (line, value, problem), row_id in zip(found, new_ids(len(found)), strict=True)
    ]
    if rows:
        session.execute(insert(AudienceLine.__table__), rows)


def require_room(
    session: Session, vault: Vault, provider_id: int, kind: CampaignKind, addresses: AddressList, at: datetime
) -> None:
    """Check the package's limit of people to ask. Raises PackageFull.

    Offering a refusal is free, except in sandbox mode, where a list of any kind counts.
    """
    provider = session.get_one(Provider, provider_id)
    if kind == CampaignKind.ASK or provider.in_sandbox_mode:
        new = len(addresses.good)
        if provider.in_sandbox_mode and new <= packages.FREE:  # A longer one has no room, whoever is known of it.
            good = [address for _, address in addresses.good]
            new = recipients.count_unknown(session, vault, provider.id, good)
        packages.require_capacity(session, provider, new, at)
