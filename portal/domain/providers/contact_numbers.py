"""Numbers in a line of contact, which the operator has reviewed: messages name no other one to be answered at."""

import re

from portal.core.addresses.phones import plain_number

# Up to two signs part the digits of a number, so a comma or " - " parts two numbers. None is part of a word or mailbox.
NUMBER = re.compile(r"(?<![\w@.])\d(?:[ ().-]{0,2}\d)*+(?!\.?[\w@])")
FULL = re.compile(r"[1-9][0-9]{9}|444[0-9]{4}")


def is_in_contact(number: str, contact: str) -> bool:
    """Whether a full number stands as a whole in a contact line. Others there are extensions and house numbers."""
    plain = plain_number(number)
    return bool(FULL.fullmatch(plain)) and plain in map(plain_number, NUMBER.findall(contact))
