"""The operator's staff: invitations, roles, providers assigned to support; and the end of a person's sessions."""

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import func, select

from portal.core import clock
from portal.core.addresses import HIDDEN, mask
from portal.core.extensions import db, read_session, vault
from portal.core.ids import parse_id
from portal.core.models import OneTimeLink, OperatorRole, SessionEnd, SignIn, User
from portal.core.vault import CannotOpen
from portal.domain.identity import accounts, members, one_time_links, operator_staff, sessions
from portal.domain.identity.permissions import Permission
from portal.web.operator.blueprint import blueprint
from portal.web.operator.forms import StaffForm
from portal.web.operator.providers import visible_provider_or_404
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_operator_audit
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

OTHER_ROLE = {OperatorRole.ADMIN: OperatorRole.SUPPORT, OperatorRole.SUPPORT: OperatorRole.ADMIN}
ERROR_MESSAGES: dict[type[Exception], str] = {
    operator_staff.OwnRole: _l("Kendi görevinizi siz değiştiremezsiniz; başka bir yönetici değiştirebilir."),
    operator_staff.LastAdmin: _l("En az bir yönetici kalmalı. Önce başka birini yönetici yapın."),
}


@blueprint.get("/staff")
@needs(Permission.STAFF)
def staff() -> ResponseReturnValue:
    return _render_staff(StaffForm(formdata=None))


@blueprint.post("/staff")
@needs(Permission.STAFF, fresh=True)
def invite_staff() -> ResponseReturnValue:
    form = StaffForm()
    if not form.validate_on_submit():
        return _render_staff(form), 422
    _send_invitation(form.email.data, OperatorRole(form.role.data))
    return commit_and_redirect(url_for(".staff"), _("Davet yola çıktı; bağlantısı yedi gün geçerli."))


@blueprint.post("/staff/invitations/<id:invitation_id>/renewal")
@needs(Permission.STAFF, fresh=True)
def renew_invitation(invitation_id: int) -> ResponseReturnValue:
    """Send an invitation again with a new link; the old one stops working."""
    former = members.revoke_invitation(db.session, None, invitation_id, clock.now())
    if former is None or former.operator_role is None:
        abort(404)
    _send_invitation(one_time_links.email_of(vault(), former), former.operator_role)
    message = _("Davet yeniden yola çıktı; eski bağlantı artık açılmaz.")
    return commit_and_redirect(url_for(".staff"), message)


@blueprint.post("/staff/invitations/<id:invitation_id>/removal")
@needs(Permission.STAFF, fresh=True)
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    if members.revoke_invitation(db.session, None, invitation_id, clock.now()) is None:
        abort(404)
    record_operator_audit("staff.invitation_revoked", "invitation", invitation_id)
    return commit_and_redirect(url_for(".staff"), _("Davet geri alındı."))


@blueprint.post("/staff/<id:user_id>/role")
@needs(Permission.STAFF, fresh=True)
def change_staff_role(user_id: int) -> ResponseReturnValue:
    """Switch between admin and support, valid from their next request."""
    user, role = _staff_member_or_404(user_id), request.form.get("role", "")
    if role not in set(OperatorRole):
        abort(404)
    operator_staff.change_role(db.session, user, OperatorRole(role), by=current_user.id)
    record_operator_audit("staff.role_changed", "user", user.id, role=role)
    return commit_and_redirect(url_for(".staff"), _("Görev değişti; bir sonraki adımından itibaren geçerli."))


@blueprint.post("/staff/<id:user_id>/removal")
@needs(Permission.STAFF, fresh=True)
def remove_staff(user_id: int) -> ResponseReturnValue:
    user = _staff_member_or_404(user_id)
    operator_staff.remove(db.session, vault(), user, by=current_user.id, at=clock.now())
    record_operator_audit("staff.removed", "user", user.id)
    return commit_and_redirect(url_for(".staff"), _("Ekipten çıkarıldı; bir sonraki adımından itibaren giremez."))


