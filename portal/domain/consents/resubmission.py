"""Send again, byte for byte, what ended badly, where that can help; close it; release a bulk list that is held. A
refusal that is too old for İYS becomes an expired one instead, which is asked about and recorded anew."""

import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from portal.core import iys_protocol
from portal.core.business_days import holiday_calendar
from portal.core.database import changed_rows, is_one_of
from portal.core.iys_protocol import Status
from portal.core.models import (
    ORIGINS_AT_IYS,
    Brand,
    BulkRequest,
    BulkState,
    Consent,
    Decision,
    Outcome,
    Provider,
    Recipient,
    Submission,
)
from portal.core.vault import CannotOpen, KeyMissing, Vault
from portal.domain.consents import recipients, writer
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import BrandEndpoints
from portal.domain.providers import sandbox_mode

MAY_BE_CLOSED = (Outcome.PARKED, Outcome.EXPIRED)
REOPENED = {"attempts": 0, "lease_until": None, "bulk_id": None, "bulk_index": None, "sub_request_id": None}


class Hopeless(StrEnum):
    """Why sending the same bytes again would come to nothing."""

    NOT_PARKED = "not_parked"  # It is on its way, or came to its end.
    CLOSED = "closed"  # A person closed it already.
    TOO_LATE = "too_late"  # İYS takes no grant that is older than three business days (H467).
    NEWER = "newer"  # The person decided anew since; that decision goes, and İYS would refuse this one (H178).
    UNREADABLE = "unreadable"  # Its ciphertext is damaged, or this process does not know its key.
    WOULD_FAIL = "would_fail"  # İYS's own field rules are against it, today as then.


class WouldNotHelp(Exception):
    """The submission was not opened again; `why` says for what reason."""

    def __init__(self, why: Hopeless):
        self.why = why


class NothingToClose(Exception):
    """Only what was parked or expired, and is not closed yet, can be closed."""


def why_hopeless(session: Session, vault: Vault, submission: Submission, at: datetime) -> Hopeless | None:
    """Why sending it again is of no use; None where İYS may take the same bytes, or a refusal recorded anew."""
    if submission.outcome != Outcome.PARKED:
        return Hopeless.NOT_PARKED
    if submission.closed_at:
        return Hopeless.CLOSED
    if at > submission.lenient_deadline and submission.status != Status.REFUSED:
        return Hopeless.TOO_LATE
    if session.get_one(Consent, submission.consent_id).decision_id != submission.decision_id:
        return Hopeless.NEWER
    try:
        payload = vault.open(submission.payload, Submission.PLACE, submission.provider_id, submission.id)
        last = min(at, submission.lenient_deadline)  # The age of a refusal is mended.
        return Hopeless.WOULD_FAIL if iys_protocol.validate_consent(json.loads(payload), now=last) else None
    except (CannotOpen, KeyMissing, ValueError):
        return Hopeless.UNREADABLE


def resend(session: Session, vault: Vault, submission: Submission, at: datetime) -> None:
    """Send a parked submission again, byte for byte, to the endpoint it was made for; a refusal that is too old
    expires, so that it is recorded anew where İYS holds a grant. Raises WouldNotHelp."""
    why = why_hopeless(session, vault, submission, at)
    if why is not None:
        raise WouldNotHelp(why)
    still_parked = update(Submission).where(
        Submission.id == submission.id, Submission.outcome == Outcome.PARKED, Submission.closed_at.is_(None)
    )
    opened = {**REOPENED, "outcome": Outcome.WAITING, "due_at": at, "ended_at": None}
    values = values_of_renewal(at) if at > submission.lenient_deadline else opened
    if changed_rows(session, still_parked.values(**values)) != 1:  # Somebody was quicker.
        raise WouldNotHelp(Hopeless.NOT_PARKED)


