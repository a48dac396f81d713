"""İYS's pushes of movements: the registrations by brand and channel, adding and removing one."""

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import func, select
from werkzeug import Response
from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired

from portal.core import clock, iys_protocol
from portal.core.extensions import db, limiter, read_session
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, PushRegistration
from portal.domain.identity.permissions import Permission
from portal.services.iys import push_registration
from portal.services.iys.client import Client
from portal.services.iys.push_registration import ListedAddress, RegistrationResult
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys.forwarding_status import block_of, forwarding_brands, is_connected
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.own_rows import own_row_or_404

MAX_PER_CHANNEL = 2  # İYS allows no more registrations per brand and channel.


class PushForm(BaseForm):
    brand = SelectField(_l("Marka"), coerce=int)
    channel = RadioField(_l("Kanal"), validators=[InputRequired(_l("Bir kanal seçin."))])

    def __init__(self, brands: list[Brand], **options: Any):
        super().__init__(**options)
        self.brand.choices = [(brand.id, brand.name) for brand in brands]
        self.channel.choices = [(each.value, label(each)) for each in Channel]


@blueprint.get("/pushes")
@needs(Permission.LOOK)
def pushes() -> ResponseReturnValue:
    return _render_pushes(_empty_form())


@blueprint.post("/pushes")
@limiter.limit(limits.PUSHES, key_func=limits.provider_key)
@needs(Permission.CONNECT, fresh=True)
def register_push() -> ResponseReturnValue:
    """Ask İYS to push a brand's movements on one channel."""
    form = PushForm(forwarding_brands(current_user.provider_id))
    if not form.validate_on_submit():
        return _render_pushes(form), 422
    brand, channel = own_row_or_404(read_session(), Brand, form.brand.data), Channel(form.channel.data)
    if _count_registrations(brand, channel) >= MAX_PER_CHANNEL:
        flash(_("Bu kanalda zaten iki adres var; İYS daha fazlasını kabul etmez. Önce birini kaldırın."))
        return _redirect_to_pushes()
    record_audit("push.registered", "brand", brand.id, channel=channel)
    db.session.commit()
    result = push_registration.register_address(_client(), brand, channel)
    done = _("Anlık bildirim kuruldu. Kişilerin İYS'deki kararlarını hemen duyarız.")
    flash(done if result.is_done else _failure_message(result))
    return _redirect_to_pushes()


@blueprint.post("/pushes/<id:registration_id>/removal")
@limiter.limit(limits.PUSHES, key_func=limits.provider_key)
@needs(Permission.CONNECT, fresh=True)
def remove_push(registration_id: int) -> ResponseReturnValue:
    """Ask İYS to stop pushing."""
    registration = own_row_or_404(read_session(), PushRegistration, registration_id)
    if registration.removed_at:
        abort(404)
    brand = read_session().get_one(Brand, registration.brand_id)
    record_audit("push.removed", "push_registration", registration.id, channel=registration.channel)
    db.session.commit()
    result = push_registration.remove_address(_client(), brand, registration)
    done = _("Anlık bildirim kaldırıldı. Kişilerin kararlarını sorgulayarak duymaya devam ederiz.")
    flash(done if result.is_done else _failure_message(result))
    return _redirect_to_pushes()


@blueprint.post("/pushes/listing")
@limiter.limit(limits.PUSHES, key_func=limits.provider_key)
@needs(Permission.CONNECT)
def list_pushes() -> ResponseReturnValue:
    """Ask İYS what is registered there, and correct our rows."""
    listed = [
        (brand, push_registration.list_addresses(_client(), brand))
        for brand in forwarding_brands(current_user.provider_id)
    ]
    return _render_pushes(_empty_form(), listed=listed)


def _render_pushes(form: PushForm, listed: list[tuple[Brand, list[ListedAddress] | None]] | None = None) -> str:
    registrations = (
        select(PushRegistration, Brand.name)
        .join(Brand, Brand.id == PushRegistration.brand_id)
        .where(PushRegistration.provider_id == current_user.provider_id, PushRegistration.removed_at.is_(None))
        .order_by(Brand.name, PushRegistration.channel, PushRegistration.id)
        .execution_options(populate_existing=True)
    )
    return render_template(
        "dashboard/iys/pushes.html",
        form=form,
        pushes=read_session().execute(registrations).all(),
        listed=listed,
        may_register=push_registration.is_possible(),
        is_connected=is_connected(current_user.provider_id),
        block=block_of(current_user.provider_id, clock.now()),
    )


def _empty_form() -> PushForm:
    return PushForm(forwarding_brands(current_user.provider_id), formdata=None)


def _count_registrations(brand: Brand, channel: Channel) -> int:
    live = select(func.count()).where(
        PushRegistration.brand_id == brand.id, PushRegistration.channel == channel,
        PushRegistration.removed_at.is_(None),
    )  # fmt: skip
    return read_session().execute(live).scalar_one()


def _failure_message(result: RegistrationResult) -> str:
    if result.code:
        words = {"code": result.code, "sentence": _(iys_protocol.sentence_of(result.code))}
        return _("İYS isteği kabul etmedi (%(code)s). %(sentence)s", **words)
    if result.is_unsure:
        return _("İYS yanıt vermedi. Birazdan İYS'deki listeye bakın; ne yaptığını orada görürüz.")
    return _("İYS'ye şu anda sorulamadı ya da İYS isteği kabul etmedi. Birazdan yeniden deneyin.")


def _client() -> Client:
    return Client(current_app.config["IYS_BASE_URL"])


def _redirect_to_pushes() -> Response:
    return redirect(url_for(".pushes"), 303)
