"""The operator's acts on a provider: admit, send back, suspend, resume, end. The owners are mailed."""

from collections.abc import Callable

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, read_session
from portal.core.models import MailKind, Provider
from portal.domain.identity.permissions import Permission
from portal.domain.providers import onboarding, sandbox_mode, suspension
from portal.domain.webhooks import endpoints
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import AdmissionForm, NoteForm
from portal.web.operator.provider_page import MISSING_LABELS, render_provider, test_connection
from portal.web.operator.providers import visible_provider_or_404, visible_providers
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.owner_notifications import notify_owners
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

STATE_CHANGED = _l("Bu arada durumu değişmiş; bir şey yapılmadı.")


@blueprint.post("/providers/<id:provider_id>/admission")
@needs(Permission.REVIEW, fresh=True)
def admit(provider_id: int) -> ResponseReturnValue:
    """Connect a provider to İYS, after its representative was called back."""
    provider, form = _locked_provider_or_404(provider_id), AdmissionForm()
    if form.validate_on_submit():
        _check_call_day(form, provider)
    if form.errors:
        return render_provider(provider, admission=form), 422
    if not provider.in_sandbox_mode:
        return rollback_and_redirect(_url_of(provider_id), STATE_CHANGED)
    try:
        onboarding.admit(
            db.session, provider, seen=form.seen.data or "", by=current_user.id, note=form.note.data.strip(),
            called_on=form.called_on.data, at=clock.now(),
        )  # fmt: skip
    except onboarding.NotReady as not_ready:
        missing = ", ".join(str(MISSING_LABELS[each]) for each in not_ready.missing)
        return rollback_and_redirect(_url_of(provider_id), _("Henüz eksik var: %(what)s", what=missing))
    except onboarding.ApplicationChanged:
        db.session.rollback()
        provider = visible_provider_or_404(read_session(), provider_id)
        return render_provider(provider, admission=form, has_changed=True), 409
    except sandbox_mode.CodeTaken:
        return rollback_and_redirect(
            _url_of(provider_id), _("Bu İYS kodu başka bir hesapta kayıtlı. Önce hangisinin doğru olduğunu araştırın.")
        )
    endpoints.end_sandbox(db.session, provider_id, clock.now())
    notify_owners(
        provider, MailKind.ADMITTED, provider_kind=provider.kind.value, link=absolute_url("dashboard.overview")
    )
    record_operator_audit("provider.admitted", "provider", provider_id, provider_id=provider_id)
    response = commit_and_redirect(_url_of(provider_id), _("Hizmet sağlayıcı İYS'ye bağlandı."))
    test_connection(provider_id)  # A partner's account forwards nothing before its first test.
    return response


@blueprint.post("/providers/<id:provider_id>/sent-back")
@needs(Permission.REVIEW)
def send_back(provider_id: int) -> ResponseReturnValue:
    """Send the application back with a reason; the provider hands it in again."""

    def tell_owners(provider: Provider, reason: str) -> None:
        notify_owners(provider, MailKind.SENT_BACK, note=reason, link=absolute_url("dashboard.start"))

    message = _("Başvuru geri gönderildi; sahiplerine yazıldı.")
    return _act_with_reason(provider_id, onboarding.send_back, "provider.sent_back", message, tell_owners)


@blueprint.post("/providers/<id:provider_id>/suspension")
@needs(Permission.REVIEW, fresh=True)
def suspend(provider_id: int) -> ResponseReturnValue:
    """Let nothing new begin at a provider; refusals go on."""

    def tell_owners(provider: Provider, reason: str) -> None:
        notify_owners(provider, MailKind.SUSPENDED, reason=reason, link=absolute_url("dashboard.overview"))

    message = _("Hizmet sağlayıcı durduruldu; retler işlemeye devam eder.")
    return _act_with_reason(provider_id, suspension.suspend, "provider.suspended", message, tell_owners)


@blueprint.post("/providers/<id:provider_id>/resumption")
@needs(Permission.REVIEW, fresh=True)
def resume(provider_id: int) -> ResponseReturnValue:
    message = _("Hizmet sağlayıcı yeniden çalışıyor.")
    return _act_with_reason(provider_id, suspension.resume, "provider.resumed", message)


@blueprint.post("/providers/<id:provider_id>/departure")
@needs(Permission.REVIEW, fresh=True)
def leave(provider_id: int) -> ResponseReturnValue:
    """Mark a suspended provider as having left."""
    message = _("Ayrıldığı yazıldı; bağlantıları bunu söyler ve ret almayı sürdürür.")
    return _act_with_reason(provider_id, suspension.mark_left, "provider.left", message)


@blueprint.post("/providers/<id:provider_id>/return")
@needs(Permission.REVIEW, fresh=True)
def come_back(provider_id: int) -> ResponseReturnValue:
    """Take a departure back; the provider stays suspended until it is resumed."""
    message = _("Ayrılığı geri alındı; durdurulmuş olarak kalır.")
    return _act_with_reason(provider_id, suspension.mark_returned, "provider.came_back", message)


def _act_with_reason(
    provider_id: int,
    act: Callable[..., bool],
    audit_act: str,
    message: str,
    tell_owners: Callable[[Provider, str], None] = lambda provider, reason: None,
) -> ResponseReturnValue:
    """Do an act that needs a reason; `act` returns whether there was anything to do."""
    provider, form = _locked_provider_or_404(provider_id), NoteForm()
    if not form.validate_on_submit():
        return render_provider(provider, noted=form, wrong=audit_act), 422
    reason = form.reason.data.strip()
    try:
        is_done = act(db.session, provider, by=current_user.id, note=reason, at=clock.now())
    except (suspension.NotSuspended, suspension.HasLeft):
        is_done = False
    if not is_done:
        return rollback_and_redirect(_url_of(provider_id), STATE_CHANGED)
    tell_owners(provider, reason)
    record_operator_audit(audit_act, "provider", provider_id, provider_id=provider_id)
    return commit_and_redirect(_url_of(provider_id), message)


def _check_call_day(form: AdmissionForm, provider: Provider) -> None:
    """The call was about this account: not before it was opened, and not in the future."""
    if not clock.day(provider.created_at) <= form.called_on.data <= clock.day(clock.now()):
        form.called_on.errors = [_("Aradığınız gün, hesabın açıldığı günle bugün arasında olmalı.")]


def _locked_provider_or_404(provider_id: int) -> Provider:
    """The provider with a row lock: two of the operator's people don't act on it at once."""
    return db.session.scalar(visible_providers().where(Provider.id == provider_id).with_for_update()) or abort(404)


def _url_of(provider_id: int) -> str:
    return url_for(".provider", provider_id=provider_id)
