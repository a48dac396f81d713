"""A campaign's audience: read the addresses of a pasted or uploaded list, and add them.

The file is read and its columns are found as for an import; here a row may hold several addresses. Good rows become
recipients, bad ones are kept with their problem, and an address of which the list itself says no is never asked.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, groupby
from pathlib import PurePath

from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.addresses import Address
from portal.core.addresses.problems import ExplainedProblem
from portal.core.ids import new_id
from portal.core.models import AudienceLine, AudienceList, Campaign, CampaignKind, Provider
from portal.core.vault import Vault
from portal.domain import audit, campaigns, packages
from portal.domain.campaigns import OwnContact
from portal.domain.consents import recipients
from portal.services.imports import audience_lines, layout
from portal.services.imports.audience_sheets import AudienceRow, open_sheet, read_pages
from portal.services.imports.reading import ChunkedFile, FileProblem, Unreadable, detect_kind
from portal.services.imports.reading.file_problems import START
from portal.services.imports.row_results import RowProblem
from portal.services.imports.unread import Mark, mark_of_name, marks_of_empty

MOST_BYTES = 5_000_000
PART = 65_536  # Bytes decoded at once.
CHUNK = 5000  # Addresses a transaction, so that no recipient's decision waits long for the writer.
SHOWN_VALUE = 200  # Characters of a bad value: enough to find it again.


@dataclass(frozen=True, slots=True)
class BadRow:
    """A value that is no address or no contact, or a row without an address (an empty value); lines count from 1, as an
    editor does."""

    line: int
    value: str = field(repr=False)
    problem: ExplainedProblem


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
    # A row of any sheet says no, or may say it; also of others with it. With one of AudienceLine.REASONS.
    refused: list[tuple[int, Address, str]] = field(default_factory=list)
    contacts: dict[str, OwnContact] = field(default_factory=dict)  # By address, of those that have one of their own.
    unread_sheets: list[str] = field(default_factory=list)
    unread: list[Mark] = field(default_factory=list)  # What nobody understands: columns, headings, names, looks.

    def counts(self) -> dict[str, object]:
        """Its lines by kind, as AudienceList has them."""
        return {
            "good": len(self.good), "bad": len(self.bad), "repeated": len(self.repeats), "refused": len(self.refused),
        }  # fmt: skip

    def lines_not_taken(self) -> list[tuple[int, str, str]]:
        """Each (line, value, problem), as AudienceLine has them: and what was not read or not understood."""
        return [
            *((row.line, row.value, row.problem.value) for row in self.bad),
            *((line, address.text, reason) for line, address, reason in self.refused),
            *((0, name, AudienceLine.SHEET) for name in self.unread_sheets),
            *((0, mark.packed(), AudienceLine.COLUMN) for mark in self.unread),
        ]


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


def read_address_list(data: bytes | str, name: str = "", *, limit: int = MOST_BYTES) -> AddressList:
    """Read a file's bytes or a pasted text of at most `limit` bytes. Raises Unreadable.

    Of a workbook the first visible sheet with addresses is read, and as for an import those with the same header.
    """
    content = data.encode(errors="replace") if isinstance(data, str) else data
    check_size(content, limit)
    file = ChunkedFile(lambda: (content[start : start + PART] for start in range(0, len(content), PART)), "")
    opened = [open_sheet(place, chunks) for place, chunks in groupby(file, key=lambda chunk: chunk.sheet)]
    filled = [sheet for sheet in opened if sheet]
    with_addresses = [sheet for sheet in filled if sheet.columns]
    if not with_addresses:
        raise Unreadable(FileProblem.NO_ADDRESS_COLUMN if filled else FileProblem.EMPTY)
    for sheet in with_addresses:
        pages = [each for each in with_addresses if each.is_like(sheet)]
        if sheet is pages[0]:
            read_pages(pages, file.outline.words_of(each.place for each in pages))
        sheet.mark(file.outline.sheets[sheet.place])
    first, *others = sorted(with_addresses, key=lambda sheet: (sheet.is_hidden, sheet.is_of_refusals))
    if file.outline.sheets[first.place].is_transposed:
        raise Unreadable(FileProblem.TRANSPOSED)
    chosen = [first, *(sheet for sheet in others if sheet.is_like(first) and not sheet.is_hidden)]
    found = AddressList(file.encoding or file.format, file.separator or "", first.header, first.columns)
    places = {sheet.place for sheet in chosen}
    found.unread_sheets = [
        each.name for place, each in enumerate(file.outline.sheets) if each.lines and place not in places
    ]
    marks = chain(mark_of_name(name), *(sheet.unread for sheet in chosen), marks_of_empty(file.outline))
    found.unread = list(dict.fromkeys(marks))
    refusing = [(row, row.read.text, sheet.place) for sheet in with_addresses for row in sheet.rows
                if row.refusal and isinstance(row.read, Address)]  # fmt: skip
    elsewhere = [row for row, _, place in refusing if place not in places]
    reasons = {text: row.refusal for row, text, _ in refusing}
    sort_rows(found, [*(row for sheet in chosen for row in sheet.rows), *elsewhere], reasons)
    return found


def sort_rows(found: AddressList, rows: list[AudienceRow], reasons: dict[str, str]) -> None:
    """Sort rows into a list. One that says no counts for all others with its address, before and after it: with its
    reason in `reasons`."""
    seen: set[str] = set()
    for row in rows:
        if not isinstance(row.read, Address):
            found.bad.append(BadRow(row.line, row.value[:SHOWN_VALUE], row.read))
        elif row.read.text in seen:
            found.repeats.append((row.line, row.read))
        elif reason := reasons.get(row.read.text):
            found.refused.append((row.line, row.read, reason))
        elif not isinstance(row.contact, OwnContact):
            found.bad.append(bad_contact(row.line, *row.contact))
            continue  # Another line may have it with a contact that is right.
        else:
            found.good.append((row.line, row.read))
            if row.contact != OwnContact():
                found.contacts[row.read.text] = row.contact
        if isinstance(row.read, Address):
            seen.add(row.read.text)


def bad_contact(line: int, cell: str, problem: ExplainedProblem) -> BadRow:
    """A row whose contact's cell is wrong."""
    return BadRow(line, cell[:SHOWN_VALUE], problem)


