"""Decide whether İYS must still be told of a refusal: once more byte for byte, anew as a renewal, or not.

One public function an event; docs/decisions/renewed-refusals.md has the table of states. Nothing here commits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, SQLColumnExpression, and_, case, exists, or_, select, update
from sqlalchemy.orm import Session

from portal.core.business_days import holiday_calendar
from portal.core.database import changed_rows, is_one_of
from portal.core.iys_protocol import Source, Status
from portal.core.models import (
    OPEN_OUTCOMES,
    ORIGINS_AT_IYS,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    Outcome,
    Provider,
    Submission,
)
from portal.core.vault import Vault
from portal.domain.consents import locking, recipients, writer
from portal.domain.consents.deadlines import deadlines_when_told
from portal.domain.consents.locking import LockedConsent
from portal.domain.consents.writer import BrandEndpoints, DecisionRows
from portal.domain.providers import sandbox_mode

RENEWAL_INTERVAL = timedelta(days=1)  # Whatever İYS answers, one key is renewed once a day at most.
UNSENT = {"attempts": 0, "lease_until": None, "bulk_id": None, "bulk_index": None, "sub_request_id": None}


def tell_after_movements(
    session: Session, vault: Vault, consents: Collection[LockedConsent], at: datetime, addresses: Mapping[int, str]
) -> list[writer.Row]:  # fmt: skip
    """Tell of refusals that stand after İYS's movements; the submissions to be inserted. `addresses` are canonical, by
    recipient, as far as the movements name them. Raises CannotOpen for others."""
    _tell_again(session, consents, at)
    return _first_submissions(session, vault, consents, at, addresses)


def tell_after_annulments(
    session: Session, vault: Vault, consents: Collection[LockedConsent], at: datetime
) -> list[writer.Row]:  # fmt: skip
    """Tell of refusals that stand again, and renew those that expired, or had their turn, while a newer decision
    stood; the submissions to be inserted. Raises CannotOpen."""
    _tell_again(session, consents, at)
    if ids := _refusals_of(consents):
        had_its_turn = Submission.outcome == Outcome.EXPIRED, Submission.due_at.is_(None)
        expire(session, at, Submission.decision_id.in_(ids), *had_its_turn)
    return _first_submissions(session, vault, consents, at)


def tell_after_restore(
    session: Session, vault: Vault, consents: Collection[LockedConsent], at: datetime
) -> list[writer.Row]:  # fmt: skip
    """Tell of refusals of a restored database; the submissions to be inserted. Raises CannotOpen."""
    return _first_submissions(session, vault, consents, at)


def tell_after_admission(
    session: Session, vault: Vault, decision: writer.Row, codes: tuple[int, int], at: datetime
) -> writer.Row:
    """Tell of a refusal that was said before its firm was admitted; the submission to be inserted. `codes` are İYS's
    numbers of the provider and the brand. Raises CannotOpen."""
    return _submission(session, vault, decision, codes, at, is_late=True)


def tell_after_status_query(
    session: Session, brand: Brand, granted: Collection[int], asked_at: datetime, at: datetime
) -> None:  # fmt: skip
    """Tell again of refusals that İYS did not need where multi-status listed their consents (`granted`). One that moved
    since İYS was asked is left out."""
    unneeded = (
        select(Consent.id, Consent.recipient_id)
        .join(Submission, Submission.decision_id == Consent.decision_id)
        .where(Consent.id.in_(granted), Consent.status == Status.REFUSED, Submission.outcome == Outcome.NOT_NEEDED)
    )
    found = dict(session.execute(unneeded).all()) if granted else {}
    if not found:
        return
    locked = locking.lock_consents(session, brand.id, found.values()).values()
    consents = [each for each in locked if each.id in found and each.effective_at and each.effective_at < asked_at]
    for consent in consents:
        consent.learn_iys_status(Status.GRANTED, asked_at, at)
    _tell_again(session, consents, at)


def renewal_due_at(earliest: datetime | SQLColumnExpression[datetime | None]) -> ColumnElement[datetime | None]:
    """When a submission that expires (a row of an UPDATE) is checked at İYS and recorded anew: none but a refusal on
    which its consent stands."""
    return case((_is_current_refusal(), earliest))


def is_parked_too_long(at: datetime) -> ColumnElement[bool]:
    """Condition: a refusal was parked in time and is too old for İYS now. What is parked again after that stays so: İYS
    was asked about it, and a person must look."""
    return and_(
        Submission.outcome == Outcome.PARKED, Submission.closed_at.is_(None), Submission.lenient_deadline < at,
        Submission.ended_at <= Submission.lenient_deadline, _is_current_refusal(),
    )  # fmt: skip


def expire(session: Session, at: datetime, *which: ColumnElement[bool]) -> int:
    """Let refusals expire that are too old for İYS; how many. They are due all the same, to be checked at İYS and
    recorded anew."""
    values = {**UNSENT, "outcome": Outcome.EXPIRED, "due_at": at, "ended_at": at, "closed_at": None}
    expired = update(Submission).where(*which).values(**values)
    return changed_rows(session, expired.execution_options(synchronize_session=False))


def is_to_be_told(consent: Row[*tuple[Any, ...]], at: datetime) -> bool:
    """Whether a refusal, by its submission's outcome, closed_at, due_at and lenient_deadline, may still be sent or is
    renewed."""
    if consent.outcome == Outcome.PARKED:
        return consent.closed_at is None and at <= consent.lenient_deadline
    if consent.outcome == Outcome.EXPIRED:
        return consent.due_at is not None
    return consent.outcome in OPEN_OUTCOMES


def renew(session: Session, vault: Vault, decision_id: int, codes: tuple[int, int], at: datetime) -> int | None:
    """Refuse anew what an expired refusal withdraws, if its consent still stands on it; the new decision's id.

    The recipient is locked; `codes` are İYS's numbers of the provider and the brand. Raises TooSoon."""
    expired = session.get_one(Decision, decision_id)
    (consent,) = locking.read_consents(session, Consent.id == expired.consent_id)
    if consent.decision_id != decision_id or consent.status != Status.REFUSED:
        return None
    locking.next_consent_date(consent.consent_date, at)  # Raises TooSoon: a renewal can wait, a person's word cannot.
    decision = writer.decide_now(
        consent, Status.REFUSED, source=Source.PROVIDER_DECISION, origin=DecisionOrigin.RENEWAL,
        renews_id=expired.renewed().id, at=at,
    )  # fmt: skip
    rows = DecisionRows()
    rows.add(decision, _submission(session, vault, decision, codes, at))
    writer.write_decisions(session, [consent], rows)
    writer.write_audit_entry(
        session, "decision.renewed", "decision", decision_id, provider_id=consent.provider_id,
        facts={"by": decision["id"]}, at=at,
    )  # fmt: skip
    return consent.decision_id


