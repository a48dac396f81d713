"""Consent points: public pages of a brand, where people decide after proving that an address is theirs.

The choices come first, and the code only proves the address (KVKK 2025/1072). Nothing here commits.
"""

from portal.domain.campaigns.text_reviews import TextNotApproved
from portal.domain.consent_points.lifecycle import (
    MOST_CODES,
    SANDBOX_CODES,
    BudgetTooHigh,
    SlugTaken,
    change_budget,
    close_point,
    is_drawn,
    open_point,
    publish_point,
)
from portal.domain.consent_points.public_points import (
    PointState,
    PublicPoint,
    find_point,
    point_state,
    proof_digest,
    register_recipient,
)
from portal.domain.consent_points.requested_links import request_link
from portal.domain.consent_points.usage import count_statistics, list_alarmed_points, raise_budget_alarm

__all__ = [
    "MOST_CODES", "SANDBOX_CODES", "BudgetTooHigh", "PointState", "PublicPoint",
    "SlugTaken", "TextNotApproved", "change_budget", "close_point", "count_statistics", "find_point", "is_drawn",
    "list_alarmed_points", "open_point", "point_state", "proof_digest", "publish_point", "raise_budget_alarm",
    "register_recipient", "request_link",
]  # fmt: skip
