"""What people refused at a trial brand, as a vendor told it of a real account, and what is not repeated of it yet at a
brand with İYS's code."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import aliased

from portal.core.iys_protocol import Channel, Status
from portal.core.models.decision import Decision, DecisionOrigin, is_void
from portal.core.models.provider import Brand
from portal.core.models.recipient import Consent, Recipient

FROM_OUTSIDE = (DecisionOrigin.REPLY, DecisionOrigin.FEEDBACK)
TRIAL, KNOWN, TRIAL_BRAND = aliased(Decision), aliased(Decision), aliased(Brand)


def select_unrepeated(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Of TRIAL decisions at TRIAL_BRANDs that ended, by Consent there, what is to be repeated at a Brand."""
    has_ended = TRIAL_BRAND.is_sandbox, TRIAL_BRAND.closed_at.is_not(None), Brand.is_sandbox.is_(False)
    of_firm = select(*columns).select_from(Brand).join(TRIAL_BRAND, TRIAL_BRAND.provider_id == Brand.provider_id)
    theirs = of_firm.join(Consent, Consent.brand_id == TRIAL_BRAND.id).join(TRIAL, TRIAL.consent_id == Consent.id)
    return theirs.where(*has_ended, *_is_unrepeated())


def has_unrepeated(brand_id: int, channels: Collection[Channel]) -> ColumnElement[bool]:
    """The condition that a Recipient refused so on one of these channels, and that it is not repeated at the brand."""
    theirs = select_unrepeated(TRIAL.id).where(Brand.id == brand_id, Consent.recipient_id == Recipient.id)
    return theirs.where(TRIAL.channel.in_(channels)).correlate(Recipient).exists()


def _is_unrepeated() -> tuple[ColumnElement[bool], ...]:
    """Of a TRIAL decision beside a Brand."""
    is_refusal = TRIAL.status == Status.REFUSED, TRIAL.origin.in_(FROM_OUTSIDE), ~is_void(TRIAL)
    is_known = exists().where(
        KNOWN.brand_id == Brand.id, KNOWN.recipient_id == TRIAL.recipient_id, KNOWN.channel == TRIAL.channel,
        KNOWN.status == Status.REFUSED, KNOWN.origin.in_(FROM_OUTSIDE), KNOWN.effective_at >= TRIAL.effective_at,
    )  # fmt: skip
    return *is_refusal, ~is_known.correlate(Brand, TRIAL)
