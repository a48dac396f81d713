"""The operator's page of one provider: data, papers, what is missing, reviews, and its checks at İYS."""

import re
import unicodedata
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.core import clock
from portal.core.display_names import BLANK, INVISIBLE
from portal.core.extensions import db, limiter, read_session
from portal.core.iys_protocol import Channel
from portal.core.models import (
    Assignment,
    Brand,
    Connection,
    Credential,
    CredentialKind,
    OperatorRole,
    Paper,
    Provider,
    Review,
    User,
)
from portal.core.models.approvals import digest_of
from portal.domain import packages
from portal.domain.campaigns import text_reviews
from portal.domain.identity import accounts, members, operator_staff
from portal.domain.identity.permissions import Permission
from portal.domain.providers import domain_reviews, onboarding
from portal.domain.providers.brand_requests import describe_request, requested_changes
from portal.domain.providers.onboarding import Requirement
from portal.services import approvals
from portal.services.iys import account_report, connection_test, rights
from portal.services.iys.account_report import explain_problem
from portal.services.iys.client import Client
from portal.services.messaging import mailbox_reviews
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import AdmissionForm, NoteForm
from portal.web.operator.providers import STAGE_LABELS, stage, visible_provider_or_404
from portal.web.shared import limits
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.downloads import paper_attachment
from portal.web.shared.pagination import requested_page

MISSING_LABELS = {
    Requirement.CODE: _l("İYS kodu girilmedi"),
    Requirement.PACKAGE: _l("Paket seçilmedi"),
    Requirement.REPRESENTATIVE: _l("Yetkili temsilci yazılmadı"),
    Requirement.AUTHORISATION: _l("İmzalı yetki mektubu yüklenmedi"),
    Requirement.SIGNATURE: _l("İmza sirküleri yüklenmedi"),
}

TEXT_FIELDS = {
    "title_tr": _l("Türkçe başlık"), "body_tr": _l("Türkçe metin"), "title_en": _l("İngilizce başlık"),
    "body_en": _l("İngilizce metin"), "sms_tr": _l("SMS cümlesi"), "sms_en": _l("SMS cümlesi, İngilizce"),
    "mail_body_tr": _l("E-posta metni"), "mail_body_en": _l("E-posta metni, İngilizce"),
    "subject_tr": _l("E-posta konusu"), "subject_en": _l("E-posta konusu, İngilizce"),
}  # fmt: skip

APPROVAL_LABELS = {
    "name": _l("Marka adı"), "header": _l("SMS gönderici adı"), "contact": _l("İletişim satırı"),
    "notice_url": _l("Aydınlatma metninin adresi"), "keyword": _l("Yanıt sözcüğü"),
    "reply_number": _l("Yanıt numarası"), "logo_digest": _l("Logo"), approvals.HOST: _l("Alan adı"),
    approvals.TEXT: _l("Metin"), domain_reviews.MAILBOX: _l("E-posta göndericisi"),
}  # fmt: skip

PAGE_SIZE = 200  # Brands.
PUNYCODE = re.compile(r"xn--[a-z0-9-]+", re.IGNORECASE)


def mark_signs(text: str) -> str:
    """A text with the numbers of signs that nobody sees, or that look like Latin letters: "PT\u0422[U+0422]". A host
    name in punycode stands in letters behind itself."""
    marked = "".join(each if _is_usual(each) else f"{each}[U+{ord(each):04X}]" for each in text)
    return PUNYCODE.sub(_add_letters, marked)


def _add_letters(found: re.Match[str]) -> str:
    try:
        return f"{found[0]} ({mark_signs(found[0].encode().decode('idna'))})"
    except UnicodeError:
        return found[0]


def _is_usual(sign: str) -> bool:
    if sign in BLANK or (unicodedata.category(sign) in INVISIBLE and sign not in "\r\n\t"):
        return False
    return not sign.isalpha() or unicodedata.name(sign, "").startswith("LATIN")


@blueprint.get("/providers/<id:provider_id>")
@needs(Permission.CONSOLE)
def provider(provider_id: int) -> ResponseReturnValue:
    return render_provider(visible_provider_or_404(read_session(), provider_id))


@blueprint.get("/providers/<id:provider_id>/papers/<id:paper_id>")
@needs(Permission.REVIEW, fresh=True)
def download_paper(provider_id: int, paper_id: int) -> ResponseReturnValue:
    """Download a paper as it was uploaded. Audited."""
    found = read_session().get(Paper, paper_id)
    if found is None or found.provider_id != visible_provider_or_404(read_session(), provider_id).id:
        abort(404)
    record_operator_audit("paper.read", "paper", found.id, provider_id=found.provider_id, kind=found.kind.value)
    db.session.commit()
    return paper_attachment(found)


