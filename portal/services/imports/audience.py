"""A campaign's audience: read the addresses of a pasted or uploaded list, and add them.

The file is read and its columns are found as for an import; here a row may hold several addresses. Good rows become
recipients, bad ones are kept with their problem, and an address of which the list itself says no is never asked.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, groupby
from pathlib import PurePath

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import Address, Problem
from portal.core.models import AudienceLine, AudienceList, Campaign, CampaignKind, Provider
from portal.core.models.ids import new_id, new_ids
from portal.core.vault import Vault
from portal.domain import audit, campaigns, packages
from portal.domain.consents import recipients
from portal.services.imports import layout
from portal.services.imports.audience_refusals import RefusalReader
from portal.services.imports.layout.normalization import address_or_problem
from portal.services.imports.reading import ChunkedFile, FileProblem, Line, Sheet, Unreadable, detect_kind
from portal.services.imports.reading.file_problems import START
from portal.services.imports.unused_columns import CellCounter, unused_columns

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
    # A row with it says no, or may say it; also of others with it. With one of AudienceLine.REASONS.
    refused: list[tuple[int, Address, str]] = field(default_factory=list)
    unread_sheets: list[str] = field(default_factory=list)
    unread_columns: list[str] = field(default_factory=list)  # Those of yes and no.


def check_size(content: bytes, limit: int = MOST_BYTES) -> None:
    """Refuse what is no list, or too long a one, before anything of it is kept. Raises Unreadable."""
    if not content.strip():
        raise Unreadable(FileProblem.EMPTY)
    detect_kind(content[:START])  # A PDF is called one, however large.
    if len(content) > limit:
        raise Unreadable(FileProblem.TOO_LARGE)


def check_name(name: str) -> None:
    """Refuse a file that is named as a list of refusals. Raises Unreadable."""
    if layout.refusal_spoken(PurePath(name).stem):
        raise Unreadable(FileProblem.OF_REFUSALS)


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
    for sheet in filled:
        sheet.mark(file.outline.sheets[sheet.place])
    with_addresses = sorted(filter(_has_addresses, filled), key=lambda sheet: (sheet.is_hidden, sheet.is_of_refusals))
    if not with_addresses:
        raise Unreadable(FileProblem.NO_ADDRESS_COLUMN if filled else FileProblem.EMPTY)
    first, *others = with_addresses
    chosen = [first, *(sheet for sheet in others if _are_alike(sheet, first) and not sheet.is_hidden)]
    found = AddressList(file.encoding or file.format, file.separator or "", first.header, first.columns)
    found.unread_sheets = [file.outline.sheets[sheet.place].name for sheet in filled if sheet not in chosen]
    found.unread_columns = list(dict.fromkeys(chain.from_iterable(sheet.unread for sheet in chosen)))
    reasons = {
        address.text: reason
        for sheet in with_addresses
        for _, _, address, reason in sheet.rows
        if reason and isinstance(address, Address)
    }
    _sort_rows(found, [row for sheet in chosen for row in sheet.rows], reasons)
    return found


Row = tuple[int, str, Address | Problem, str]  # Line, the value, what it is, and why it is not asked, or "".


@dataclass
class _Sheet:
    place: int
    header: list[str] | None
    columns: tuple[int, ...]
    rows: list[Row] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # Columns of yes and no of nobody knows what.
    is_hidden: bool = False
    is_of_refusals: bool = False

    def mark(self, sheet: Sheet) -> None:
        """Take over what is known of it once the file is read. All in a list of refusals refuse."""
        self.is_hidden = sheet.is_hidden
        names = [(self.header or [])[column : column + 1] for column in self.columns]
        self.is_of_refusals = any(map(layout.refusal_spoken, (sheet.title, sheet.name, *chain.from_iterable(names))))
        if self.is_of_refusals:
            self.rows = [(line, value, read, reason or AudienceLine.LISTED) for line, value, read, reason in self.rows]


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
        guessed, count = layout.guess(header or [], rows), 0
        refusals, counter = RefusalReader(guessed, header or [], sheet.columns), CellCounter(guessed)
        for lines in chain([rows], chunks):
            count += len(lines)
            if count > MOST_ROWS:
                raise Unreadable(FileProblem.TOO_MANY_ROWS)
            counter.add(lines)
            for line, cells in lines:
                sheet.rows += _read_row(line, cells, sheet.columns, refusals)
        unused = unused_columns(counter.counts(), guessed, header or [])
        sheet.unread = [each.header or each.letter for each in unused if each.may_refuse and each.statuses]
    return sheet


def _read_row(line: int, cells: list[str], columns: tuple[int, ...], refusals: RefusalReader) -> Iterator[Row]:
    values = [cells[column].strip() for column in columns if column < len(cells)]
    filled = [(value, read) for value in values if (read := address_or_problem(value)) != Problem.EMPTY]
    if not filled:
        yield line, "", Problem.EMPTY, ""
    for value, address in filled:
        yield line, value, address, refusals.reason(cells, address) if isinstance(address, Address) else ""


def _sort_rows(found: AddressList, rows: list[Row], reasons: dict[str, str]) -> None:
    """A line that says no counts for all others with its address, before and after it."""
    seen: set[str] = set()
    for line, value, address, _ in rows:
        if isinstance(address, Problem):
            found.bad.append(BadRow(line, value[:SHOWN_VALUE], address))
        elif address.text in seen:
            found.repeats.append((line, address))
        elif reason := reasons.get(address.text):
            found.refused.append((line, address, reason))
        else:
            found.good.append((line, address))
        if isinstance(address, Address):
            seen.add(address.text)


def _has_addresses(sheet: _Sheet) -> bool:
    return bool(sheet.columns)


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
    """The lines that were not taken, and the sheets and columns that were not read."""
    session.execute(delete(AudienceLine).where(AudienceLine.list_id == audience_list.id))
    found = [
        *((row.line, row.value, row.problem.value) for row in addresses.bad),
        *((line, address.text, reason) for line, address, reason in addresses.refused),
        *((0, name, AudienceLine.SHEET) for name in addresses.unread_sheets),
        *((0, name, AudienceLine.COLUMN) for name in addresses.unread_columns),
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