def values_of_renewal(at: datetime) -> dict[str, Any]:
    """Of a refusal that is too old for İYS: expired, and due all the same, to be checked at İYS and recorded anew."""
    return {**REOPENED, "outcome": Outcome.EXPIRED, "due_at": at, "ended_at": at, "closed_at": None}


def is_to_be_renewed(at: datetime) -> ColumnElement[bool]:
    """Condition: a refusal was parked in time and is too old for İYS now. What is parked again after that stays so: İYS
    was asked about it, and a person must look."""
    return and_(
        Submission.outcome == Outcome.PARKED, Submission.closed_at.is_(None), Submission.lenient_deadline < at,
        Submission.ended_at <= Submission.lenient_deadline, is_current_refusal(),
    )  # fmt: skip


def is_current_refusal() -> ColumnElement[bool]:
    """Condition: a submission is of a refusal on which its consent still stands."""
    is_current = select(Consent.id).where(
        Consent.id == Submission.consent_id, Consent.decision_id == Submission.decision_id
    )
    return and_(Submission.status == Status.REFUSED, is_current.exists())


def tell_refusals_again(session: Session, consents: Iterable[LockedConsent], at: datetime) -> None:
    """Send again, byte for byte, refusals that İYS did not need, where it is now seen to hold a grant all the same: one
    that others told it later with an earlier date. İYS is the judge: it takes no refusal that is older than what it
    holds (H178), and what is too old for it (H467) is renewed."""
    apart = (each for each in consents if each.status == Status.REFUSED and each.iys_status == Status.GRANTED)
    ids = [each.decision_id for each in apart if each.has_moved or each.has_learned]
    told_nobody = Submission.code.in_((sandbox_mode.EXEMPT, sandbox_mode.OVER))
    ended = (Submission.outcome == Outcome.NOT_NEEDED, or_(Submission.code.is_(None), ~told_nobody))
    if ids:
        again = update(Submission).where(Submission.decision_id.in_(ids), *ended)
        values = {"outcome": Outcome.WAITING, "due_at": at, "ended_at": None, "code": None}
        session.execute(again.values(**values).execution_options(synchronize_session=False))


def renew_expired_refusals(session: Session, consents: Iterable[LockedConsent], at: datetime) -> None:
    """Let refusals be renewed that stand again, and expired, or had their turn, while a newer decision stood."""
    ids = [each.decision_id for each in consents if each.status == Status.REFUSED]
    if ids:
        left = Submission.decision_id.in_(ids), Submission.outcome == Outcome.EXPIRED, Submission.due_at.is_(None)
        due = update(Submission).where(*left).values(**values_of_renewal(at))
        session.execute(due.execution_options(synchronize_session=False))


def first_submissions(
    session: Session, vault: Vault, consents: Iterable[LockedConsent], at: datetime
) -> list[writer.Row]:
    """The submissions of refusals that stand and have none: a file's or a program's that was older than a grant that is
    void now. They have no `batch_id`, so the file's page goes on counting these lines as kept only. Raises
    CannotOpen."""
    ids = [each.decision_id for each in consents if each.status == Status.REFUSED]
    theirs = (
        select(Decision.__table__, Provider.iys_code, Brand.brand_code)
        .join(Provider, Provider.id == Decision.provider_id)
        .join(Brand, Brand.id == Decision.brand_id)
        .where(
            is_one_of(session, Decision.id, ids),
            Decision.origin.not_in(ORIGINS_AT_IYS),
            ~exists().where(Submission.decision_id == Decision.id),
        )
    )
    found = session.execute(theirs).mappings().all() if ids else ()
    if not found:
        return []
    holiday_calendar.refresh_corrections(session, at)
    made = []
    for each in found:
        address = recipients.address_of(vault, session.get_one(Recipient, each["recipient_id"]))
        endpoints = BrandEndpoints.of(each["iys_code"], each["brand_code"])
        row = writer.submission_row(vault, dict(each), endpoints, address=address, due_at=at)
        made.append(row | {"created_at": at})
    return made


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