def add_list(
    session: Session, vault: Vault, campaign: Campaign, addresses: AddressList, user_id: int | None, at: datetime
) -> int:
    """Write the list into the audience, a chunk a transaction, and return its id.

    Raises AudienceClosed, and PackageFull where the package takes no new addresses.
    """
    audience_list = insert_list(session, campaign, user_id, at)
    session.commit()
    list_id = audience_list.id
    try:
        admit_list(session, vault, audience_list, addresses, at)
    except packages.PackageFull:
        audience_list.problem = AudienceList.NO_ROOM
        session.commit()
        raise
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


def admit_list(
    session: Session, vault: Vault, audience_list: AudienceList, addresses: AddressList, at: datetime,
    keep: Callable[[int], None] = lambda added: None,
) -> None:  # fmt: skip
    """Keep what a list says no of, or may say it, and check that the package has room for the others: a refusal and a
    column that nobody understands count also where nobody is added. `keep` as in fill_list. Raises AudienceClosed, and
    PackageFull once that is committed."""
    campaign = session.get_one(Campaign, audience_list.campaign_id)
    bar_refusals(session, vault, campaign, addresses)
    audience_lines.replace_lines(session, vault, audience_list, addresses.lines_not_taken())
    values = addresses.counts() | {"encoding": addresses.encoding, "separator": addresses.separator}
    for name, value in values.items():
        setattr(audience_list, name, value)
    keep(0)
    session.commit()
    require_room(session, vault, campaign.provider_id, campaign.kind, addresses, at)


def bar_refusals(session: Session, vault: Vault, campaign: Campaign, addresses: AddressList) -> None:
    """Leave out of the whole audience whom a list says no of, whichever list has them. Commits each chunk. Raises
    AudienceClosed."""
    for chunk in recipients.chunks([address for _, address, _ in addresses.refused], CHUNK):
        found = recipients.gather(session, vault, campaign.provider_id, chunk, clock.now())
        campaigns.bar_recipients(session, campaign, found.values())
        session.commit()


def leave_barred_out(session: Session, vault: Vault, campaign: Campaign, found: AddressList) -> None:
    """Say of people of whom a list of the campaign said no that they are not added."""
    texts = [address.text for _, address in found.good]
    indexes = recipients.blind_indexes(vault, campaign.provider_id, texts)
    known = recipients.find_known_ids(session, vault, campaign.provider_id, indexes)
    barred = campaigns.find_barred(session, campaign, known.values())
    refused = {text for text, recipient_id in known.items() if recipient_id in barred}
    leave_out(found, refused | {address.text for _, address, _ in found.refused})


def leave_out(found: AddressList, refused: Collection[str]) -> set[int]:
    """Say of these canonical addresses that they are not added; their lines."""
    given = [*found.good, *((line, address) for line, address, _ in found.refused), *found.repeats]
    told = {each.line for each in found.bad}
    of_refused = [(line, text) for line, address in given if (text := address.text) in refused and line not in told]
    found.bad += [BadRow(line, text, RowProblem.REFUSED_ELSEWHERE) for line, text in of_refused]
    found.good = [each for each in found.good if each[1].text not in refused]
    found.repeats = [each for each in found.repeats if each[1].text not in refused]
    return {line for line, _ in of_refused}


def fill_list(
    session: Session, vault: Vault, audience_list: AudienceList, addresses: AddressList,
    keep: Callable[[int], None] = lambda added: None,
) -> None:  # fmt: skip
    """Write the people of an admitted list, a chunk a transaction; begun again it adds nothing twice. `keep` is told of
    each chunk."""
    campaign = session.get_one(Campaign, audience_list.campaign_id)
    good = [address for _, address in addresses.good]
    for place, chunk in enumerate(recipients.chunks(good, CHUNK)):
        found = recipients.gather(session, vault, campaign.provider_id, chunk, clock.now())
        campaigns.add_addresses(session, campaign, found, chunk, addresses.contacts)
        keep(place * CHUNK + len(chunk))
        session.commit()
    audit.note(
        session, "audience.brought", "campaign", campaign.id, provider_id=campaign.provider_id, at=clock.now(),
        user_id=audience_list.user_id, facts=addresses.counts(),
    )  # fmt: skip
    audience_list.added, audience_list.content, audience_list.lease_until = len(good), None, None
    session.commit()


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
