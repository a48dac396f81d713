"""The one rule that says whether a commercial message may go out on a consent; for pages and exports."""

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import Brand, Consent, Provider
from portal.domain.providers import sandbox_mode


def may_send() -> ColumnElement[bool]:
    """The condition on a consent and its brand, which the statement joins.

    An individual must have granted, and İYS must hold the grant. A merchant need not be asked first (Regulation art.
    6/3): only a refusal, here or at İYS, stops messages. An exempt provider's own records decide, since İYS has none.
    What was granted in sandbox mode counts only while the mode lasts.
    """
    merchant = and_(
        Consent.recipient_type == RecipientType.MERCHANT,
        Consent.status.is_distinct_from(Status.REFUSED),
        Consent.iys_status.is_distinct_from(Status.REFUSED.value),
    )
    codes = sandbox_mode.EXEMPT_CODES
    exempt_providers = select(Provider.id).where(Provider.iys_code.between(codes.start, codes.stop - 1))
    exempt = and_(Consent.status == Status.GRANTED, Brand.provider_id.in_(exempt_providers))
    allowed = or_(Consent.may_send, merchant, exempt)
    return func.coalesce(and_(allowed, sandbox_mode.brand_has_not_ended()), false())
