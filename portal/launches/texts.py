"""What the message with a link says: who, what for, how to refuse. No promotion; plain ASCII for SMS."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from portal import spelling
from portal.models import Campaign, CampaignKind, ConsentText

# Who, how to reach them and MERSİS stand in every message (Regulation art. 8, checklist M-1 and M-2).
ASK = "{brand}: Size ticari ileti gondermek icin onayinizi soruyoruz. Onay/Ret: {link} {contact} {number}"
REFUSE = "{brand}: Ticari iletilerimizi istemiyorsaniz reddedebilirsiniz: {link} {contact} {number}"


def writer(session: Session, campaign: Campaign, link_base: str) -> Callable[[str], str]:
    """A function from a link's code to the message's text."""
    text = session.get_one(ConsentText, campaign.text_id)
    pattern = ASK if campaign.kind == CampaignKind.ASK else REFUSE
    said = (text.brand_name, text.sender_contact, spelling.firm(text.sender_title, text.sender_mersis))
    brand, contact, number = map(spelling.ascii_only, said)
    return lambda code: pattern.format(brand=brand, link=f"{link_base}/{code}", contact=contact, number=number)
