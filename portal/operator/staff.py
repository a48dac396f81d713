"""The operator's own people: who they are, what they may do, and for which providers support answers."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select

from portal import accounts, clock, people, staffing, tickets
from portal.addresses import HIDDEN, mask
from portal.extensions import db, reading, vault, wake
from portal.models import OperatorRole, SignIn, Ticket, User
from portal.operator.blueprint import door, note
from portal.operator.forms import StaffForm
from portal.operator.visible import visible_or_404
from portal.powers import Power
from portal.vault import CannotOpen
from portal.web.converters import id_in
from portal.web.links import whole
from portal.web.locks import needs

OTHER = {OperatorRole.ADMIN: OperatorRole.SUPPORT, OperatorRole.SUPPORT: OperatorRole.ADMIN}


@door.get("/staff")
@needs(Power.STAFF)
def staff():
    """List them, with the invitations that are out."""
    return _shown(StaffForm(formdata=None))


@door.post("/staff")
@needs(Power.STAFF, fresh=True)
def invite_staff():
    """Invite somebody by mail."""
    form = StaffForm()
    if not form.validate_on_submit():
        return _shown(form), 422
    _invite(form.email.data, OperatorRole(form.role.data))
    return _done(_("Davet yola çıktı; bağlantısı yedi gün geçerli."))


@door.post("/staff/invitations/<id:ticket_id>/renewal")
@needs(Power.STAFF, fresh=True)
def renew_invitation(ticket_id: int):
    """Send an invitation again, with a new link; the old one opens no more."""
    former = people.revoke(db.session, None, ticket_id, clock.now())
    if former is None:
        abort(404)
    _invite(tickets.email_of(vault(), former), former.operator_role)
    return _done(_("Davet yeniden yola çıktı; eski bağlantı artık açılmaz."))


@door.post("/staff/invitations/<id:ticket_id>/removal")
@needs(Power.STAFF, fresh=True)
def revoke_invitation(ticket_id: int):
    """Take an invitation back."""
    if people.revoke(db.session, None, ticket_id, clock.now()) is None:
        abort(404)
    note("staff.invitation_revoked", "ticket", ticket_id)
    return _done(_("Davet geri alındı."))


@door.post("/staff/<id:user_id>/role")
@needs(Power.STAFF, fresh=True)
def change_staff_role(user_id: int):
    """Make an admin support, or the other way round; it counts on their next request."""
    user, role = member_or_404(user_id), request.form.get("role", "")
    if role not in set(OperatorRole):
        abort(404)
    try:
        staffing.change_role(db.session, user, OperatorRole(role), by=current_user.id)
    except (staffing.Oneself, staffing.LastAdmin) as refused:
        return _refused(refused)
    note("staff.role_changed", "user", user.id, role=role)
    return _done(_("Görev değişti; bir sonraki adımından itibaren geçerli."))


@door.post("/staff/<id:user_id>/removal")
@needs(Power.STAFF, fresh=True)
def remove_staff(user_id: int):
    """Let somebody be of the operator no more."""
    user = member_or_404(user_id)
    try:
        staffing.remove(db.session, user, by=current_user.id)
    except (staffing.Oneself, staffing.LastAdmin) as refused:
        return _refused(refused)
    note("staff.removed", "user", user.id)
    return _done(_("Ekipten çıkarıldı; bir sonraki adımından itibaren giremez."))


@door.post("/providers/<id:provider_id>/assignments")
@needs(Power.STAFF, fresh=True)
def assign(provider_id: int):
    """Let somebody of support answer for a provider."""
    provider, chosen = visible_or_404(db.session, provider_id), id_in(request.form.get("user", ""))
    if chosen is None:
        abort(404)
    user = member_or_404(chosen)
    try:
        staffing.assign(db.session, user, provider, clock.now())
    except staffing.NotSupport:
        abort(404)
    note("staff.assigned", "user", user.id, provider_id=provider.id)
    return _done(_("Atandı."), "operator.provider", provider_id=provider_id, _anchor="support")


@door.post("/providers/<id:provider_id>/assignments/<id:user_id>/removal")
@needs(Power.STAFF, fresh=True)
def unassign(provider_id: int, user_id: int):
    """End it."""
    if not staffing.unassign(db.session, user_id, visible_or_404(db.session, provider_id).id):
        abort(404)
    note("staff.unassigned", "user", user_id, provider_id=provider_id)
    return _done(_("Atama kaldırıldı."), "operator.provider", provider_id=provider_id, _anchor="support")


def _invite(email: str, role: OperatorRole) -> None:
    ticket = people.invite_staff(
        db.session, vault(), current_user.user, email=email, role=role, language=get_locale().language,
        link=lambda token: whole("signin.invitation", token=token), at=clock.now(),
    )  # fmt: skip
    note("staff.invited", "ticket", ticket.id, role=role.value)


def member_or_404(user_id: int) -> User:
    """Somebody of the operator."""
    found = db.session.get(User, user_id)
    if found is None or found.operator_role is None or not found.is_open:
        abort(404)
    return found


def _done(said: str, endpoint: str = "operator.staff", **values):
    db.session.commit()
    wake("mail")
    flash(said)
    return redirect(url_for(endpoint, **values), 303)


def _refused(why: Exception):
    db.session.rollback()
    if isinstance(why, staffing.Oneself):
        flash(_("Kendi görevinizi siz değiştiremezsiniz; başka bir yönetici değiştirebilir."))
    else:
        flash(_("En az bir yönetici kalmalı. Önce başka birini yönetici yapın."))
    return redirect(url_for(".staff"), 303)


def _shown(form: StaffForm) -> str:
    staff = staffing.members(reading())
    seen = select(SignIn.user_id, func.max(SignIn.seen_at)).where(SignIn.user_id.in_([each.id for each in staff]))
    return render_template(
        "operator/staff.html",
        members=[(each, _address(each)) for each in staff],
        seen=dict(reading().execute(seen.group_by(SignIn.user_id)).all()),
        assigned=staffing.assigned(reading()),
        invitations=[(each, _address(each)) for each in people.invitations(reading(), None, clock.now())],
        other_role=OTHER,
        me=current_user.id,
        form=form,
    )


def _address(of: User | Ticket) -> str:
    """Masked; where its seal is damaged, nothing of it: it must not hide the others."""
    try:
        return mask((accounts if isinstance(of, User) else tickets).email_of(vault(), of))
    except CannotOpen:
        return HIDDEN
