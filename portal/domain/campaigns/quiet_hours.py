"""The hours in which invitations leave. No rule forbids nights (checklist T-5), but a link can wait; confirmations and
codes cannot, and go at any hour."""

from datetime import datetime, timedelta

from portal.core import clock
from portal.core.models import Provider


def next_opening(provider: Provider, at: datetime) -> datetime | None:
    """When invitations of a provider may leave again; None: now. In sandbox mode they go to its own people, at any
    hour."""
    hour = clock.istanbul(at).hour
    if provider.in_sandbox_mode or provider.sends_from <= hour < provider.sends_until:
        return None
    day = clock.day(at) + timedelta(days=int(hour >= provider.sends_until))
    return clock.start_of_day(day) + timedelta(hours=provider.sends_from)
