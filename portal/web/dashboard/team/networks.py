"""Networks from which people may sign in. Whoever changes the list always stays inside it."""

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.domain.identity.permissions import Permission
from portal.domain.providers import networks
from portal.web.dashboard.blueprint import blueprint
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.own_rows import current_provider
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect
from portal.web.shared.validators import READABLE

ERROR_MESSAGES: dict[type[Exception], str] = {
    networks.NotANetwork: _l("Bu bir ağ değil. Tek bir adres (203.0.113.7) ya da bir aralık (203.0.113.0/24) yazın."),
    networks.TooWide: _l("Bu aralık internetin büyük bir bölümünü kapsıyor. Daha dar bir aralık yazın."),
    networks.AlreadyListed: _l("Bu ağ listede zaten var."),
    networks.TooManyNetworks: _l("Listede en fazla 50 ağ olabilir. Önce birini kaldırın."),
    networks.LocksOutUser: _l("Bu değişiklikle kendi bağlantınız listenin dışında kalırdı; panele giremezdiniz."),
}


class NetworkForm(BaseForm):
    cidr = StringField(_l("Ağ"), validators=[InputRequired(_l("Bir ağ yazın.")), Length(max=64), READABLE])
    note = StringField(_l("Not"), validators=[Length(max=120), READABLE])


@blueprint.get("/networks")
@needs(Permission.PEOPLE)
def list_networks() -> str:
    return _render_networks(NetworkForm(formdata=None))


@blueprint.post("/networks")
@needs(Permission.PEOPLE, fresh=True)
def add_network() -> ResponseReturnValue:
    form = NetworkForm()
    if not form.validate_on_submit():
        return _render_networks(form), 422
    try:
        added = networks.add_network(
            db.session, current_provider(), form.cidr.data, note=form.note.data or "", here=_remote_address(),
            at=clock.now(),
        )  # fmt: skip
    except tuple(ERROR_MESSAGES) as refusal:
        db.session.rollback()
        form.cidr.errors = [ERROR_MESSAGES[type(refusal)]]
        return _render_networks(form), 422
    record_audit("network.added", "network", added.id, cidr=added.cidr)
    message = _("Ağ eklendi. Panele artık yalnızca listedeki ağlardan girilir.")
    return commit_and_redirect(url_for(".list_networks"), message)


@blueprint.post("/networks/<id:network_id>/remove")
@needs(Permission.PEOPLE, fresh=True)
def remove_network(network_id: int) -> ResponseReturnValue:
    """Remove a network; an empty list means no restriction."""
    try:
        cidr = networks.remove_network(db.session, current_provider(), network_id, here=_remote_address()) or abort(404)
    except networks.LocksOutUser as refusal:
        return rollback_and_redirect(url_for(".list_networks"), ERROR_MESSAGES[type(refusal)])
    record_audit("network.removed", "network", network_id, cidr=cidr)
    return commit_and_redirect(url_for(".list_networks"), _("Ağ kaldırıldı."))


def _remote_address() -> str:
    return request.remote_addr or ""


def _render_networks(form: NetworkForm) -> str:
    return render_template(
        "dashboard/team/networks.html",
        form=form,
        networks=networks.list_networks(read_session(), current_user.provider_id),
        address=_remote_address(),
    )
