"""Yearly packages: what is on offer, how a provider stands with its own, and orders that the operator confirms.

A package limits only new lists of people to ask. Refusals, grants by people and forwarding never stop for one.
"""

from portal.domain.packages.orders import (
    AlreadyOrdered,
    AlreadyClosed,
    NotOnOffer,
    TooSmall,
    WrongStart,
    confirm,
    decline,
    order_kind,
    list_offered,
    place_order,
    list_orders,
    suggest_start,
    cancel,
    list_waiting_orders,
)
from portal.domain.packages.usage import (
    FREE,
    GRACE,
    Cause,
    Level,
    PackageFull,
    PackageUsage,
    count_held,
    count_iys_grants,
    require_capacity,
    measure_usage,
)

__all__ = [
    "FREE", "GRACE", "AlreadyOrdered", "AlreadyClosed", "Cause", "Level", "PackageFull", "NotOnOffer", "PackageUsage",
    "TooSmall", "WrongStart", "confirm", "decline", "count_held", "count_iys_grants", "order_kind", "list_offered", "place_order", "list_orders",
    "require_capacity", "measure_usage", "suggest_start", "cancel", "list_waiting_orders",
]  # fmt: skip
