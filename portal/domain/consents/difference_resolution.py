"""Settle a difference between İYS's record and ours: take İYS's, send ours again, or explain it.

Each settles one difference, once. When the last one of a day is settled the day is compared and confirmed anew.
Nothing here commits; the view notes who did it and ends the transaction.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from portal.core.database import changed_rows
from portal.core.iys_protocol import RecipientType, Status
from portal.core.models import (
    Brand,
    Consent,
    DayState,
    DecisionOrigin,
    Difference,
    DifferenceKind,
    Outcome,
    Provider,
    ReceivedVia,
    ReconciledDay,
    Settlement,
    Submission,
)
from portal.core.vault import Vault
from portal.domain.consents import (
    annulments,
    locking,
    movement_rows,
    movements,
    other_types,
    refusal_forwarding,
    writer,
)
from portal.domain.consents.locking import TooSoon
from portal.domain.consents.other_types import NewestRefusals
from portal.domain.consents.writer import DecisionRows

WAYS = (Settlement.TAKE_THEIRS, Settlement.SEND_AGAIN, Settlement.EXPLAINED)  # Of a person.
BY_IYS = "IYS"  # The source of a decision for which İYS tells no movement, only that it holds no grant.
ANOTHER_KEY = {"recipient", "recipientType", "type"}  # A row that differs in these is about somebody else's key.


class WhyNot(StrEnum):
    """Why a way of settling is not open for a difference."""

    NOTHING_THERE = "nothing_there"  # İYS has no row of it: there is no word to take.
    UNREADABLE = "unreadable"  # İYS's row says something that we cannot keep.
    REFUSED_HERE = "refused_here"  # The person refused here, and İYS holds a grant: the refusal can only be told.
    NOT_OURS = "not_ours"  # We did not send it.
    NEWER = "newer"  # The person decided anew since; that decision goes.
    ON_ITS_WAY = "on_its_way"
    TOO_LATE = "too_late"  # İYS takes no grant that is older than three business days (H467).


class CannotSettle(Exception):
    """This difference cannot be settled in this way; `why` says for what reason."""

    def __init__(self, why: WhyNot):
        self.why = why


class AlreadySettled(Exception):
    """Somebody settled it already, or it is gone."""


def why_not(
    session: Session, vault: Vault, difference: Difference, settlement: Settlement, at: datetime
) -> WhyNot | None:
    """Why a difference cannot be settled in this way; None where it can. Raises CannotOpen."""
    if settlement == Settlement.TAKE_THEIRS:
        return _why_not_take(session, vault, difference)
    if settlement == Settlement.SEND_AGAIN:
        return _why_not_send(session, difference, at)
    return _why_not_explain(session, difference)


def settle(
    session: Session, vault: Vault, difference: Difference, settlement: Settlement, *, user_id: int, at: datetime,
    explanation: str = "",
) -> None:  # fmt: skip
    """Settle a difference in one of a person's three ways: take İYS's, send ours again, or leave both records as they
    are and explain why that is right. Raises CannotOpen, CannotSettle and AlreadySettled."""
    if settlement == Settlement.SEND_AGAIN and difference.consent_id:
        locking.lock_recipient_of(session, difference.consent_id)
    if why := why_not(session, vault, difference, settlement, at):
        raise CannotSettle(why)
    values: dict[str, Any] = {"settled_at": at, "settled_by": user_id, "settlement": settlement}
    if settlement == Settlement.TAKE_THEIRS:
        _take_theirs(session, vault, difference, user_id, at)
    elif settlement == Settlement.SEND_AGAIN:
        _send_again(session, vault, difference, at)
    else:
        values["explanation"] = explanation
    still_open = update(Difference).where(Difference.id == difference.id, Difference.settled_at.is_(None))
    if changed_rows(session, still_open.values(values)) != 1:
        raise AlreadySettled
    if difference.day_id:
        others = exists().where(Difference.day_id == difference.day_id, Difference.settled_at.is_(None))
        day = update(ReconciledDay).where(
            ReconciledDay.id == difference.day_id, ReconciledDay.state == DayState.DIFFERENT, ~others
        )
        session.execute(day.values(due_at=at, attempts=0))


def _why_not_take(session: Session, vault: Vault, difference: Difference) -> WhyNot | None:
    if difference.kind == DifferenceKind.DRIFT:
        consent = session.get_one(Consent, difference.consent_id)
        return WhyNot.REFUSED_HERE if consent.status == Status.REFUSED else None
    if difference.line is None:
        return WhyNot.NOTHING_THERE
    return None if movement_rows.read_row(line_of(vault, difference), difference.found_at) else WhyNot.UNREADABLE


def _take_theirs(session: Session, vault: Vault, difference: Difference, user_id: int, at: datetime) -> None:
    """Apply İYS's row as if it had been pulled: it becomes a movement and, where it is not our own, a decision.

    It moves the consent only where it is newer than what the person said here. Where İYS's row replaces one of ours,
    İYS no longer counts as holding ours.
    """
    brand = session.get_one(Brand, difference.brand_id)
    if difference.kind == DifferenceKind.DRIFT:
        _refuse_as_iys(session, vault, brand, difference, user_id, at)
    else:
        rows = movement_rows.read_row(line_of(vault, difference), difference.found_at)
        movements.apply_movements(session, vault, brand, rows, by=ReceivedVia.FILE, feed=None, at=at, user_id=user_id)
        if difference.kind == DifferenceKind.ALTERED and ANOTHER_KEY & difference.facts.keys():
            unknown = update(Consent).where(Consent.id == difference.consent_id)
            session.execute(unknown.values(iys_status=None, iys_as_of=at))


def _why_not_send(session: Session, difference: Difference, at: datetime) -> WhyNot | None:
    if difference.kind == DifferenceKind.ONLY_AT_IYS:
        return WhyNot.NOT_OURS
    consent = session.get_one(Consent, difference.consent_id)
    submission = _find_submission(session, difference)
    if submission is None:
        is_refusal = difference.kind == DifferenceKind.DRIFT and consent.status == Status.REFUSED
        return None if is_refusal else WhyNot.NOT_OURS
    if consent.decision_id != submission.decision_id:
        return WhyNot.NEWER
    if submission.is_open:
        return WhyNot.ON_ITS_WAY
    return WhyNot.TOO_LATE if consent.status != Status.REFUSED and _is_too_old(consent, submission, at) else None


def _send_again(session: Session, vault: Vault, difference: Difference, at: datetime) -> None:
    """Send the decision again, byte for byte; İYS answers a repeated request as it answered the first.

    A refusal that İYS records differently, or that is too old for it, is renewed instead, dated now.
    """
    consent = session.get_one(Consent, difference.consent_id)
    submission = _find_submission(session, difference)
    is_too_old = submission is not None and _is_too_old(consent, submission, at)
    if consent.status == Status.REFUSED and (difference.kind != DifferenceKind.ONLY_HERE or is_too_old):
        _renew(session, vault, consent, difference, at)
    elif submission is not None:
        _reopen_submission(session, submission, at)


def _why_not_explain(session: Session, difference: Difference) -> WhyNot | None:
    consent = session.get(Consent, difference.consent_id) if difference.consent_id else None
    is_untold = consent is not None and consent.status == Status.REFUSED and consent.iys_status == Status.GRANTED
    return WhyNot.REFUSED_HERE if is_untold else None


def line_of(vault: Vault, difference: Difference) -> dict[str, Any] | None:
    """İYS's row of a difference, under İYS's names; None where it has none. Raises CannotOpen."""
    if difference.line is None:
        return None
    line: dict[str, Any] = json.loads(
        vault.read(difference.line, Difference.LINE, difference.provider_id, difference.id)
    )
    return line


def _is_too_old(consent: Consent, submission: Submission, at: datetime) -> bool:
    """İYS takes an individual's decision for three business days only (H467)."""
    return consent.recipient_type == RecipientType.INDIVIDUAL and at > submission.lenient_deadline