@blueprint.post("/providers/<id:provider_id>/test")
@limiter.limit(limits.TEST, key_func=limits.person_key)
@needs(Permission.REVIEW)
def test_provider(provider_id: int) -> ResponseReturnValue:
    provider = visible_provider_or_404(read_session(), provider_id)
    if provider.in_sandbox_mode:
        _check_rights(provider)
    elif not test_connection(provider_id):
        flash(_("Henüz bir İYS hesabı bağlanmadı; sorulacak bir şey yok."))
    return redirect(url_for(".provider", provider_id=provider_id, _anchor="iys"), 303)


def render_provider(found: Provider, *, admission: AdmissionForm | None = None, noted: NoteForm | None = None,
            wrong: str = "", has_changed: bool = False) -> str:  # fmt: skip
    """The page, with a form that came back with errors; `wrong` is the act of that reason form. `has_changed`: the
    application is not the one that was looked at."""
    missing = onboarding.find_missing(read_session(), found) if found.in_sandbox_mode else []
    papers = select(Paper.id, Paper.kind, Paper.size, Paper.uploaded_at).where(Paper.provider_id == found.id)
    brands = select(Brand).where(Brand.provider_id == found.id)
    to_admit = onboarding.find_brand_to_admit(read_session(), found.id) if found.in_sandbox_mode else None
    order = [Brand.requested_at.is_(None), Brand.closed_at.is_not(None), Brand.id]
    if to_admit:
        order.insert(0, Brand.id != to_admit.id)
    return render_template(
        "operator/provider.html",
        provider=found,
        stage=read_session().scalar(select(stage).where(Provider.id == found.id)),
        stage_labels=STAGE_LABELS,
        missing=[MISSING_LABELS[each] for each in missing],
        page=requested_page(brands.order_by(*order), PAGE_SIZE, lambda brand: brand),
        to_admit=to_admit,
        **_waiting_texts(found),
        mark_signs=mark_signs,
        papers=read_session().execute(papers.order_by(Paper.uploaded_at.desc())).all(),
        **_reviews(found),
        declined=text_reviews.list_declined(read_session(), found.id),
        orders=packages.list_orders(read_session(), found.id),
        usage=packages.measure_usage(read_session(), found, clock.now()),
        connection=connection_status(found.id),
        look=rights.last_answer(read_session(), found.id),
        support=_support_staff(found.id),
        members=members.list_members(read_session(), found.id),
        explain_problem=explain_problem,
        describe_request=describe_request,
        requested_changes=requested_changes,
        channels=list(Channel),
        form=admission or AdmissionForm(formdata=None),
        note_form=noted or NoteForm(formdata=None),
        wrong=wrong,
        has_changed=has_changed,
        seen=onboarding.digest_application(read_session(), found) if found.in_sandbox_mode else "",
    )


def _reviews(provider: Provider) -> dict[str, Any]:
    """All decisions, the newest first, and the last one by the hash of its text."""
    reviews = select(Review, User.name.label("by")).outerjoin(User, User.id == Review.made_by)
    reviews = reviews.where(Review.provider_id == provider.id).order_by(Review.made_at.desc(), Review.id.desc())
    found = read_session().execute(reviews).all()
    senders = mailbox_reviews.list_mailboxes(read_session(), provider.id)
    return {
        "reviews": found,
        "approval_labels": APPROVAL_LABELS,
        "mailboxes": mailbox_reviews.list_waiting(read_session(), Provider.id == provider.id),
        "digest_of_mailbox": mailbox_reviews.digest_of,
        "changeable": approvals.list_changeable(read_session(), provider.id, senders),
        "last_reviews": {review.digest.hex(): review for review, _by in reversed(found) if review.digest},
        "digest_of_field": digest_of,
    }


def _waiting_texts(provider: Provider) -> dict[str, Any]:
    texts = text_reviews.list_waiting(read_session(), Provider.id == provider.id)
    domains = domain_reviews.list_waiting(read_session(), Provider.id == provider.id)
    of = {text.campaign.brand_id for text in texts} | {domain.brand_id for domain in domains}
    names = select(Brand.id, Brand.name).where(Brand.id.in_(of))
    return {
        "texts": texts, "text_fields": TEXT_FIELDS, "domains": domains, "digest_of": domain_reviews.digest_of,
        "unreached_hosts": [each.host for each in domain_reviews.list_unreached(read_session(), provider.id)],
        "brand_names": dict(read_session().execute(names).all()),
    }  # fmt: skip


def _support_staff(provider_id: int) -> dict[str, list[User]]:
    """Support staff: those assigned to the provider, and the others."""
    assigned = set(read_session().scalars(select(Assignment.user_id).where(Assignment.provider_id == provider_id)))
    staff = [each for each in operator_staff.list_staff(read_session()) if each.operator_role == OperatorRole.SUPPORT]
    return {
        "answers": [each for each in staff if each.id in assigned],
        "others": [each for each in staff if each.id not in assigned],
    }


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
    findings = account_report.findings_from_json(row.Connection.findings)
    return {"kind": row.kind, "tested_at": row.Connection.tested_at, "findings": findings}


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
