"""What people refused at a trial brand, as a vendor told it of a real account or a mail program posted, and what is not
repeated of it yet at a brand with İYS's code."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, SQLColumnExpression, exists, func, select
from sqlalchemy.orm import aliased

from portal.core.iys_protocol import Channel, Status
from portal.core.models.decision import Decision, DecisionOrigin, is_void
from portal.core.models.provider import Brand
from portal.core.models.recipient import Consent

FROM_OUTSIDE = (DecisionOrigin.REPLY, DecisionOrigin.FEEDBACK, DecisionOrigin.ONE_CLICK)
TRIAL, KNOWN, TRIAL_BRAND, TRIAL_CONSENT = aliased(Decision), aliased(Decision), aliased(Brand), aliased(Consent)
NEW_BRAND = aliased(Brand)


def select_unrepeated(*columns: Any) -> Select[*tuple[Any, ...]]:
    """Of TRIAL decisions at TRIAL_BRANDs that ended, by TRIAL_CONSENT, what is to be repeated at a NEW_BRAND."""
    has_ended = TRIAL_BRAND.is_sandbox, TRIAL_BRAND.closed_at.is_not(None), NEW_BRAND.is_sandbox.is_(False)
    of_firm = select(*columns).select_from(NEW_BRAND).join(
        TRIAL_BRAND, TRIAL_BRAND.provider_id == NEW_BRAND.provider_id
    )  # fmt: skip
    theirs = of_firm.join(TRIAL_CONSENT, TRIAL_CONSENT.brand_id == TRIAL_BRAND.id)
    return theirs.join(TRIAL, TRIAL.consent_id == TRIAL_CONSENT.id).where(*has_ended, *_is_unrepeated())


def has_unrepeated(
    brand_id: Any, recipient_id: SQLColumnExpression[int], channels: Collection[Channel | SQLColumnExpression[Channel]]
) -> ColumnElement[bool]:  # fmt: skip
    """The condition that a recipient refused so on one of these channels, and that it is not repeated at the brand."""
    return _of_recipient(TRIAL.id, brand_id, recipient_id, channels, limit=1).is_not(None)


def unrepeated_at(brand_id: Any, recipient_id: SQLColumnExpression[int], channel: Channel) -> ScalarSelect[datetime]:
    """When a recipient last refused so; null where they did not."""
    return _of_recipient(func.max(TRIAL.effective_at), brand_id, recipient_id, [channel])


def _of_recipient(
    column: Any, brand_id: Any, recipient_id: SQLColumnExpression[int],
    channels: Collection[Channel | SQLColumnExpression[Channel]], limit: int | None = None,
) -> ScalarSelect[Any]:  # fmt: skip
    """As a scalar, so that databases look at nobody else's."""
    theirs = select_unrepeated(column).where(NEW_BRAND.id == brand_id, TRIAL_CONSENT.recipient_id == recipient_id)
    found = theirs.where(TRIAL.channel.in_(channels)).limit(limit)
    return found.correlate_except(TRIAL, TRIAL_BRAND, TRIAL_CONSENT, NEW_BRAND).scalar_subquery()


def _is_unrepeated() -> tuple[ColumnElement[bool], ...]:
    """Of a TRIAL decision beside a NEW_BRAND."""
    is_refusal = TRIAL.status == Status.REFUSED, TRIAL.origin.in_(FROM_OUTSIDE), ~is_void(TRIAL)
    is_known = exists().where(
        KNOWN.brand_id == NEW_BRAND.id, KNOWN.recipient_id == TRIAL.recipient_id, KNOWN.channel == TRIAL.channel,
        KNOWN.status == Status.REFUSED, KNOWN.origin.in_(FROM_OUTSIDE), KNOWN.effective_at >= TRIAL.effective_at,
    )  # fmt: skip
    return *is_refusal, ~is_known.correlate(NEW_BRAND, TRIAL)
