"""Parse phone numbers and e-mail addresses, as people write them, into the canonical form that İYS accepts."""

from portal.core.addresses import emails, phones
from portal.core.addresses.address import Address, AddressKind, find_mailbox
from portal.core.addresses.emails import is_email, with_ascii_domains
from portal.core.addresses.mail_services import RULE as MAILBOX_RULE
from portal.core.addresses.mail_services import MailService
from portal.core.addresses.masking import HIDDEN, mask, redact_addresses, redact_certain_addresses
from portal.core.addresses.normalization import normalize_spelling
from portal.core.addresses.phones import is_phone, without_plus
from portal.core.addresses.problems import AddressProblem, BadAddress

MAX_INPUT_LENGTH = 500  # Characters. A canonical address has at most 265.

__all__ = [
    "HIDDEN",
    "MAILBOX_RULE",
    "Address",
    "AddressKind",
    "AddressProblem",
    "BadAddress",
    "MailService",
    "find_mailbox",
    "is_email",
    "is_phone",
    "mask",
    "parse",
    "parse_possible",
    "read_canonical",
    "redact_addresses",
    "redact_certain_addresses",
    "with_ascii_domains",
    "without_plus",
]


def read_canonical(text: str) -> Address:
    """An address that was canonical when it was stored: an update of the numbering plan, or of the rules for mail, may
    know it no more, and it can be refused all the same."""
    try:
        return parse(text)
    except BadAddress:
        return _unknown(text)


def parse_possible(text: str) -> Address:
    """As `parse`, and what the numbering plan, or the rules for mail, do not know, or do not know any more: who is
    stored with it is found by it. Raises BadAddress."""
    try:
        return parse(text)
    except BadAddress as bad:
        if bad.possible is None:
            raise
        return _unknown(bad.possible)


def _unknown(text: str) -> Address:
    if "@" in text:
        return Address(AddressKind.EMAIL, text)
    return Address(AddressKind.PHONE, text, is_mobile=text.startswith(phones.TURKISH_MOBILE))


def parse(text: str) -> Address:
    """Parse an address. Raises BadAddress, whose problem says what to correct."""
    if len(text) > MAX_INPUT_LENGTH:
        raise BadAddress(AddressProblem.TOO_LONG)
    spelling = normalize_spelling(text)
    if not spelling:
        raise BadAddress(AddressProblem.EMPTY)
    if "@" in spelling:
        return Address(AddressKind.EMAIL, emails.parse_email(spelling))
    number, is_mobile = phones.parse_phone(spelling)
    return Address(AddressKind.PHONE, number, is_mobile)
