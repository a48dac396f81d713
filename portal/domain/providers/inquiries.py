"""A provider's questions to the operator beside an onboarding step, and the answers; both sealed."""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.models import Inquiry, Provider
from portal.core.vault import Vault


def ask_operator(
    session: Session, vault: Vault, provider: Provider, step: int, text: str, by: int, at: datetime
) -> Inquiry:
    inquiry_id = new_id()
    inquiry = Inquiry(
        id=inquiry_id, provider_id=provider.id, step=step, asked_by=by, asked_at=at,
        text=vault.seal(text, Inquiry.TEXT, provider.id, inquiry_id),
    )  # fmt: skip
    session.add(inquiry)
    session.flush()
    return inquiry


def answer_inquiry(session: Session, vault: Vault, inquiry: Inquiry, text: str, by: int, at: datetime) -> bool:
    """Answer a question; False where it has an answer already, which stays."""
    if inquiry.answered_at is not None:
        return False
    inquiry.answer = vault.seal(text, Inquiry.ANSWER, inquiry.provider_id, inquiry.id)
    inquiry.answered_by, inquiry.answered_at = by, at
    session.flush()
    return True


def read_question(vault: Vault, inquiry: Inquiry) -> str:
    return vault.read(inquiry.text, Inquiry.TEXT, inquiry.provider_id, inquiry.id)


def read_answer(vault: Vault, inquiry: Inquiry) -> str | None:
    if inquiry.answer is None:
        return None
    return vault.read(inquiry.answer, Inquiry.ANSWER, inquiry.provider_id, inquiry.id)
