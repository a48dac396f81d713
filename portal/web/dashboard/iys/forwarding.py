"""The forwarding page: lanes and their ages, the line to İYS, held lists, and failed submissions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, Row, and_, func, select

from portal.core import clock, iys_protocol
from portal.core.extensions import db, read_session, vault
from portal.core.ids import parse_id
from portal.core.iys_protocol import Operation
from portal.core.lazy_text import N_
from portal.core.models import (
    OPEN_OUTCOMES,
    AlarmLevel,
    Brand,
    BulkRequest,
    BulkState,
    Consent,
    Outcome,
    Recipient,
    Submission,
)
from portal.domain.consents import alarms, recipients, resubmission
from portal.domain.consents.resubmission import ResendProblem
from portal.domain.identity.permissions import Permission
from portal.services.iys import circuit_breaker, egresses, holds, rate_limit, success_rate
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys.forwarding_status import is_connected, is_forwarding, lane_backlogs, list_blocks
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.own_rows import own_row_or_404

PAGE_SIZE = 20
EXPIRED_CODE = "H467"  # İYS's code for what expired here before it was sent.
UNREADABLE = (
    N_("Bu kaydın içeriği açılamadı; İYS'ye iletilmedi."),
    N_("Destek ekibine bildirin; anahtar ya da kayıt zarar görmüş olabilir."),
)
WAITS = N_("Henüz İYS'ye iletilmedi."), N_("Sırası gelince gider; yukarıdaki duruma ve Bağlantı sayfasına bakın.")
RESEND_PROBLEMS = {
    ResendProblem.NOT_PARKED: _l("Bu kayıt zaten yolda ya da sonuçlandı."),
    ResendProblem.CLOSED: _l("Bu kayıt kapatılmış."),
    ResendProblem.TOO_LATE: _l("Üç iş günü geçti; İYS artık kabul etmez."),
    ResendProblem.NEWER: _l("Kişi sonradan yeni bir karar verdi; İYS'ye o iletilir."),
    ResendProblem.UNREADABLE: _l("Kaydın içeriği açılamıyor; destek ekibine bildirin."),
    ResendProblem.WOULD_FAIL: _l("Bu haliyle İYS yine reddeder; yeniden göndermek işe yaramaz."),
}
OUTCOME_FILTERS = {
    "attention": (Outcome.PARKED, Outcome.EXPIRED),
    "parked": (Outcome.PARKED,),
    "expired": (Outcome.EXPIRED,),
    "blocked": (Outcome.BLOCKED,),
}
FAILED_OUTCOMES = OUTCOME_FILTERS["attention"] + OUTCOME_FILTERS["blocked"]
AGE_FILTERS = (AlarmLevel.AMBER, AlarmLevel.RED)  # What waits for so long.


@dataclass(frozen=True)
class FailedSubmission:
    """`why_not`: why sending it again would not help; None where it may be sent."""

    submission: Submission
    consent: Consent
    brand_name: str
    address: str
    sentence: str
    cure: str
    why_not: ResendProblem | None


@blueprint.get("/forwarding")
@needs(Permission.LOOK)
def forwarding() -> str:
    provider_id, at = current_user.provider_id, clock.now()
    show = request.args.get("show", "")
    show = show if show in OUTCOME_FILTERS or show in AGE_FILTERS else "attention"
    before = parse_id(request.args.get("before", ""))
    failures = _list_failures(_submissions_shown(show, at), before, at)
    shown = failures[:PAGE_SIZE]
    return render_template(
        "dashboard/iys/forwarding.html",
        lanes=lane_backlogs(provider_id, at),
        blocks=list_blocks(provider_id, at),
        is_connected=is_connected(provider_id),
        is_forwarding=is_forwarding(provider_id),
        line=_line_status(provider_id, at),
        held=_held_lists(provider_id),
        show=show,
        counts=_counts_by_filter(at),
        failures=shown,
        before=shown[-1].submission.id if len(failures) > PAGE_SIZE else None,
        is_first=before is None,
        resend_problems=RESEND_PROBLEMS,
        may_be_closed=resubmission.MAY_BE_CLOSED,
    )


@blueprint.post("/forwarding/<id:submission_id>/resend")
@needs(Permission.SETTLE)
def resend_submission(submission_id: int) -> ResponseReturnValue:
    """Send a parked submission again, byte for byte."""
    submission = own_row_or_404(db.session, Submission, submission_id)
    try:
        resubmission.resend(db.session, vault(), submission, clock.now())
    except resubmission.CannotResend as cannot_resend:
        db.session.rollback()
        flash(str(RESEND_PROBLEMS[cannot_resend.why]))
    else:
        record_audit("submission.resent", "submission", submission_id, code=submission.code)
        db.session.commit()
        holds.end_all_holds(current_user.provider_id)
        flash(_("Yeniden iletilecek."))
    return redirect(url_for(".forwarding"), 303)


@blueprint.post("/forwarding/<id:submission_id>/close")
@needs(Permission.SETTLE)
def close_submission(submission_id: int) -> ResponseReturnValue:
    """Take a submission out of the list of failures."""
    submission = own_row_or_404(db.session, Submission, submission_id)
    try:
        resubmission.close(db.session, submission, clock.now())
    except resubmission.NothingToClose:
        db.session.rollback()
        flash(str(RESEND_PROBLEMS[ResendProblem.CLOSED if submission.closed_at else ResendProblem.NOT_PARKED]))
    else:
        record_audit(
            "submission.closed", "submission", submission_id, code=submission.code, outcome=submission.outcome.value
        )
        db.session.commit()
        flash(_("Kapatıldı. Kişinin kararı burada geçerli kalır."))
    return redirect(url_for(".forwarding"), 303)


@blueprint.post("/forwarding/lists/<id:bulk_id>/release")
@needs(Permission.SETTLE)
def release_list(bulk_id: int) -> ResponseReturnValue:
    """Let a held bulk list go to İYS."""
    bulk = own_row_or_404(db.session, BulkRequest, bulk_id)
    try:
        resubmission.release(db.session, bulk, user_id=current_user.id, at=clock.now())
    except resubmission.NotHeld:
        db.session.rollback()
        flash(_("Bu liste artık izninizi beklemiyor."))
    else:
        record_audit("list.released", "bulk_request", bulk_id, size=bulk.size)
        db.session.commit()
        flash(_("Liste gönderilecek."))
    return redirect(url_for(".forwarding"), 303)


def _line_status(provider_id: int, at: datetime) -> dict[str, Any]:
    """The state of the line to İYS, shared by all providers of the same egress."""
    with egresses.using(egresses.of_provider(read_session(), provider_id)):
        return {
            "host": circuit_breaker.host_state(read_session(), at),
            "gauge": success_rate.measure(read_session(), at),
            "budgets": [
                (name, rate_limit.calls_left(read_session(), question, at), rate_limit.calls_per_hour(question))
                for question, name in (
                    (Operation.TOKEN, _("Oturum açma")),
                    (Operation.STATUS, _("Tekil sorgulama")),
                    (Operation.HISTORY, _("Geçmiş sorgulama")),
                )
            ],
        }


def _held_lists(provider_id: int) -> Sequence[Row]:
    return read_session().execute(
        select(BulkRequest.id, BulkRequest.size, BulkRequest.created_at, Brand.name.label("brand_name"))
        .join(Brand, Brand.id == BulkRequest.brand_id)
        .where(BulkRequest.provider_id == provider_id, BulkRequest.state == BulkState.HELD)
        .order_by(BulkRequest.created_at)
    ).all()  # fmt: skip


def _counts_by_filter(at: datetime) -> dict[str, int]:
    counts = select(Submission.outcome, func.count()).where(_unsettled_failures(FAILED_OUTCOMES))
    by_outcome = dict(read_session().execute(counts.group_by(Submission.outcome)).all())
    waiting = lane_backlogs(current_user.provider_id, at)
    ages = {"amber": sum(lane.amber for lane in waiting), "red": sum(lane.red for lane in waiting)}
    return ages | {
        show: sum(by_outcome.get(each, 0) for each in outcomes) for show, outcomes in OUTCOME_FILTERS.items()
    }


def _submissions_shown(show: str, at: datetime) -> ColumnElement[bool]:
    if show in AGE_FILTERS:
        return and_(Submission.provider_id == current_user.provider_id, alarms.condition(AlarmLevel(show), at))
    return _unsettled_failures(OUTCOME_FILTERS[show])


def _unsettled_failures(outcomes: Sequence[Outcome]) -> ColumnElement[bool]:
    """Condition: a submission of this provider ended so, and nobody closed it."""
    of_provider = Submission.provider_id == current_user.provider_id
    return and_(of_provider, Submission.outcome.in_(outcomes), Submission.closed_at.is_(None))


def _list_failures(wanted: ColumnElement[bool], before: int | None, at: datetime) -> list[FailedSubmission]:
    """A page of failed submissions, the newest first, and one more where there is another page."""
    rows = read_session().execute(
        select(Submission, Consent, Recipient, Brand.name)
        .join(Consent, Consent.id == Submission.consent_id)
        .join(Recipient, Recipient.id == Consent.recipient_id)
        .join(Brand, Brand.id == Consent.brand_id)
        .where(wanted if before is None else and_(wanted, Submission.id < before))
        .order_by(Submission.id.desc())
        .limit(PAGE_SIZE + 1)
    ).all()  # fmt: skip
    return [
        FailedSubmission(
            submission,
            consent,
            brand_name,
            recipients.masked_address(vault(), recipient),
            *_explanation(submission),
            resubmission.find_resend_problem(read_session(), vault(), submission, at),
        )
        for submission, consent, recipient, brand_name in rows
    ]


def _explanation(submission: Submission) -> tuple[str, str]:
    """(what happened, what to do about it), as msgids."""
    if submission.code is None and submission.outcome in OPEN_OUTCOMES:
        return WAITS
    code = submission.code or (EXPIRED_CODE if submission.outcome == Outcome.EXPIRED else None)
    if code is None and submission.outcome == Outcome.PARKED:
        return UNREADABLE
    return iys_protocol.sentence_of(code or ""), iys_protocol.cure_of(code or "")
