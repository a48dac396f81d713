"""Yearly packages: the price list, orders that the operator confirms, and a provider's usage.

A package limits only new audience lists. Refusals, recipients' grants and forwarding never stop for it.
"""

from portal.domain.packages.orders import (
    AlreadyClosed,
    AlreadyOrdered,
    NotOnOffer,
    TooSmall,
    WrongStart,
    cancel,
    confirm,
    decline,
    list_offered,
    list_orders,
    list_waiting_orders,
    order_kind,
    place_order,
    suggest_start,
)
from portal.domain.packages.usage import (
    FREE,
    GRACE,
    Cause,
    Level,
    PackageFull,
    PackageUsage,
    find_fitting,
    measure_usage,
    require_capacity,
)

__all__ = [
    "FREE", "GRACE", "AlreadyClosed", "AlreadyOrdered", "Cause", "Level", "NotOnOffer", "PackageFull",
    "PackageUsage", "TooSmall", "WrongStart", "cancel", "confirm", "decline", "find_fitting", "list_offered",
    "list_orders", "list_waiting_orders", "measure_usage", "order_kind", "place_order", "require_capacity",
    "suggest_start",
]  # fmt: skip
