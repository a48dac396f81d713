"""The maintenance mode: pages of firms and of the operator only show, and programs only ask and refuse. Whatever a
person decides goes on. The row is looked for at each act, so all processes know at once."""

from datetime import timedelta

from werkzeug.exceptions import ServiceUnavailable

from portal.core.extensions import read_session
from portal.core.models import Maintenance

RETRY_AFTER = timedelta(minutes=10)


class UnderMaintenance(ServiceUnavailable):
    """`description` holds the operator's words, if there are any."""

    def __init__(self, message: str):
        super().__init__(retry_after=int(RETRY_AFTER.total_seconds()))
        self.description = message


def current() -> Maintenance | None:
    """The maintenance that is under way."""
    return read_session().get(Maintenance, Maintenance.THE_ONE)


def stop_writes() -> None:
    """Raises UnderMaintenance."""
    if found := current():
        raise UnderMaintenance(found.message)
