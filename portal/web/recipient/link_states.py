"""State of a link, and what it offers in it. In every state the page explains itself and takes a refusal."""

from dataclasses import dataclass
from enum import StrEnum

import shortlinks
from portal.core.addresses import Address
from portal.core.iys_protocol import Channel
from portal.core.models import CampaignKind
from portal.core.models.link_context import LinkContext
from shortlinks import LinkState


class State(StrEnum):
    LIVE = "live"
    USED = "used"  # A decision was made with it and holds; it may be changed here.
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"  # The person has a newer one.
    DISOWNED = "disowned"  # Made for an earlier holder of the address (Recipient.held_since).
    GONE = "gone"
    SUSPENDED = "suspended"
    BRAND = "brand"
    CAMPAIGN = "campaign"


DECIDABLE = (State.LIVE, State.USED)
IGNORED_WHEN_REFUSING = (State.EXPIRED, State.SUPERSEDED)


@dataclass(frozen=True)
class View:
    """What a link offers at one of its URLs."""

    state: State
    address: Address
    channels: tuple[Channel, ...]
    asks: bool  # Of an asking campaign, at the URL that asks.

    @property
    def all_channels(self) -> tuple[Channel, ...]:
        """What "refuse all" refuses."""
        return self.address.all_channels

    @property
    def may_grant(self) -> bool:
        return self.asks and self.state in DECIDABLE


def asking_view(link: shortlinks.Resolution, context: LinkContext, address: Address) -> View:
    """What a link offers at its own URL; whether it was used is looked up later."""
    state = _state(link, context)
    channels = address.all_channels if state == State.DISOWNED else context.channels  # Theirs tell of them.
    return View(state, address, channels, context.kind.takes_grants)


def refusing_view(link: shortlinks.Resolution, context: LinkContext, address: Address) -> View:
    """What any link offers at its refusal URL: refusal only, for ever, on every channel of the address."""
    state = _state(link, context)
    return View(State.LIVE if state in IGNORED_WHEN_REFUSING else state, address, address.all_channels, asks=False)


def _state(link: shortlinks.Resolution, context: LinkContext) -> State:
    if link.created_at and context.is_of_earlier_holder(link.created_at):
        return State.DISOWNED
    if context.closure:
        return State(context.closure)
    if link.state != LinkState.LIVE:
        return State(link.state)
    is_older = context.kind == CampaignKind.ASK and context.is_superseded
    return State.SUPERSEDED if is_older else State.LIVE
