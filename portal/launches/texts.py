"""What the message with a link says: who, what for, how to refuse. No promotion; plain ASCII for SMS."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from portal.models import Campaign, CampaignKind, ConsentText

# Who, how to reach them and MERSİS stand in every message (Regulation art. 8, checklist M-1 and M-2).
ASK = "{brand}: Size ticari ileti gondermek icin onayinizi soruyoruz. Onay/Ret: {link} {contact} {number}"
REFUSE = "{brand}: Ticari iletilerimizi istemiyorsaniz reddedebilirsiniz: {link} {contact} {number}"
MERSIS, TCKN = 16, 11  # Digits.
ASCII = str.maketrans("çğıöşüÇĞİÖŞÜâîû", "cgiosuCGIOSUaiu")


def writer(session: Session, campaign: Campaign, link_base: str) -> Callable[[str], str]:
    """A function from a link's code to the message's text."""
    text = session.get_one(ConsentText, campaign.text_id)
    pattern = ASK if campaign.kind == CampaignKind.ASK else REFUSE
    brand, contact, number = text.brand_name.translate(ASCII), text.sender_contact.translate(ASCII), _number(text)
    return lambda code: pattern.format(brand=brand, link=f"{link_base}/{code}", contact=contact, number=number)


def _number(text: ConsentText) -> str:
    """A merchant's MERSİS, or a tradesperson's name with the tax or identity number (M-1)."""
    number = text.sender_mersis
    if len(number) == MERSIS:
        return f"Mersis {number}"
    return f"{text.sender_title.translate(ASCII)} {'TCKN' if len(number) == TCKN else 'VKN'} {number}"
