"""A host that an admitted firm has proved begins its links once the operator agrees: its name is read, too.

A decision is a Review that names the host by its hash, and counts for all brands of a firm. Nothing here commits.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from portal.core.models import Domain, Provider, Review, ReviewAct, approvals

MAILBOX = "mailbox"  # The kind of decisions on addresses that mails come from.


def digest_of(host: str) -> bytes:
    return approvals.digest_of("domain", host)


UNREACHED = 2  # Looks in a row: one that fails may be a moment's fault.
# The firm has the host's name while its record is in place; new links begin with it while it also leads here.
IS_PROVED = Domain.verified_at.is_not(None), Domain.missing_since.is_(None), Domain.removed_at.is_(None)
STANDS = *IS_PROVED, Domain.unreached_looks < UNREACHED


def is_approved(session: Session, domain: Domain) -> bool:
    """Whether links may begin with the host. Those of sandbox mode go to nobody else."""
    if session.get_one(Provider, domain.provider_id).in_sandbox_mode:
        return True
    return _last_act(session, domain.provider_id, domain.host) == ReviewAct.TEXT_APPROVED


def is_declined(session: Session, provider_id: int, host: str) -> bool:
    """Whether the operator declined a host, or took its approval back."""
    return _last_act(session, provider_id, host) == ReviewAct.TEXT_DECLINED


def vouched_brand(session: Session, host: str) -> int | None:
    """The brand whose links at a proved host we call ours: the host may begin links now, of a firm in good standing."""
    of_firm = Provider.admitted_at.is_not(None), Provider.suspended_at.is_(None)
    found = select(Domain).join(Provider, Provider.id == Domain.provider_id).where(*STANDS, *of_firm)
    domain = session.scalar(found.where(Domain.host == host))
    return domain.brand_id if domain is not None and is_approved(session, domain) else None


def may_have_certificate(session: Session, host: str) -> bool:
    """Whether a proxy may get a certificate for a host: a firm proved it and the operator agreed once. Also while its
    record is missing, the firm is suspended, the approval was taken back or the host has passed to a firm without one,
    since links that are out must refuse for ever."""
    approved = exists().where(Review.digest == digest_of(host), Review.act == ReviewAct.TEXT_APPROVED)
    its = select(Domain.id).where(Domain.host == host, Domain.verified_at.is_not(None), approved)
    return session.scalar(its) is not None


def list_waiting(session: Session, *conditions: ColumnElement[bool]) -> Sequence[Domain]:
    """Proved hosts of admitted providers on which the operator has to decide, the oldest first."""
    proved = select(Domain).join(Provider, Provider.id == Domain.provider_id)
    is_there = Domain.verified_at.is_not(None), Domain.removed_at.is_(None)
    proved = proved.where(*is_there, Provider.admitted_at.is_not(None), *conditions)
    found = session.scalars(proved.order_by(Domain.id)).all()
    return [each for each in found if _last_act(session, each.provider_id, each.host) is None]


def list_unreached(session: Session, provider_id: int) -> Sequence[Domain]:
    """The provider's proved hosts that do not lead here."""
    proved = Domain.verified_at.is_not(None), Domain.removed_at.is_(None), Domain.unreached_looks >= UNREACHED
    found = select(Domain).where(Domain.provider_id == provider_id, *proved)
    return session.scalars(found.order_by(Domain.id)).all()


def list_hosts(session: Session, provider_id: int) -> dict[str, Domain]:
    """The provider's hosts by their hash in hex; of several claims to one, the proved one."""
    its = session.scalars(
        select(Domain).where(Domain.provider_id == provider_id).order_by(Domain.verified_at.is_not(None))
    )
    return {digest_of(each.host).hex(): each for each in its}


def settle(
    session: Session, provider_id: int, digest: str, *, is_approved: bool, by: int, reason: str, at: datetime
) -> Domain | None:
    """Approve or decline the host with this hash; None where it does not wait. The firm reads the reason."""
    found = list_waiting(session, Provider.id == provider_id)
    domain = next((each for each in found if digest_of(each.host).hex() == digest), None)
    if domain is not None:
        act = ReviewAct.TEXT_APPROVED if is_approved else ReviewAct.TEXT_DECLINED
        note = " · ".join(filter(None, (domain.host, reason)))
        its_digest = digest_of(domain.host)
        session.add(Review(provider_id=provider_id, act=act, note=note, digest=its_digest, made_by=by, made_at=at))
        session.flush()
    return domain


def _last_act(session: Session, provider_id: int, host: str) -> ReviewAct | None:
    its = Review.provider_id == provider_id, Review.digest == digest_of(host)
    return next((each.act for each in approvals.last_decisions(session, *its).values()), None)
