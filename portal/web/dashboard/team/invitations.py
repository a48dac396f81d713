"""Invitations by mail: a role, an address, a link that opens once. The page never tells whether it knows an address."""

from flask import abort, render_template
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, vault
from portal.core.models import OneTimeLink, Role
from portal.domain.identity import members, one_time_links
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint, note, provider_key
from portal.web.dashboard.team.members import RoleForm, done, me, provider
from portal.web.dashboard.team.roles import explained
from portal.web.shared import absolute_urls, limits
from portal.web.shared.access import needs


class InvitationForm(RoleForm):
    email = EmailField(
        _l("E-posta adresi"), validators=[InputRequired(_l("Bir e-posta adresi yazın.")), Length(max=265)]
    )

    def validate_email(self, field) -> None:
        if not addresses.is_email(field.data.strip()):
            raise ValidationError(_("Bu bir e-posta adresi değil. Örnek: ad@firma.com"))


@blueprint.get("/people/invite")
@needs(Permission.PEOPLE, fresh=True)
def invitation():
    """Ask whom to invite, as what."""
    return _page(InvitationForm(formdata=None, giver=me().role))


@blueprint.post("/people/invite")
@limiter.limit(limits.INVITATIONS, methods=["POST"], key_func=provider_key)
@needs(Permission.PEOPLE, fresh=True)
def invite():
    """Mail an invitation."""
    form = InvitationForm(giver=me().role)
    if not form.validate_on_submit():
        return _page(form), 422
    sent = _invited(form.email.data.strip(), Role(form.role.data))
    note("person.invited", "ticket", sent.id, role=sent.role.value)
    return done(_("Davet gönderildi. Bağlantısı 7 gün geçerlidir."))


@blueprint.post("/people/invitations/<id:ticket_id>/resend")
@limiter.limit(limits.INVITATIONS, methods=["POST"], key_func=provider_key)
@needs(Permission.PEOPLE, fresh=True)
def resend_invitation(ticket_id: int):
    """Send another link to the same address; the former one opens nothing any more."""
    former = _revoked(ticket_id)
    sent = _invited(one_time_links.email_of(vault(), former), former.role)
    note("person.invited", "ticket", sent.id, role=sent.role.value, again=True)
    return done(_("Davet yeniden gönderildi. Önceki bağlantı artık açılmaz."))


@blueprint.post("/people/invitations/<id:ticket_id>/revoke")
@needs(Permission.PEOPLE, fresh=True)
def revoke_invitation(ticket_id: int):
    """Take an invitation back."""
    note("invitation.revoked", "ticket", _revoked(ticket_id).id)
    return done(_("Davet geri alındı; bağlantısı artık açılmaz."))


def _page(form: InvitationForm) -> str:
    return render_template("dashboard/team/invitation.html", form=form, roles=explained())


def _invited(email: str, role: Role) -> OneTimeLink:
    language = get_locale().language
    return members.invite(
        db.session, vault(), provider(), me(), email=email, role=role, language=language, at=clock.now(),
        link=lambda token: absolute_urls.whole("signin.invitation", token=token, lang=language),
    )  # fmt: skip


def _revoked(ticket_id: int) -> OneTimeLink:
    return members.revoke(db.session, me().provider_id, ticket_id, clock.now()) or abort(404)
