"""A campaign's audience: read the addresses of a pasted or uploaded list, and add them.

The file is read and its columns are found as for an import; here a row may hold several addresses, and nothing else.
Good rows become recipients, bad ones are kept with their problem.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, groupby

from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.core.addresses import Address, Problem
from portal.core.models import AudienceLine, AudienceList, Campaign, CampaignKind, Provider
from portal.core.models.ids import new_id, new_ids
from portal.core.vault import Vault
from portal.domain import audit, campaigns, packages
from portal.domain.consents import recipients
from portal.services.imports import layout
from portal.services.imports.layout.normalization import address_or_problem
from portal.services.imports.reading import ChunkedFile, FileProblem, Line, Unreadable, detect_kind
from portal.services.imports.reading.file_problems import START

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


@dataclass(frozen=True)
class AddressList:
    """The addresses of a list. Columns count from 0; an address met again further down stands in `repeats` only."""

    encoding: str  # Of a text; of a workbook its format.
    separator: str
    header: list[str] | None
    columns: tuple[int, ...]
    good: list[tuple[int, Address]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    repeats: list[tuple[int, Address]] = field(default_factory=list)


def read_address_list(data: bytes | str, *, limit: int = MOST_BYTES) -> AddressList:
    """Read a file's bytes or a pasted text of at most `limit` bytes (pasted: characters). Raises Unreadable.

    Of a workbook the first sheet with addresses is read.
    """
    content = data.encode(errors="replace") if isinstance(data, str) else data
    detect_kind(content[:START])  # A PDF is called one, however large.
    if len(data) > limit:
        raise Unreadable(FileProblem.TOO_LARGE)
    file = ChunkedFile(lambda: (content[start : start + PART] for start in range(0, len(content), PART)), "")
    problem = FileProblem.EMPTY
    for _, chunks in groupby(file, key=lambda chunk: chunk.sheet):
        try:
            return _read_sheet(file, (json.loads(chunk.packed) for chunk in chunks))
        except Unreadable as unreadable:
            if unreadable.problem not in (FileProblem.EMPTY, FileProblem.NO_ADDRESS_COLUMN):
                raise
            problem = unreadable.problem if problem == FileProblem.EMPTY else problem
    raise Unreadable(problem)


def _read_sheet(file: ChunkedFile, chunks: Iterator[list[Line]]) -> AddressList:
    """Find the header and the address columns in the first chunk, then read every row."""
    first = next(chunks)
    place = layout.find_header(first)
    header = None if place is None else first[place][1]
    rows = first if place is None else first[place + 1 :]
    if not rows:
        raise Unreadable(FileProblem.EMPTY)
    columns = layout.address_columns(header or [], rows)
    if not columns:
        raise Unreadable(FileProblem.NO_ADDRESS_COLUMN)
    found = AddressList(file.encoding or file.format, file.separator or "", header, columns)
    seen: set[str] = set()
    for count, (line, cells) in enumerate(chain(rows, chain.from_iterable(chunks)), 1):
        if count > MOST_ROWS:
            raise Unreadable(FileProblem.TOO_MANY_ROWS)
        values = [cells[column].strip() for column in columns if column < len(cells)]
        filled = [(value, read) for value in values if (read := address_or_problem(value)) != Problem.EMPTY]
        if not filled:
            found.bad.append(BadRow(line, "", Problem.EMPTY))
        for value, address in filled:
            if isinstance(address, Problem):
                found.bad.append(BadRow(line, value[:SHOWN_VALUE], address))
            elif address.text in seen:
                found.repeats.append((line, address))
            else:
                seen.add(address.text)
                found.good.append((line, address))
    return found


def add_list(
    session: Session, vault: Vault, campaign: Campaign, addresses: AddressList, user_id: int | None, at: datetime
) -> int:
    """Write the list into the audience, a chunk a transaction, and return its id.

    Raises AudienceClosed, and PackageFull where the package takes no new addresses.
    """
    require_room(session, vault, campaign.provider_id, campaign.kind, addresses, at)
    list_id = _insert_list(session, vault, campaign, addresses, user_id, at)
    session.commit()
    for chunk in recipients.chunks([address for _, address in addresses.good], CHUNK):
        found = recipients.gather(session, vault, campaign.provider_id, chunk, at)
        campaigns.add_addresses(session, campaign, found, chunk)
        session.commit()
    return list_id


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


def _insert_list(
    session: Session, vault: Vault, campaign: Campaign, addresses: AddressList, user_id: int | None, at: datetime
) -> int:
    campaigns.lock_audience(session, campaign)
    audience_list = AudienceList(
        id=new_id(),
        provider_id=campaign.provider_id,
        campaign_id=campaign.id,
        user_id=user_id,
        encoding=addresses.encoding,
        separator=addresses.separator,
        good=len(addresses.good),
        bad=len(addresses.bad),
        repeated=len(addresses.repeats),
        created_at=at,
    )
    session.add(audience_list)
    session.flush()
    bad_rows = [
        {
            "id": row_id,
            "provider_id": campaign.provider_id,
            "list_id": audience_list.id,
            "line": row.line,
            "value": vault.seal(row.value[:KEPT_VALUE], AudienceLine.PLACE, campaign.provider_id, row_id),
            "problem": row.problem,
        }
        for row, row_id in zip(addresses.bad, new_ids(len(addresses.bad)), strict=True)
    ]
    if bad_rows:
        session.execute(insert(AudienceLine.__table__), bad_rows)
    counts = {"good": audience_list.good, "bad": audience_list.bad, "repeated": audience_list.repeated}
    audit.note(
        session, "audience.brought", "campaign", campaign.id, provider_id=campaign.provider_id, at=at, user_id=user_id,
        facts=counts,
    )  # fmt: skip
    return audience_list.id
