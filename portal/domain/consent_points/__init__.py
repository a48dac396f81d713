"""Consent points: public pages of a brand, where people decide after proving that an address is theirs.

The choices come first, and the code only proves the address (KVKK 2025/1072). Nothing here commits.
"""

from portal.domain.consent_points.budget_alarms import BudgetAlarm, list_alarmed_points, raise_budget_alarm
from portal.domain.consent_points.lifecycle import (
    MOST_CODES,
    SANDBOX_CODES,
    SANDBOX_PREFIX,
    BadSlug,
    BudgetTooHigh,
    SlugTaken,
    change_budget,
    close_point,
    open_point,
    publish_point,
    suggest_slug,
)
from portal.domain.consent_points.lookup import PointState, PublicPoint, find_point, point_state
from portal.domain.consent_points.registration import proof_digest, register_recipient
from portal.domain.consent_points.statistics import PointStatistics, count_statistics

__all__ = [
    "MOST_CODES", "SANDBOX_CODES", "SANDBOX_PREFIX", "BadSlug", "BudgetAlarm", "BudgetTooHigh", "PointState",
    "PointStatistics", "PublicPoint", "SlugTaken", "change_budget", "close_point", "count_statistics", "find_point",
    "list_alarmed_points", "open_point", "point_state", "proof_digest", "publish_point", "raise_budget_alarm",
    "register_recipient", "suggest_slug",
]  # fmt: skip
