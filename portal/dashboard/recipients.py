"""Finding a recipient by address, and everything known of one. The address never stands in a URL."""

from dataclasses import dataclass
from datetime import datetime

from flask import abort, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy import select

from portal import addresses, clock, limits, recipients, registry
from portal.consents.urgency import Urgency, urgency
from portal.dashboard import door, note
from portal.dashboard.forms import SearchForm
from portal.extensions import db, limiter, reading, vault
from portal.models import Brand, Consent, Decision, Outcome, Recipient, Submission, Way
from portal.powers import Power
from portal.registry import Channel, Status
from portal.web.locks import needs


@dataclass(frozen=True)
class Told:
    """One decision with what İYS made of it."""

    decided_at: datetime
    brand_name: str
    channel: Channel
    status: Status
    source: str
    way: Way
    outcome: Outcome | None
    is_closed: bool
    transaction_id: str | None
    accepted_at: datetime | None
    code: str | None
    sentence: str | None
    cure: str | None
    deadline: datetime | None
    urgency: Urgency


@door.route("/recipients", methods=["GET", "POST"])
@limiter.limit(limits.SEARCH, methods=["POST"])
@needs(Power.SEARCH)
def search():
    """Look an address up among the provider's own."""
    form = SearchForm()
    problem, not_found = None, False
    if form.validate_on_submit():
        try:
            address = addresses.parse(form.address.data)
        except addresses.BadAddress as bad:
            problem = bad.problem
        else:
            found = recipients.find(reading(), vault(), current_user.provider_id, address)
            if found is not None:
                return redirect(url_for(".recipient", recipient_id=found.id), 303)
            not_found = True
            note("recipient.not_found", "user", current_user.id)
            db.session.commit()
    return render_template("dashboard/search.html", form=form, problem=problem, not_found=not_found)


@door.get("/recipients/<id:recipient_id>")
@needs(Power.SEARCH)
def recipient(recipient_id: int):
    """What holds for one address, and how it came to be. Looking is noted."""
    found = reading().get(Recipient, recipient_id)
    if found is None or found.provider_id != current_user.provider_id:
        abort(404)
    note("recipient.looked_at", "recipient", found.id)
    db.session.commit()
    return render_template(
        "dashboard/recipient.html",
        address=recipients.masked(vault(), found),
        heads=_heads(found),
        decisions=_decisions(found),
    )


def _heads(found: Recipient) -> list:
    return reading().execute(
        select(
            Brand.name.label("brand_name"), Consent.channel, Consent.recipient_type, Consent.status,
            Consent.effective_at, Consent.iys_status, Consent.iys_as_of, Consent.may_send.label("may_send"),
        )
        .join(Brand, Brand.id == Consent.brand_id)
        .where(Consent.recipient_id == found.id, Consent.status.is_not(None))
        .order_by(Brand.name, Consent.channel)
    ).all()  # fmt: skip


def _decisions(found: Recipient) -> list[Told]:
    rows = reading().execute(
        select(Decision, Brand.name, Submission)
        .join(Brand, Brand.id == Decision.brand_id)
        .outerjoin(Submission, Submission.decision_id == Decision.id)
        .where(Decision.recipient_id == found.id)
        .order_by(Decision.consent_date.desc(), Decision.id.desc())
    )
    at = clock.now()
    return [_told(decision, brand_name, submission, at) for decision, brand_name, submission in rows]


def _told(decision: Decision, brand_name: str, submission: Submission | None, at: datetime) -> Told:
    code = submission.code if submission else None
    waits = submission is not None and submission.is_open
    return Told(
        decided_at=decision.consent_date,
        brand_name=brand_name,
        channel=decision.channel,
        status=decision.status,
        source=decision.source,
        way=decision.way,
        outcome=submission.outcome if submission else None,
        is_closed=submission is not None and submission.closed_at is not None,
        transaction_id=submission.transaction_id if submission else None,
        accepted_at=submission.accepted_at if submission else None,
        code=code,
        sentence=registry.sentence_of(code) if code else None,
        cure=registry.cure_of(code) if code else None,
        deadline=submission.safe_deadline if waits else None,
        urgency=urgency(submission.created_at, at) if waits else Urgency.OK,
    )
