"""Urgency of what İYS is still to be told: the law gives three business days; one is amber, two are red."""

from datetime import datetime, timedelta
from enum import StrEnum

AMBER, RED = timedelta(hours=24), timedelta(hours=48)


class Urgency(StrEnum):
    OK = "ok"
    AMBER = "amber"
    RED = "red"


def urgency(since: datetime, at: datetime) -> Urgency:
    """How urgent something is that waits since then."""
    age = at - since
    if age >= RED:
        return Urgency.RED
    return Urgency.AMBER if age >= AMBER else Urgency.OK
