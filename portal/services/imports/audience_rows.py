"""People whom a program brings into a campaign's audience: each is a line of a list, with a contact of their own.

They wait as a list does (waiting_lists), as JSON in place of a file, and are sorted as its lines are.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from portal.core import addresses
from portal.core.addresses import Address, AddressProblem, BadAddress
from portal.core.addresses.problems import ExplainedProblem
from portal.core.models import AudienceLine, ContactKind
from portal.domain.campaigns import OwnContact
from portal.services.imports.audience import AddressList, bad_contact, sort_rows
from portal.services.imports.audience_contacts import ContactProblem, check_day
from portal.services.imports.audience_sheets import AudienceRow

ROWS = "rows"  # An AudienceList's encoding.


class Person(NamedTuple):
    """An address and its person's contact as they came; None: the campaign's contact counts."""

    address: str
    contact_kind: str | None = None
    contact_date: str | None = None  # "2026-11-24"
    is_barred: bool = False  # No line with the address asks them.


def pack_people(people: Sequence[Person]) -> bytes:
    return json.dumps(people).encode()


def unpack_people(content: bytes) -> list[Person]:
    return [Person(*each) for each in json.loads(content)]


def read_people(people: Sequence[Person], today: date) -> AddressList:
    """Sort people into good ones, bad ones with their problem, refused ones, and repeats; a person's line is their
    place, from 1."""
    found = AddressList(ROWS, "", None, ())
    rows = [_read_person(line, person, today) for line, person in enumerate(people, 1)]
    barred = [row.read for row, person in zip(rows, people, strict=True) if person.is_barred]
    reasons = {each.text: AudienceLine.NOTED for each in barred if isinstance(each, Address)}
    sort_rows(found, rows, reasons)
    for row in rows:
        if isinstance(row.read, Address) and row.read.text in reasons and not isinstance(row.contact, OwnContact):
            found.bad.append(bad_contact(row.line, *row.contact))
    return found


def _read_person(line: int, person: Person, today: date) -> AudienceRow:
    contact = read_contact(person, today)
    return AudienceRow(line, person.address, _read_address(person.address), contact=contact)


def _read_address(text: str) -> Address | AddressProblem:
    try:
        return addresses.parse(text)
    except BadAddress as bad:
        return bad.problem


def read_contact(person: Person, today: date) -> OwnContact | tuple[str, ExplainedProblem]:
    """A person's contact; or the value that is wrong, and how."""
    kind, day = person.contact_kind, person.contact_date
    if kind is not None and kind not in tuple(ContactKind):
        return kind, ContactProblem.UNKNOWN
    if day is None:
        return OwnContact(ContactKind(kind) if kind else None, None)
    try:
        on = check_day(date.fromisoformat(day), today)
    except ValueError:
        on = ContactProblem.DAY_UNREADABLE
    return (day, on) if isinstance(on, ExplainedProblem) else OwnContact(ContactKind(kind) if kind else None, on)
