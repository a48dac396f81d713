"""Find and end drift: consents that İYS holds otherwise. A sweep finds it, a person settles it, a movement ends it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.core.ids import new_id
from portal.core.iys_protocol import Status
from portal.core.models import (
    OPEN_OUTCOMES,
    Brand,
    Consent,
    Decision,
    Difference,
    DifferenceKind,
    Event,
    EventType,
    Outcome,
    Settlement,
    Submission,
)
from portal.domain.consents import locking, refusal_forwarding

REFUSED_AT_IYS = "refused_at_iys"  # An outcome that programs are told of, as maySend's reason.


def is_swept() -> ColumnElement[bool]:
    """The condition that a sweep asks about a consent: a decision stands, or İYS is known to hold a grant, by which a
    merchant may be messaged, too."""
    return or_(Consent.status.is_not(None), Consent.iys_status == Status.GRANTED)


def record_drifts(session: Session, brand: Brand, holds: dict[int, bool], asked_at: datetime, at: datetime) -> int:
    """Compare what İYS said by multi-status (consent id: whether it holds ONAY) with our consents; how many drifts are
    new.

    Nobody is overruled: what İYS is known to hold changes, and refusals that it did not need are told again where it
    holds a grant, as where a movement says so. A consent that moved since İYS was asked is left out.
    """
    granted = [each for each, is_granted in holds.items() if is_granted]
    refusal_forwarding.tell_after_status_query(session, brand, granted, asked_at, at)
    theirs = (
        select(
            Consent.id, Consent.status, Consent.iys_status, Consent.effective_at, Submission.outcome,
            Submission.closed_at, Submission.due_at, Submission.lenient_deadline,
        )
        .outerjoin(Submission, Submission.decision_id == Consent.decision_id)
        .where(Consent.id.in_(holds.keys()), is_swept())
        .where(or_(Consent.effective_at.is_(None), Consent.effective_at < asked_at))
    )  # fmt: skip
    consents = session.execute(theirs).all()
    learned: dict[int, tuple[str | None, datetime | None]] = {}
    agreeing, apart = [], []
    for consent in consents:
        iys_grants = holds[consent.id]
        # Multi-status lists ONAY only: what it does not list is refused or was never there.
        if iys_grants or consent.iys_status == Status.GRANTED:
            learned[consent.id] = (Status.GRANTED if iys_grants else Status.REFUSED).value, asked_at
        if (consent.status == Status.GRANTED) == iys_grants:
            agreeing.append(consent.id)
        elif consent.status is not None and not _is_listed_elsewhere(consent, at):
            apart.append(consent)
    save_found_statuses(session, learned, at)
    end_drifts(session, agreeing, at)
    known = set(session.scalars(select(Difference.consent_id).where(_open_drifts([consent.id for consent in apart]))))
    unheld = [each.id for each in apart if each.status == Status.GRANTED and each.iys_status != Status.GRANTED]
    known |= _find_explained(session, unheld)
    new = [_difference(brand, consent, holds[consent.id], at) for consent in apart if consent.id not in known]
    if new:
        session.execute(insert(Difference), new)
    return len(new)


def save_found_statuses(
    session: Session, statuses: Mapping[int, tuple[str | None, datetime | None]], at: datetime
) -> None:
    """Save what a sweep or a day's file says that İYS holds, by consent id; programs are told where a grant of ours
    may be used no more, which no decision says."""
    if not statuses:
        return
    granted = (
        select(Decision.provider_id, Decision.brand_id, Decision.id)
        .join(Consent, Consent.decision_id == Decision.id)
        .where(Consent.id.in_(statuses), Consent.status == Status.GRANTED)
    )
    is_refused = Consent.iys_status == Status.REFUSED
    before = set(session.execute(granted.where(is_refused)).all())
    locking.save_iys_statuses(session, statuses)
    for provider_id, brand_id, decision_id in sorted(set(session.execute(granted.where(is_refused)).all()) - before):
        Event.record(
            session, EventType.IYS_OUTCOME, decision_id, provider_id=provider_id, brand_id=brand_id, at=at,
            facts={"outcome": REFUSED_AT_IYS, "code": None},
        )  # fmt: skip


def end_drifts(session: Session, consent_ids: Collection[int], at: datetime) -> None:
    """End the drifts of consents on which İYS and we agree again."""
    if consent_ids:
        ended = update(Difference).where(_open_drifts(consent_ids))
        values = {"settled_at": at, "settlement": Settlement.GONE}
        session.execute(ended.values(values).execution_options(synchronize_session=False))


def _is_listed_elsewhere(consent: Row[*tuple[Any, ...]], at: datetime) -> bool:
    """Whether the forwarding page says why İYS does not hold it."""
    if consent.status == Status.REFUSED:
        return refusal_forwarding.is_to_be_told(consent, at)
    return consent.outcome in (*OPEN_OUTCOMES, Outcome.PARKED, Outcome.EXPIRED)


def _open_drifts(consent_ids: Collection[int]) -> ColumnElement[bool]:
    return and_(
        Difference.consent_id.in_(consent_ids), Difference.kind == DifferenceKind.DRIFT, Difference.settled_at.is_(None)
    )


def _find_explained(session: Session, consent_ids: Collection[int]) -> set[int | None]:
    """Those of these grants, which İYS has not held since, that have not moved since a person explained their drift."""
    explained = (
        select(Difference.consent_id)
        .join(Consent, Consent.id == Difference.consent_id)
        .where(Consent.id.in_(consent_ids), Consent.effective_at < Difference.settled_at)
        .where(Difference.kind == DifferenceKind.DRIFT, Difference.settlement == Settlement.EXPLAINED)
    )
    return set(session.scalars(explained))


def _difference(brand: Brand, consent: Row[*tuple[Any, ...]], iys_grants: bool, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "provider_id": brand.provider_id,
        "brand_id": brand.id,
        "kind": DifferenceKind.DRIFT,
        "consent_id": consent.id,
        "facts": {"status": [consent.status.value, Status.GRANTED.value if iys_grants else None]},
        "found_at": at,
    }
