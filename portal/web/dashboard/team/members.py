"""The provider's people: the list, each one's role and access, and invitations by mail."""

from typing import Any

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import EmailField, RadioField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import Membership, OneTimeLink, Role, SessionEnd, User
from portal.domain.identity import accounts, members, one_time_links, permissions, sessions
from portal.domain.identity.permissions import Permission
from portal.web.dashboard.blueprint import blueprint
from portal.web.dashboard.team.credentials import close_chosen, list_credentials
from portal.web.shared import limits
from portal.web.shared.absolute_urls import absolute_url
from portal.web.shared.access import needs
from portal.web.shared.audit_entries import record_audit
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.own_rows import current_provider
from portal.web.shared.redirects import commit_and_redirect, rollback_and_redirect

PERMISSION_LABELS: dict[Permission, str] = {
    Permission.LOOK: _l("Kampanyaları, iletimi ve sayıları görür"),
    Permission.SEARCH: _l("Alıcı arar; adresler maskelidir"),
    Permission.UNMASK: _l("Gerekçe yazarak bir adresi açık görür"),
    Permission.REFUSE: _l("Arayan kişi adına ret kaydeder"),
    Permission.COMPLAINTS: _l("Başvuruları yanıtlar ve sonuçlandırır"),
    Permission.PREPARE: _l("Kampanya ve alıcı listesi hazırlar"),
    Permission.LAUNCH: _l("Kampanya başlatır, bağlantılarını indirir"),
    Permission.CLOSE: _l("Kampanya kapatır"),
    Permission.EXPORT: _l("Dosya indirir"),
    Permission.IMPORT: _l("Onay ve ret dosyalarını aktarır, geri alır"),
    Permission.SETTLE: _l("İYS ile farkları ve bekleyen kayıtları çözer"),
    Permission.BRANDS: _l("Markaları düzenler"),
    Permission.CONNECT: _l("İYS hesabını ve anlık bildirimi bağlar"),
    Permission.ONBOARD: _l("Firma bilgilerini, belgeleri ve paketi yürütür"),
    Permission.PEOPLE: _l("Kişileri, rolleri ve ağları belirler"),
    Permission.AUDIT: _l("Denetim kayıtlarını görür"),
    Permission.KEYS: _l("API anahtarlarını ve webhook adreslerini yönetir"),
}
ROLE_SUMMARIES: dict[Role, str] = {
    Role.OWNER: _l("Her şeyi yapabilir; kişileri ve rolleri belirler."),
    Role.MANAGER: _l("Günlük işin tamamını yürütür; kişilere ve İYS hesabına dokunmaz."),
    Role.AGENT: _l("Kişileri yanıtlar: başvurulara bakar, alıcı arar, ret kaydeder."),
    Role.DEVELOPER: _l("İYS bağlantısını kurar ve izler; alıcıları ve API anahtarlarını görmez."),
    Role.AUDITOR: _l("Yalnızca bakar: kayıtları ve denetim izini inceler."),
}
ERROR_MESSAGES: dict[type, str] = {
    members.RoleTooHigh: _l("Bu rol sizin yapamadığınız işleri de yapar; onu siz veremez, değiştiremezsiniz."),
    members.OwnMembership: _l("Kendi rolünüzü ve durumunuzu değiştiremezsiniz. Bunu başka bir sahip yapabilir."),
    members.LastOwner: _l("Firmanın giriş yapabilen son sahibi bu kişi. Önce bir başkasını sahip yapın."),
    members.TooManyInvitations: _l(
        "Kabul edilmeyi bekleyen çok fazla davetiniz var. Birkaçını geri alıp yeniden deneyin."
    ),
}


class RoleForm(BaseForm):
    role = RadioField(_l("Rol"), validators=[InputRequired(_l("Bir rol seçin."))])

    def __init__(self, *arguments: Any, giver: Role, **options: Any):
        super().__init__(*arguments, **options)
        self.role.choices = [(role.value, label(role)) for role in Role if members.may_assign(giver, role)]