@blueprint.post("/providers/<id:provider_id>/assignments")
@needs(Permission.STAFF, fresh=True)
def assign(provider_id: int) -> ResponseReturnValue:
    """Assign a provider to somebody of support."""
    provider, chosen = visible_provider_or_404(db.session, provider_id), parse_id(request.form.get("user", ""))
    if chosen is None:
        abort(404)
    user = _staff_member_or_404(chosen)
    try:
        operator_staff.assign(db.session, user, provider, clock.now())
    except operator_staff.NotSupport:
        abort(404)
    record_operator_audit("staff.assigned", "user", user.id, provider_id=provider.id)
    return commit_and_redirect(_support_url(provider_id), _("Atandı."))


@blueprint.post("/providers/<id:provider_id>/assignments/<id:user_id>/removal")
@needs(Permission.STAFF, fresh=True)
def unassign(provider_id: int, user_id: int) -> ResponseReturnValue:
    if not operator_staff.unassign(db.session, user_id, visible_provider_or_404(db.session, provider_id).id):
        abort(404)
    record_operator_audit("staff.unassigned", "user", user_id, provider_id=provider_id)
    return commit_and_redirect(_support_url(provider_id), _("Atama kaldırıldı."))


@blueprint.post("/staff/<id:user_id>/sessions/end")
@needs(Permission.STAFF, fresh=True)
def end_sessions_of_staff(user_id: int) -> ResponseReturnValue:
    return _end_sessions(_staff_member_or_404(user_id).id, "user", user_id, url_for(".staff"))


@blueprint.post("/providers/<id:provider_id>/people/<id:membership_id>/sessions/end")
@needs(Permission.STAFF, fresh=True)
def end_sessions_of_person(provider_id: int, membership_id: int) -> ResponseReturnValue:
    """End somebody's sessions at every provider. The provider sees it in its audit log."""
    provider = visible_provider_or_404(db.session, provider_id)
    member = members.find_member(db.session, provider.id, membership_id) or abort(404)
    url = url_for(".provider", provider_id=provider_id, _anchor="people")
    return _end_sessions(member.user_id, "membership", member.id, url, provider_id)


def _end_sessions(
    user_id: int, subject: str, subject_id: int, url: str, provider_id: int | None = None
) -> ResponseReturnValue:
    """End all sessions of an account that may be compromised, but not the one in use."""
    ended = sessions.end_sessions(db.session, user_id, SessionEnd.REVOKED, clock.now(), but=current_user.sign_in.id)
    record_operator_audit("sessions.ended", subject, subject_id, provider_id=provider_id, count=ended)
    return commit_and_redirect(url, ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended))


@blueprint.errorhandler(operator_staff.OwnRole)
@blueprint.errorhandler(operator_staff.LastAdmin)
def show_error(refusal: Exception) -> ResponseReturnValue:
    return rollback_and_redirect(url_for(".staff"), ERROR_MESSAGES[type(refusal)])


def _support_url(provider_id: int) -> str:
    return url_for(".provider", provider_id=provider_id, _anchor="support")


def _send_invitation(email: str, role: OperatorRole) -> None:
    invitation = members.invite_staff(
        db.session, vault(), current_user.user, email=email, role=role, language=get_locale().language,
        link=lambda token: absolute_url("signin.invitation", token=token), at=clock.now(),
    )  # fmt: skip
    record_operator_audit("staff.invited", "invitation", invitation.id, role=role.value)


def _staff_member_or_404(user_id: int) -> User:
    found = db.session.get(User, user_id)
    return found if found and found.operator_role and found.is_open else abort(404)


def _render_staff(form: StaffForm) -> str:
    staff = operator_staff.list_staff(read_session())
    invitations = members.list_invitations(read_session(), None, clock.now())
    seen = select(SignIn.user_id, func.max(SignIn.seen_at)).where(SignIn.user_id.in_([each.id for each in staff]))
    return render_template(
        "operator/staff.html",
        members=[(each, _masked_email(each)) for each in staff],
        seen=dict(read_session().execute(seen.group_by(SignIn.user_id)).all()),
        assigned=operator_staff.list_assignments(read_session()),
        invitations=[(each, _masked_email(each)) for each in invitations],
        other_role=OTHER_ROLE,
        me=current_user.id,
        form=form,
    )


def _masked_email(holder: User | OneTimeLink) -> str:
    """A damaged address is hidden entirely, and doesn't break the list."""
    try:
        return mask((accounts if isinstance(holder, User) else one_time_links).email_of(vault(), holder))
    except CannotOpen:
        return HIDDEN
