"""What the message with a link says: who, what for, how to refuse. No promotion; plain ASCII for SMS."""

from collections.abc import Callable

from sqlalchemy.orm import Session

import shortlinks
from portal import spelling
from portal.models import Campaign, CampaignKind, ConsentText
from portal.pairs import pair_of

# Who, how to reach them and MERSİS stand in every message (Regulation art. 8, checklist M-1 and M-2).
# The two words in brackets stand on the link's page, too.
ASK = "{brand}: Ticari ileti icin onayinizi soruyoruz. Onay/Ret: {link} ({pair}) {contact} {number}"
REFUSE = "{brand}: Ticari iletilerimizi buradan reddedebilirsiniz: {link} ({pair}) {contact} {number}"


def writer(session: Session, campaign: Campaign, salt: str, link_base: str) -> Callable[[str], str]:
    """A function from a link's code to the message's text."""
    text = session.get_one(ConsentText, campaign.text_id)
    pattern = ASK if campaign.kind == CampaignKind.ASK else REFUSE
    said = (text.brand_name, text.sender_contact, spelling.firm(text.sender_title, text.sender_mersis))
    brand, contact, number = map(spelling.ascii_only, said)
    codes = shortlinks.Codes(salt)

    def write(code: str) -> str:
        pair = pair_of(salt, *codes.decode(code))
        return pattern.format(brand=brand, link=f"{link_base}/{code}", pair=pair, contact=contact, number=number)

    return write
