"""A provider's package at İYS, and how long its quota lasts at the pace of the last days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from portal.iys.client import Answer
from portal.iys.wire import number, text

STATES = ("ACTIVE", "PAUSED", "EXPIRED", "CLOSED")
SPAN = timedelta(days=30)  # The pace that a forecast looks back on.
DAY = timedelta(days=1)
FAR_OFF = 3650  # Days; a date beyond that says nothing.


@dataclass(frozen=True)
class Subscription:
    """A provider's package at İYS. A partner is not shown its numbers: they are None then."""

    state: str
    package: str
    ends: str
    limit: int | None
    used: int | None
    may_exceed: bool

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE"

    @property
    def is_used_up(self) -> bool:
        """Whether İYS takes no further address (H525)."""
        return bool(self.limit) and (self.used or 0) >= self.limit and not self.may_exceed


def subscription_of(answer: Answer) -> Subscription | None:
    """A package as İYS tells it (GET /sps/…/subscription)."""
    content = answer.content
    state = text(content.get("status")).upper()
    if state not in STATES:
        return None
    return Subscription(
        state=state,
        package=text(content.get("subscriptionPackageName")),
        ends=text(content.get("expirationDate")),
        limit=number(content.get("consentLimit")),
        used=number(content.get("usedConsentLimit")),
        may_exceed=content.get("consentLimitExceed") is True,
    )


@dataclass(frozen=True)
class Forecast:
    """How long a quota lasts at the pace of the last days; `days` None where nothing new was added."""

    share: float
    days: int | None
    ends_at: datetime | None


def forecast(subscription: Subscription | None, added: int, since: timedelta, at: datetime) -> Forecast | None:
    """When the quota ends, if as many new consents come as came (`added`) in the time before (`since`); None where
    İYS tells no numbers."""
    if subscription is None or subscription.used is None or not subscription.limit:
        return None
    share = min(1.0, subscription.used / subscription.limit)
    left = max(0, subscription.limit - subscription.used)
    if not left:
        return Forecast(share, 0, at)
    if not added:
        return Forecast(share, None, None)
    days = floor(left / (added / (max(since, DAY) / DAY)))
    return Forecast(share, days, at + timedelta(days=days) if days < FAR_OFF else None)
