"""Text of the message with a link, from templates/messages/invitation/: a mail, or an SMS in plain ASCII.

Who asks, how to reach them and MERSİS stand in every one (Regulation art. 8, checklist M-1 and M-2). The two words in
brackets stand on the link's page, too. Turkish only: nobody has chosen a language yet.
"""

import secrets
from collections.abc import Callable

from flask import current_app
from sqlalchemy.orm import Session

import shortlinks
from portal.core import transliteration
from portal.core.models import Campaign, ConsentText
from portal.core.word_pairs import word_pair

# Placeholders for what differs from link to link; random, so that no text of a provider holds one.
LINK, PAIR = secrets.token_hex(16), secrets.token_hex(16)


def text_writer(session: Session, campaign: Campaign, salt: str, link_base: str) -> Callable[[str, bool], str]:
    """A function from (link code, is_mail) to the message's text; a mail's first line is its subject.

    Each template is rendered once: rendering it for each of 100,000 links would double the time of a launch's texts.
    """
    shown = session.get_one(ConsentText, campaign.text_id)
    facts = {
        "sender": shown.brand_name,
        "title": shown.sender_title,
        "firm": transliteration.sender_identity(shown.sender_title, shown.sender_mersis),
        "contact": shown.sender_contact,
        "link": LINK,
        "pair": PAIR,
    }
    template = f"messages/invitation/tr/{campaign.kind}"
    sms, mail = (current_app.jinja_env.get_template(f"{template}_{way}.txt").render(facts) for way in ("sms", "mail"))
    by_way = {False: transliteration.ascii_only(sms), True: f"{mail}\n"}
    codes = shortlinks.Codes(salt)

    def write_text(code: str, is_mail: bool) -> str:
        ids = codes.decode(code)
        if ids is None:
            raise ValueError("The code of a link was made with another salt.")
        return by_way[is_mail].replace(LINK, f"{link_base}/{code}").replace(PAIR, word_pair(salt, *ids))

    return write_text