def _tell_again(session: Session, consents: Iterable[LockedConsent], at: datetime) -> None:
    """Send again, byte for byte, refusals that İYS did not need, where it is now seen to hold a grant all the same: one
    that others told it later with an earlier date. İYS is the judge: it takes no refusal that is older than what it
    holds (H178), and what is too old for it (H467) is renewed."""
    ids = _refusals_of(each for each in consents if each.iys_status == Status.GRANTED and each.has_changed)
    told_nobody = Submission.code.in_((sandbox_mode.EXEMPT, sandbox_mode.OVER))
    ended = (Submission.outcome == Outcome.NOT_NEEDED, or_(Submission.code.is_(None), ~told_nobody))
    if ids:
        again = update(Submission).where(Submission.decision_id.in_(ids), *ended)
        values = {"outcome": Outcome.WAITING, "due_at": at, "ended_at": None, "code": None}
        session.execute(again.values(**values).execution_options(synchronize_session=False))


def _first_submissions(
    session: Session, vault: Vault, consents: Iterable[LockedConsent], at: datetime,
    addresses: Mapping[int, str] = recipients.NONE_KNOWN,
) -> list[writer.Row]:  # fmt: skip
    """The submissions of refusals that stand and have none: a file's or a program's that was older than a grant that is
    void now. They have no `batch_id`, so the file's page goes on counting these lines as kept only."""
    ids = _refusals_of(consents)
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
    found: Sequence[Any] = session.execute(theirs).mappings().all() if ids else ()
    return [
        _submission(session, vault, dict(each), (each["iys_code"], each["brand_code"]), at, addresses, is_late=True)
        for each in found
    ]


def _submission(
    session: Session, vault: Vault, decision: writer.Row, codes: tuple[int, int], at: datetime,
    addresses: Mapping[int, str] = recipients.NONE_KNOWN, *, is_late: bool = False,
) -> writer.Row:  # fmt: skip
    address = recipients.known_or_opened(session, vault, decision["recipient_id"], addresses)
    holiday_calendar.refresh_corrections(session, at)
    whose = decision["recipient_type"], decision["source"], decision["effective_at"]
    told = writer.submission_row(
        vault, decision, BrandEndpoints.of(*codes), address=address, due_at=at,
        deadlines=deadlines_when_told(*whose, at) if is_late else None,
    )  # fmt: skip
    return told | {"created_at": at}


def _refusals_of(consents: Iterable[LockedConsent]) -> list[int | None]:
    """The decisions of consents that stand on a refusal."""
    return [each.decision_id for each in consents if each.status == Status.REFUSED]


def _is_current_refusal() -> ColumnElement[bool]:
    """Condition: a submission is of a refusal on which its consent still stands."""
    is_current = select(Consent.id).where(
        Consent.id == Submission.consent_id, Consent.decision_id == Submission.decision_id
    )
    return and_(Submission.status == Status.REFUSED, is_current.exists())
