"""The authorisation letter to sign, and the upload of signed papers."""

import hashlib
from io import BytesIO

from flask import current_app, flash, redirect, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.ids import new_id
from portal.core.models import Brand, Paper, PaperKind, Provider, ProviderKind
from portal.domain.identity import accounts
from portal.domain.identity.permissions import Permission
from portal.domain.providers import onboarding
from portal.services.documents import authorisation_letter, signed_papers
from portal.services.documents.signed_papers import BadPaper, PaperProblem
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.onboarding.steps import ASK_AGAIN, PaperForm, render_steps
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.body_limits import max_bytes
from portal.web.shared.downloads import file_name, paper_attachment
from portal.web.shared.own_rows import lock_provider, own_row_or_404
from portal.web.shared.redirects import commit_and_redirect

FORM_OVERHEAD = 1024 * 1024  # Bytes of the form around a file; far more than needed.

PROBLEM_MESSAGES = {
    PaperProblem.EMPTY: _l("Dosya boş. Doğru dosyayı seçtiğinizden emin olun."),
    PaperProblem.TOO_LARGE: _l(
        "Dosya 10 MB'tan ya da fotoğraf 50 megapikselden büyük. Daha düşük çözünürlükte tarayın."
    ),
    PaperProblem.OTHER_KIND: _l(
        "Yalnız PDF, JPEG ya da PNG alabiliyoruz. Belgeyi PDF olarak kaydedin ya da fotoğraflayın."
    ),
    PaperProblem.DAMAGED: _l("Dosya açılamıyor; eksik ya da bozuk olabilir. Yeniden tarayıp deneyin."),
    PaperProblem.CLOSED: _l("PDF parolalı ya da içi okunamıyor. Parolasız kaydedin ya da yazdırıp tarayarak yükleyin."),
    PaperProblem.ACTIVE: _l("PDF'in içinde çalışan bir parça ya da ek dosya var. Belgeyi yazdırıp tarayarak yükleyin."),
}


@blueprint.get("/start/letter.pdf")
@needs(Permission.ONBOARD, names_provider=True)
def download_letter() -> ResponseReturnValue:
    provider = read_session().get_one(Provider, current_user.provider_id)
    if provider.kind != ProviderKind.PARTNER or provider.pending_iys_code is None or not provider.representative:
        flash(_("Mektup için önce İYS kodunuz ve temsilcinizin adı gerekiyor."))
        return redirect(url_for(".start"), 303)
    if not current_app.config["OPERATOR_TITLE"]:  # A letter that authorises nobody must not be signed.
        flash(_("Mektup şu anda hazırlanamıyor: iş ortağının unvanı girilmemiş. Soru kutusundan bize yazın."))
        return redirect(url_for(".start"), 303)
    pdf = BytesIO(authorisation_letter.render_pdf(_letter_values(provider, provider.pending_iys_code)))
    name = file_name(provider.id, "iys-yetki-mektubu")
    return send_file(pdf, "application/pdf", as_attachment=True, download_name=f"{name}.pdf")


@blueprint.post("/start/papers")
@limiter.limit(limits.PAPERS, key_func=limits.provider_key)
@max_bytes(signed_papers.LARGEST + FORM_OVERHEAD)
@needs(Permission.ONBOARD)
def upload_paper() -> ResponseReturnValue:
    """Store a signed paper; its kind of file is taken from its content."""
    form = PaperForm()
    if form.validate_on_submit():
        try:
            checked = signed_papers.check_paper(form.file.data.read())
        except BadPaper as bad:
            form.file.errors = [PROBLEM_MESSAGES[bad.problem]]
    if form.errors or form.file.errors:
        return render_steps(paper_form=form), 422
    if onboarding.withdraw_request(lock_provider()):
        flash(ASK_AGAIN)
    paper = _store_paper(current_user.provider_id, PaperKind(form.kind.data), checked)
    record_audit("paper.uploaded", "paper", paper.id, kind=paper.kind.value, size=paper.size)
    return commit_and_redirect(url_for(".start", _anchor="step-3"), _("Belge alındı."))


@blueprint.get("/start/papers/<id:paper_id>")
@needs(Permission.ONBOARD, fresh=True)
def download_own_paper(paper_id: int) -> ResponseReturnValue:
    """Download one's own paper as it is kept. Audited."""
    paper = own_row_or_404(read_session(), Paper, paper_id)
    record_audit("paper.read", "paper", paper.id, kind=paper.kind.value)
    db.session.commit()
    return paper_attachment(paper)


def _store_paper(provider_id: int, kind: PaperKind, checked: signed_papers.CheckedPaper) -> Paper:
    paper_id = new_id()
    paper = Paper(
        id=paper_id, provider_id=provider_id, kind=kind, media_type=checked.media_type, size=len(checked.content),
        digest=hashlib.sha256(checked.content).digest(), uploaded_by=current_user.id, uploaded_at=clock.now(),
        content=vault().seal(checked.content, Paper.PLACE, provider_id, paper_id),
    )  # fmt: skip
    db.session.add(paper)
    db.session.flush()
    return paper


def _letter_values(provider: Provider, provider_code: int) -> authorisation_letter.Letter:
    names = {"MERSİS numarası": provider.mersis, "Vergi / T.C. kimlik numarası": provider.tax_number}
    partner = accounts.first_partner_credential(read_session())
    return authorisation_letter.Letter(
        title=provider.title, numbers=tuple((name, number) for name, number in names.items() if number),
        contact=provider.contact, representative=provider.representative, iys_code=provider_code,
        brands=_brand_codes(provider, provider_code), partner_title=current_app.config["OPERATOR_TITLE"],
        partner_address=current_app.config["OPERATOR_ADDRESS"],
        partner_code=partner.integrator_code if partner else None, made_on=clock.day(clock.now()),
    )  # fmt: skip


def _brand_codes(provider: Provider, provider_code: int) -> tuple[tuple[str, int], ...]:
    """(name, code): the master brand by the provider's own code, and those that İYS gave codes of their own."""
    open_ones = select(Brand).where(Brand.provider_id == provider.id, Brand.closed_at.is_(None)).order_by(Brand.id)
    brands = list(read_session().scalars(open_ones))
    names = {provider_code: brands[0].name if brands else provider.title}
    names |= {brand.brand_code: brand.name for brand in brands if not brand.is_sandbox}
    return tuple((name, code) for code, name in names.items())