class InvitationForm(RoleForm):
    email = EmailField(
        _l("E-posta adresi"), validators=[InputRequired(_l("Bir e-posta adresi yazın.")), Length(max=265)]
    )

    def validate_email(self, field: EmailField) -> None:
        if not addresses.is_email(field.data.strip()):
            raise ValidationError(_("Bu bir e-posta adresi değil. Örnek: ad@firma.com"))


@blueprint.get("/people")
@needs(Permission.PEOPLE)
def list_people() -> str:
    """Show who belongs to the provider, masked, and whom it has invited, by the address that somebody here typed in."""
    at, provider_id = clock.now(), current_user.provider_id
    return render_template(
        "dashboard/team/members.html",
        members=[(each, _masked_email(each.User)) for each in members.list_members(read_session(), provider_id)],
        invitations=[
            (each, one_time_links.email_of(vault(), each), each.expires_at > at)
            for each in members.list_invitations(read_session(), provider_id, at)
        ],
        me=current_user.id,
        roles=_role_descriptions(),
    )


@blueprint.get("/people/<id:membership_id>")
@needs(Permission.PEOPLE, fresh=True)
def person(membership_id: int) -> str:
    member = _member_or_404(membership_id)
    return _render_member(member, RoleForm(formdata=None, giver=_current_membership().role, role=member.role.value))


@blueprint.post("/people/<id:membership_id>/role")
@needs(Permission.PEOPLE, fresh=True)
def change_role(membership_id: int) -> ResponseReturnValue:
    """Give another role, valid from their next request. What was ticked is closed if it manages no keys."""
    member, form = _member_or_404(membership_id), RoleForm(giver=_current_membership().role)
    if not form.validate_on_submit():
        return _render_member(member, form), 422
    former = member.role
    if members.change_role(db.session, member, Role(form.role.data), _current_membership()):
        record_audit("person.role_changed", "membership", member.id, former=former.value, role=member.role.value)
        if member.role == Role.OWNER:
            owner, link = db.session.get_one(User, member.user_id), absolute_url("dashboard.list_people")
            by, at = current_user.name, clock.now()
            members.mail_new_owner(db.session, vault(), current_provider(), owner, by, link=link, at=at)
    may_keep = Permission.KEYS in permissions.provider_permissions(member.role)
    return _commit_and_list(_("Rol kaydedildi. Hemen geçerlidir."), "" if may_keep else close_chosen(member))


@blueprint.post("/people/<id:membership_id>/suspend")
@needs(Permission.PEOPLE, fresh=True)
def suspend_person(membership_id: int) -> ResponseReturnValue:
    member = _member_or_404(membership_id)
    if members.suspend(db.session, member, _current_membership(), clock.now()):
        record_audit("person.suspended", "membership", membership_id)
    return _commit_and_list(_("Kişi askıya alındı; panelinize artık giremez."), close_chosen(member))


@blueprint.post("/people/<id:membership_id>/resume")
@needs(Permission.PEOPLE, fresh=True)
def resume_person(membership_id: int) -> ResponseReturnValue:
    if members.resume(db.session, _member_or_404(membership_id), _current_membership()):
        record_audit("person.resumed", "membership", membership_id)
    return _commit_and_list(_("Kişi panelinize yeniden girebilir."))


@blueprint.post("/people/<id:membership_id>/remove")
@needs(Permission.PEOPLE, fresh=True)
def remove_person(membership_id: int) -> ResponseReturnValue:
    member = _member_or_404(membership_id)
    members.remove(db.session, vault(), member, _current_membership(), clock.now())
    record_audit("person.removed", "membership", member.id, role=member.role.value)
    return _commit_and_list(_("Kişi çıkarıldı. Yaptıkları, kayıtlarda adıyla durur."), close_chosen(member))


@blueprint.post("/people/<id:membership_id>/sessions/end")
@needs(Permission.PEOPLE, fresh=True)
def end_sessions_of_person(membership_id: int) -> ResponseReturnValue:
    """End the person's sessions at this provider; those at other providers go on."""
    member = _member_or_404(membership_id)
    ended = sessions.end_sessions(
        db.session, member.user_id, SessionEnd.REVOKED, clock.now(), at_provider=member.provider_id
    )
    record_audit("sessions.ended", "membership", member.id, count=ended)
    return _commit_and_list(ngettext("%(num)s oturum kapatıldı.", "%(num)s oturum kapatıldı.", ended))


