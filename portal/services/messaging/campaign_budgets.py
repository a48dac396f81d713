"""Budgets of campaigns: an SMS counts by its parts when it goes into a call, and no more where it did not leave.

Whoever pauses or stops a campaign locks it before its messages, so nobody here waits for a campaign while it holds
messages: nothing goes into a call after a pause, and no cap is passed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from portal.core import sms_parts
from portal.core.extensions import db
from portal.core.models import Campaign, Message, MessageKind, MessageState, PauseReason
from portal.domain.campaigns.lifecycle import is_halted
from portal.services.messaging.gateways.protocol import OutgoingMessage

Pair = tuple[Message, OutgoingMessage]
NEVER_LEFT = (MessageState.FAILED, MessageState.BLOCKED)


def lock_payable(pairs: Sequence[Pair], at: datetime) -> list[Pair]:
    """What campaigns send now and can pay for, with its parts; the campaigns stay locked.

    One whose next message would pass the cap pauses itself. One that somebody else has locked waits for the next turn.
    """
    ids = {message.campaign_id for message, _ in pairs if message.kind == MessageKind.INVITATION}
    campaigns = _lock_campaigns(Campaign.id.in_(ids), ~is_halted(), skip_locked=True)
    used = Counter({each.id: each.parts_used for each in campaigns.values()})
    payable = []
    for message, outgoing in pairs:
        if message.kind == MessageKind.INVITATION:
            campaign = campaigns.get(message.campaign_id or 0)
            if campaign is None or campaign.paused_at:
                continue
            message.parts = None if "@" in outgoing.to else sms_parts.cheapest(outgoing.text).parts
            used[campaign.id] += message.parts or 0
            if campaign.part_cap is not None and used[campaign.id] > campaign.part_cap:
                campaign.paused_at, campaign.pause_reason = at, PauseReason.BUDGET
                continue
        payable.append((message, outgoing))
    return payable


def count_parts(pairs: Iterable[Pair], sent: Collection[int]) -> None:
    """Count the parts of those that went into a call; lock_payable() has locked their campaigns."""
    _add_parts(_parts_by_campaign(message for message, _ in pairs if message.id in sent))


def lock_campaigns(message_ids: Collection[int]) -> None:
    """Lock the campaigns of messages that are locked next."""
    ids = select(Message.campaign_id).where(Message.id.in_(message_ids), Message.kind == MessageKind.INVITATION)
    _lock_campaigns(Campaign.id.in_(ids), skip_locked=False)


def refund_parts(messages: Iterable[Message]) -> None:
    """Count those no more that were in a call and did not leave; lock_campaigns() has locked their campaigns."""
    unsent = [each for each in messages if each.batch_id is None or each.state in NEVER_LEFT]
    _add_parts({campaign_id: -parts for campaign_id, parts in _parts_by_campaign(unsent).items()})
    for message in unsent:
        message.parts = None


def _lock_campaigns(*which: ColumnElement[bool], skip_locked: bool) -> dict[int, Campaign]:
    """The campaigns by id, locked in one order, so that nobody waits for each other."""
    locked = select(Campaign).where(*which).order_by(Campaign.id).with_for_update(of=Campaign, skip_locked=skip_locked)
    return {each.id: each for each in db.session.scalars(locked.execution_options(populate_existing=True))}


def _parts_by_campaign(messages: Iterable[Message]) -> dict[int, int]:
    parts: Counter[int] = Counter()
    for message in messages:
        if message.kind == MessageKind.INVITATION and message.campaign_id and message.parts:
            parts[message.campaign_id] += message.parts
    return parts


def _add_parts(parts: Mapping[int, int]) -> None:
    for campaign_id, count in sorted(parts.items()):
        counted = update(Campaign).where(Campaign.id == campaign_id)
        db.session.execute(counted.values(parts_used=Campaign.parts_used + count))
