"""The filter of an export: its kind, and what narrows the rows down."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from portal.core import clock
from portal.core.addresses import AddressKind
from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Annulment, Brand, Consent, Decision, Outcome, Recipient
from portal.core.models.recipient import MOST_SPELLINGS, SPELLED, has_other_spelling, other_spellings
from portal.domain.consents.evidence import Strength

LONGEST_OPEN = timedelta(minutes=5)  # Far longer than what was noted before midnight may be open after it.
Moment = ColumnElement[Any] | InstrumentedAttribute[Any]
SPELLED_DECISION = aliased(Decision)  # By another spelling of the mailbox.


class ExportKind(StrEnum):
    CONSENTS = "consents"  # The current state of each key.
    DECISIONS = "decisions"
    RECIPIENTS = "recipients"


@dataclass(frozen=True)
class ExportFilter:
    """Fields that are None narrow nothing."""

    kind: ExportKind
    provider_id: int
    brand_id: int | None = None
    channel: Channel | None = None
    status: Status | None = None
    recipient_type: RecipientType | None = None
    may_send: bool | None = None
    strength: Strength | None = None
    outcome: Outcome | None = None
    since: date | None = None  # Days in Istanbul, both included, on which something was noted.
    until: date | None = None
    with_sandbox: bool | None = None  # False: leave out what is of sandbox mode.

    def describe(self) -> str:
        """What narrows it down, for the audit entry: enum values, numbers and days only."""
        chosen = {name: value for name, value in asdict(self).items() if name not in ("kind", "provider_id")}
        return " ".join(f"{name}={value}" for name, value in chosen.items() if value is not None)

    def key_conditions(self, model: type[Consent | Decision]) -> Iterator[ColumnElement[bool]]:
        """Conditions on the key that consents and decisions share."""
        for column in (model.channel, model.recipient_type):
            if (value := getattr(self, column.key)) is not None:
                yield column == value

    def brand_conditions(self, brand_id: InstrumentedAttribute[int]) -> Iterator[ColumnElement[bool]]:
        """Conditions on the brand; one that was chosen counts, whatever its mode."""
        if self.brand_id is not None:
            yield brand_id == self.brand_id
        elif self.with_sandbox is False:
            real = select(Brand.id).where(Brand.provider_id == self.provider_id, Brand.is_sandbox.is_(False))
            yield brand_id.in_(real)

    def day_conditions(
        self, *moments: Moment, elsewhere: Collection[ColumnElement[bool]] = ()
    ) -> Iterator[ColumnElement[bool]]:
        """The condition that one of these moments is in the days asked for, or one of what is held `elsewhere` and read
        for the row, too. They are of when something was noted here, not of the date it has itself: who takes each night
        what is new misses nothing that was told late."""
        if self.since is not None or self.until is not None:
            yield or_(*map(self.is_in_days, moments), *elsewhere)

    def moments_of(
        self, decision: type[Decision], *theirs: ColumnElement[bool]
    ) -> tuple[ScalarSelect[Any], ScalarSelect[Any]]:
        """When decisions were recorded and taken back; `decision` is an alias."""
        annulled = self.last_of(Annulment.at, Annulment.decision_id == decision.id, *theirs)
        recorded = self.last_of(decision.recorded_at, *theirs)
        return recorded.correlate_except(decision), annulled.correlate_except(decision, Annulment)

    def is_in_days_of_mailbox(
        self, recipient: type[Recipient], *theirs: ColumnElement[bool]
    ) -> ColumnElement[bool]:  # fmt: skip
        """The condition that by another spelling of a recipient's mailbox "this is not me" was said in the days asked
        for, or something decided or taken back; `theirs` are conditions on SPELLED_DECISION. Whoever has no other
        spelling costs a look at the index."""
        found: list[ColumnElement[bool]] = []
        for each in other_spellings(recipient):
            spelled = each.add_columns(SPELLED.reassigned_at).limit(MOST_SPELLINGS).subquery()
            decided = self.moments_of(SPELLED_DECISION, SPELLED_DECISION.recipient_id == spelled.c.id, *theirs)
            is_new = self.is_in_days(spelled.c.reassigned_at), *(moment.is_not(None) for moment in decided)
            found.append(exists().where(or_(*is_new)).select_from(spelled).correlate_except(spelled))
        return and_(recipient.kind == AddressKind.EMAIL, has_other_spelling(recipient), or_(*found))

    def is_in_days(self, moment: Moment) -> ColumnElement[bool]:
        """Without a last day also what the fetch of the midnight before could not see yet: it may have been open."""
        early = LONGEST_OPEN if self.until is None else timedelta(0)
        first = [moment >= clock.start_of_day(self.since) - early] if self.since else []
        last = [moment < clock.start_of_day(self.until + timedelta(days=1))] if self.until else []
        return and_(true(), *first, *last)

    def last_of(self, moment: Moment, *conditions: ColumnElement[bool]) -> ScalarSelect[Any]:
        """The last of these moments in the days asked for, as a value: of an EXISTS PostgreSQL could make a hash of the
        whole table, anew for each page."""
        return select(func.max(moment)).where(*conditions, self.is_in_days(moment)).scalar_subquery()