@blueprint.get("/people/invite")
@needs(Permission.PEOPLE, fresh=True)
def invitation() -> str:
    return _render_invitation(InvitationForm(formdata=None, giver=_current_membership().role))


@blueprint.post("/people/invite")
@limiter.limit(limits.INVITATIONS, methods=["POST"], key_func=limits.provider_key)
@needs(Permission.PEOPLE, fresh=True)
def invite() -> ResponseReturnValue:
    form = InvitationForm(giver=_current_membership().role)
    if not form.validate_on_submit():
        return _render_invitation(form), 422
    _send_invitation(form.email.data.strip(), Role(form.role.data))
    return _commit_and_list(_("Davet gönderildi. Bağlantısı 7 gün geçerlidir."))


@blueprint.post("/people/invitations/<id:invitation_id>/resend")
@limiter.limit(limits.INVITATIONS, methods=["POST"], key_func=limits.provider_key)
@needs(Permission.PEOPLE, fresh=True)
def resend_invitation(invitation_id: int) -> ResponseReturnValue:
    """Revoke an invitation and mail a new link to the same address."""
    former = _revoke_or_404(invitation_id)
    if former.role is None:  # Only staff of the operator is invited without one.
        abort(404)
    _send_invitation(one_time_links.email_of(vault(), former), former.role, again=True)
    return _commit_and_list(_("Davet yeniden gönderildi. Önceki bağlantı artık açılmaz."))


@blueprint.post("/people/invitations/<id:invitation_id>/revoke")
@needs(Permission.PEOPLE, fresh=True)
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    record_audit("invitation.revoked", "invitation", _revoke_or_404(invitation_id).id)
    return _commit_and_list(_("Davet geri alındı; bağlantısı artık açılmaz."))


@blueprint.errorhandler(members.ChangeNotAllowed)
def show_error(refusal: members.ChangeNotAllowed) -> ResponseReturnValue:
    """Show the list again with the reason; nothing was changed."""
    return rollback_and_redirect(url_for("dashboard.list_people"), ERROR_MESSAGES[type(refusal)])


def _current_membership() -> Membership:
    """The signed-in person's membership in the writing session."""
    return db.session.get_one(Membership, current_user.membership.id)


def _masked_email(user: User) -> str:
    return addresses.mask(accounts.email_of(vault(), user))


def _commit_and_list(*messages: str) -> ResponseReturnValue:
    return commit_and_redirect(url_for(".list_people"), " ".join(filter(None, messages)))


def _member_or_404(membership_id: int) -> Membership:
    return members.find_member(db.session, current_user.provider_id, membership_id) or abort(404)


def _render_member(member: Membership, form: RoleForm) -> str:
    user = db.session.get_one(User, member.user_id)
    return render_template(
        "dashboard/team/member.html",
        membership=member,
        name=user.name,
        address=_masked_email(user),
        form=form,
        roles=_role_descriptions(),
        is_me=user.id == current_user.id,
        credentials=list_credentials(member),
    )


def _render_invitation(form: InvitationForm) -> str:
    return render_template("dashboard/team/invitation.html", form=form, roles=_role_descriptions())


def _send_invitation(email: str, role: Role, **facts: bool) -> None:
    language = get_locale().language
    invitation = members.invite(
        db.session, vault(), current_provider(), _current_membership(), email=email, role=role, language=language,
        at=clock.now(),
        link=lambda token: absolute_url("signin.invitation", token=token, lang=language),
    )  # fmt: skip
    record_audit("person.invited", "invitation", invitation.id, role=role.value, **facts)


def _revoke_or_404(invitation_id: int) -> OneTimeLink:
    provider_id = _current_membership().provider_id
    return members.revoke_invitation(db.session, provider_id, invitation_id, clock.now()) or abort(404)


def _role_descriptions() -> list[tuple[Role, str, list[str]]]:
    """Each role with its summary and the labels of its permissions."""
    described = []
    for role in Role:
        held = permissions.provider_permissions(role)
        labels = [text for permission, text in PERMISSION_LABELS.items() if permission in held]
        described.append((role, ROLE_SUMMARIES[role], labels))
    return described
