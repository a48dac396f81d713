"""The sentences of a campaign's messages that a provider may change, version by version, until the launch.

What the law wants in each message (sender, contact, the links) stands in fixed lines around them:
templates/messages/invitation/. Nothing here commits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.models import Campaign, CampaignKind, MessageText
from portal.domain.campaigns.audience import lock_audience


@dataclass(frozen=True)
class MessageWording:
    """Sentences of an SMS and a mail. The Turkish ones prevail; an empty English one is left out."""

    sms_tr: str
    subject_tr: str
    body_tr: str
    sms_en: str = ""
    subject_en: str = ""
    body_en: str = ""


USUAL = {  # Those of SMS are short: with a short host one part holds them, the sender and both links.
    CampaignKind.ASK: MessageWording(
        sms_tr="Reklam gönderelim mi?",
        subject_tr="ticari ileti izniniz",
        body_tr="Merhaba,\n\nSize ticari e-posta, yani reklam göndermek için onayınızı soruyoruz. "
        "Onay vermek zorunda değilsiniz.",
    ),
    CampaignKind.RECONFIRM: MessageWording(
        sms_tr="Reklam izni sürsün mü?",
        subject_tr="ticari ileti izninizin teyidi",
        body_tr="Merhaba,\n\nTicari e-posta göndermemiz için daha önce verdiğiniz izni teyit etmenizi rica ediyoruz. "
        "Yanıtlamazsanız bir şey değişmez.",
    ),
    CampaignKind.REFUSE: MessageWording(
        sms_tr="Ticari iletilerimizi reddedebilirsiniz.",
        subject_tr="e-postalarımızı reddedebilirsiniz",
        body_tr="Merhaba,\n\nTicari e-postalarımızı istemiyorsanız ücretsiz ve gerekçesiz reddedebilirsiniz.",
    ),
}
ENGLISH = {  # Examples of a sentence and a subject, for who wants English beside the Turkish.
    CampaignKind.ASK: ("May we send you advertisements?", "your consent to commercial messages"),
    CampaignKind.RECONFIRM: ("Please confirm or refuse your consent.", "please confirm your consent"),
    CampaignKind.REFUSE: ("You can refuse our commercial messages.", "you can refuse our messages"),
}


def list_versions(session: Session, campaign: Campaign) -> Sequence[MessageText]:
    """The newest first; none where the usual sentences were never changed."""
    theirs = select(MessageText).where(MessageText.campaign_id == campaign.id)
    return session.scalars(theirs.order_by(MessageText.version.desc())).all()


def current_wording(session: Session, campaign: Campaign) -> MessageWording:
    versions = list_versions(session, campaign)
    if not versions:
        return USUAL[campaign.kind]
    return MessageWording(**{name: getattr(versions[0], name) for name in asdict(USUAL[campaign.kind])})


def save_wording(
    session: Session, campaign: Campaign, wording: MessageWording, user_id: int, at: datetime
) -> MessageText | None:
    """Add a version; None where nothing changed. Raises AudienceClosed after the launch."""
    lock_audience(session, campaign)
    if wording == current_wording(session, campaign):
        return None
    digest = hashlib.sha256("\x00".join(asdict(wording).values()).encode()).digest()
    saved = MessageText(
        id=new_id(), provider_id=campaign.provider_id, campaign_id=campaign.id, digest=digest, user_id=user_id,
        version=len(list_versions(session, campaign)) + 1, created_at=at, **asdict(wording),
    )  # fmt: skip
    session.add(saved)
    session.flush()
    return saved
