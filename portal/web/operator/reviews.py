"""The operator's acts on a provider: admit, send back, suspend, resume, end. The owners are mailed."""

from collections.abc import Callable

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from portal.core import clock
from portal.core.extensions import db, wake
from portal.core.models import MailKind, Provider
from portal.domain.identity.permissions import Permission
from portal.domain.providers import onboarding
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import AdmissionForm, NoteForm
from portal.web.operator.iys_checks import test_connection
from portal.web.operator.provider_access import visible_providers
from portal.web.operator.provider_page import MISSING_LABELS, render_provider
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.owner_notifications import notify_owners
from portal.web.shared.signed_in_person import record_operator_audit

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
        return _rollback_and_return(STATE_CHANGED, provider_id)
    try:
        onboarding.admit(
            db.session, provider, by=current_user.id, note=form.note.data.strip(), called_on=form.called_on.data,
            at=clock.now(),
        )  # fmt: skip
    except onboarding.NotReady as not_ready:
        return _rollback_and_return(
            _("Henüz eksik var: %(what)s", what=", ".join(str(MISSING_LABELS[each]) for each in not_ready.missing)),
            provider_id,
        )
    except onboarding.CodeTaken:
        return _rollback_and_return(
            _("Bu İYS kodu başka bir hesapta kayıtlı. Önce hangisinin doğru olduğunu araştırın."), provider_id
        )
    notify_owners(
        provider, MailKind.ADMITTED, provider_kind=provider.kind.value, link=absolute_url("dashboard.overview")
    )
    response = _commit_and_return("provider.admitted", provider_id, _("Hizmet sağlayıcı İYS'ye bağlandı."))
    test_connection(provider_id)  # A partner's account forwards nothing before its first test.
    return response


@blueprint.post("/providers/<id:provider_id>/sent-back")
@needs(Permission.REVIEW)
def send_back(provider_id: int) -> ResponseReturnValue:
    """Send the application back with a reason; the provider hands it in again."""

    def act(provider: Provider, reason: str) -> bool:
        if provider.asked_at is None or not provider.in_sandbox_mode:
            return False
        onboarding.send_back(db.session, provider, by=current_user.id, note=reason, at=clock.now())
        notify_owners(provider, MailKind.SENT_BACK, note=reason, link=absolute_url("dashboard.start"))
        return True

    return _act_with_reason(provider_id, act, "provider.sent_back", _("Başvuru geri gönderildi; sahiplerine yazıldı."))


@blueprint.post("/providers/<id:provider_id>/suspension")
@needs(Permission.REVIEW, fresh=True)
def suspend(provider_id: int) -> ResponseReturnValue:
    """Let nothing new begin at a provider; refusals go on."""

    def act(provider: Provider, reason: str) -> bool:
        if provider.suspended_at:
            return False
        onboarding.suspend(db.session, provider, by=current_user.id, reason=reason, at=clock.now())
        notify_owners(provider, MailKind.SUSPENDED, reason=reason, link=absolute_url("dashboard.overview"))
        return True

    return _act_with_reason(
        provider_id, act, "provider.suspended", _("Hizmet sağlayıcı durduruldu; retler işlemeye devam eder.")
    )


@blueprint.post("/providers/<id:provider_id>/resumption")
@needs(Permission.REVIEW, fresh=True)
def resume(provider_id: int) -> ResponseReturnValue:

    def act(provider: Provider, reason: str) -> bool:
        if not provider.suspended_at or provider.left_at:
            return False
        onboarding.resume(db.session, provider, by=current_user.id, note=reason, at=clock.now())
        return True

    return _act_with_reason(provider_id, act, "provider.resumed", _("Hizmet sağlayıcı yeniden çalışıyor."))


@blueprint.post("/providers/<id:provider_id>/departure")
@needs(Permission.REVIEW, fresh=True)
def leave(provider_id: int) -> ResponseReturnValue:
    """Mark a suspended provider as having left."""

    def act(provider: Provider, reason: str) -> bool:
        if not provider.suspended_at or provider.left_at:
            return False
        onboarding.mark_left(db.session, provider, by=current_user.id, reason=reason, at=clock.now())
        return True

    return _act_with_reason(
        provider_id, act, "provider.left", _("Ayrıldığı yazıldı; bağlantıları bunu söyler ve ret almayı sürdürür.")
    )


@blueprint.post("/providers/<id:provider_id>/return")
@needs(Permission.REVIEW, fresh=True)
def come_back(provider_id: int) -> ResponseReturnValue:
    """Take a departure back; the provider stays suspended until it is resumed."""

    def act(provider: Provider, reason: str) -> bool:
        if not provider.left_at:
            return False
        onboarding.mark_returned(db.session, provider, by=current_user.id, note=reason, at=clock.now())
        return True

    return _act_with_reason(
        provider_id, act, "provider.came_back", _("Ayrılığı geri alındı; durdurulmuş olarak kalır.")
    )


def _act_with_reason(
    provider_id: int, act: Callable[[Provider, str], bool], audit_act: str, message: str
) -> ResponseReturnValue:
    """Run an act that needs a reason; `act` returns whether there was anything to do."""
    provider, form = _locked_provider_or_404(provider_id), NoteForm()
    if not form.validate_on_submit():
        return render_provider(provider, noted=form, wrong=audit_act), 422
    if not act(provider, form.reason.data.strip()):
        return _rollback_and_return(STATE_CHANGED, provider_id)
    return _commit_and_return(audit_act, provider_id, message)


def _check_call_day(form: AdmissionForm, provider: Provider) -> None:
    """The call was about this account: not before it was opened, and not in the future."""
    if not clock.day(provider.created_at) <= form.called_on.data <= clock.day(clock.now()):
        form.called_on.errors = [_("Aradığınız gün, hesabın açıldığı günle bugün arasında olmalı.")]


def _locked_provider_or_404(provider_id: int) -> Provider:
    """The provider with a row lock: two of the operator's people don't act on it at once."""
    found = db.session.scalar(visible_providers().where(Provider.id == provider_id).with_for_update())
    if found is None:
        abort(404)
    return found


def _commit_and_return(act: str, provider_id: int, message: str) -> ResponseReturnValue:
    record_operator_audit(act, "provider", provider_id, provider_id=provider_id)
    db.session.commit()
    wake("mail")
    flash(message)
    return redirect(url_for(".provider", provider_id=provider_id), 303)


def _rollback_and_return(message: str, provider_id: int) -> ResponseReturnValue:
    db.session.rollback()
    flash(str(message))
    return redirect(url_for(".provider", provider_id=provider_id), 303)
