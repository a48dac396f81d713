"""Record the outcome of claimed submissions: accepted, ended, retried, or held. Each commits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, case, exists, func, insert, not_, or_, select

from portal.core import clock, iys_protocol, leases
from portal.core.extensions import db, vault
from portal.core.ids import new_ids
from portal.core.iys_protocol import Operation, Status
from portal.core.models import Attempt, BulkRequest, BulkState, Consent, Lane, Outcome, Submission
from portal.core.vault import KEY_WAIT
from portal.domain.consents import locking, refusal_forwarding, verification
from portal.services.iys import holds
from portal.services.iys.client import IysAnswer
from portal.services.iys.forwarding import claims
from portal.services.iys.forwarding.claims import ClaimedSubmission
from portal.services.iys.iys_clock import iys_clock

log = structlog.get_logger()

MAX_ANSWER_BYTES = 20_000  # Of an attempt.
ORDER_WAIT = timedelta(seconds=2)
WORK = timedelta(minutes=10)  # So long after a list was sent İYS is likely to be at work on it.
ASK_SOON, ASK_LATER = timedelta(seconds=10), timedelta(minutes=1)  # About refusals of its grants: then, and after that.
ASK_APART = timedelta(seconds=0.5)  # For brands with lists at İYS; so questions take at most a quarter of the pace.
UNSENT_WAIT = timedelta(minutes=10)  # A list that is sent wakes the refusals of its grants.


def accept_submission(claimed: ClaimedSubmission, transaction_id: str | None, creation_date: object) -> None:
    """İYS stored it, under this transactionId if it gave one; that ends the holds of its part."""
    at, dated = clock.now(), iys_protocol.read_wire_date(creation_date)
    if claims.end_lease(
        db.session, [claimed], outcome=Outcome.ACCEPTED, due_at=None, code=None, transaction_id=transaction_id,
        accepted_at=dated or at, ended_at=at,
    ):  # fmt: skip
        if claimed.is_refusal:  # İYS takes nothing older any more (H178).
            verification.overtake_older(db.session, claimed.consent_id, claimed.consent_date, at)
        verification.make_refusals_due(db.session, [claimed.consent_id], at)
        record_iys_status({claimed.consent_id: dated}, claimed.status, at)
    db.session.commit()
    holds.end_holds(claimed.part)
    log.info("submission.accepted", submission=claimed.id)


def end_submission(
    claimed: ClaimedSubmission, outcome: Outcome, *, code: str | None, iys_status: Status | None = None,
    as_of: datetime | None = None,
) -> None:  # fmt: skip
    """Nothing more is to be done; `iys_status` is what İYS held at our `as_of`, None where that is unknown."""
    at = clock.now()
    if claims.end_lease(db.session, [claimed], outcome=outcome, due_at=None, code=code, ended_at=at):
        verification.make_refusals_due(db.session, [claimed.consent_id], at)
        if as_of:
            record_iys_status({claimed.consent_id: None}, iys_status, as_of)
    db.session.commit()
    log.info("submission.ended", submission=claimed.id, outcome=outcome.value, code=code)


def expire_submission(claimed: ClaimedSubmission, code: str | None, *, renew_after: datetime | None = None) -> None:
    """Too old for İYS. A refusal that is still current stays due, until a day later or `renew_after`: if İYS holds a
    grant then, a new refusal is recorded."""
    at = clock.now()
    a_day_later = claimed.consent_date + refusal_forwarding.RENEWAL_INTERVAL
    due_at = refusal_forwarding.renewal_due_at(max(at, renew_after + claims.ONE_SECOND if renew_after else a_day_later))
    claims.end_lease(db.session, [claimed], outcome=Outcome.EXPIRED, due_at=due_at, code=code, ended_at=at)
    verification.make_refusals_due(db.session, [claimed.consent_id], at)
    db.session.commit()
    log.info("submission.ended", submission=claimed.id, outcome=Outcome.EXPIRED.value, code=code)


def renew_refusal(claimed: ClaimedSubmission) -> None:
    """İYS still holds a grant that an expired refusal withdraws: record the refusal anew, dated now."""
    at = clock.now()
    locking.lock_recipient_of(db.session, claimed.consent_id)
    if claims.end_lease(db.session, [claimed], due_at=None, closed_at=at):
        codes = iys_protocol.codes_in_path(claimed.endpoint)
        refusal_forwarding.renew(db.session, vault(), claimed.decision_id, codes, at)
    db.session.commit()
    log.info("submission.renewed", submission=claimed.id)


def retry_later(
    these: Sequence[ClaimedSubmission], after: timedelta, code: str | None, *, counts: bool = True, unsure: bool = False
) -> None:
    """Send the same bytes again later; `unsure`: İYS may have received it, `counts`: it was a failed attempt."""
    values: dict[str, object] = {"code": code} if code else {}  # The last code stays where there is none now.
    if not counts:
        values["attempts"] = Submission.attempts - 1
    before = case((Submission.outcome == Outcome.BLOCKED, Outcome.WAITING), else_=Submission.outcome)
    outcome = Outcome.SENT if unsure else before
    claims.end_lease(db.session, these, outcome=outcome, due_at=clock.now() + after, **values)
    db.session.commit()
    log.info("submissions.again", count=len(these), code=code)


def wait_for_key(these: Sequence[ClaimedSubmission]) -> None:
    """Another process may know the key that sealed them: they stay as they were, for a while."""
    db.session.rollback()
    retry_later(these, KEY_WAIT, None, counts=False)


def return_unsent(these: Sequence[ClaimedSubmission]) -> None:
    """Put them back into their lane as they were."""
    if these:
        claims.end_lease(db.session, these, due_at=Submission.due_at, attempts=Submission.attempts - 1)
        db.session.commit()


def end_without_grant(these: Sequence[ClaimedSubmission], code: str | None) -> None:
    """İYS holds no grant of these keys, so nothing is left to do; unless an earlier grant of ours is still open or was
    accepted meanwhile: then the refusal is sent again after that."""
    at = clock.now()
    came = exists().where(Consent.id == Submission.consent_id, Consent.iys_status == Status.GRANTED.value)
    may_follow: ColumnElement[bool] = claims.earlier_grants().exists()
    if not these[0].needs_no_question:
        may_follow = or_(may_follow, came)
    ended = claims.end_lease(
        db.session, these, not_(may_follow), outcome=Outcome.NOT_NEEDED, due_at=None, code=code, ended_at=at
    )
    if code == "H174":
        refused = [each.consent_id for each in these if each.id in ended]
        record_iys_status(dict.fromkeys(refused), Status.REFUSED, at)
    rest = [each for each in these if each.id not in ended]
    if rest:
        claims.end_lease(
            db.session, rest, due_at=_ask_again_at(at), code=code or verification.ABSENT,
            attempts=Submission.attempts - 1,
        )  # fmt: skip
    db.session.commit()
    log.info("refusals.nothing_to_withdraw", count=len(ended), waiting=len(rest), code=code)


def _ask_again_at(at: datetime) -> ColumnElement[datetime]:
    """When to ask İYS again about a refusal (a row of Submission) that it holds no grant of: soon while it works on the
    list with the grant, so that it learns of the refusal seconds after it."""
    working = (BulkRequest.state == BulkState.SENT, BulkRequest.sent_at > at - WORK, BulkRequest.due_at.is_not(None))
    brands = db.session.scalars(select(func.count(BulkRequest.brand_id.distinct())).where(*working)).one()
    listed = claims.earlier_grants(Lane.BULK)
    of_lists = listed.join(BulkRequest, BulkRequest.id == claims.Earlier.bulk_id)
    sent_at = of_lists.with_only_columns(func.max(BulkRequest.sent_at)).scalar_subquery()
    return case(
        (sent_at > at - WORK, at + max(ASK_SOON, brands * ASK_APART)),
        (sent_at.is_not(None), at + ASK_LATER),
        (listed.exists(), at + UNSENT_WAIT),
        else_=at + ORDER_WAIT,
    )


def block_submissions(these: Sequence[ClaimedSubmission], code: str | None) -> None:
    """Rights, subscription or quota hold what the code concerns for a while."""
    until = holds.hold(these[0].part, code, clock.now())
    claims.end_lease(db.session, these, outcome=Outcome.BLOCKED, due_at=until, code=code)
    db.session.commit()


def backoff(attempts: int, answer: IysAnswer | None = None) -> timedelta:
    """The pause after so many failed attempts. İYS may be away for a day; it is asked once a minute then, and every ten
    minutes where its answer is of no use: a 4xx, which counts as failed, or one that tells no status."""
    is_useless = answer is not None and (answer.is_refused_without_code or answer.status // 100 == 2)
    return leases.backoff(attempts, holds.SECOND, holds.TEN_MINUTES if is_useless else holds.MINUTE)


def record_iys_status(dates: Mapping[int, datetime | None], iys_status: Status | None, at: datetime) -> None:
    """Store what İYS held at this moment of ours, or at its own date of a consent (`dates`, by id) where that is
    earlier, unless something newer is known. All but a refusal counts as of İYS's clock where ours is ahead of it: what
    İYS dates later is news.

    Part of the caller's transaction, as below.
    """
    is_refusal = iys_status == Status.REFUSED
    latest = at.replace(microsecond=0) if is_refusal else iys_clock().earlier_of_both(db.session, at)
    status = iys_status.value if iys_status else None
    statuses = {consent_id: (status, min(dated or latest, latest)) for consent_id, dated in dates.items()}
    locking.save_iys_statuses(db.session, statuses)


def record_attempts(question: Operation, status: int, answers: Iterable[tuple[int, int, str | None, bytes]]) -> None:
    """Store answers as evidence, one sealed attempt each; `answers` are (provider_id, submission_id, code, body)."""
    answered, at, seal = list(answers), clock.now(), vault().seal
    if not answered:
        return
    rows = [
        {
            "id": attempt_id, "provider_id": provider_id, "submission_id": submission_id, "at": at,
            "question": question.value, "http_status": status, "code": code,
            "answer": seal(body[:MAX_ANSWER_BYTES], Attempt.PLACE, provider_id, attempt_id),
        }
        for attempt_id, (provider_id, submission_id, code, body) in zip(new_ids(len(answered)), answered, strict=True)
    ]  # fmt: skip
    db.session.execute(insert(Attempt.__table__), rows)
