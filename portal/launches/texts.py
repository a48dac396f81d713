"""What the message with a link says: who, what for, how to refuse. No promotion; plain ASCII for SMS."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from portal.models import Campaign, CampaignKind, ConsentText

ASK = "{brand}: Size ticari ileti gondermek icin onayinizi soruyoruz. Onay veya ret: {link} Mersis: {mersis}"
REFUSE = "{brand}: Ticari iletilerimizi almak istemiyorsaniz buradan reddedebilirsiniz: {link} Mersis: {mersis}"
ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâîû", "cgiosuCGIOSUaiu")


def writer(session: Session, campaign: Campaign, link_base: str) -> Callable[[str], str]:
    """A function from a link's code to the message's text."""
    text = session.get_one(ConsentText, campaign.text_id)
    pattern = ASK if campaign.kind == CampaignKind.ASK else REFUSE
    brand = text.brand_name.translate(ASCII)
    return lambda code: pattern.format(brand=brand, link=f"{link_base}/{code}", mersis=text.sender_mersis)