def _find_submission(session: Session, difference: Difference) -> Submission | None:
    if difference.submission_id:
        return session.get_one(Submission, difference.submission_id)
    if difference.kind != DifferenceKind.DRIFT:
        return None
    current = select(Consent.decision_id).where(Consent.id == difference.consent_id).scalar_subquery()
    return session.scalar(select(Submission).where(Submission.decision_id == current))


def _renew(session: Session, vault: Vault, consent: Consent, difference: Difference, at: datetime) -> None:
    of_brand = select(Provider.iys_code, Brand.brand_code).join(Brand, Brand.provider_id == Provider.id)
    iys_code, brand_code = session.execute(of_brand.where(Brand.id == difference.brand_id)).one()
    if consent.decision_id is None:
        return
    try:
        refusal_forwarding.renew(session, vault, consent.decision_id, (iys_code, brand_code), at)
    except TooSoon as too_soon:
        raise CannotSettle(WhyNot.ON_ITS_WAY) from too_soon


def _reopen_submission(session: Session, submission: Submission, at: datetime) -> None:
    ended = update(Submission).where(Submission.id == submission.id, Submission.due_at.is_(None))
    values = {**refusal_forwarding.UNSENT, "outcome": Outcome.WAITING, "due_at": at, "ended_at": None, "code": None}
    session.execute(ended.values(**values, closed_at=None, verified_at=None))


def _refuse_as_iys(
    session: Session, vault: Vault, brand: Brand, difference: Difference, user_id: int, at: datetime
) -> None:
    """Refuse here, too, where İYS holds no grant of this key and no movement says why; and as every other type."""
    (found,) = locking.read_consents(session, Consent.id == difference.consent_id)
    held = locking.lock_consents(session, brand.id, [found.recipient_id])
    consent = held[found.key]
    if consent.status != Status.GRANTED:
        return
    date = at.replace(microsecond=0)
    decision = writer.decision_row(
        consent, Status.REFUSED, consent_date=date, effective_at=at, recorded_at=at, source=BY_IYS,
        origin=DecisionOrigin.AT_IYS, user_id=user_id,
    )  # fmt: skip
    consent.move_to(decision["id"], Status.REFUSED, consent_date=date, effective_at=at)
    rows, refusals = DecisionRows(), NewestRefusals()
    rows.add(decision)
    refusals.note(consent, at, decision["id"])
    others = other_types.refuse_other_types(session, vault, held.values(), refusals, rows, at)
    annulments.void_waiting_grants(session, [consent, *others], at)
    writer.write_decisions(session, [consent, *others], rows)
