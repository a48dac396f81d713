"""A provider's forwarding to İYS now: connected, blocked, and what waits by lane. Several pages show it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.core import iys_protocol
from portal.core.extensions import read_session
from portal.core.iys_protocol import Channel
from portal.core.lazy_text import N_
from portal.core.models import OPEN_OUTCOMES, Brand, Connection, Credential, ForwardingHold, Lane, Outcome, Submission
from portal.domain.consents.urgency import AMBER, RED, Urgency, urgency
from portal.services.iys import holds

NO_ANSWER = (
    N_("İYS bu bildirimlere cevap vermiyor."),
    N_("Bir şey yapmanız gerekmez; denemeler sürer, İYS cevap verince bildirimler kendiliğinden gider."),
)
LOW_RATIO = (
    N_("Son 24 saatte bildirimlerinizin çoğunu İYS kabul etmedi; onaylarınız bu yüzden bekletiliyor."),
    N_("İletim sayfasında elle bakılacak kayıtların nedenlerini giderin; listeleri oradan tek tek bırakabilirsiniz."),
)
OWN_CODES = {holds.NO_ANSWER: NO_ANSWER, holds.LOW_RATIO: LOW_RATIO}


@dataclass(frozen=True)
class Block:
    """What is not sent to İYS now, why and until when. Texts are msgids."""

    code: str
    sentence: str
    cure: str
    until: datetime | None = None  # Then it is tried again.
    brand: str | None = None  # Its name; None: of all brands.
    channel: Channel | None = None  # None: of all channels.
    is_account: bool = False  # İYS issues no token: another user name or password is needed.

    @property
    def only_grants(self) -> bool:
        """Whether refusals still pass."""
        return self.code in holds.PASSED_BY[Lane.REFUSALS]


def is_connected(provider_id: int) -> bool:
    """Whether there is an İYS account."""
    return read_session().scalar(select(Connection.id).where(Connection.provider_id == provider_id)) is not None


def is_forwarding(provider_id: int) -> bool:
    """Whether decisions go to İYS. A partner's account forwards only after a test found İYS's title to agree."""
    enabled_at = select(Connection.forwarding_enabled_at).where(Connection.provider_id == provider_id)
    return read_session().scalar(enabled_at) is not None


def forwarding_brands(provider_id: int) -> list[Brand]:
    """The provider's brands whose decisions go to İYS, or to the sandbox in sandbox mode."""
    brands = select(Brand).where(Brand.provider_id == provider_id, Brand.has_not_ended())
    return list(read_session().scalars(brands.order_by(Brand.id)))


def block_of(provider_id: int, at: datetime) -> Block | None:
    """What hinders most."""
    return next(iter(list_blocks(provider_id, at)), None)


def list_blocks(provider_id: int, at: datetime) -> list[Block]:
    """What is not sent to İYS now: of the whole account first, then of brands and of their channels."""
    account = select(Credential.blocked_code).join(Connection, Connection.credential_id == Credential.id)
    account_code = read_session().scalar(account.where(Connection.provider_id == provider_id))
    held = (
        select(ForwardingHold, Brand.name)
        .outerjoin(Brand, Brand.id == ForwardingHold.brand_id)
        .where(ForwardingHold.provider_id == provider_id, ForwardingHold.until > at)
        .where(ForwardingHold.code != holds.NO_PULL)  # Nothing of theirs waits to be sent.
        .order_by(ForwardingHold.brand_id, ForwardingHold.channel, ForwardingHold.until.desc())
    )
    blocks = [
        _block(hold.code, until=hold.until, brand=brand, channel=Channel(hold.channel) if hold.channel else None)
        for hold, brand in read_session().execute(held)
    ]
    return [*([_block(account_code, is_account=True)] if account_code else []), *blocks]


def _block(code: str, **more: Any) -> Block:
    code = holds.NO_ANSWER if code == holds.NO_LIST else code
    sentence, cure = OWN_CODES.get(code) or (iys_protocol.sentence_of(code), iys_protocol.cure_of(code))
    return Block(code, sentence, cure, **more)


@dataclass(frozen=True)
class LaneBacklog:
    """Submissions that wait in one lane."""

    lane: Lane
    count: int
    blocked: int
    amber: int  # A day old or older, red ones included.
    red: int
    oldest: datetime | None
    urgency: Urgency


def lane_backlogs(provider_id: int, at: datetime) -> list[LaneBacklog]:
    """What waits, in the order of the lanes, empty ones too."""
    rows = read_session().execute(
        select(
            Submission.lane, func.count().label("count"),
            func.count().filter(Submission.outcome == Outcome.BLOCKED).label("blocked"),
            func.count().filter(Submission.created_at <= at - AMBER).label("amber"),
            func.count().filter(Submission.created_at <= at - RED).label("red"),
            func.min(Submission.created_at).label("oldest"),
        )
        .where(Submission.provider_id == provider_id, Submission.outcome.in_(OPEN_OUTCOMES))
        .group_by(Submission.lane)
    )  # fmt: skip
    by_lane = {row.lane: LaneBacklog(*row, urgency=urgency(row.oldest, at)) for row in rows}
    return [by_lane.get(lane) or LaneBacklog(lane, 0, 0, 0, 0, None, Urgency.OK) for lane in Lane]
