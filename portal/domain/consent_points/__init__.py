"""Consent points: a brand's public page, where people come by themselves, choose, and show that an address is theirs.

The choices come first; the code proves the address alone (KVKK 2025/1072). Nothing here commits.
"""

from portal.domain.consent_points.budget_alarms import Alarm, alarm, alarmed_on
from portal.domain.consent_points.lifecycle import (
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
from portal.domain.consent_points.lookup import Place, State, find, state_of
from portal.domain.consent_points.registration import form_digest, join
from portal.domain.consent_points.statistics import Numbers, numbers_of

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
