"""The company's data, edited by its own people. What İYS compares and the operator has seen is frozen once
the company is admitted."""

from typing import Any

from flask import flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import DataRequired, Length

from portal.core.extensions import db, read_session
from portal.core.models import Provider, ProviderKind
from portal.domain.identity.permissions import Permission
from portal.domain.providers import brand_requests, onboarding
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.onboarding.steps import ASK_AGAIN
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.company_form import CompanyForm, form_values
from portal.web.shared.own_rows import lock_provider
from portal.web.shared.redirects import commit_and_redirect
from portal.web.shared.validators import UNKNOWN_NOTICE, VISIBLE

KIND_CHOICES = [
    SelectChoice(ProviderKind.PARTNER, _l("İş ortağı üzerinden: 250.000 adresin altındaysanız İYS böyle ister")),
    SelectChoice(ProviderKind.DIRECT, _l("Kendi İYS hesabımla: doğrudan bağlanırım")),
    SelectChoice(ProviderKind.EXEMPT, _l("İYS'den muafım: izinleri yalnız burada tutacağım")),
]


class OwnCompanyForm(CompanyForm):
    kind = RadioField(_l("İYS'ye nasıl bağlanacaksınız?"), choices=KIND_CHOICES)
    representative = StringField(
        _l("İmza yetkilisi temsilcinizin adı soyadı"),
        validators=[DataRequired(_l("Temsilcinin adını yazın.")), Length(max=120), VISIBLE],
    )


@blueprint.get("/start/firm")
@needs(Permission.ONBOARD)
def company() -> ResponseReturnValue:
    provider = read_session().get_one(Provider, current_user.provider_id)
    return _render_company(provider, _company_form(provider, formdata=None))


@blueprint.post("/start/firm")
@needs(Permission.ONBOARD)
def save_company() -> ResponseReturnValue:
    """Save the data. A change of what the operator reviews takes back the request for admission."""
    provider = lock_provider()
    form = _company_form(provider)
    is_good = form.validate_on_submit()
    seen = brand_requests.reviewed_notices(db.session, provider)
    if is_good and not provider.in_sandbox_mode and form.notice_url.data.strip() not in seen:
        form.notice_url.errors, is_good = [UNKNOWN_NOTICE], False
    if not is_good:
        return _render_company(provider, form), 422
    before = {name: getattr(provider, name) for name in onboarding.REVIEWED}
    if provider.in_sandbox_mode:
        values = form.provider_columns() | {"kind": ProviderKind(form.kind.data)}
    else:
        values = {"notice_url": form.notice_url.data.strip()}
    for name, value in (values | {"representative": " ".join(form.representative.data.split())}).items():
        setattr(provider, name, value)
    changed = sorted(name for name, value in before.items() if getattr(provider, name) != value)
    if changed and onboarding.withdraw_request(provider):
        flash(ASK_AGAIN)
    record_audit("firm.changed", "provider", provider.id, changed=changed)
    return commit_and_redirect(url_for(".start"), _("Firma bilgileriniz kaydedildi."))


def _company_form(provider: Provider, **options: Any) -> OwnCompanyForm:
    values = form_values(provider) | {"kind": provider.kind, "representative": provider.representative}
    form = OwnCompanyForm(data=values, **options)
    if not provider.in_sandbox_mode:
        for name in ("legal_form", "title", "number", "contact", "kind"):
            delattr(form, name)
    return form


def _render_company(provider: Provider, form: OwnCompanyForm) -> str:
    return render_template("dashboard/onboarding/company.html", form=form, provider=provider)
