"""For whom the links of ours that a mail quotes were made: personal ones, those of receipts and those of cases, by
their codes, on whichever host."""

from collections.abc import Collection, Iterable
from datetime import datetime

from flask import current_app
from sqlalchemy import select

import shortlinks
from portal.core.extensions import db
from portal.core.models import AudienceEntry, Campaign, Decision, Receipt, ReceiptDecision
from portal.domain.complaints import queries
from portal.domain.receipts import lookup

LinkedRecipient = tuple[int, int | None]  # A recipient's id, and a brand's; None: no brand alone.


def is_code(text: str) -> bool:
    """Whether a text may be the code of a link of ours. Each short code is a long one, too."""
    return shortlinks.Codes(_salt()).decode_long(text) is not None


def find_links(codes: Iterable[str], at: datetime) -> set[int]:
    """The ids of the personal links, also of those that have expired."""
    found = (shortlinks.resolve(db.session, _salt(), code, at).link_id for code in codes)
    return {each for each in found if each is not None}


def find_linked_recipients(codes: Collection[str], at: datetime) -> list[LinkedRecipient]:
    """For whom the true ones among these were made, at any firm."""
    return list(dict.fromkeys([*_of_links(find_links(codes, at)), *_of_receipts(codes), *_of_cases(codes)]))


def _of_links(links: Collection[int]) -> Iterable[LinkedRecipient]:
    made = select(AudienceEntry.recipient_id, Campaign.brand_id).where(AudienceEntry.link_id.in_(links))
    made = made.join(Campaign, Campaign.id == AudienceEntry.campaign_id).order_by(AudienceEntry.id)
    return ((recipient_id, brand_id) for recipient_id, brand_id in db.session.execute(made))


def _of_receipts(codes: Iterable[str]) -> Iterable[LinkedRecipient]:
    """An act at several firms has a row at each."""
    receipts = filter(None, (lookup.find_receipt(db.session, _salt(), code) for code in codes))
    same = {row_id for each in receipts for row_id in queries.same_receipt_ids(db.session, each)}
    made = select(Receipt.recipient_id, Decision.brand_id).where(Receipt.id.in_(same)).order_by(Decision.id)
    made = made.join(ReceiptDecision, ReceiptDecision.receipt_id == Receipt.id)
    made = made.join(Decision, Decision.id == ReceiptDecision.decision_id)
    return ((recipient_id, brand_id) for recipient_id, brand_id in db.session.execute(made))


def _of_cases(codes: Iterable[str]) -> Iterable[LinkedRecipient]:
    cases = filter(None, (queries.find_case(db.session, _salt(), code) for code in codes))
    return ((each.recipient_id, each.brand_id) for each in cases)


def _salt() -> str:
    salt: str = current_app.config["LINK_SALT"]
    return salt
