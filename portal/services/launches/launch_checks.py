"""What a campaign needs before it is launched: one list for its page, the command, and a planned launch at its time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from portal.core.addresses import AddressKind
from portal.core.extensions import vault
from portal.core.models import (
    ApiKey,
    AudienceEntry,
    AudienceList,
    AuditEntry,
    Brand,
    Campaign,
    CampaignKind,
    ConsentText,
    Delivery,
    GatewayState,
    MessageGateway,
    Provider,
    Recipient,
)
from portal.core.vault import CannotOpen
from portal.domain import campaigns, packages
from portal.domain.campaigns import confirmations, text_reviews
from portal.domain.campaigns.message_texts import current_wording
from portal.domain.campaigns.promotion_words import find_promotion
from portal.domain.notifications import gateways
from portal.domain.notifications.reply_numbers import named_number
from portal.services.launches.invitation_text import render_sample
from portal.services.launches.links import waits_for_iys
from portal.services.launches.needs import WORDS, Need, NeedWords

PREPARING = ("campaign.opened", "campaign.message_changed")


@dataclass(frozen=True)
class LaunchCheck:
    need: Need
    is_met: bool
    detail: str = ""  # Of one that is not met, such as the words that promote.

    @property
    def words(self) -> NeedWords:
        return WORDS[self.need]

    @property
    def is_advice(self) -> bool:
        """Whether the campaign may be launched all the same."""
        return self.need in (Need.PROMOTION, Need.REPLY_NUMBER)


class LaunchRefused(campaigns.CannotLaunch):
    """Something is missing: `checks`, at least one."""

    def __init__(self, checks: Sequence[LaunchCheck]):
        super().__init__(", ".join(each.need.value for each in checks))
        self.checks = checks


def check_launch(session: Session, campaign: Campaign, *, by: int | None, at: datetime) -> list[LaunchCheck]:
    """What a launch by this user (None: a shell) needs, in the order in which it is usually given."""
    return [
        *_of_audience(session, campaign),
        *_of_provider(session, campaign, by, at),
        *_of_messages(session, campaign, at),
    ]


def launch(session: Session, campaign: Campaign, *, by: int | None, at: datetime) -> None:
    """Launch a campaign that has all it needs. Raises LaunchRefused; CannotLaunch where it was launched meanwhile."""
    require_ready(session, campaign, by=by, at=at)
    campaigns.launch(session, campaign, at, by)


def require_ready(session: Session, campaign: Campaign, *, by: int | None, at: datetime) -> None:
    """Raises LaunchRefused. The texts stay as they are until the transaction ends."""
    session.refresh(campaign, ["launched_at", "launch_at"], with_for_update=True)
    missing = [each for each in check_launch(session, campaign, by=by, at=at) if not each.is_met and not each.is_advice]
    if missing:
        raise LaunchRefused(missing)


def _of_audience(session: Session, campaign: Campaign) -> Iterator[LaunchCheck]:
    entries = _open_entries(campaign)
    lists = select(AudienceList.id).where(AudienceList.campaign_id == campaign.id)
    yield LaunchCheck(Need.AUDIENCE, session.scalar(entries.limit(1)) is not None)
    are_waiting = session.scalar(lists.where(AudienceList.content.is_not(None)).limit(1)) is not None
    if are_waiting or session.scalar(lists.where(AudienceList.is_unreadable()).limit(1)) is None:
        yield LaunchCheck(Need.LISTS, not are_waiting)  # Else they are not all read, and COLUMNS says what to do.
    if campaigns.unread_token(session, campaign):
        yield LaunchCheck(Need.COLUMNS, is_met=False)
    if campaign.kind == CampaignKind.ASK:
        own = entries.where(AudienceEntry.contact_kind.is_not(None)).limit(1)
        yield LaunchCheck(Need.CONTACT, campaign.contact_kind is not None or session.scalar(own) is not None)


def _open_entries(campaign: Campaign) -> Select[int]:
    return select(AudienceEntry.id).where(AudienceEntry.campaign_id == campaign.id, AudienceEntry.left_out.is_(None))


def _of_provider(session: Session, campaign: Campaign, by: int | None, at: datetime) -> Iterator[LaunchCheck]:
    provider, brand = session.get_one(Provider, campaign.provider_id), session.get_one(Brand, campaign.brand_id)
    if brand.closed_at or provider.suspended_at:
        yield LaunchCheck(Need.BRAND, is_met=False)
    if waits_for_iys(session, campaign, at):
        yield LaunchCheck(Need.PULL, is_met=False)
    if campaign.kind == CampaignKind.ASK:
        try:
            packages.require_capacity(session, provider, 0, at)
        except packages.PackageFull:
            yield LaunchCheck(Need.PACKAGE, is_met=False)
    if provider.needs_two_people:
        yield LaunchCheck(Need.TWO_PEOPLE, by is not None and by not in find_preparers(session, campaign))


def find_preparers(session: Session, campaign: Campaign) -> set[int | None]:
    """The users who opened a campaign, brought people into it or wrote its texts, also by a key that they made."""
    prepared = or_(AuditEntry.act.startswith("audience."), AuditEntry.act.in_(PREPARING))
    acts = session.execute(
        select(AuditEntry.actor_id, AuditEntry.facts).where(
            AuditEntry.subject == "campaign", AuditEntry.subject_id == campaign.id, prepared
        )
    ).all()
    hints = {facts["key"] for _, facts in acts if "key" in facts}
    makers = select(ApiKey.created_by).where(ApiKey.provider_id == campaign.provider_id, ApiKey.hint.in_(hints))
    return {campaign.prepared_by, *(actor_id for actor_id, _ in acts), *session.scalars(makers)}


def _of_messages(session: Session, campaign: Campaign, at: datetime) -> Iterator[LaunchCheck]:
    shown, wording = session.get_one(ConsentText, campaign.text_id), current_wording(session, campaign)
    written = shown.title_tr, shown.body_tr, shown.title_en, shown.body_en, *vars(wording).values()
    promotion = ", ".join(each.text for each in find_promotion(*written))
    yield LaunchCheck(Need.PROMOTION, not promotion, promotion)
    yield from _of_reviews(text_reviews.list_written(session, Campaign.id == campaign.id))
    sample = render_sample(session, campaign, wording, current_app.config["LINK_SALT"], "https://k.example/k")
    refuses = campaign.kind == CampaignKind.REFUSE or ("/u/" in sample.sms and "/u/" in sample.mail)
    yield LaunchCheck(Need.REFUSAL, refuses)
    is_sandbox, brand = _is_sandbox(session, campaign), session.get_one(Brand, campaign.brand_id)
    if campaign.delivery == Delivery.GATEWAY and brand.reply_number and not named_number(session, vault(), brand, at):
        yield LaunchCheck(Need.REPLY_NUMBER, is_met=False)
    if campaign.delivery == Delivery.GATEWAY and not is_sandbox:
        yield from _of_accounts(session, campaign)
    if campaign.kind.takes_grants:
        unserved = confirmations.why_not_begin(session, campaign, in_development=is_sandbox)
        yield LaunchCheck(Need.CONFIRMATION, not unserved)


def _of_reviews(written: Sequence[text_reviews.WrittenText]) -> Iterator[LaunchCheck]:
    open_ones = [text for text in written if not text.is_approved]
    declined = [text.decision.note for text in open_ones if text.decision]
    if declined:
        yield LaunchCheck(Need.ANOTHER_TEXT, is_met=False, detail=" ".join(declined))
    elif written:
        yield LaunchCheck(Need.REVIEW, not open_ones, ", ".join(f"“{text.name}”" for text in open_ones))


def _is_sandbox(session: Session, campaign: Campaign) -> bool:
    """Whether the demo gateway stands in: in development, and for whoever is not admitted yet."""
    of_sandbox = session.get_one(Brand, campaign.brand_id).is_sandbox
    is_admitted = not session.get_one(Provider, campaign.provider_id).in_sandbox_mode
    return of_sandbox or not is_admitted or current_app.config["DEVELOPMENT"]


def _of_accounts(session: Session, campaign: Campaign) -> Iterator[LaunchCheck]:
    brand = session.get_one(Brand, campaign.brand_id)
    for kind, need in ((AddressKind.PHONE, Need.SMS), (AddressKind.EMAIL, Need.EMAIL)):
        theirs = _open_entries(campaign).join(Recipient, Recipient.id == AudienceEntry.recipient_id)
        theirs = theirs.where(Recipient.kind == kind)
        if session.scalar(theirs.limit(1)) is None:
            continue
        accounts = gateways.serving(session, brand, kind)
        yield LaunchCheck(need, any(each.state == GatewayState.WORKING for each in accounts))
        if kind == AddressKind.PHONE and accounts:
            others = [each.header for each in accounts if brand.header and each.header.lower() != brand.header.lower()]
            yield LaunchCheck(Need.HEADER, not others, ", ".join([brand.header or "", *others]) if others else "")
            yield LaunchCheck(Need.ROUTE, all(_is_domestic(each) for each in accounts))


def _is_domestic(gateway: MessageGateway) -> bool:
    try:
        return gateways.is_domestic(vault(), gateway)
    except CannotOpen:
        return False
