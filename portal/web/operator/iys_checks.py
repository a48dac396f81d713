"""Checks of a provider at İYS: the partner's rights before admission, its own account after it."""

from typing import Any

from flask import current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from portal.core.extensions import db, limiter, read_session
from portal.core.models import Connection, Credential, CredentialKind, Provider
from portal.domain.identity import accounts
from portal.domain.identity.permissions import Permission
from portal.services.iys import account_report, connection_test, rights
from portal.services.iys.client import Client
from portal.web.operator.blueprint import blueprint
from portal.web.operator.provider_access import visible_provider_or_404
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import person_key, record_operator_audit


@blueprint.post("/providers/<id:provider_id>/test")
@limiter.limit(limits.TEST, key_func=person_key)
@needs(Permission.REVIEW)
def test_provider(provider_id: int) -> ResponseReturnValue:
    provider = visible_provider_or_404(read_session(), provider_id)
    if provider.in_sandbox_mode:
        _check_rights(provider)
    elif not test_connection(provider_id):
        flash(_("Henüz bir İYS hesabı bağlanmadı; sorulacak bir şey yok."))
    return redirect(url_for(".provider", provider_id=provider_id, _anchor="iys"), 303)


def test_connection(provider_id: int) -> bool:
    """Test a provider's account at İYS; False where it has none. Commits; call it with no transaction open.

    A partner's account forwards only after a test found İYS's title to agree.
    """
    connection_id = read_session().scalar(select(Connection.id).where(Connection.provider_id == provider_id))
    if connection_id is None:
        return False
    found = connection_test.run_connection_test(_client(), provider_id)
    record_operator_audit(
        "connection.tested", "connection", connection_id, provider_id=provider_id, clear=found.is_clear
    )
    db.session.commit()
    return True


def connection_status(provider_id: int) -> dict[str, Any] | None:
    """The account, and the findings of the last test."""
    row = read_session().execute(
        select(Connection, Credential.kind)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(Connection.provider_id == provider_id, Credential.kind != CredentialKind.SANDBOX)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    connection, kind = row
    return {
        "kind": kind,
        "tested_at": connection.tested_at,
        "findings": account_report.findings_from_json(connection.findings),
    }


def _check_rights(provider: Provider) -> None:
    partner = accounts.first_partner_credential(read_session())
    if partner is None:
        flash(_("Operatörün İYS hesabı henüz girilmemiş (flask iys partner); sorulamadı."))
    elif provider.pending_iys_code is None:
        flash(_("İYS kodu henüz girilmemiş; sorulacak bir şey yok."))
    else:
        found = rights.ask_for_rights(_client(), provider.id, partner)
        record_operator_audit("rights.looked_at", "provider", provider.id, provider_id=provider.id, **found.as_json())
        db.session.commit()


def _client() -> Client:
    return Client(current_app.config["IYS_BASE_URL"])
