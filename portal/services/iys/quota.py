"""A provider's package at İYS, and a forecast of its quota."""

from dataclasses import dataclass
from datetime import timedelta
from math import floor

from portal.services.iys.client import Answer
from portal.services.iys.response_values import read_number, read_text

STATES = ("ACTIVE", "PAUSED", "EXPIRED", "CLOSED")
SPAN = timedelta(days=30)  # That a forecast looks back on.


@dataclass(frozen=True)
class Subscription:
    """A provider's package at İYS. A partner gets no numbers: they are None then."""

    state: str
    package: str
    ends: str
    limit: int | None
    used: int | None
    may_exceed: bool
    added: int = 0  # Consents that İYS accepted from us within the last `over_days`.
    over_days: float = 1.0

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE"

    @property
    def is_used_up(self) -> bool:
        """Whether İYS accepts no further consent (H525)."""
        return bool(self.limit and (self.used or 0) >= self.limit and not self.may_exceed)


def read_subscription(answer: Answer) -> Subscription | None:
    """Read İYS's answer about the package (GET /sps/…/subscription)."""
    content = answer.content
    state = read_text(content.get("status")).upper()
    if state not in STATES:
        return None
    return Subscription(
        state=state,
        package=read_text(content.get("subscriptionPackageName")),
        ends=read_text(content.get("expirationDate")),
        limit=read_number(content.get("consentLimit")),
        used=read_number(content.get("usedConsentLimit")),
        may_exceed=content.get("consentLimitExceed") is True,
    )


@dataclass(frozen=True)
class Forecast:
    """The used share of a quota, and the days it lasts at the recent rate; None where nothing was added."""

    share: float
    days: int | None


def forecast_quota(subscription: Subscription | None) -> Forecast | None:
    """Forecast a quota from the recent rate; None where İYS gives no numbers."""
    if subscription is None or subscription.used is None or not subscription.limit:
        return None
    left = max(0, subscription.limit - subscription.used)
    share = min(1.0, subscription.used / subscription.limit)
    if not left or not subscription.added:
        return Forecast(share, None if left else 0)
    return Forecast(share, floor(left * subscription.over_days / subscription.added))
