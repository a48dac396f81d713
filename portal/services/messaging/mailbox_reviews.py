"""The address that an admitted firm's mails come from is read, too: it waits for the operator as a whole.

A decision is a Review that names the address by its hash. Nothing here commits.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.core.addresses import AddressKind
from portal.core.models import MessageGateway, Provider, Review, ReviewAct, approvals
from portal.domain.providers import domain_reviews
from portal.services.messaging import sender_names
from portal.services.messaging.gateways.mail_message import split_mailbox


def digest_of(sender: str) -> bytes:
    return approvals.digest_of(domain_reviews.MAILBOX, _address(sender))


def find_problem(session: Session, provider_id: int | None, sender: str) -> str:
    """Why no mail of a firm's may leave from a mailbox, as an account's stopped_code; empty where it may."""
    if not sender_names.is_proved(session, provider_id, sender):
        return "unproved_sender"
    if provider_id is None or session.get_one(Provider, provider_id).in_sandbox_mode:
        return ""
    decisions = approvals.last_decisions(session, Review.provider_id == provider_id, Review.digest == digest_of(sender))
    is_approved = any(each.act == ReviewAct.TEXT_APPROVED for each in decisions.values())
    return "" if is_approved else "unapproved_sender"


def list_waiting(session: Session, *conditions: ColumnElement[bool]) -> list[tuple[int, str]]:
    """(provider, address) of accounts on which the operator has to decide, once each, the oldest first."""
    of_firms = select(MessageGateway).join(Provider, Provider.id == MessageGateway.provider_id)
    accounts = of_firms.where(MessageGateway.carries == AddressKind.EMAIL, Provider.admitted_at.is_not(None))
    found = [
        (each.provider_id, _address(each.header))
        for each in session.scalars(accounts.where(*conditions).order_by(MessageGateway.id))
        if each.provider_id is not None
    ]
    decided = approvals.last_decisions(session, Review.digest.in_([digest_of(address) for _, address in found]))
    return [
        (provider_id, address)
        for provider_id, address in dict.fromkeys(found)
        if (provider_id, digest_of(address)) not in decided and sender_names.is_proved(session, provider_id, address)
    ]


def list_mailboxes(session: Session, provider_id: int) -> dict[str, str]:
    """The addresses of a provider's accounts by their hash in hex."""
    its = MessageGateway.provider_id == provider_id, MessageGateway.carries == AddressKind.EMAIL
    headers = session.scalars(select(MessageGateway.header).where(*its))
    return {digest_of(each).hex(): _address(each) for each in headers}


def settle(
    session: Session, provider_id: int, digest: str, *, is_approved: bool, by: int, reason: str, at: datetime
) -> Review | None:
    """Approve or decline the address with this hash; None where it does not wait. The firm reads the reason."""
    found = list_waiting(session, Provider.id == provider_id)
    address = next((each for _, each in found if digest_of(each).hex() == digest), None)
    if address is None:
        return None
    act = ReviewAct.TEXT_APPROVED if is_approved else ReviewAct.TEXT_DECLINED
    note = " · ".join(filter(None, (address, reason)))
    review = Review(
        provider_id=provider_id, act=act, note=note, digest=digest_of(address), made_by=by, made_at=at
    )  # fmt: skip
    session.add(review)
    session.flush()
    return review


def _address(sender: str) -> str:
    return split_mailbox(sender)[1].lower()
