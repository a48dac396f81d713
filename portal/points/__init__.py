"""Consent points: a brand's public page, where people come by themselves, choose, and show that an address is theirs.

The choices come first; the code proves the address alone (KVKK 2025/1072). Nothing here commits.
"""

from portal.points.alarming import Alarm, alarm, alarmed_on
from portal.points.counting import Numbers, numbers_of
from portal.points.finding import Place, State, find, state_of
from portal.points.joining import form_digest, join
from portal.points.opening import (
    MOST_CODES,
    OF_PRACTICE,
    PRACTICE_CODES,
    BadSlug,
    SlugTaken,
    TooManyADay,
    budget,
    close,
    open_point,
    publish,
    slug_of,
)

__all__ = [
    "MOST_CODES",
    "OF_PRACTICE",
    "PRACTICE_CODES",
    "Alarm",
    "BadSlug",
    "Numbers",
    "Place",
    "SlugTaken",
    "State",
    "TooManyADay",
    "alarm",
    "alarmed_on",
    "budget",
    "close",
    "find",
    "form_digest",
    "join",
    "numbers_of",
    "open_point",
    "publish",
    "slug_of",
    "state_of",
]
