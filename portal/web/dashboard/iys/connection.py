"""The connection to İYS: whose account, what it may do there, and a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from portal.core import clock, iys_protocol
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Connection, Credential, CredentialKind, Provider
from portal.domain.consents.brand_lapses import Lapse, list_lapses
from portal.domain.consents.pull_lapses import lapsed_pulls
from portal.domain.identity import accounts
from portal.domain.identity.permissions import Permission
from portal.services.iys import account_report, connection_test
from portal.services.iys.account_report import Findings, Forecast, explain_problem, forecast_quota
from portal.services.iys.client import Client
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.iys.forwarding_status import Block, block_of
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.own_rows import current_provider
from portal.web.shared.validators import READABLE

MAX_LAPSES = 20


class ConnectionForm(BaseForm):
    username = StringField(
        _l("API kullanıcı adı"), validators=[InputRequired(_l("Kullanıcı adını yazın.")), Length(max=120), READABLE]
    )
    password = PasswordField(
        _l("API şifresi"), validators=[InputRequired(_l("Şifreyi yazın.")), Length(max=200), READABLE]
    )


@dataclass(frozen=True)
class ConnectionStatus:
    kind: CredentialKind
    username: str | None  # Of the provider's own account only; a partner's is not shown.
    integrator_code: int | None
    forwarding_enabled_at: datetime | None
    tested_at: datetime | None
    findings: Findings | None
    forecast: Forecast | None
    ends_at: datetime | None
    block: Block | None
    lapses: Sequence[Lapse]

    @property
    def block_is_found(self) -> bool:
        """Whether the last test found the same trouble, which is then shown once."""
        troubles = self.findings.troubles if self.findings else ()
        return self.block is not None and self.block.code in {trouble.code for trouble in troubles}


@blueprint.get("/connection")
@needs(Permission.LOOK)
def connection() -> ResponseReturnValue:
    return _render_connection(ConnectionForm(formdata=None))


@blueprint.post("/connection")
@limiter.limit(limits.CONNECT, key_func=limits.provider_key)
@needs(Permission.CONNECT, fresh=True)
def connect() -> ResponseReturnValue:
    """Connect with an İYS account of the provider's own."""
    _require_forwarding_provider()
    form = ConnectionForm()
    if not form.validate_on_submit():
        return _render_connection(form), 422
    connection = accounts.connect(
        db.session, vault(), current_provider(), username=form.username.data.strip(), password=form.password.data,
        at=clock.now(),
    )  # fmt: skip
    return _finish_connecting(connection, CredentialKind.DIRECT)


@blueprint.post("/connection/partner")
@limiter.limit(limits.CONNECT, key_func=limits.provider_key)
@needs(Permission.CONNECT, fresh=True)
def connect_by_partner() -> ResponseReturnValue:
    """Connect by a partner's account. It forwards nothing before a test found İYS's title to agree."""
    _require_forwarding_provider()
    chosen = request.form.get("partner", "")
    partner = next((each for each in accounts.partner_credentials(db.session) if str(each.id) == chosen), None)
    if partner is None:
        abort(404)
    return _finish_connecting(
        accounts.connect_by_partner(db.session, current_provider(), partner, at=clock.now()), CredentialKind.PARTNER
    )


@blueprint.post("/connection/test")
@limiter.limit(limits.TEST, key_func=limits.provider_key)
@needs(Permission.CONNECT)
def test_connection() -> ResponseReturnValue:
    """Ask İYS what the account may do, and store the findings with the connection."""
    connection_id = read_session().scalar(
        select(Connection.id).where(Connection.provider_id == current_user.provider_id)
    )
    if connection_id is None:
        abort(404)
    found = connection_test.run_connection_test(Client(current_app.config["IYS_BASE_URL"]), current_user.provider_id)
    record_audit("connection.tested", "connection", connection_id, clear=found.is_clear)
    db.session.commit()
    return redirect(url_for(".connection"), 303)


def _require_forwarding_provider() -> None:
    """Stop providers in sandbox mode or exempt ones, who have nothing to send to İYS."""
    if current_user.provider.in_sandbox_mode or current_user.provider.is_exempt:
        abort(409)


def _finish_connecting(connection: Connection, kind: CredentialKind) -> ResponseReturnValue:
    record_audit("connection.made", "connection", connection.id, kind=kind.value)
    db.session.commit()
    flash(_("Hesap kaydedildi. Şimdi bağlantıyı deneyin."))
    return redirect(url_for(".connection"), 303)


def _render_connection(form: ConnectionForm) -> str:
    provider = read_session().get_one(Provider, current_user.provider_id)
    return render_template(
        "dashboard/iys/connection.html",
        form=form,
        provider=provider,
        connected=_connection_status(provider.id, clock.now()),
        partners=accounts.partner_credentials(read_session()),
        explain_problem=explain_problem,
        channels=list(Channel),
    )


def _connection_status(provider_id: int, at: datetime) -> ConnectionStatus | None:
    row = read_session().execute(
        select(Connection, Credential)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(Connection.provider_id == provider_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    connection, credential = row
    found = account_report.findings_from_json(connection.findings)
    return ConnectionStatus(
        kind=credential.kind,
        username=credential.username if credential.kind == CredentialKind.DIRECT else None,
        integrator_code=credential.integrator_code,
        forwarding_enabled_at=connection.forwarding_enabled_at,
        tested_at=connection.tested_at,
        findings=found,
        forecast=forecast_quota(found.subscription) if found else None,
        ends_at=iys_protocol.read_wire_date(found.subscription.ends) if found and found.subscription else None,
        block=block_of(provider_id, at),
        lapses=list_lapses(read_session(), lapsed_pulls(at), MAX_LAPSES, provider_id),
    )
