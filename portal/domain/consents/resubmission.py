"""Send again, byte for byte, what ended badly, where that can help; close it; release a bulk list that is held. A
refusal that is too old for İYS becomes an expired one instead, which is asked about and recorded anew."""

import json
from datetime import datetime
from enum import StrEnum

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.database import changed_rows
from portal.core.iys_protocol import Status
from portal.core.models import BulkRequest, BulkState, Consent, Outcome, Submission
from portal.core.vault import CannotOpen, KeyMissing, Vault
from portal.domain.consents import refusal_forwarding

MAY_BE_CLOSED = (Outcome.PARKED, Outcome.EXPIRED)


class ResendProblem(StrEnum):
    """Why sending the same bytes again would come to nothing."""

    NOT_PARKED = "not_parked"  # It is on its way, or came to its end.
    CLOSED = "closed"  # A person closed it already.
    TOO_LATE = "too_late"  # İYS takes no grant that is older than three business days (H467).
    NEWER = "newer"  # The person decided anew since; that decision goes, and İYS would refuse this one (H178).
    UNREADABLE = "unreadable"  # Its ciphertext is damaged, or this process does not know its key.
    WOULD_FAIL = "would_fail"  # İYS's own field rules are against it, today as then.


class CannotResend(Exception):
    """The submission was not opened again; `why` says for what reason."""

    def __init__(self, why: ResendProblem):
        self.why = why


class NothingToClose(Exception):
    """Only what was parked or expired, and is not closed yet, can be closed."""


def find_resend_problem(session: Session, vault: Vault, submission: Submission, at: datetime) -> ResendProblem | None:
    """Why sending it again is of no use; None where İYS may take the same bytes, or a refusal recorded anew."""
    if submission.outcome != Outcome.PARKED:
        return ResendProblem.NOT_PARKED
    if submission.closed_at:
        return ResendProblem.CLOSED
    if at > submission.lenient_deadline and submission.status != Status.REFUSED:
        return ResendProblem.TOO_LATE
    if session.get_one(Consent, submission.consent_id).decision_id != submission.decision_id:
        return ResendProblem.NEWER
    try:
        payload = vault.open(submission.payload, Submission.PLACE, submission.provider_id, submission.id)
        last = min(at, submission.lenient_deadline)  # The age of a refusal is mended.
        return ResendProblem.WOULD_FAIL if iys_protocol.validate_consent(json.loads(payload), now=last) else None
    except (CannotOpen, KeyMissing, ValueError):
        return ResendProblem.UNREADABLE


def resend(session: Session, vault: Vault, submission: Submission, at: datetime) -> None:
    """Send a parked submission again, byte for byte, to the endpoint it was made for; a refusal that is too old
    expires, so that it is recorded anew where İYS holds a grant. One attempt is left on it: it was claimed, so nobody
    takes it back any more. Raises CannotResend."""
    why = find_resend_problem(session, vault, submission, at)
    if why is not None:
        raise CannotResend(why)
    still_parked = (
        Submission.id == submission.id, Submission.outcome == Outcome.PARKED, Submission.closed_at.is_(None),
    )  # fmt: skip
    if at > submission.lenient_deadline:
        changed = refusal_forwarding.expire(session, at, *still_parked)
    else:
        opened = {"outcome": Outcome.WAITING, "due_at": at, "ended_at": None, "attempts": 1}
        values = refusal_forwarding.UNSENT | opened
        changed = changed_rows(session, update(Submission).where(*still_parked).values(**values))
    if changed != 1:  # Somebody was quicker.
        raise CannotResend(ResendProblem.NOT_PARKED)


def close(session: Session, submission: Submission, at: datetime) -> None:
    """Take it off the list: a person looked at it and there is nothing to do. Raises NothingToClose.

    What was decided stays as it was: a refusal is obeyed here, and no message goes out on a grant that İYS lacks.
    """
    still_there = update(Submission).where(
        Submission.id == submission.id, Submission.outcome.in_(MAY_BE_CLOSED), Submission.closed_at.is_(None)
    )
    if changed_rows(session, still_there.values(closed_at=at)) != 1:
        raise NothingToClose


class NotHeld(Exception):
    """The list is not held (any more)."""


def release(session: Session, bulk: BulkRequest, *, user_id: int, at: datetime) -> None:
    """Send a held list at its next turn, however low the ratio is. Raises NotHeld."""
    held = update(BulkRequest).where(BulkRequest.id == bulk.id, BulkRequest.state == BulkState.HELD)
    released = held.values(state=BulkState.FORMED, due_at=at, released_at=at, released_by=user_id)
    if changed_rows(session, released) != 1:
        raise NotHeld
