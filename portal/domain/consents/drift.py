"""Drift: a head that İYS holds otherwise. A sweep finds it, a person settles it, a later word of İYS's ends it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Row, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.core.iys_protocol import Status
from portal.core.models import (
    OPEN_OUTCOMES,
    Brand,
    Consent,
    Difference,
    DifferenceKind,
    Outcome,
    Settlement,
    Submission,
)
from portal.core.models.ids import new_id

LISTED_ELSEWHERE = (
    *OPEN_OUTCOMES,
    Outcome.PARKED,
    Outcome.EXPIRED,
)  # The forwarding page tells why İYS does not hold it.


def compare(session: Session, brand: Brand, holds: dict[int, bool], asked_at: datetime, at: datetime) -> int:
    """Compare what İYS said by multi-status (consent: whether it holds ONAY) with the heads; how many drifts are new.

    Nobody is overruled: only what İYS is known to hold changes. A head that moved since it was asked for is left out.
    """
    heads = [head for head in session.execute(_heads(holds)) if head.effective_at < asked_at]
    told = [_told(head, holds[head.id], asked_at) for head in heads if _is_news(head, holds[head.id])]
    if told:
        session.execute(LEARN, sorted(told, key=lambda each: each["its_id"]))
    apart = [head for head in heads if _is_apart(head, holds[head.id])]
    at_one = [head.id for head in heads if (head.status == Status.GRANTED) == holds[head.id]]
    end_drifts(session, at_one, at)
    known = set(session.scalars(select(Difference.consent_id).where(*_open(head.id for head in apart))))
    new = [_difference(brand, head, holds[head.id], at) for head in apart if head.id not in known]
    if new:
        session.execute(insert(Difference.__table__), new)
    return len(new)


def end_drifts(session: Session, consent_ids: Iterable[int], at: datetime) -> None:
    """End the drifts of keys on which İYS and we are at one again."""
    if ids := list(consent_ids):
        gone = {"settled_at": at, "settlement": Settlement.GONE}
        session.execute(update(Difference.__table__).where(*_open(ids)).values(gone))


def _heads(consent_ids: Iterable[int]):
    return (
        select(Consent.id, Consent.status, Consent.iys_status, Consent.effective_at, Submission.outcome)
        .outerjoin(Submission, Submission.decision_id == Consent.decision_id)
        .where(Consent.id.in_(list(consent_ids)), Consent.status.is_not(None))
    )


def _is_news(head: Row, holds: bool) -> bool:
    """Multi-status lists ONAY only: what it does not list is refused or was never there."""
    return holds or head.iys_status == Status.GRANTED


def _told(head: Row, holds: bool, asked_at: datetime) -> dict:
    return {"its_id": head.id, "its_status": Status.GRANTED if holds else Status.REFUSED, "as_of": asked_at}


def _is_apart(head: Row, holds: bool) -> bool:
    return (head.status == Status.GRANTED) != holds and head.outcome not in LISTED_ELSEWHERE


def _open(consent_ids: Iterable[int]) -> list:
    return [
        Difference.consent_id.in_(list(consent_ids)),
        Difference.kind == DifferenceKind.DRIFT,
        Difference.settled_at.is_(None),
    ]


def _difference(brand: Brand, head: Row, holds: bool, at: datetime) -> dict:
    return {
        "id": new_id(),
        "provider_id": brand.provider_id,
        "brand_id": brand.id,
        "kind": DifferenceKind.DRIFT,
        "consent_id": head.id,
        "facts": {"status": [head.status.value, Status.GRANTED.value if holds else None]},
        "found_at": at,
    }


TABLE = Consent.__table__
AS_OF = bindparam("as_of", type_=TABLE.c.iys_as_of.type)
LEARN = (
    update(TABLE)
    .where(TABLE.c.id == bindparam("its_id"), or_(TABLE.c.iys_as_of.is_(None), TABLE.c.iys_as_of <= AS_OF))
    .values(iys_status=bindparam("its_status"), iys_as_of=AS_OF)
)
