"""Rows of people whom a program brings into a campaign's audience: whoever a row may say no of is asked by none."""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from portal.api.v1.rows import as_cell
from portal.core.iys_protocol import Status
from portal.core.models import ContactKind
from portal.services.imports.audience_rows import Person
from portal.services.imports.layout.cell_words import Meanings
from portal.services.imports.layout.consent_names import is_of_states, refusal_named
from portal.services.imports.layout.headers import announced
from portal.services.imports.layout.normalization import addresses_within, folded, says_nothing
from portal.services.imports.layout.plain_words import is_marked
from portal.services.imports.layout.refusals import may_refuse, refuses
from portal.services.imports.refusals_beside import is_beside_address, is_beside_contact, is_beside_day
from portal.services.imports.row_values import STATUSES

_NUMBER = re.compile(r"(?=\D*\d)\S+")  # "RET-4711"
_WORDS = re.compile(r"[^\W\d_]{3,40}(?: [^\W\d_]{1,40}){0,3}")
_ABOUT = re.compile(
    r"\b(?:opt|contact|market|kvkk|gdpr|iys|subscri|permi|prefer|izin|izni|onay|riza|consent|allow|e ?mail|sms|bulten|"
    r"newsletter|status|state|durum|lifecycle)"
)
CHECKS = {  # Of what stands in our fields, beside what they are for.
    "recipient": is_beside_address,
    "contactKind": lambda cell: cell not in tuple(ContactKind) and is_beside_contact(cell),
    "contactDate": is_beside_day,
    "correlationId": lambda cell: refuses(cell) and not _NUMBER.fullmatch(cell),
}
NUMBERS = "correlationId"  # A program's own, which may look like telephones.
CLEAR_NAME = 0.5
WORDS = Meanings({})


def barred_people(rows: Sequence[object], unread: Collection[int], asked: Collection[str]) -> list[Person]:
    """Those, by address, of whom a row says no, or may; and of rows that cannot be read (`unread`, by place) those whom
    others want `asked` (canonical addresses): what such a row says of them nobody knows."""
    barred: set[str] = set()
    for place, row in enumerate(rows):
        cells = {name: as_cell(its) for name, its in row.items() if its is not None} if isinstance(row, dict) else {}
        says_no = any(_may_refuse(name, cell) for name, cell in cells.items())
        if says_no or (asked and place in unread):
            named = (addresses_within(cell) for name, cell in cells.items() if name != NUMBERS)
            barred |= {each.text for found in named for each in found if says_no or each.text in asked}
    return [Person(each, is_barred=True) for each in sorted(barred)]


def _may_refuse(name: str, cell: str) -> bool:
    """Whether a field says no, or may: one of ours by what stands beside its value, others as a file's columns do."""
    if (check := CHECKS.get(name)) is not None:
        return check(cell)
    if says_nothing(cell):
        return False
    (named, is_of_consent), status = _kind_of(name), WORDS.status(cell)
    if named is not None:
        return not (named and status == Status.REFUSED)  # No refusal: {"unsubscribed": false}
    if not is_of_consent:
        return refuses(cell) or _denies(_apart(name), cell)
    return status != Status.GRANTED and not (status is None and is_of_states(name) and _is_state(cell))


def _denies(name: str, cell: str) -> bool:
    """Whether a field says no by its value, of what speaks of messages or a state, or yes, of what may refuse."""
    if may_refuse(name):
        return WORDS.status(cell) != Status.REFUSED  # No {"ayrildi": false}.
    said_no = may_refuse(cell) or any(WORDS.status(each) == Status.REFUSED for each in cell.split())
    return _ABOUT.search(folded(name)) is not None and said_no


def _apart(name: str) -> str:
    """The words of a program's name: "smsIzni"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")


def _is_state(cell: str) -> bool:
    """Whether a cell is a word of what somebody is to a firm, and cannot deny: "VIP", no code of letters."""
    return _WORDS.fullmatch(cell) is not None and not (is_marked(cell) or may_refuse(cell))


@lru_cache(maxsize=256)
def _kind_of(name: str) -> tuple[bool | None, bool]:
    """What a name says of refusing, and whether it is one of yes and no to messages."""
    fields = announced(name) or {}
    return refusal_named(name), any(fields.get(each, 0) >= CLEAR_NAME for each in STATUSES)
