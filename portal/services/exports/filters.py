"""Which rows are wanted: the kind, and what narrows them down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement

from portal.core import clock
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Outcome


class Kind(StrEnum):
    """What is taken away."""

    CONSENTS = "consents"  # The head of each key.
    DECISIONS = "decisions"
    RECIPIENTS = "recipients"


@dataclass(frozen=True)
class Wanted:
    """Which rows. What is None asks for nothing."""

    kind: Kind
    provider_id: int
    brand_id: int | None = None
    channel: Channel | None = None
    status: Status | None = None
    recipient_type: RecipientType | None = None
    may_send: bool | None = None
    outcome: Outcome | None = None
    since: date | None = None  # Days as Istanbul counts them, both included.
    until: date | None = None

    def of_key(self, model) -> Iterator[ColumnElement[bool]]:
        """The conditions on what consents and decisions alike are about."""
        for column in (model.channel, model.status, model.recipient_type):
            if (value := getattr(self, column.key)) is not None:
                yield column == value

    def within(self, column) -> Iterator[ColumnElement[bool]]:
        """The conditions on a time."""
        if self.since is not None:
            yield column >= clock.start_of_day(self.since)
        if self.until is not None:
            yield column < clock.start_of_day(self.until + timedelta(days=1))
