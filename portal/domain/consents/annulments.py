"""Annul decisions that nobody claimed for sending yet: they are void, and their consents fall back to earlier ones.

Nothing here commits.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, func, or_, select, update
from sqlalchemy.orm import Session

from portal.core import journal
from portal.core.iys_protocol import Status
from portal.core.models import (
    Annulment,
    Consent,
    Decision,
    Lane,
    Outcome,
    ReceiptDecision,
    Submission,
    is_void,
    was_current,
)
from portal.core.models.decision import decision_time
from portal.core.models.inserts import insert_rows
from portal.core.vault import Vault
from portal.domain.consents import earlier_grants, locking, other_types, refusal_forwarding, writer
from portal.domain.consents.locking import MAX_CLOCK_SKEW, LockedConsent
from portal.domain.consents.writer import DecisionRows

COLUMNS = (
    Decision.id, Decision.provider_id, Decision.brand_id, Decision.recipient_id, Decision.consent_id, Decision.channel,
)  # fmt: skip


def annul_decisions(
    session: Session, vault: Vault, decision_ids: Collection[int], user_id: int | None, at: datetime, *,
    stays: ColumnElement[bool] | None = None,
) -> list[int]:  # fmt: skip
    """Take back those of these decisions that İYS cannot have heard; which ones they were. Call with ≤ 5,000.

    What has been claimed for sending, or came to an end at İYS, stays; and so does what a person's receipt lists: up to
    version 0.2 who refused again was told that the first refusal stands. `stays` is a condition on decisions that stay
    besides; it is asked again under the locks.
    """
    is_on_a_receipt = exists().where(ReceiptDecision.decision_id == Decision.id).correlate(Decision)
    may_go = and_(~is_void(), ~is_on_a_receipt, ~(false() if stays is None else stays))
    rows = _lock(session, select(*COLUMNS).where(Decision.id.in_(decision_ids), may_go))
    if not rows:
        return []
    void = _end_unclaimed(session, select(Decision.id).where(Decision.id.in_(rows), may_go), at)
    _annul(session, vault, [rows[each] for each in void], user_id, at)
    return void


def restore_annulments(session: Session, vault: Vault, facts: Mapping[int, writer.Row], at: datetime) -> list[int]:
    """Take back again, as they were, decisions that a backup holds from before that; which ones. Call with ≤ 5,000.
    What was claimed for sending since the restore stays."""
    rows = _lock(session, select(*COLUMNS).where(Decision.id.in_(facts), ~is_void()))
    void = _end_unclaimed(session, select(Decision.id).where(Decision.id.in_(rows), ~is_void()), at) if rows else []
    acts = defaultdict(list)
    for each in void:
        acts[facts[each]["at"], facts[each]["user_id"]].append(rows[each])
    for (annulled_at, user_id), its in acts.items():
        _annul(session, vault, its, user_id, annulled_at)
    return void


def void_waiting_grants(session: Session, refused: Iterable[LockedConsent], at: datetime) -> None:
    """Void every grant of consents that are refused now, at whichever firms, as long as it waits to be taken back: İYS
    is told only the refusal, which waits for none of them. Whoever writes a refusal, by whichever way, calls this with
    the recipients locked, before the consents are saved. Two statements, however many they are; ≤ 5,000."""
    decided = [consent for consent in refused if consent.decision_id is not None]
    if decided:
        theirs = Submission.consent_id.in_([consent.id for consent in decided])
        # Locked in one order, as forwarders do, or two would wait for each other.
        waiting = select(Submission.id).where(theirs, may_be_undone(at)).order_by(Submission.id).with_for_update()
        void = _end_submissions(session, Submission.id.in_(waiting), at)
        facts = [{"decision_id": each, "provider_id": void[each], "at": at, "user_id": None} for each in sorted(void)]
        write_annulments(session, facts)


def may_be_undone(at: datetime) -> ColumnElement[bool]:
    """The condition that a submission is a person's grant, and waits so that it can be taken back."""
    return and_(Submission.lane == Lane.PEOPLE, undo_until() > at, was_never_claimed())


def undo_until() -> ColumnElement[datetime]:
    """When that wait is over. A grant of which nobody is told is never due; it ends as late as another would leave."""
    return func.coalesce(Submission.due_at, Submission.ended_at)


def was_never_claimed() -> ColumnElement[bool]:
    """The condition that nobody began to send a submission, or that it is sent to nobody."""
    return and_(Submission.is_unclaimed(), or_(Submission.outcome == Outcome.WAITING, Submission.is_told_nobody()))


