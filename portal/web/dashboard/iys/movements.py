"""İYS's movements of a brand, newest first, with what became of them here."""

from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, case, func, literal, select, tuple_
from wtforms import SelectField

from portal.core import iys_protocol
from portal.core.extensions import read_session, vault
from portal.core.ids import parse_id
from portal.core.iys_protocol import Channel, Status
from portal.core.models import (
    ORIGINS_AT_IYS,
    Brand,
    Consent,
    Decision,
    DecisionOrigin,
    Feed,
    FeedSource,
    Movement,
    Recipient,
    Sweep,
)
from portal.domain.consents import recipients
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label

PAGE_SIZE = 50
# Of an older grant no decision was made.
ORIGIN = func.coalesce(
    Decision.origin,
    case(
        (Movement.source.startswith(f"{FeedSource.PEOPLE}_"), literal(DecisionOrigin.AT_IYS, Decision.origin.type)),
        else_=literal(DecisionOrigin.OTHER_SENDER, Decision.origin.type),
    ),
)


MADE_BY = {
    "people": (_l("Kişiler, İYS üzerinden"), ORIGIN == DecisionOrigin.AT_IYS),
    "ours": (_l("İzinlink"), ORIGIN.not_in(ORIGINS_AT_IYS)),
    "others": (_l("Başka gönderici"), ORIGIN == DecisionOrigin.OTHER_SENDER),
}


class MovementFilter(BaseForm):
    """Submitted by GET, so without a CSRF token."""

    class Meta:
        csrf = False

    brand = SelectField(_l("Marka"), coerce=int)
    whose = SelectField(_l("Kimden"))
    channel = SelectField(_l("Kanal"))
    status = SelectField(_l("Karar"))

    def __init__(self, brands: list[Brand]):
        super().__init__(request.args)
        everything = [("", _l("Hepsi"))]
        self.brand.choices = [(brand.id, brand.name) for brand in brands]
        self.whose.choices = everything + [(each, words) for each, (words, _) in MADE_BY.items()]
        self.channel.choices = everything + [(each.value, label(each)) for each in Channel]
        self.status.choices = everything + [(each.value, label(each)) for each in Status]

    def conditions(self) -> list[ColumnElement[bool]]:
        """Conditions of the choices; unknown values filter nothing."""
        chosen = {field.name: field.data for field in self if field.data in {value for value, _ in field.choices}}
        found = [Movement.brand_id == (chosen.get("brand") or self.brand.choices[0][0])]
        if whose := chosen.get("whose"):
            found.append(MADE_BY[whose][1])
        if channel := chosen.get("channel"):
            found.append(Consent.channel == Channel(channel))
        if status := chosen.get("status"):
            found.append(Movement.status == Status(status))
        return found

    def url_parameters(self) -> dict[str, str]:
        """The choices, for the query string of the next page."""
        return {field.name: field.data for field in self if field.data}


@blueprint.get("/movements")
@needs(Permission.LOOK)
def movements() -> str:
    own_brands = select(Brand).where(Brand.provider_id == current_user.provider_id).order_by(Brand.id)
    brands = list(read_session().scalars(own_brands))
    form = MovementFilter(brands)
    rows = read_session().execute(_movements_page(form.conditions() if brands else [Movement.id < 0])).all()
    shown = [(*row, recipients.masked_address(vault(), row.Recipient)) for row in rows[:PAGE_SIZE]]
    return render_template(
        "dashboard/iys/movements.html",
        form=form,
        has_brands=len(brands) > 1,
        movements=shown,
        before=shown[-1][0].id if len(rows) > PAGE_SIZE else None,
        is_first="before" not in request.args,
        chosen=form.url_parameters(),
        feeds=read_session().scalars(_rows_of_brand(Feed, form).order_by(Feed.source)).all(),
        is_of_iys=iys_protocol.is_of_iys,
        sentence_of=iys_protocol.sentence_of,
        sweep=read_session().scalar(_rows_of_brand(Sweep, form).order_by(Sweep.created_at.desc()).limit(1)),
    )


def _rows_of_brand(model: type[Any], form: MovementFilter) -> Select:
    """Rows of the chosen brand, or of the first one."""
    brand_id = next((value for value, _ in form.brand.choices if value == form.brand.data), None)
    brand_id = brand_id or next((value for value, _ in form.brand.choices), 0)
    return select(model).where(model.brand_id == brand_id, model.provider_id == current_user.provider_id)


def _movements_page(conditions: list[ColumnElement[bool]]) -> Select:
    wanted = [Movement.provider_id == current_user.provider_id, *conditions]
    before = parse_id(request.args.get("before", ""))
    last = read_session().get(Movement, before) if before else None
    if last is not None and last.provider_id == current_user.provider_id:
        wanted.append(tuple_(Movement.creation_date, Movement.id) < (last.creation_date, last.id))
    return (
        select(Movement, Consent, Recipient, ORIGIN)
        .join(Consent, Consent.id == Movement.consent_id)
        .join(Recipient, Recipient.id == Consent.recipient_id)
        .outerjoin(Decision, Decision.id == Movement.decision_id)
        .where(*wanted)
        .order_by(Movement.creation_date.desc(), Movement.id.desc())
        .limit(PAGE_SIZE + 1)
    )
