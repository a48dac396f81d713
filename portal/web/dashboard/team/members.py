"""The provider's people: the list, and each one's role and access."""

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import InputRequired

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault, wake
from portal.core.models import Membership, Role, SessionEnd, User
from portal.domain.identity import accounts, members, one_time_links, sessions
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.team.roles import role_descriptions
from portal.web.shared import absolute_urls
from portal.web.shared.access import needs
from portal.web.shared.labels import label
from portal.web.shared.signed_in_person import current_provider, record_audit


class RoleForm(FlaskForm):
    role = RadioField(_l("Rol"), validators=[InputRequired(_l("Bir rol seçin."))])

    def __init__(self, *arguments: Any, giver: Role, **options: Any):
        super().__init__(*arguments, **options)
        self.role.choices = [(role.value, label(role)) for role in Role if members.may_assign(giver, role)]


@blueprint.get("/people")
@needs(Permission.PEOPLE)
def list_people() -> str:
    """Show who belongs to the provider, and whom it has invited."""
    at, provider_id = clock.now(), current_user.provider_id
    return render_template(
        "dashboard/team/members.html",
        members=[(each, masked_email(each.user)) for each in members.list_members(read_session(), provider_id)],
        invitations=[
            (each, addresses.mask(one_time_links.email_of(vault(), each)), each.expires_at > at)
            for each in members.list_invitations(read_session(), provider_id, at)
        ],
        me=current_user.id,
        roles=role_descriptions(),
    )


@blueprint.get("/people/<id:membership_id>")
@needs(Permission.PEOPLE, fresh=True)
def person(membership_id: int) -> str:
    member = _member_or_404(membership_id)
    return _render_member(member, RoleForm(formdata=None, giver=current_membership().role, role=member.role.value))


@blueprint.post("/people/<id:membership_id>/role")
@needs(Permission.PEOPLE, fresh=True)
def change_role(membership_id: int) -> ResponseReturnValue:
    """Give another role, valid from their next request."""
    member, form = _member_or_404(membership_id), RoleForm(giver=current_membership().role)
    if not form.validate_on_submit():
        return _render_member(member, form), 422
    former = member.role
    if members.change_role(db.session, member, Role(form.role.data), current_membership()):
        record_audit("person.role_changed", "membership", member.id, former=former.value, role=member.role.value)
        if member.role == Role.OWNER:
            _mail_about_new_owner(member)
    return commit_and_list(_("Rol kaydedildi. Hemen geçerlidir."))


@blueprint.post("/people/<id:membership_id>/suspend")
@needs(Permission.PEOPLE, fresh=True)
def suspend_person(membership_id: int) -> ResponseReturnValue:
    if members.suspend(db.session, _member_or_404(membership_id), current_membership(), clock.now()):
        record_audit("person.suspended", "membership", membership_id)
    return commit_and_list(_("Kişi askıya alındı; panelinize artık giremez."))


@blueprint.post("/people/<id:membership_id>/resume")
@needs(Permission.PEOPLE, fresh=True)
def resume_person(membership_id: int) -> ResponseReturnValue:
    if members.resume(db.session, _member_or_404(membership_id), current_membership()):
        record_audit("person.resumed", "membership", membership_id)
    return commit_and_list(_("Kişi panelinize yeniden girebilir."))


@blueprint.post("/people/<id:membership_id>/remove")
@needs(Permission.PEOPLE, fresh=True)
def remove_person(membership_id: int) -> ResponseReturnValue:
    member = _member_or_404(membership_id)
    members.remove(db.session, member, current_membership(), clock.now())
    record_audit("person.removed", "membership", member.id, role=member.role.value)
    return commit_and_list(_("Kişi çıkarıldı. Yaptıkları, kayıtlarda adıyla durur."))


@blueprint.post("/people/<id:membership_id>/sessions/end")
@needs(Permission.PEOPLE, fresh=True)
def end_sessions_of_person(membership_id: int) -> ResponseReturnValue:
    """End the person's sessions at this provider; those at other providers go on."""
    member = _member_or_404(membership_id)
    ended = sessions.end_sessions(
        db.session, member.user_id, SessionEnd.REVOKED, clock.now(), at_provider=member.provider_id
    )
    record_audit("sessions.ended", "membership", member.id, count=ended)
    return commit_and_list(ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended))


def current_membership() -> Membership:
    """The signed-in person's membership in the writing session."""
    return db.session.get_one(Membership, current_user.membership.id)


def masked_email(user: User) -> str:
    return addresses.mask(accounts.email_of(vault(), user))


def commit_and_list(message: str) -> ResponseReturnValue:
    """Commit, wake the mail sender, and show the list with a message."""
    db.session.commit()
    wake("mail")
    flash(message)
    return redirect(url_for(".list_people"), 303)


def _member_or_404(membership_id: int) -> Membership:
    return members.find_member(db.session, current_user.provider_id, membership_id) or abort(404)


def _render_member(member: Membership, form: RoleForm) -> str:
    user = db.session.get_one(User, member.user_id)
    return render_template(
        "dashboard/team/member.html",
        membership=member,
        name=user.name,
        address=masked_email(user),
        form=form,
        roles=role_descriptions(),
        is_me=user.id == current_user.id,
    )


def _mail_about_new_owner(member: Membership) -> None:
    owner, link = db.session.get_one(User, member.user_id), absolute_urls.absolute_url("dashboard.list_people")
    members.mail_new_owner(
        db.session, vault(), current_provider(), owner, current_user.name, link=link, at=clock.now()
    )  # fmt: skip
