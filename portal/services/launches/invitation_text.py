"""Text of the message with a link: the campaign's sentences in the fixed lines of templates/messages/invitation/.

Who asks, how to reach them and MERSİS stand in every one, and the address that only refuses (Regulation art. 8 and 9/3,
checklist M-1, M-2, W-3). The two words in brackets stand on the link's page, too.
"""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache

from flask import current_app
from sqlalchemy.orm import Session

import shortlinks
from portal.core import clock
from portal.core.extensions import vault
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, Campaign, ConsentText, Delivery
from portal.core.sms_parts import lost_letters
from portal.core.transliteration import ascii_only, sender_identity
from portal.core.word_pairs import word_pair
from portal.domain.campaigns.message_texts import MessageWording, current_wording
from portal.domain.notifications.reply_numbers import named_number
from portal.domain.providers.brands import link_base_url

# Placeholders for what differs from link to link; random, so that no text of a provider holds one.
CODE, PAIR = secrets.token_hex(16), secrets.token_hex(16)
SAMPLE_CODE = "DENEMEDENEMEDE"  # In place of a link's code, and as long; it leads to nothing.
TextWriter = Callable[[str, bool], str]  # From (link code, is_mail); a mail's first line is its subject.


@dataclass(frozen=True)
class SampleText:
    """What a recipient would get, with a link that leads to no question. `lost` cannot be written in ASCII."""

    sms: str
    mail: str  # The first line is its subject.
    lost: str


def text_writer(session: Session, campaign: Campaign, salt: str, usual_base: str) -> TextWriter:
    """What writes the texts of a campaign's messages, with its brand's host and number for replies of this moment.

    Each template is rendered once, when it is needed: rendering it for each of 100,000 links would double the time of
    their texts.
    """
    link_base, codes = link_base_url(session, campaign.brand_id, usual_base), shortlinks.Codes(salt)

    @cache
    def render_once(is_mail: bool) -> str:
        text = _render(session, campaign, current_wording(session, campaign), link_base, is_mail=is_mail)
        return text if is_mail else _spell(session, campaign, text)

    def write_text(code: str, is_mail: bool) -> str:
        ids = codes.decode(code)
        if ids is None:
            raise ValueError("The code of a link was made with another salt.")
        return render_once(is_mail).replace(CODE, code).replace(PAIR, word_pair(salt, *ids))

    return write_text


def render_sample(
    session: Session, campaign: Campaign, wording: MessageWording, salt: str, link_base: str
) -> SampleText:  # fmt: skip
    """The texts with these sentences, for who writes them."""
    rendered = (_render(session, campaign, wording, link_base, is_mail=each) for each in (False, True))
    sms, mail = (each.replace(CODE, SAMPLE_CODE).replace(PAIR, word_pair(salt, 0, 0)) for each in rendered)
    written = _spell(session, campaign, sms)
    return SampleText(written, mail, lost_letters(sms) if written != sms else "")


def _render(session: Session, campaign: Campaign, wording: MessageWording, link_base: str, *, is_mail: bool) -> str:
    """The mail or the SMS, with CODE and PAIR."""
    brand, shown = session.get_one(Brand, campaign.brand_id), session.get_one(ConsentText, campaign.text_id)
    facts = asdict(wording) | {
        "sender": shown.brand_name,
        "title": shown.sender_title,
        "firm": sender_identity(shown.sender_title, shown.sender_mersis),
        "contact": shown.sender_contact,
        "link": f"{link_base}/{CODE}",
        "refusal": f"{link_base.removesuffix('/k')}/u/{CODE}",
        "pair": PAIR,
    }
    path = f"messages/invitation/tr/{'ask' if campaign.kind.takes_grants else 'refuse'}"
    if is_mail:
        return f"{current_app.jinja_env.get_template(f'{path}_mail.txt').render(facts)}\n"
    # Replies come back to us only through our own gateway; a yes by reply is one to SMS, and brings no name.
    facts |= {
        "keyword": brand.keyword or "",
        "reply_number": campaign.delivery == Delivery.GATEWAY and named_number(session, vault(), brand, clock.now()),
        "grants_by_reply": Channel.SMS in campaign.offered and not brand.requires_name,
    }
    return " ".join(current_app.jinja_env.get_template(f"{path}_sms.txt").render(facts).split())


def _spell(session: Session, campaign: Campaign, sms: str) -> str:
    """In the letters that the brand chose for its SMS."""
    return sms if session.get_one(Brand, campaign.brand_id).sms_in_turkish else ascii_only(sms)
