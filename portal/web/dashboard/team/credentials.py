"""API keys and webhooks that a member made, whose text or secret they saw: closed where the member's access ends."""

from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, select
from wtforms import SelectChoice

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.models import ApiKey, Membership, OffReason, User, WebhookEndpoint
from portal.domain.identity import api_keys
from portal.domain.webhooks import endpoints
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm, CheckboxList
from portal.web.shared.own_rows import current_provider


class CredentialsForm(BaseForm):
    """Which of a member's credentials are closed; what was closed meanwhile is no error."""

    credentials = CheckboxList(validate_choice=False, choices=[])


def list_credentials(member: Membership) -> list[SelectChoice]:
    """The open ones that a member made for this provider."""
    keys = [
        (_key_value(each), _("API anahtarı: %(name)s …%(hint)s", name=each.name, hint=each.hint))
        for each in _keys(member)
    ]
    hooks = [(_webhook_value(each), _("Webhook: %(host)s", host=_host_of(each))) for each in _webhooks(member)]
    return [SelectChoice(value, text) for value, text in (*keys, *hooks)]


def close_chosen(member: Membership) -> str:
    """Revoke the keys and pause the webhooks that were ticked; what to say of it and of those that stay open."""
    chosen, at = set(CredentialsForm().credentials.data or ()), clock.now()
    keys = [each for each in _keys(member) if _key_value(each) in chosen]
    hooks = [each for each in _webhooks(member) if _webhook_value(each) in chosen]
    for key in keys:
        if api_keys.revoke(db.session, key.id, at):
            record_audit("api_key.revoked", "api_key", key.id, name=key.name)
    for hook in hooks:
        endpoints.turn_off(db.session, hook.id, OffReason.PAUSED, at)
        record_audit("webhook.paused", "webhook", hook.id)
    return _describe(len(keys) + len(hooks), len(list_credentials(member)))


def find_makers(rows: list[ApiKey] | list[WebhookEndpoint]) -> dict[int, str]:
    """The names of who made keys or webhooks, by user."""
    ids = {each.created_by for each in rows}
    return dict(read_session().execute(select(User.id, User.name).where(User.id.in_(ids))).all())


def _describe(closed: int, left: int) -> str:
    """Empty where the member had none."""
    said = [
        ngettext("Oluşturduğu %(num)s anahtar ya da webhook kapatıldı.",
                 "Oluşturduğu %(num)s anahtar ya da webhook kapatıldı.", closed) if closed else "",
        ngettext("Oluşturduğu %(num)s anahtar ya da webhook açık.",
                 "Oluşturduğu %(num)s anahtar ya da webhook açık.", left) if left else "",
    ]  # fmt: skip
    return " ".join(filter(None, said))


def _keys(member: Membership) -> list[ApiKey]:
    theirs = select(ApiKey).where(*_made_by(ApiKey, member))
    keys, provider, at = (
        db.session.scalars(theirs.order_by(ApiKey.created_at, ApiKey.id)),
        current_provider(),
        clock.now(),
    )
    return [each for each in keys if api_keys.is_usable(each, provider, at)]


def _webhooks(member: Membership) -> list[WebhookEndpoint]:
    theirs = select(WebhookEndpoint).where(*_made_by(WebhookEndpoint, member), WebhookEndpoint.due_at.is_not(None))
    return list(db.session.scalars(theirs.order_by(WebhookEndpoint.created_at, WebhookEndpoint.id)))


def _made_by(model: type[ApiKey | WebhookEndpoint], member: Membership) -> tuple[ColumnElement[bool], ...]:
    return model.provider_id == member.provider_id, model.created_by == member.user_id


def _key_value(key: ApiKey) -> str:
    return f"key-{key.id}"


def _webhook_value(webhook: WebhookEndpoint) -> str:
    return f"webhook-{webhook.id}"


def _host_of(webhook: WebhookEndpoint) -> str:
    return urlsplit(endpoints.show_url(vault(), webhook)).netloc or _("Okunamayan adres")
