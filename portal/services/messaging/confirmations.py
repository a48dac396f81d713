"""Facts of a confirmation message: what was granted, the receipt's URL, and how to refuse (Regulation art. 7)."""

from typing import Any

from flask import current_app
from sqlalchemy import select

import shortlinks
from portal.core import transliteration
from portal.core.extensions import db
from portal.core.iys_protocol import Channel, Status
from portal.core.models import ConsentText, Decision, Message, Receipt, ReceiptDecision, is_void
from portal.core.word_pairs import word_pair
from portal.domain.providers import brands
from portal.domain.receipts import codes


def facts_of(message: Message) -> dict[str, Any] | None:
    """The facts for its template; None where every grant was undone."""
    receipt = db.session.get_one(Receipt, message.receipt_id)
    granted = db.session.execute(
        select(Decision.channel, Decision.brand_id)
        .join(ReceiptDecision, ReceiptDecision.decision_id == Decision.id)
        .where(ReceiptDecision.receipt_id == receipt.id, Decision.status == Status.GRANTED, ~is_void())
    ).all()
    if not granted:
        return None
    assert receipt.link_id is not None  # Only decisions by a link are confirmed.
    text = db.session.get_one(ConsentText, receipt.text_id)
    salt, root = current_app.config["LINK_SALT"], _url_root(granted[0].brand_id)
    nonce = db.session.get_one(shortlinks.Link, receipt.link_id).nonce
    return {
        "sender": text.brand_name,
        "title": text.sender_title,
        "firm": transliteration.sender_identity(text.sender_title, text.sender_mersis),
        "contact": text.sender_contact,
        "channels": [channel for channel in Channel if channel in {row.channel for row in granted}],
        "receipt": f"{root}/m/{codes.receipt_code(salt, receipt.id, receipt.nonce)}",
        "pair": word_pair(salt, receipt.link_id, nonce),
        "refusal": f"{root}/u/{shortlinks.code_of(salt, receipt.link_id, nonce)}",
    }


def _url_root(brand_id: int) -> str:
    """Beginning of the brand's URLs: its own host, where it has one, serves receipts, too."""
    return brands.link_base_url(db.session, brand_id, current_app.config["LINK_BASE"]).removesuffix("/k")
