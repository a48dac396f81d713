"""Invitations by mail with a one-time link. The page never tells whether an address has an account."""

from flask import abort, render_template
from flask.typing import ResponseReturnValue
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
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.team.members import RoleForm, commit_and_list, current_membership
from portal.web.dashboard.team.roles import role_descriptions
from portal.web.shared import absolute_urls, limits
from portal.web.shared.access import needs
from portal.web.shared.signed_in_person import current_provider, provider_key, record_audit


class InvitationForm(RoleForm):
    email = EmailField(
        _l("E-posta adresi"), validators=[InputRequired(_l("Bir e-posta adresi yazın.")), Length(max=265)]
    )

    def validate_email(self, field: EmailField) -> None:
        if not addresses.is_email(field.data.strip()):
            raise ValidationError(_("Bu bir e-posta adresi değil. Örnek: ad@firma.com"))


@blueprint.get("/people/invite")
@needs(Permission.PEOPLE, fresh=True)
def invitation() -> str:
    return _render_invitation(InvitationForm(formdata=None, giver=current_membership().role))


@blueprint.post("/people/invite")
@limiter.limit(limits.INVITATIONS, methods=["POST"], key_func=provider_key)
@needs(Permission.PEOPLE, fresh=True)
def invite() -> ResponseReturnValue:
    form = InvitationForm(giver=current_membership().role)
    if not form.validate_on_submit():
        return _render_invitation(form), 422
    _send_invitation(form.email.data.strip(), Role(form.role.data))
    return commit_and_list(_("Davet gönderildi. Bağlantısı 7 gün geçerlidir."))


@blueprint.post("/people/invitations/<id:invitation_id>/resend")
@limiter.limit(limits.INVITATIONS, methods=["POST"], key_func=provider_key)
@needs(Permission.PEOPLE, fresh=True)
def resend_invitation(invitation_id: int) -> ResponseReturnValue:
    """Revoke an invitation and mail a new link to the same address."""
    former = _revoke_or_404(invitation_id)
    if former.role is None:  # Only staff of the operator is invited without one.
        abort(404)
    _send_invitation(one_time_links.email_of(vault(), former), former.role, again=True)
    return commit_and_list(_("Davet yeniden gönderildi. Önceki bağlantı artık açılmaz."))


@blueprint.post("/people/invitations/<id:invitation_id>/revoke")
@needs(Permission.PEOPLE, fresh=True)
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    record_audit("invitation.revoked", "invitation", _revoke_or_404(invitation_id).id)
    return commit_and_list(_("Davet geri alındı; bağlantısı artık açılmaz."))


def _render_invitation(form: InvitationForm) -> str:
    return render_template("dashboard/team/invitation.html", form=form, roles=role_descriptions())


def _send_invitation(email: str, role: Role, **facts: bool) -> None:
    language = get_locale().language
    invitation = members.invite(
        db.session, vault(), current_provider(), current_membership(), email=email, role=role, language=language,
        at=clock.now(),
        link=lambda token: absolute_urls.absolute_url("signin.invitation", token=token, lang=language),
    )  # fmt: skip
    record_audit("person.invited", "invitation", invitation.id, role=role.value, **facts)


def _revoke_or_404(invitation_id: int) -> OneTimeLink:
    return members.revoke_invitation(db.session, current_membership().provider_id, invitation_id, clock.now()) or abort(
        404
    )
