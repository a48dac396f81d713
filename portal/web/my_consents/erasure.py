"""Erasure requests (KVKK art. 11) to one firm or all of them: each becomes a case on the firm's desk."""

from dataclasses import dataclass

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import Complaint, ComplaintKind, Provider, Recipient
from portal.domain import complaints
from portal.domain.providers import sandbox_mode
from portal.web.my_consents.blueprint import blueprint
from portal.web.my_consents.holdings import Holdings
from portal.web.my_consents.overview import my_holdings, shared_context

ALL_FIRMS = "all"


@dataclass(frozen=True)
class Firm:
    """A firm that knows the address, and its latest erasure case."""

    id: int
    title: str
    brands: list[str]
    case: Complaint | None
    case_url: str | None

    @property
    def is_asked(self) -> bool:
        return self.case is not None and self.case.closed_at is None


@blueprint.get("/izinlerim/silme", endpoint="erasure")
def erasure() -> str:
    return _page(my_holdings())


@blueprint.post("/izinlerim/silme", endpoint="ask_erasure")
def ask_erasure() -> ResponseReturnValue:
    """Ask one firm, or all. A firm with an open case is not asked twice."""
    held, named = my_holdings(), request.form.get("provider", "")
    ids = [each.id for each in held.recipients if named in (ALL_FIRMS, str(each.provider_id))]
    if not ids:
        return _page(held, error=_("Kimden isteyeceğinizi seçin.")), 422
    at = clock.now()
    for recipient in db.session.scalars(select(Recipient).where(Recipient.id.in_(ids)).order_by(Recipient.id)):
        complaints.request_erasure(db.session, recipient, language=get_locale().language, at=at)
    db.session.commit()
    return redirect(url_for(".erasure", _anchor="kayit"), 303)


def _page(held: Holdings, error: str | None = None) -> str:
    firms = _firms(held)
    return render_template(
        "my_consents/erasure.html",
        firms=firms,
        error=error,
        left=[firm for firm in firms if not firm.is_asked],
        **shared_context(),
    )


def _firms(held: Holdings) -> list[Firm]:
    providers = [each.provider_id for each in held.recipients]
    titles = read_session().execute(
        select(Provider.id, Provider.title, Provider.iys_code).where(Provider.id.in_(providers))
    )
    cases = {case.provider_id: case for case in _erasure_cases(held)}
    firms = [
        Firm(
            provider_id,
            sandbox_mode.shown_name(title, iys_code),
            [each.name for each in held.shown if each.provider.id == provider_id],
            cases.get(provider_id),
            _case_url(cases[provider_id]) if provider_id in cases else None,
        )
        for provider_id, title, iys_code in titles
    ]
    return sorted(firms, key=lambda firm: firm.title.casefold())


def _case_url(case: Complaint) -> str:
    return url_for("recipient.complaint", code=complaints.case_code(current_app.config["LINK_SALT"], case))


def _erasure_cases(held: Holdings) -> list[Complaint]:
    """Erasure cases of the present owner, the newest last."""
    by_id = {each.id: each for each in held.recipients}
    theirs = select(Complaint).where(Complaint.recipient_id.in_(by_id), Complaint.kind == ComplaintKind.ERASURE)
    cases = read_session().scalars(theirs.order_by(Complaint.created_at))
    return [case for case in cases if not by_id[case.recipient_id].changed_hands_after(case.created_at)]
