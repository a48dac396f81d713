"""Parked, expired or blocked submissions, each with what happened and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from portal.core import iys_protocol
from portal.core.extensions import read_session, vault
from portal.core.iys_protocol import Channel, Status
from portal.core.lazy_text import N_
from portal.core.models import Brand, Consent, Outcome, Recipient, Submission
from portal.domain.consents import recipients, resubmission
from portal.domain.consents.resubmission import Hopeless
from portal.domain.consents.urgency import Urgency, urgency

PAGE_SIZE = 20
EXPIRED_CODE = "H467"  # İYS's code for what expired here before it was sent.

UNREADABLE = (
    N_("Bu kaydın içeriği açılamadı; İYS'ye iletilmedi."),
    N_("Destek ekibine bildirin; anahtar ya da kayıt zarar görmüş olabilir."),
)


@dataclass(frozen=True)
class FailedSubmission:
    """`why_not`: why sending it again would not help; None where it may be sent."""

    id: int
    address: str
    recipient_id: int
    brand_name: str
    channel: Channel
    status: Status
    decided_at: datetime
    deadline: datetime
    outcome: Outcome
    code: str | None
    sentence: str
    cure: str
    why_not: Hopeless | None
    may_close: bool
    urgency: Urgency


@dataclass(frozen=True)
class FailurePage:
    rows: list[FailedSubmission]
    before: int | None  # The next page holds lower ids; None on the last page.
    is_first: bool


def failures_page(provider_id: int, outcomes: Sequence[Outcome], *, before: int | None, at: datetime) -> FailurePage:
    """A page of failed submissions, the newest first."""
    wanted = is_unsettled_failure(provider_id, outcomes)
    rows = read_session().execute(
        select(Submission, Consent, Recipient, Brand.name)
        .join(Consent, Consent.id == Submission.consent_id)
        .join(Recipient, Recipient.id == Consent.recipient_id)
        .join(Brand, Brand.id == Consent.brand_id)
        .where(wanted if before is None else and_(wanted, Submission.id < before))
        .order_by(Submission.id.desc())
        .limit(PAGE_SIZE + 1)
    ).all()  # fmt: skip
    shown = [_failed_submission(*row, at) for row in rows[:PAGE_SIZE]]
    return FailurePage(shown, shown[-1].id if len(rows) > PAGE_SIZE else None, is_first=before is None)


def is_unsettled_failure(provider_id: int, outcomes: Sequence[Outcome]) -> ColumnElement[bool]:
    """Condition: a submission of this provider ended so, and nobody closed it."""
    return and_(Submission.provider_id == provider_id, Submission.outcome.in_(outcomes), Submission.closed_at.is_(None))


def _failed_submission(
    submission: Submission, consent: Consent, recipient: Recipient, brand_name: str, at: datetime
) -> FailedSubmission:
    sentence, cure = explanation_of(submission)
    return FailedSubmission(
        id=submission.id,
        address=recipients.masked_address(vault(), recipient),
        recipient_id=recipient.id,
        brand_name=brand_name,
        channel=consent.channel,
        status=submission.status,
        decided_at=submission.consent_date,
        deadline=submission.safe_deadline,
        outcome=submission.outcome,
        code=submission.code,
        sentence=sentence,
        cure=cure,
        why_not=resubmission.why_hopeless(read_session(), vault(), submission, at),
        may_close=submission.outcome in resubmission.MAY_BE_CLOSED,
        urgency=urgency(submission.created_at, at),
    )


def explanation_of(submission: Submission) -> tuple[str, str]:
    """(what happened, what to do about it), as msgids."""
    code = submission.code or (EXPIRED_CODE if submission.outcome == Outcome.EXPIRED else None)
    if code is None and submission.outcome == Outcome.PARKED:
        return UNREADABLE
    return iys_protocol.sentence_of(code or ""), iys_protocol.cure_of(code or "")
