"""Yearly packages: what is on offer, how a provider stands with its own, and orders that the operator confirms.

A package limits only new lists of people to ask. Refusals, grants by people and forwarding never stop for one.
"""

from portal.domain.packages.orders import (
    AlreadyOrdered,
    AlreadySettled,
    NotOnOffer,
    TooSmall,
    WrongStart,
    confirm,
    decline,
    kind_of,
    on_offer,
    order,
    orders_of,
    start_of,
    take_back,
    waiting_orders,
)
from portal.domain.packages.usage import (
    FREE,
    GRACE,
    Cause,
    Level,
    NoRoom,
    Standing,
    held,
    iys_count,
    require_room,
    standing,
)

__all__ = [
    "FREE", "GRACE", "AlreadyOrdered", "AlreadySettled", "Cause", "Level", "NoRoom", "NotOnOffer", "Standing",
    "TooSmall", "WrongStart", "confirm", "decline", "held", "iys_count", "kind_of", "on_offer", "order", "orders_of",
    "require_room", "standing", "start_of", "take_back", "waiting_orders",
]  # fmt: skip
