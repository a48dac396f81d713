"""The queue of cases: those whose words hold sending on top, then the first due."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import Select, func, select

from portal.core import clock
from portal.core.extensions import read_session, vault
from portal.core.models import Brand, Complaint, ComplaintKind, GatewayEvent, Recipient
from portal.domain import complaints
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.web.desk.blueprint import blueprint
from portal.web.desk.replies import waits_to_be_read
from portal.web.shared.access import needs
from portal.web.shared.pagination import requested_page

PAGE_SIZE = 25


class CaseFilter(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"
    ALL = "all"


FILTER_LABELS: dict[CaseFilter, str] = {
    CaseFilter.OPEN: _l("Açık"),
    CaseFilter.OVERDUE: _l("Son günü geçen"),
    CaseFilter.CLOSED: _l("Sonuçlanan"),
    CaseFilter.ALL: _l("Hepsi"),
}


@dataclass(frozen=True)
class CaseRow:
    case: Complaint
    address: str
    brand_name: str | None
    pressure: complaints.Pressure


@blueprint.get("/")
@needs(Permission.COMPLAINTS)
def queue() -> str:
    at = clock.now()
    show = request.args.get("show", CaseFilter.OPEN, CaseFilter)
    kind = request.args.get("kind", None, ComplaintKind)
    return render_template(
        "desk/queue.html",
        page=requested_page(_cases(show, kind, at), PAGE_SIZE, partial(_case_row, at)),
        waiting=complaints.count_waiting(read_session(), current_user.provider_id, at),
        unread=read_session().scalar(select(func.count()).select_from(GatewayEvent).where(waits_to_be_read())),
        show=show,
        shows=FILTER_LABELS,
        kind=kind,
        kinds=list(ComplaintKind),
    )


def _cases(show: CaseFilter, kind: ComplaintKind | None, at: datetime) -> Select:
    cases = (
        select(Complaint, Recipient, Brand.name)
        .join(Recipient, Recipient.id == Complaint.recipient_id)
        .outerjoin(Brand, Brand.id == Complaint.brand_id)
        .where(Complaint.provider_id == current_user.provider_id)
    )
    if kind is not None:
        cases = cases.where(Complaint.kind == kind)
    if show in (CaseFilter.OPEN, CaseFilter.OVERDUE):
        cases = cases.where(Complaint.waits_at_desk())
    if show == CaseFilter.OVERDUE:
        cases = cases.where(Complaint.due_at < at)
    if show == CaseFilter.CLOSED:
        return cases.where(Complaint.closed_at.is_not(None)).order_by(Complaint.closed_at.desc(), Complaint.id)
    by_urgency = Complaint.unread_since.is_(None), Complaint.closed_at.is_not(None), Complaint.due_at, Complaint.id
    return cases.order_by(*by_urgency)


def _case_row(at: datetime, case: Complaint, recipient: Recipient, brand_name: str | None) -> CaseRow:
    return CaseRow(case, recipients.masked_address(vault(), recipient), brand_name, complaints.due_pressure(case, at))
