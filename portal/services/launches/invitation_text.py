"""What the message with a link says: who, what for, how to refuse. No promotion; an SMS in plain ASCII."""

from collections.abc import Callable

from sqlalchemy.orm import Session

import shortlinks
from portal.core import transliteration
from portal.core.models import Campaign, CampaignKind, ConsentText
from portal.core.word_pairs import pair_of

# Who, how to reach them and MERSİS stand in every message (Regulation art. 8, checklist M-1 and M-2). The two words in
# brackets stand on the link's page, too.
SMS = {
    CampaignKind.ASK: "{brand}: Ticari ileti icin onayinizi soruyoruz. Onay/Ret: {link} ({pair}) {contact} {firm}",
    CampaignKind.REFUSE: "{brand}: Ticari iletilerimizi buradan reddedebilirsiniz: {link} ({pair}) {contact} {firm}",
}
MAIL = {
    CampaignKind.ASK: """{brand}: ticari ileti izniniz

Merhaba,

{brand} size ticari e-posta, yani reklam göndermek için onayınızı soruyor. Onay vermek zorunda değilsiniz.

Onay ya da ret için:
{link}
O sayfada şu iki sözcük yazar: {pair}

{title}
{firm}
İletişim: {contact}
""",
    CampaignKind.REFUSE: """{brand}: e-postalarımızı reddedebilirsiniz

Merhaba,

{brand} markasının ticari e-postalarını istemiyorsanız buradan, ücretsiz ve gerekçesiz reddedebilirsiniz:
{link}
O sayfada şu iki sözcük yazar: {pair}

{title}
{firm}
İletişim: {contact}
""",
}


def writer(session: Session, campaign: Campaign, salt: str, link_base: str) -> Callable[[str, bool], str]:
    """A function from a link's code to the message's text: of a mail, whose first line is its subject, or of an SMS."""
    text = session.get_one(ConsentText, campaign.text_id)
    firm = transliteration.firm(text.sender_title, text.sender_mersis)
    facts = {"brand": text.brand_name, "title": text.sender_title, "firm": firm, "contact": text.sender_contact}
    spelled = {name: transliteration.ascii_only(each) for name, each in facts.items()}
    codes = shortlinks.Codes(salt)

    def write(code: str, is_mail: bool) -> str:
        own = {"link": f"{link_base}/{code}", "pair": pair_of(salt, *codes.decode(code))}
        return MAIL[campaign.kind].format(**facts, **own) if is_mail else SMS[campaign.kind].format(**spelled, **own)

    return write
