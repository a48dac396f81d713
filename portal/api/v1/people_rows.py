"""What rows of people whom a program brings into a campaign's audience say beside whom to ask.

Of a field that nobody knows a person says that it refuses nobody, as of a file's column, before the campaign is
launched (docs/decisions/unknown-fields.md).
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from portal.api.v1.campaign_schemas import Person
from portal.api.v1.rows import as_text
from portal.core.iys_protocol import Status
from portal.core.models import ContactKind
from portal.services.imports import audience_lines
from portal.services.imports.fixes import addresses_meant
from portal.services.imports.layout.cell_words import WEAK, Meanings
from portal.services.imports.layout.consent_names import is_of_states, refusal_named
from portal.services.imports.layout.headers import announced
from portal.services.imports.layout.layout import ADDRESSES
from portal.services.imports.layout.normalization import LONGEST_NAME, folded, is_cross, key_of, name_of, says_nothing
from portal.services.imports.layout.plain_words import contents_of, is_address_alone, is_plain
from portal.services.imports.layout.refusals import refuses
from portal.services.imports.refusals_beside import is_beside_address, is_beside_contact, is_beside_day
from portal.services.imports.row_values import STATUSES
from portal.services.imports.unread import Mark, mark_of_field
from portal.services.imports.unused_columns import is_empty

MOST_MARKS = audience_lines.MOST_MARKS + 1  # Of a request.
CHECKS = {  # Of what stands in our fields, beside what they are for.
    "recipient": is_beside_address,
    "contactKind": lambda cell: cell not in tuple(ContactKind) and is_beside_contact(cell),
    "contactDate": is_beside_day,
    "correlationId": lambda cell: " " in cell and refuses(cell),
}
OURS = Person.model_fields.keys()
NUMBERS = "correlationId"  # A program's own, which may look like telephones.
_NUMBER = re.compile(r"(?=\D*\d)\S+")  # "RET-4711"
ENDING = 7  # Digits of a telephone.
LONGEST = 4000  # Characters that are looked at; of a longer text nobody knows all.
CLEAR_NAME = 0.5
WORDS = Meanings({})


@dataclass(frozen=True)
class Doubts:
    """Canonical addresses that no row of the campaign asks (`barred`), those that no row of this request does (`held`),
    and the fields at which a person must look."""

    barred: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    marks: list[Mark] = field(default_factory=list)


class _Name(NamedTuple):
    """What a field's name says of it; `contents` tells whether a cell is what it says, where that is harmless."""

    refuses: bool | None
    is_of_consent: bool
    is_of_states: bool
    is_address: bool
    contents: Callable[[str], bool] | None


def find_doubts(rows: Sequence[object], unread: Collection[int], asked: Collection[str]) -> Doubts:
    """A row that says no bars its own addresses, and what says so is marked where it has none; one that cannot be read
    (`unread`, by place) holds all in it that others want `asked` (canonical addresses); and any other unknown field is
    marked, once."""
    found, marked = Doubts(), dict[str, None]()
    endings = {each[-ENDING:] for each in asked}
    for place, row in enumerate(rows):
        given = {name: its for name, its in row.items() if its is not None} if isinstance(row, dict) else {}
        cells = {name: _text(its) for name, its in given.items()}
        lists = {name for name, its in given.items() if isinstance(its, list | dict)}
        refusing = {name for name, cell in cells.items() if _refuses(name, cell, is_list=name in lists)}
        own = _addresses(cell for name, cell in cells.items() if _names_address(name)) if refusing else set()
        found.barred.update(own)
        is_full = len(marked) >= MOST_MARKS
        unclear = set() if is_full else cells.keys() - marked.keys() - (refusing if own else set())
        marked |= {
            name: None for name, cell in cells.items()
            if name in unclear and (name in refusing or not _is_harmless(name, cell, is_list=name in lists))
        }  # fmt: skip
        if place in unread:
            near = (cell for name, cell in cells.items() if name != NUMBERS and _may_hold(cell, endings))
            found.held.update(_addresses(near).intersection(asked))
    found.marks.extend(mark_of_field(name) for name in [*marked][:MOST_MARKS])
    return found


def _text(value: object) -> str:
    """A field's value as a cell; an empty list may mean that nothing is allowed."""
    return as_text(value)[: LONGEST + 1] or ("" if isinstance(value, str) else "-")


def _refuses(name: str, cell: str, *, is_list: bool) -> bool:
    """Whether a field clearly says no: one of ours beside its value, others as a file's column does."""
    if (check := CHECKS.get(name)) is not None:
        return check(cell)
    if says_nothing(cell):
        return False
    if refuses(cell) or is_list:
        return refuses(cell)
    what = _look_at(name)
    if what.refuses:  # No refusal: {"unsubscribed": false}
        return not (WEAK.fullmatch(key_of(cell)) and _status(what, cell) == Status.REFUSED)
    return what.is_of_consent and (_status(what, cell) == Status.REFUSED or is_cross(folded(cell)))


def _is_harmless(name: str, cell: str, *, is_list: bool) -> bool:
    """Whether a field that does not clearly say no says nothing against its person, as far as can be known."""
    if len(cell) > LONGEST:
        return False
    if name in OURS:
        is_said = is_list and name != "recipient"
        return not is_said and (name != NUMBERS or not refuses(cell) or _NUMBER.fullmatch(cell) is not None)
    what = _look_at(name)
    if is_empty(cell, is_understood=what.contents is not None):
        return True
    if is_list:
        return False
    said = _status(what, cell)
    if what.refuses:
        return said == Status.REFUSED
    return (what.is_of_consent and said == Status.GRANTED) or (what.contents is not None and what.contents(cell))


def _status(what: _Name, cell: str) -> Status | str | None:
    """The answer that a field gives; a code of states may mean anything."""
    return None if what.is_of_states and cell.isdigit() else WORDS.status(cell)


def _addresses(cells: Iterable[str]) -> set[str]:
    return {each.text for cell in cells for each in addresses_meant(cell)}


def _may_hold(cell: str, endings: Collection[str]) -> bool:
    """Whether an e-mail address may stand in a cell, or a telephone that ends so."""
    digits = "".join(str(int(each)) for each in cell if each.isdecimal())
    return "@" in cell or any(digits[start : start + ENDING] in endings for start in range(len(digits) - ENDING + 1))


def _names_address(name: str) -> bool:
    return name == "recipient" or (name not in OURS and _look_at(name).is_address)


def _is_address(cell: str) -> bool:
    return len(cell) >= ENDING and is_address_alone(cell)


def _look_at(name: str) -> _Name:
    return _look_at_start(name[: LONGEST_NAME + 1])


@lru_cache(maxsize=1024)
def _look_at_start(name: str) -> _Name:
    fields = announced(name) or {}
    is_address = any(fields.get(each, 0) >= CLEAR_NAME for each in ADDRESSES) and is_plain(name_of(name))
    is_of_consent = any(fields.get(each, 0) >= CLEAR_NAME for each in STATUSES)
    contents = (contents_of(name) if len(name) <= LONGEST_NAME else None) or (_is_address if is_address else None)
    return _Name(refusal_named(name), is_of_consent, is_of_states(name), is_address, contents)
