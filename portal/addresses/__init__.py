"""A telephone number or an e-mail address as people write it, brought to the one form that we store and İYS takes."""

from . import emails, phones
from .address import Address, AddressKind
from .emails import is_email
from .hiding import hide_certain_in, hide_in
from .masking import HIDDEN, mask
from .phones import is_phone
from .problems import BadAddress, Problem
from .spelling import plain

LONGEST_SPELLING = 500  # An address has at most 265 characters; nobody needs as many again around it.

__all__ = [
    "HIDDEN",
    "Address",
    "AddressKind",
    "BadAddress",
    "Problem",
    "hide_certain_in",
    "hide_in",
    "is_email",
    "is_phone",
    "mask",
    "parse",
]


def parse(text: str) -> Address:
    """The address that a person meant by this spelling; raises BadAddress, whose problem says what to mend."""
    if len(text) > LONGEST_SPELLING:
        raise BadAddress(Problem.TOO_LONG)
    spelling = plain(text)
    if not spelling:
        raise BadAddress(Problem.EMPTY)
    if "@" in spelling:
        return Address(AddressKind.EMAIL, emails.read(spelling))
    number, is_mobile = phones.read(spelling)
    return Address(AddressKind.PHONE, number, is_mobile)
