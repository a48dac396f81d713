"""Accepting an invitation: new users choose a name and a password; others sign in first."""

from typing import cast

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import InputRequired

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import OneTimeLink, OneTimeLinkKind, OperatorRole, Provider, Role, User
from portal.domain import audit
from portal.domain.identity import accounts, factors, members, one_time_links, sessions
from portal.web.shared import absolute_urls, languages, limits
from portal.web.shared.forms import BaseForm
from portal.web.shared.password_field import NewPasswordField
from portal.web.shared.validators import PERSON_NAME
from portal.web.signin import pending_sign_in, return_url
from portal.web.signin.blueprint import blueprint, render_dead_link

DEAD_PAGE = "signin/invitation_over.html"


class NewcomerForm(BaseForm):
    name = StringField(_l("Adınız soyadınız"), validators=PERSON_NAME)
    password = NewPasswordField(_l("Bir parola seçin"), validators=[InputRequired(_l("Bir parola seçin."))])


@blueprint.get("/invitation/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """Show the invitation. A GET uses nothing up, since mail scanners open links."""
    languages.keep_asked()
    invitation = _find_invitation(read_session(), token)
    return _page(invitation, NewcomerForm(formdata=None)) if invitation else render_dead_link(DEAD_PAGE)


@blueprint.post("/invitation/<token>")
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def accept_invitation(token: str) -> ResponseReturnValue:
    """Join as the signed-in user, or as a new one, who enrols a second factor next."""
    invitation = _find_invitation(read_session(), token)
    if invitation is None:
        return render_dead_link(DEAD_PAGE)
    invited = _find_invited(invitation)
    if current_user.is_authenticated and _is_me(invited):
        return _accept_as_current(token)
    if current_user.is_authenticated or invited is not None:
        return _page(invitation, NewcomerForm(formdata=None)), 403
    form = NewcomerForm()
    form.password.about = [form.name.data or "", one_time_links.email_of(vault(), invitation), _place(invitation) or ""]
    return _accept_as_newcomer(token, form) if form.validate_on_submit() else (_page(invitation, form), 422)


def _accept_as_current(token: str) -> ResponseReturnValue:
    """Make the signed-in user a member. Commits."""
    invitation = _find_invitation(db.session, token)
    user = db.session.get_one(User, current_user.id)  # What the signed-in user's own row changes is written nowhere.
    if invitation is None or not accept(invitation, user, current_user.sign_in.id):
        return render_dead_link(DEAD_PAGE)
    if invitation.invites_to is None:
        db.session.commit()
        return redirect(url_for("operator.providers"), 303)
    works_for = current_user.provider
    if works_for is None:
        sessions.switch_provider(db.session, current_user, invitation.invites_to)
    db.session.commit()
    if works_for is None or works_for.id == invitation.invites_to:
        return redirect(url_for("dashboard.overview"), 303)
    # The pages that are open in other tabs are of that provider; nobody leaves it by joining another.
    flash(_("Davet kabul edildi. Hâlâ %(firm)s için çalışıyorsunuz; isterseniz buradan geçin.", firm=works_for.title))
    return redirect(url_for("account.choose"), 303)


def _accept_as_newcomer(token: str, form: NewcomerForm) -> ResponseReturnValue:
    """Create the account, or one left without a factor anew, and begin a pending sign-in. The invitation is used up
    with the first factor. Commits."""
    invitation = _find_invitation(db.session, token)  # Again, in the transaction, which began after the form was read.
    if invitation is None:
        return render_dead_link(DEAD_PAGE)
    email, name = one_time_links.email_of(vault(), invitation), " ".join((form.name.data or "").split())
    try:
        user = accounts.create_or_restart_user(
            db.session, vault(), email=email, name=name, password=form.password.data, at=clock.now()
        )
    except IntegrityError:  # The address just got an account: the page now asks to sign in.
        db.session.rollback()
        return redirect(request.path, 303)
    user.language = get_locale().language
    db.session.commit()
    pending_sign_in.begin(user, invitation)
    return redirect(url_for(".second_step"), 303)


def accept(invitation: OneTimeLink, user: User, sign_in_id: int | None) -> bool:
    """Use the invitation up and mail the owners about a new one; False if it has ended. The caller commits."""
    at = clock.now()
    try:
        is_new = members.accept_invitation(db.session, invitation, user, at)
    except members.InvitationExpired:
        db.session.rollback()
        return False
    role = cast(Role | OperatorRole, invitation.role or invitation.operator_role)
    audit.note(
        db.session, "invitation.accepted", "user", user.id, provider_id=invitation.invites_to, at=at, user_id=user.id,
        sign_in_id=sign_in_id, facts={"role": role.value, "is_new": is_new},
    )  # fmt: skip
    if is_new and invitation.role == Role.OWNER:
        provider, by = db.session.get_one(Provider, invitation.invites_to), _inviter(invitation)
        link = absolute_urls.absolute_url("dashboard.list_people")
        members.mail_new_owner(db.session, vault(), provider, user, by, link=link, at=at)
    return True


def _page(invitation: OneTimeLink, form: NewcomerForm) -> str:
    invited = _find_invited(invitation)
    is_known_here = current_user.is_authenticated
    if not is_known_here and invited is not None:
        return_url.remember(request.path)
    return render_template(
        "signin/invitation.html", form=form, place=_place(invitation), role=invitation.role or invitation.operator_role,
        by=_inviter_address(invitation) or _inviter(invitation), until=invitation.expires_at,
        email=addresses.mask(one_time_links.email_of(vault(), invitation)), has_account=invited is not None,
        signed_in=current_user.name if is_known_here else None, is_me=is_known_here and _is_me(invited),
    )  # fmt: skip


def _find_invitation(session: Session, token: str) -> OneTimeLink | None:
    invitation = one_time_links.find(session, token, OneTimeLinkKind.INVITATION, clock.now())
    return invitation if invitation and members.is_invitation_valid(session, invitation) else None


def _find_invited(invitation: OneTimeLink) -> User | None:
    """Who has an account with this address, and a second factor: without one it was never opened."""
    user = accounts.find_user(read_session(), vault(), one_time_links.email_of(vault(), invitation))
    return user if user and factors.list_factors(read_session(), user.id) else None


def _is_me(invited: User | None) -> bool:
    return invited is not None and invited.id == current_user.id


def _place(invitation: OneTimeLink) -> str | None:
    """The provider's title, which stays unsaid in sandbox mode; None at the operator."""
    provider = _provider(invitation)
    if provider is None:
        return None
    return _("Deneme hesabı") if provider.in_sandbox_mode else provider.title


def _inviter(invitation: OneTimeLink) -> str:
    return read_session().get_one(User, invitation.made_by).name if invitation.made_by else _("İzinlink")


def _inviter_address(invitation: OneTimeLink) -> str:
    by = read_session().get(User, invitation.made_by) if invitation.made_by else None
    return members.inviter_address(vault(), by, _provider(invitation)) if by else ""


def _provider(invitation: OneTimeLink) -> Provider | None:
    return read_session().get_one(Provider, invitation.invites_to) if invitation.invites_to else None
