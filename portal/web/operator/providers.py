"""The providers that a person of the operator may see, and their list by stage."""

from enum import StrEnum

from flask import abort, render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, String, case, cast, func, or_, select
from sqlalchemy.orm import Session

from portal.core.extensions import read_session
from portal.core.models import Assignment, Brand, OperatorRole, Provider
from portal.domain.campaigns import text_reviews
from portal.domain.identity.permissions import Permission
from portal.domain.providers import domain_reviews
from portal.services.messaging import mailbox_reviews
from portal.web.operator.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.pagination import requested_page

PAGE_SIZE = 50
MAX_SEARCH_LENGTH = 100


class ProviderStage(StrEnum):
    """How far a provider has come, in the order of the list."""

    WAITING = "waiting"
    PRACTISING = "practising"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"


STAGE_LABELS = {
    ProviderStage.WAITING: _l("Karar bekliyor"),
    ProviderStage.PRACTISING: _l("Deniyor"),
    ProviderStage.ADMITTED: _l("İYS'ye bağlı"),
    ProviderStage.SUSPENDED: _l("Durduruldu"),
}
stage = case(
    (Provider.suspended_at.is_not(None), ProviderStage.SUSPENDED.value),
    (Provider.admitted_at.is_not(None), ProviderStage.ADMITTED.value),
    (Provider.asked_at.is_not(None), ProviderStage.WAITING.value),
    else_=ProviderStage.PRACTISING.value,
)


@blueprint.get("/")
@needs(Permission.CONSOLE)
def providers() -> str:
    show = request.args.get("show")
    show = show if show in set(ProviderStage) else None
    searched = requested_search()
    return render_template(
        "operator/providers.html",
        page=requested_page(_providers_found(show, searched), PAGE_SIZE, lambda *row: row),
        counts=_counts_by_stage(),
        stage_labels=STAGE_LABELS,
        names=read_session().scalars(_with_requests()).all(),
        show=show,
        searched=searched,
    )


def requested_search() -> str:
    """The words of the query string that a list is searched for."""
    return " ".join(request.args.get("q", "").replace("\0", "").split())[:MAX_SEARCH_LENGTH]


def visible_providers() -> Select:
    if current_user.user.operator_role == OperatorRole.ADMIN:
        return select(Provider)
    assigned = select(Assignment.provider_id).where(Assignment.user_id == current_user.id)
    return select(Provider).where(Provider.id.in_(assigned))


def _with_requests() -> Select:
    """Providers with a new name, contact line, notice, logo, text, host or mailbox that waits for the operator."""
    requested = select(Brand.provider_id).where(Brand.requested_at.is_not(None))
    writers = {text.campaign.provider_id for text in text_reviews.list_waiting(read_session())}
    writers |= {domain.provider_id for domain in domain_reviews.list_waiting(read_session())}
    writers |= {provider_id for provider_id, _address in mailbox_reviews.list_waiting(read_session())}
    waits = or_(Provider.id.in_(requested), Provider.id.in_(writers))
    return visible_providers().where(waits).order_by(Provider.title, Provider.id)


def visible_provider_or_404(session: Session, provider_id: int) -> Provider:
    return session.scalar(visible_providers().where(Provider.id == provider_id)) or abort(404)


def _providers_found(show: str | None, searched: str) -> Select:
    first = case({each.value: place for place, each in enumerate(ProviderStage)}, value=stage)
    found = visible_providers().add_columns(stage).order_by(first, Provider.asked_at, Provider.title, Provider.id)
    if show:
        found = found.where(stage == show)
    if searched:
        found = found.where(_matches_search(searched))
    return found


def _matches_search(searched: str) -> ColumnElement[bool]:
    """Condition: part of the title in any case, or a whole number. Not the tax number, which identifies a person where
    the provider is a tradesperson: the search stands in the URL."""
    numbers = (cast(Provider.iys_code, String), cast(Provider.pending_iys_code, String), Provider.mersis)
    spellings = {searched, searched.replace("i", "İ").replace("ı", "I").upper(), searched.title()}
    titles = [Provider.title.icontains(each, autoescape=True) for each in sorted(spellings)]
    return or_(*titles, *(number == searched for number in numbers))


def _counts_by_stage() -> dict[str, int]:
    stages = visible_providers().with_only_columns(stage.label("stage")).subquery()
    rows = read_session().execute(select(stages.c.stage, func.count()).group_by(stages.c.stage))
    found: dict[str, int] = dict(rows.all())
    return {each.value: found.get(each.value, 0) for each in ProviderStage}