def _lock(session: Session, decisions: Select[*tuple[Any, ...]]) -> dict[int, Row[*tuple[Any, ...]]]:
    """The decisions by id, with their recipients, what is on its way of these at their brands, and all consents there
    locked."""
    rows = {row.id: row for row in session.execute(decisions)}
    if rows:
        locking.lock_recipients(session, {row.recipient_id for row in rows.values()})
        locking.lock_submissions_and_consents(session, session.scalars(select(Consent.id).where(*_held(rows.values()))))
    return rows


def _end_unclaimed(session: Session, left: Select[int], at: datetime) -> list[int]:
    """End the submissions that nobody claimed; the decisions that had none, or lose theirs now. `left` asks which may
    still go: some were annulled, told to a person or relied on while we waited for the locks."""
    ids = list(session.scalars(left.order_by(Decision.id)))
    sent = set(session.scalars(select(Submission.decision_id).where(Submission.decision_id.in_(ids))))
    ended = _end_submissions(session, and_(Submission.decision_id.in_(ids), was_never_claimed()), at)
    return [each for each in ids if each not in sent or each in ended]


def _end_submissions(session: Session, which: ColumnElement[bool], at: datetime) -> dict[int, int]:
    """The provider of each decision whose submission ended."""
    ended = update(Submission).where(which).values(outcome=Outcome.ANNULLED, due_at=None, ended_at=at)
    returning = ended.returning(Submission.decision_id, Submission.provider_id)
    return dict(session.execute(returning.execution_options(synchronize_session=False)).all())


def _held(rows: Collection[Row[*tuple[Any, ...]]]) -> tuple[ColumnElement[bool], ...]:
    """The conditions of all consents that the recipients of decisions have at their brands."""
    whose, where = {row.recipient_id for row in rows}, {row.brand_id for row in rows}
    return Consent.recipient_id.in_(whose), Consent.brand_id.in_(where)


def _annul(
    session: Session, vault: Vault, void: Sequence[Row[*tuple[Any, ...]]], user_id: int | None, at: datetime
) -> None:
    """Note that these decisions are void. Consents that stood on one stand again as the newest that is not void says; a
    refusal wins a tie. A grant that is older than a refusal as another type does not stand again, nor one of an earlier
    holder of the address."""
    facts = [{"decision_id": row.id, "provider_id": row.provider_id, "at": at, "user_id": user_id} for row in void]
    write_annulments(session, facts)
    ids = {row.id for row in void}
    held = locking.read_consents(session, *_held(void)) if ids else []
    fallen = [consent for consent in held if consent.decision_id in ids]
    if not fallen:
        return
    left = defaultdict(list)
    for row in session.execute(current_candidates([consent.id for consent in fallen])):
        left[row.consent_id].append(row)
    for consent in fallen:
        _fall_back(consent, left[consent.id])
    made = DecisionRows()
    earlier_grants.refuse_earlier_grants(session, fallen, made, at)
    refusals = other_types.newest_refusals(session, held)
    refused = other_types.refuse_other_types(session, vault, held, refusals, made, at)
    void_waiting_grants(session, refused, at)
    writer.write_decisions(session, held, made)
    told = refusal_forwarding.tell_after_annulments(session, vault, fallen, at)
    writer.write_submissions(session, told)


def write_annulments(session: Session, facts: Sequence[dict[str, Any]]) -> None:
    insert_rows(session, Annulment, facts)
    journal.note(session, Annulment, facts)


def current_candidates(consent_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    """The decisions on which consents stand or stood."""
    date = decision_time().label("consent_date")
    columns = (Decision.id, Decision.consent_id, Decision.status, date, Decision.effective_at, Decision.origin)
    return select(*columns, Decision.recorded_at).where(Decision.consent_id.in_(consent_ids), was_current())


def _fall_back(consent: LockedConsent, left: Sequence[Row[*tuple[Any, ...]]]) -> None:
    """What was void İYS never saw, so the next date need be later than that of the others only."""
    newest = _newest(left) if left else None
    dates = (min(row.consent_date, row.recorded_at + MAX_CLOCK_SKEW) for row in left)
    consent.fall_back(
        newest.id if newest else None,
        newest.status if newest else None,
        consent_date=max(dates, default=None),
        effective_at=newest.effective_at if newest else None,
    )


def _newest(rows: Sequence[Row[*tuple[Any, ...]]]) -> Row[*tuple[Any, ...]]:
    return max(rows, key=lambda row: (row.effective_at, row.status == Status.REFUSED, row.id))
