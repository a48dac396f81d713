"""Who works here: the list, and each one's role and standing."""

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.validators import InputRequired

from portal.core import addresses, clock
from portal.core.extensions import db, read_session, vault, wake
from portal.core.models import Membership, Provider, Role, SessionEnd, User
from portal.domain.identity import accounts, members, one_time_links, sessions
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.team.roles import role_descriptions
from portal.web.shared import absolute_urls
from portal.web.shared.access import needs
from portal.web.shared.labels import label
from portal.web.shared.signed_in_person import record_audit


class RoleForm(FlaskForm):
    role = RadioField(_l("Rol"), validators=[InputRequired(_l("Bir rol seçin."))])

    def __init__(self, *arguments, giver: Role, **options):
        super().__init__(*arguments, **options)
        self.role.choices = [(role.value, label(role)) for role in Role if members.may_give(giver, role)]


@blueprint.get("/people")
@needs(Permission.PEOPLE)
def list_people():
    """Show who belongs to the provider, and whom it has invited."""
    at, mine = clock.now(), current_user.provider_id
    return render_template(
        "dashboard/team/members.html",
        members=[(each, masked_email(each.user)) for each in members.members(read_session(), mine)],
        invitations=[
            (each, addresses.mask(one_time_links.email_of(vault(), each)), each.expires_at > at)
            for each in members.invitations(read_session(), mine, at)
        ],
        me=current_user.id,
        roles=role_descriptions(),
    )


@blueprint.get("/people/<id:membership_id>")
@needs(Permission.PEOPLE, fresh=True)
def person(membership_id: int):
    """Show one person, and what may be changed about them."""
    of = _member_or_404(membership_id)
    return _render_member(of, RoleForm(formdata=None, giver=current_membership().role, role=of.role.value))


@blueprint.post("/people/<id:membership_id>/role")
@needs(Permission.PEOPLE, fresh=True)
def change_role(membership_id: int):
    """Give another role. It counts on their next request."""
    of, form = _member_or_404(membership_id), RoleForm(giver=current_membership().role)
    if not form.validate_on_submit():
        return _render_member(of, form), 422
    former = of.role
    if members.change_role(db.session, of, Role(form.role.data), current_membership()):
        record_audit("person.role_changed", "membership", of.id, former=former.value, role=of.role.value)
        if of.role == Role.OWNER:
            _mail_about_new_owner(of)
    return commit_and_list(_("Rol kaydedildi. Hemen geçerlidir."))


@blueprint.post("/people/<id:membership_id>/suspend")
@needs(Permission.PEOPLE, fresh=True)
def suspend_person(membership_id: int):
    """Let somebody in no more until they are resumed."""
    if members.suspend(db.session, _member_or_404(membership_id), current_membership(), clock.now()):
        record_audit("person.suspended", "membership", membership_id)
    return commit_and_list(_("Kişi askıya alındı; panelinize artık giremez."))


@blueprint.post("/people/<id:membership_id>/resume")
@needs(Permission.PEOPLE, fresh=True)
def resume_person(membership_id: int):
    """Let somebody in again."""
    if members.resume(db.session, _member_or_404(membership_id), current_membership()):
        record_audit("person.resumed", "membership", membership_id)
    return commit_and_list(_("Kişi panelinize yeniden girebilir."))


@blueprint.post("/people/<id:membership_id>/remove")
@needs(Permission.PEOPLE, fresh=True)
def remove_person(membership_id: int):
    """Let somebody belong here no more."""
    of = _member_or_404(membership_id)
    members.remove(db.session, of, current_membership(), clock.now())
    record_audit("person.removed", "membership", of.id, role=of.role.value)
    return commit_and_list(_("Kişi çıkarıldı. Yaptıkları, kayıtlarda adıyla durur."))


@blueprint.post("/people/<id:membership_id>/sessions/end")
@needs(Permission.PEOPLE, fresh=True)
def end_sessions_of_person(membership_id: int):
    """Let somebody sign in anew; what they have open at other providers is not ours to end."""
    of = _member_or_404(membership_id)
    ended = sessions.end(db.session, of.user_id, SessionEnd.REVOKED, clock.now(), at_provider=of.provider_id)
    record_audit("sessions.ended", "membership", of.id, count=ended)
    return commit_and_list(ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended))


def current_membership() -> Membership:
    """What the signed-in person is here, in the writing session."""
    return db.session.get_one(Membership, current_user.membership.id)


def provider() -> Provider:
    """The signed-in person's provider, in the writing session."""
    return db.session.get_one(Provider, current_user.provider_id)


def masked_email(user: User) -> str:
    """Somebody's address, as colleagues see it."""
    return addresses.mask(accounts.email_of(vault(), user))


def commit_and_list(words: str):
    """Keep it, let mails leave, and show the list."""
    db.session.commit()
    wake("mail")
    flash(words)
    return redirect(url_for(".list_people"), 303)


def _member_or_404(membership_id: int) -> Membership:
    return members.member(db.session, current_user.provider_id, membership_id) or abort(404)


def _render_member(of: Membership, form: RoleForm):
    user = db.session.get_one(User, of.user_id)
    return render_template(
        "dashboard/team/member.html", membership=of, name=user.name, address=masked_email(user), form=form, roles=role_descriptions(),
        is_me=user.id == current_user.id,
    )  # fmt: skip


def _mail_about_new_owner(of: Membership) -> None:
    owner, link = db.session.get_one(User, of.user_id), absolute_urls.whole("dashboard.list_people")
    members.tell_of_owner(
        db.session, vault(), provider(), owner, current_user.name, link=link, at=clock.now()
    )  # fmt: skip
