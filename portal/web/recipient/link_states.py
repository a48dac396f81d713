"""What became of a link, and so what it offers. None leads nowhere: each explains itself and takes a refusal."""

from dataclasses import dataclass
from enum import StrEnum

import shortlinks
from portal.core.iys_protocol import Channel
from portal.core.models import CampaignKind
from portal.core.models.link_context import ClosureReason, LinkContext
from shortlinks import LinkState


class State(StrEnum):
    """What a link's page says of itself."""

    LIVE = "live"
    USED = "used"  # Decided by, and what was decided holds; it may be changed here.
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"  # The person has a newer one.
    DISOWNED = "disowned"
    GONE = "gone"
    SUSPENDED = "suspended"
    BRAND = "brand"
    CAMPAIGN = "campaign"


OPEN = (State.LIVE, State.USED)
OF_ASKING = (State.EXPIRED, State.SUPERSEDED)  # Nothing to who refuses.


@dataclass(frozen=True)
class View:
    """What a link offers at one of its addresses."""

    state: State
    channels: tuple[Channel, ...]
    asks: bool  # Of an asking campaign, at the address that asks.

    @property
    def may_grant(self) -> bool:
        """Whether a grant is taken here."""
        return self.asks and self.state in OPEN


def asking(link: shortlinks.Resolution, invitation: LinkContext) -> View:
    """What a link offers where it leads, before anybody asks whether it was decided by."""
    return View(_state(link, invitation), invitation.channels, invitation.kind == CampaignKind.ASK)


def refusing(link: shortlinks.Resolution, invitation: LinkContext, serves: tuple[Channel, ...]) -> View:
    """What any link offers at its address for refusing: that alone, for ever, on every channel of the address."""
    state = _state(link, invitation)
    return View(State.LIVE if state in OF_ASKING else state, serves, asks=False)


def _state(link: shortlinks.Resolution, invitation: LinkContext) -> State:
    if invitation.closure:
        return State[ClosureReason(invitation.closure).name]
    if link.state != LinkState.LIVE:
        return State(link.state)
    is_older = invitation.kind == CampaignKind.ASK and invitation.is_superseded
    return State.SUPERSEDED if is_older else State.LIVE
