"""Consent points: a brand's public page, where people come by themselves, choose, and show that an address is theirs.

The choices come first; the code proves the address alone (KVKK 2025/1072). Nothing here commits.
"""

from portal.domain.consent_points.budget_alarms import BudgetAlarm, raise_budget_alarm, list_alarmed_points
from portal.domain.consent_points.lifecycle import (
    MOST_CODES,
    SANDBOX_PREFIX,
    SANDBOX_CODES,
    BadSlug,
    SlugTaken,
    BudgetTooHigh,
    change_budget,
    close_point,
    open_point,
    publish_point,
    suggest_slug,
)
from portal.domain.consent_points.lookup import PublicPoint, PointState, find_point, point_state
from portal.domain.consent_points.registration import proof_digest, register_recipient
from portal.domain.consent_points.statistics import PointStatistics, count_statistics

__all__ = [
    "MOST_CODES",
    "SANDBOX_PREFIX",
    "SANDBOX_CODES",
    "BudgetAlarm",
    "BadSlug",
    "PointStatistics",
    "PublicPoint",
    "SlugTaken",
    "PointState",
    "BudgetTooHigh",
    "raise_budget_alarm",
    "list_alarmed_points",
    "change_budget",
    "close_point",
    "find_point",
    "proof_digest",
    "register_recipient",
    "count_statistics",
    "open_point",
    "publish_point",
    "suggest_slug",
    "point_state",
]
