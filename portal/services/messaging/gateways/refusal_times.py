"""When a refusal that a vendor tells was said. A day alone is read as its beginning."""

from datetime import datetime, timedelta

from portal.core import clock
from portal.services.messaging.gateways.protocol import BlockedAddress

END_OF_DAY = timedelta(days=1, microseconds=-1)  # After its beginning.


def tells_time(blocked: BlockedAddress) -> bool:
    """Whether a refusal has a time, and not a day alone."""
    return blocked.at is not None and clock.start_of_day(clock.day(blocked.at)) != blocked.at


def latest_moment(blocked: BlockedAddress) -> datetime | None:
    """The latest one that is meant: of a day its end. None where nothing is told."""
    return blocked.at + END_OF_DAY if blocked.at is not None and not tells_time(blocked) else blocked.at
