"""Providers as the operator sees them: who waits, practises, is admitted or suspended."""

from enum import StrEnum

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, String, case, cast, func, or_, select

from portal.core.extensions import reading
from portal.core.models import Provider
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.provider_access import visible
from portal.web.shared.access import needs
from portal.web.shared.pagination import page_of

PAGE = 50
LONGEST_SEARCH = 100


class Standing(StrEnum):
    """How far a provider has come, in the order in which the operator looks at them."""

    WAITING = "waiting"
    PRACTISING = "practising"
    ADMITTED = "admitted"
    SUSPENDED = "suspended"


WORDS = {
    Standing.WAITING: _l("Karar bekliyor"),
    Standing.PRACTISING: _l("Deniyor"),
    Standing.ADMITTED: _l("İYS'ye bağlı"),
    Standing.SUSPENDED: _l("Durduruldu"),
}
standing = case(
    (Provider.suspended_at.is_not(None), Standing.SUSPENDED.value),
    (Provider.admitted_at.is_not(None), Standing.ADMITTED.value),
    (Provider.asked_at.is_not(None), Standing.WAITING.value),
    else_=Standing.PRACTISING.value,
)


def standing_of(provider: Provider) -> Standing:
    """The same of one provider."""
    if provider.suspended_at:
        return Standing.SUSPENDED
    if provider.admitted_at:
        return Standing.ADMITTED
    return Standing.WAITING if provider.asked_at else Standing.PRACTISING


@blueprint.get("/")
@needs(Permission.CONSOLE)
def providers():
    """List the providers, those who wait for the operator first."""
    show = request.args.get("show") if request.args.get("show") in set(Standing) else None
    searched = " ".join(request.args.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH]
    return render_template(
        "operator/providers.html",
        page=page_of(_found(show, searched), PAGE, lambda provider: provider),
        counts=_counts(),
        words=WORDS,
        show=show,
        searched=searched,
        standing_of=standing_of,
    )


def _found(show: str | None, searched: str) -> Select:
    first = case({each.value: place for place, each in enumerate(Standing)}, value=standing)
    found = visible().order_by(first, Provider.asked_at, Provider.title, Provider.id)
    if show:
        found = found.where(standing == show)
    if searched:
        found = found.where(_fits(searched))
    return found


def _fits(searched: str):
    """By a part of the title, however its capitals are written, or by the whole of a number. Not by the tax number: a
    tradesperson's names a person, and what is searched stands in the address."""
    numbers = (cast(Provider.iys_code, String), cast(Provider.pending_iys_code, String), Provider.mersis)
    spellings = {searched, searched.replace("i", "İ").replace("ı", "I").upper(), searched.title()}
    titles = [Provider.title.icontains(each, autoescape=True) for each in sorted(spellings)]
    return or_(*titles, *(number == searched for number in numbers))


def _counts() -> dict[str, int]:
    mine = visible().with_only_columns(standing.label("standing")).subquery()
    found = dict(reading().execute(select(mine.c.standing, func.count()).group_by(mine.c.standing)).all())
    return {each.value: found.get(each.value, 0) for each in Standing}
