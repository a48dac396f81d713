"""What a firm writes itself for people to read waits for the operator: the words of pages, SMS and mails.

The usual texts wait for nobody, nor does a firm in sandbox mode, of which no stranger reads anything. A decision is a
Review that names a text by its hash, so it counts for all campaigns and consent points of a firm. Nothing here commits.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.core.models import Brand, Campaign, CampaignKind, ConsentText, MessageText, Provider, Review, ReviewAct
from portal.core.models.approvals import digest_of, last_decisions
from portal.domain.campaigns.default_texts import default_wording
from portal.domain.campaigns.message_texts import ENGLISH, USUAL

PAGE = "title_tr", "body_tr", "title_en", "body_en"
SENDER = {"brand_name": "name", "sender_contact": "contact", "notice_url": "notice_url"}  # Fields of brands in pages.


class TextNotApproved(ValueError):
    """The operator has not approved the text that a firm wrote itself, or took back what it holds."""


@dataclass(frozen=True)
class WrittenText:
    """A text that a firm wrote for a campaign, the usual one beside it, and what the operator decided last."""

    campaign: Campaign
    words: dict[str, str]  # By the field of ConsentText or MessageText.
    usual: dict[str, str]
    digest: bytes  # SHA-256 of the campaign's kind and the words.
    decision: Review | None

    @property
    def name(self) -> str:
        """Its first words: the title of a page, the sentence of an SMS."""
        return next(iter(self.words.values()))

    @property
    def is_approved(self) -> bool:
        return self.decision is not None and self.decision.act == ReviewAct.TEXT_APPROVED


def is_approved(session: Session, campaign: Campaign) -> bool:
    """Whether people may read the texts of a campaign or consent point, as they may once it was launched."""
    return campaign.launched_at is not None or not list_unapproved(session, campaign)


def list_unapproved(session: Session, campaign: Campaign) -> list[WrittenText]:
    """Those on which the answer depends, whatever else may change beside a launch: the brand may close and reopen."""
    return [text for text in list_written(session, Campaign.id == campaign.id) if not text.is_approved]


def list_waiting(session: Session, *conditions: ColumnElement[bool]) -> list[WrittenText]:
    """Texts of drafts on which the operator has to decide, each once, those of the oldest draft first."""
    drafts = Campaign.launched_at.is_(None), Campaign.closed_at.is_(None), Campaign.stopped_at.is_(None)
    of_open_brands = Campaign.brand_id.in_(select(Brand.id).where(Brand.closed_at.is_(None)))
    found = list_written(session, *drafts, of_open_brands, *conditions)
    return list({(text.campaign.provider_id, text.digest): text for text in found if text.decision is None}.values())


def list_written(session: Session, *conditions: ColumnElement[bool]) -> list[WrittenText]:
    """Texts other than the usual ones, of admitted providers; and what of a page's sender was taken back. Of a launched
    campaign also what people saw before its text was renewed."""
    of_admitted = select(Campaign.id).join(Provider, Provider.id == Campaign.provider_id)
    chosen = of_admitted.where(Provider.admitted_at.is_not(None), *conditions)
    pages = select(Campaign, ConsentText).join(ConsentText, ConsentText.campaign_id == Campaign.id)
    pages = pages.where(Campaign.id.in_(chosen), or_(ConsentText.id == Campaign.text_id, _was_launched_with()))
    rows = session.execute(pages.order_by(Campaign.created_at, Campaign.id, ConsentText.version)).all()
    sentences = select(MessageText).where(MessageText.campaign_id.in_(chosen)).order_by(MessageText.version)
    newest = {each.campaign_id: each for each in session.scalars(sentences)}
    decisions = last_decisions(session, Review.provider_id.in_({row.Campaign.provider_id for row in rows}))
    found = [
        WrittenText(campaign, words, usual, digest, decisions.get((campaign.provider_id, digest)))
        for campaign, page in rows
        for words, usual in _find_written(campaign.kind, page, newest.get(campaign.id))
        for digest in [digest_of(campaign.kind, *words.values())]
    ]
    for campaign, page in rows:
        for column, field in SENDER.items():
            words = getattr(page, column)
            decision = decisions.get((campaign.provider_id, digest_of(field, words)))
            if decision is not None and decision.act == ReviewAct.TEXT_DECLINED:
                found.append(WrittenText(campaign, {field: words}, {}, digest_of(field, words), decision))
    return list({(text.campaign.id, text.digest): text for text in found}.values())


def _was_launched_with() -> ColumnElement[bool]:
    """The condition that a text was the newest one of its campaign at the launch."""
    launched = aliased(ConsentText)
    newest = select(func.max(launched.version)).where(
        launched.campaign_id == Campaign.id, launched.created_at <= Campaign.launched_at
    )
    return ConsentText.version == newest.correlate(Campaign).scalar_subquery()


def list_declined(session: Session, provider_id: int) -> dict[str, WrittenText]:
    """Declined texts that stand in a campaign, by their hash in hex: whoever approves one after all has to see it."""
    found = list_written(session, Provider.id == provider_id)
    return {text.digest.hex(): text for text in found if text.decision and not text.is_approved and text.usual}


def is_taken_back(session: Session, *conditions: ColumnElement[bool], of_page: bool = False) -> bool:
    """Whether the operator declined a text of these campaigns, or one of their pages, after people had read it. A usual
    text of an earlier release has no decision."""
    return any(
        text.decision is not None and not text.is_approved and not (of_page and "sms_tr" in text.words)
        for text in list_written(session, *conditions)
    )


def settle(
    session: Session, provider_id: int, digest: str, *, is_approved: bool, by: int, reason: str, at: datetime
) -> WrittenText | None:
    """Approve or decline the text with this hash; None where it does not wait. The firm reads the reason."""
    found = list_waiting(session, Campaign.provider_id == provider_id)
    text = next((each for each in found if each.digest.hex() == digest), None)
    if text is not None:
        act = ReviewAct.TEXT_APPROVED if is_approved else ReviewAct.TEXT_DECLINED
        note = " · ".join(filter(None, text.words.values()))[:2000] if is_approved else f"“{text.name}”: {reason}"
        session.add(Review(provider_id=provider_id, act=act, note=note, digest=text.digest, made_by=by, made_at=at))
        session.flush()
    return text


def _find_written(
    kind: CampaignKind, page: ConsentText, message: MessageText | None
) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """(words, the usual ones) of the texts that a firm wrote itself."""
    usual = default_wording(page.brand_name, kind, page.notice_url)
    compared = [({name: getattr(page, name) for name in PAGE}, {name: getattr(usual, name) for name in PAGE})]
    if message is not None:
        sms_en, subject_en = ENGLISH[kind]
        words = {name: getattr(message, name) for name in asdict(USUAL[kind])}
        examples = {"sms_en": sms_en, "subject_en": subject_en}
        kept = {name: text for name, text in examples.items() if words[name] == text}
        compared.append((words, asdict(USUAL[kind]) | kept))
    return (each for each in compared if each[0] != each[1])
