"""How many messages with links a campaign has, by what became of them: one statement for any campaigns."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from portal.core.models import Message, MessageKind, MessageState, UnsentReason

OPEN = (MessageState.WAITING, MessageState.UNCERTAIN)
LOST = (MessageState.FAILED, MessageState.EXPIRED, MessageState.BLOCKED)


@dataclass(frozen=True)
class MessageCount:
    state: MessageState
    unsent_reason: UnsentReason | None  # Of messages that were not needed,
    reason: str | None  # and of those that did not arrive: a Reason of the gateways.
    count: int


@dataclass(frozen=True)
class MessageProgress:
    counts: tuple[MessageCount, ...]  # In the order of states; the most frequent reason first.

    @property
    def total(self) -> int:
        return sum(each.count for each in self.counts)

    @property
    def uncertain(self) -> int:
        return sum(each.count for each in self.counts if each.state == MessageState.UNCERTAIN)

    @property
    def settled(self) -> int:
        """Those that neither wait nor are uncertain."""
        return sum(each.count for each in self.counts if each.state not in OPEN)


def count_messages(session: Session, campaign_ids: Collection[int]) -> dict[int, MessageProgress]:
    reason = case((Message.state.in_(LOST), Message.reason))
    columns = Message.campaign_id, Message.state, Message.unsent_reason, reason
    theirs = select(*columns, func.count()).where(
        Message.campaign_id.in_(campaign_ids), Message.kind == MessageKind.INVITATION
    )
    found: dict[int, list[MessageCount]] = {each: [] for each in campaign_ids}
    for campaign_id, state, unsent_reason, reason, count in session.execute(theirs.group_by(*columns)):
        found[campaign_id or 0].append(MessageCount(state, unsent_reason, reason, count))
    return {each: MessageProgress(tuple(sorted(counts, key=_place))) for each, counts in found.items()}


def _place(counted: MessageCount) -> tuple[int, int]:
    return list(MessageState).index(counted.state), -counted.count
