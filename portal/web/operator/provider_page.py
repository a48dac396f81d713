"""One provider as the operator sees it: its data and papers, what is missing, what İYS says, and what was done."""

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.core import clock
from portal.core.extensions import db, read_session, vault
from portal.core.iys_protocol import Channel
from portal.core.models import Assignment, OperatorRole, Paper, Provider, Review, User
from portal.domain import packages
from portal.domain.identity import members, operator_staff
from portal.domain.identity.permissions import Permission
from portal.domain.providers import onboarding
from portal.domain.providers.onboarding import Missing
from portal.services.iys import rights
from portal.services.iys.call_problems import explain_problem
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import AdmissionForm, NoteForm
from portal.web.operator.iys_checks import connection_status
from portal.web.operator.provider_access import visible_provider_or_404
from portal.web.operator.providers import STAGE_LABELS, stage_of
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import record_operator_audit

MISSING_LABELS = {
    Missing.CODE: _l("İYS kodu girilmedi"),
    Missing.PACKAGE: _l("Paket seçilmedi"),
    Missing.REPRESENTATIVE: _l("Yetkili temsilci yazılmadı"),
    Missing.AUTHORISATION: _l("İmzalı yetki mektubu yüklenmedi"),
    Missing.SIGNATURE: _l("İmza sirküleri yüklenmedi"),
}


@blueprint.get("/providers/<id:provider_id>")
@needs(Permission.CONSOLE)
def provider(provider_id: int) -> ResponseReturnValue:
    """Show all that is known of one provider, beside what may be done about it."""
    return render_provider(visible_provider_or_404(read_session(), provider_id))


@blueprint.get("/providers/<id:provider_id>/papers/<id:paper_id>")
@needs(Permission.REVIEW, fresh=True)
def download_paper(provider_id: int, paper_id: int) -> ResponseReturnValue:
    """Hand out a paper of the provider's, as it was uploaded. Noted."""
    found = read_session().get(Paper, paper_id)
    if found is None or found.provider_id != visible_provider_or_404(read_session(), provider_id).id:
        abort(404)
    content = vault().open(found.content, Paper.PLACE, found.provider_id, found.id)
    record_operator_audit("paper.read", "paper", found.id, provider_id=found.provider_id, kind=found.kind.value)
    db.session.commit()
    answer = Response(content, mimetype=found.media_type)
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(found.media_type, "bin")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.kind.value}-{found.id}.{ending}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def render_provider(found: Provider, *, admission: AdmissionForm | None = None, noted: NoteForm | None = None,
            wrong: str = "") -> str:  # fmt: skip
    """The page, with the forms as somebody has just filled them in; `wrong` is the act whose reason came back."""
    at = clock.now()
    return render_template(
        "operator/provider.html",
        provider=found,
        standing=stage_of(found),
        words=STAGE_LABELS,
        missing=[MISSING_LABELS[each] for each in onboarding.find_missing(read_session(), found)]
        if found.in_sandbox_mode
        else [],
        papers=_papers_of(found.id),
        reviews=_reviews_of(found.id),
        orders=packages.list_orders(read_session(), found.id),
        usage=packages.measure_usage(read_session(), found, at),
        connection=connection_status(found.id),
        look=rights.last_answer(read_session(), found.id),
        support=_support_staff(found.id),
        members=members.list_members(read_session(), found.id),
        explain_problem=explain_problem,
        channels=list(Channel),
        form=admission or AdmissionForm(formdata=None),
        note_form=noted or NoteForm(formdata=None),
        wrong=wrong,
    )


def _papers_of(provider_id: int) -> list:
    theirs = select(Paper.id, Paper.kind, Paper.size, Paper.uploaded_at).where(Paper.provider_id == provider_id)
    return read_session().execute(theirs.order_by(Paper.uploaded_at.desc())).all()


def _reviews_of(provider_id: int) -> list:
    theirs = (
        select(Review, User.name.label("by"))
        .outerjoin(User, User.id == Review.made_by)
        .where(Review.provider_id == provider_id)
    )
    return read_session().execute(theirs.order_by(Review.made_at.desc())).all()


def _support_staff(provider_id: int) -> dict[str, list[User]]:
    """Who of support answers for it, and who else could."""
    theirs = set(read_session().scalars(select(Assignment.user_id).where(Assignment.provider_id == provider_id)))
    everybody = [each for each in operator_staff.list_staff(read_session()) if each.operator_role == OperatorRole.SUPPORT]
    return {
        "answers": [each for each in everybody if each.id in theirs],
        "others": [each for each in everybody if each.id not in theirs],
    }
