"""One provider as the operator sees it: its data and papers, what is missing, what İYS says, and what was done."""

from flask import Response, abort, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from portal import clock, limits, onboarding, packages
from portal.extensions import db, limiter, reading, vault
from portal.iys import connecting, findings
from portal.iys.client import Client
from portal.iys.troubles import words_of
from portal.models import Connection, Credential, Paper, Provider, Review, User
from portal.onboarding import Missing
from portal.operator import door, note
from portal.operator.forms import AdmissionForm, NoteForm
from portal.operator.providers import WORDS, standing_of
from portal.operator.visible import visible_or_404
from portal.powers import Power
from portal.web.locks import needs

MISSING = {
    Missing.CODE: _l("İYS kodu girilmedi"),
    Missing.PACKAGE: _l("Paket seçilmedi"),
    Missing.REPRESENTATIVE: _l("Yetkili temsilci yazılmadı"),
    Missing.AUTHORISATION: _l("İmzalı yetki belgesi yüklenmedi"),
    Missing.SIGNATURE: _l("İmza sirküleri yüklenmedi"),
}


@door.get("/providers/<id:provider_id>")
@needs(Power.CONSOLE)
def provider(provider_id: int):
    """Show all that is known of one provider, beside what may be done about it."""
    return page_of(visible_or_404(reading(), provider_id))


@door.get("/providers/<id:provider_id>/papers/<id:paper_id>")
@needs(Power.REVIEW, fresh=True)
def paper(provider_id: int, paper_id: int):
    """Hand out a paper of the provider's, as it was uploaded. Noted."""
    found = reading().get(Paper, paper_id)
    if found is None or found.provider_id != visible_or_404(reading(), provider_id).id:
        abort(404)
    content = vault().open(found.content, Paper.PLACE, found.provider_id, found.id)
    note("paper.read", "paper", found.id, provider_id=found.provider_id, kind=found.kind.value)
    db.session.commit()
    answer = Response(content, mimetype=found.media_type)
    ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}.get(found.media_type, "bin")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.kind.value}-{found.id}.{ending}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@door.post("/providers/<id:provider_id>/test")
@limiter.limit(limits.TEST, key_func=lambda: str(getattr(current_user, "id", "nobody")))
@needs(Power.REVIEW)
def test_provider(provider_id: int):
    """Ask İYS now what the provider's account may do there."""
    found = visible_or_404(reading(), provider_id)
    connection_id = reading().scalar(select(Connection.id).where(Connection.provider_id == found.id))
    if connection_id is None:
        flash(_("Henüz bir İYS hesabı bağlanmadı; sorulacak bir şey yok."))
    else:
        told = connecting.test(Client(current_app.config["IYS_BASE_URL"]), found.id)
        note("connection.tested", "connection", connection_id, provider_id=found.id, clear=told.is_clear)
        db.session.commit()
    return redirect(url_for(".provider", provider_id=provider_id, _anchor="iys"), 303)


def page_of(found: Provider, *, admission: AdmissionForm | None = None, noted: NoteForm | None = None,
            wrong: str = "") -> str:  # fmt: skip
    """The page, with the forms as somebody has just filled them in; `wrong` is the act whose reason came back."""
    at = clock.now()
    return render_template(
        "operator/provider.html",
        provider=found,
        standing=standing_of(found),
        words=WORDS,
        missing=[MISSING[each] for each in onboarding.missing(reading(), found)] if found.is_practising else [],
        papers=_papers(found.id),
        reviews=_reviews(found.id),
        orders=packages.orders_of(reading(), found.id),
        usage=packages.standing(reading(), found, at),
        connection=_connection(found.id),
        words_of=words_of,
        form=admission or AdmissionForm(formdata=None),
        note_form=noted or NoteForm(formdata=None),
        wrong=wrong,
    )


def _papers(provider_id: int) -> list:
    theirs = select(Paper.id, Paper.kind, Paper.size, Paper.uploaded_at).where(Paper.provider_id == provider_id)
    return reading().execute(theirs.order_by(Paper.uploaded_at.desc())).all()


def _reviews(provider_id: int) -> list:
    theirs = (
        select(Review, User.name.label("by"))
        .outerjoin(User, User.id == Review.made_by)
        .where(Review.provider_id == provider_id)
    )
    return reading().execute(theirs.order_by(Review.made_at.desc())).all()


def _connection(provider_id: int) -> dict | None:
    row = reading().execute(
        select(Connection, Credential.kind)
        .join(Credential, Credential.id == Connection.credential_id)
        .where(Connection.provider_id == provider_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    connection, kind = row
    return {
        "kind": kind,
        "writes_since": connection.writes_since,
        "tested_at": connection.tested_at,
        "findings": findings.read(connection.findings),
    }
