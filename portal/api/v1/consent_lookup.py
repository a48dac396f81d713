"""Find the consents of one address: with the key itself where the URL names the address, else by a statement more."""

from typing import Any

from flask import g, request
from sqlalchemy import and_, bindparam, literal, or_, select

from portal.core import addresses
from portal.core.addresses import Address, BadAddress
from portal.core.extensions import read_session, reader, vault
from portal.core.iys_protocol import Channel
from portal.core.models import ApiKey, Brand, Consent, Decision, Recipient, has_mailbox_refusal, may_have_refused
from portal.core.models.trial_refusals import has_unrepeated
from portal.core.prepared_select import PreparedSelect
from portal.domain.consents.may_send import last_pull
from portal.domain.identity.api_keys import CALLER, Caller

INDEXES = ("index_odd", "index_even")
COLUMNS = (
    Consent.recipient_id, Consent.recipient_type, Consent.status, Consent.consent_date, Consent.iys_status,
    Consent.iys_as_of, Recipient.reference, may_have_refused(Consent.recipient_id).label("is_unread"),
    Decision.retailer_code, Decision.retailer_access, last_pull(Consent.brand_id).label("pulled_at"),
)  # fmt: skip
IS_ASKED_FOR = and_(Consent.recipient_id == Recipient.id, Consent.channel == bindparam("channel"))
ALONE = {
    index: PreparedSelect(
        select(*COLUMNS)
        .join_from(Recipient, Consent, IS_ASKED_FOR)
        .outerjoin(Decision, Decision.id == Consent.decision_id)
        .where(
            Recipient.provider_id == bindparam("provider_id"), getattr(Recipient, index) == bindparam("index"),
            Consent.brand_id == bindparam("brand_id"),
        )
    )
    for index in INDEXES
}  # fmt: skip
WITH_KEY = {
    index: PreparedSelect(
        CALLER.add_columns(*COLUMNS)
        .outerjoin(
            Recipient,
            and_(Recipient.provider_id == ApiKey.provider_id, getattr(Recipient, index) == bindparam("index")),
        )
        .outerjoin(Consent, and_(IS_ASKED_FOR, Consent.brand_id == Brand.id))
        .outerjoin(Decision, Decision.id == Consent.decision_id)
    )
    for index in INDEXES
}  # fmt: skip


def beside_key(provider_id: int) -> tuple[PreparedSelect, dict[str, Any]] | None:
    """The statement for a key and the consents that the URL asks for. None for no address, which the view refuses, and
    while the vault's keys rotate, which takes two statements."""
    asked: dict[str, Any] = request.view_args or {}
    try:
        address = addresses.parse_possible(asked["recipient"])
    except BadAddress:
        return None
    (column, index), *others = vault().indexes(provider_id, address.text).items()
    return None if others else (WITH_KEY[column], {"index": index, "channel": Channel(asked["type"])})


def find_consents(caller: Caller, address: Address, channel: Channel) -> list[Any]:
    """The consents of an address to a channel of the caller's brand, as any recipient type: rows of COLUMNS."""
    assert caller.brand is not None
    if hasattr(g.found[0], "is_unread"):
        return [each for each in g.found if each.recipient_id is not None]
    for column, index in vault().indexes(caller.provider_id, address.text).items():
        consents = ALONE[column].all(
            reader(), index=index, provider_id=caller.provider_id, brand_id=caller.brand.id, channel=channel
        )
        if consents:
            return consents
    return []


def is_refused_elsewhere(caller: Caller, recipient_id: int, channel: Channel) -> bool:
    """Whether may_send.is_refused_elsewhere() is true of a consent on which nothing was decided: a statement of its
    own, since few are undecided."""
    assert caller.brand is not None
    brand_id = literal(caller.brand.id)
    refused = has_mailbox_refusal(Recipient, brand_id), has_unrepeated(brand_id, Recipient.id, [channel])
    return bool(read_session().scalar(select(or_(*refused)).where(Recipient.id == recipient_id)))
