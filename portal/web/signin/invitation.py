"""Accepting an invitation: a newcomer gives a name and a password; who has an account signs in and joins."""

from flask import redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.exc import IntegrityError
from wtforms import StringField
from wtforms.validators import DataRequired, InputRequired, Length

from portal.core import addresses, clock
from portal.core.extensions import db, limiter, vault, wake
from portal.core.models import OneTimeLink, OneTimeLinkKind, Provider, Role, User
from portal.domain import audit
from portal.domain.identity import accounts, login_throttle, members, one_time_links, sessions
from portal.core.throttle import TooManyRequests
from portal.web.shared import absolute_urls, languages, limits
from portal.web.shared.company_form import READABLE
from portal.web.shared.password_field import NewPasswordField
from portal.web.signin import pending_sign_in, return_url
from portal.web.signin.blueprint import blueprint


class NewcomerForm(FlaskForm):
    name = StringField(
        _l("Adınız soyadınız"), validators=[DataRequired(_l("Adınızı yazın.")), Length(max=120), READABLE]
    )
    password = NewPasswordField(_l("Bir parola seçin"), validators=[InputRequired(_l("Bir parola seçin."))])


@blueprint.get("/invitation/<token>")
def invitation(token: str):
    """Show what it is to, and what to do; opening the link alone uses nothing up, since mail scanners open links."""
    if request.args.get("lang") in languages.LANGUAGES:
        session["language"] = request.args["lang"]
    ticket = _ticket(token)
    return _page(ticket, NewcomerForm(formdata=None)) if ticket else _dead_link()


@blueprint.post("/invitation/<token>")
@limiter.limit(limits.SIGN_IN, methods=["POST"])
def accept_invitation(token: str):
    """Join: as who is signed in, or as a newcomer, who shows a second factor next."""
    ticket = _ticket(token)
    if ticket is None:
        return _dead_link()
    invited = _invited(ticket)
    if current_user.is_authenticated:
        return _joined(ticket, invited) if _is_me(invited) else (_page(ticket, NewcomerForm(formdata=None)), 403)
    if invited is not None:
        return _page(ticket, NewcomerForm(formdata=None)), 403
    form = NewcomerForm()
    form.password.about = [form.name.data or "", one_time_links.email_of(vault(), ticket), _place(ticket) or ""]
    return _came(ticket, form) if form.validate_on_submit() else (_page(ticket, form), 422)


def _joined(ticket: OneTimeLink, user: User):
    """Who is signed in belongs there from now on. Commits."""
    if not _accepted(ticket, user, current_user.sign_in.id):
        return _dead_link()
    if ticket.invites_to is None:
        db.session.commit()
        return redirect(url_for("operator.providers"), 303)
    sessions.switch_provider(db.session, current_user, ticket.invites_to)
    db.session.commit()
    wake("mail")
    return redirect(url_for("dashboard.overview"), 303)


def _came(ticket: OneTimeLink, form: NewcomerForm):
    """A newcomer has an account from now on, and is half in. Commits."""
    email, at = one_time_links.email_of(vault(), ticket), clock.now()
    facts = {"name": " ".join(form.name.data.split()), "password": form.password.data, "at": at}
    try:
        user = accounts.create_user(db.session, vault(), email=email, **facts)
    except IntegrityError:  # The address got an account a moment ago: the page asks to sign in now.
        db.session.rollback()
        return redirect(request.path, 303)
    user.language = get_locale().language
    if not _accepted(ticket, user, None):
        return _dead_link()
    db.session.commit()
    wake("mail")
    pending_sign_in.begin(user)
    return redirect(url_for(".second_step"), 303)


def _accepted(ticket: OneTimeLink, user: User, sign_in_id: int | None) -> bool:
    """Whether the invitation was still good; owners hear of another owner. Part of the caller's transaction."""
    at = clock.now()
    try:
        is_new = members.accept_invitation(db.session, ticket, user, at)
    except members.InvitationExpired:
        db.session.rollback()
        return False
    role = ticket.role or ticket.operator_role
    audit.note(
        db.session, "invitation.accepted", "user", user.id, provider_id=ticket.invites_to, at=at, user_id=user.id,
        sign_in_id=sign_in_id, facts={"role": role.value, "is_new": is_new},
    )  # fmt: skip
    if is_new and ticket.role == Role.OWNER:
        provider, by = db.session.get_one(Provider, ticket.invites_to), _inviter(ticket)
        link = absolute_urls.absolute_url("dashboard.list_people")
        members.mail_new_owner(db.session, vault(), provider, user, by, link=link, at=at)
    return True


def _page(ticket: OneTimeLink, form: NewcomerForm) -> str:
    invited, email = _invited(ticket), one_time_links.email_of(vault(), ticket)
    is_known_here = current_user.is_authenticated
    if not is_known_here and invited is not None:
        return_url.remember(request.path)
    return render_template(
        "signin/invitation.html", form=form, place=_place(ticket), role=ticket.role or ticket.operator_role,
        by=_inviter(ticket), until=ticket.expires_at, email=addresses.mask(email) if is_known_here else email,
        signed_in=current_user.name if is_known_here else None, is_me=is_known_here and _is_me(invited),
        has_account=invited is not None,
    )  # fmt: skip


def _ticket(token: str) -> OneTimeLink | None:
    """The invitation, while it holds: whoever sent it may still do so."""
    ticket = one_time_links.find(db.session, token, OneTimeLinkKind.INVITATION, clock.now())
    return ticket if ticket and members.is_invitation_valid(db.session, ticket) else None


def _invited(ticket: OneTimeLink) -> User | None:
    """Whose address it went to, where that person has an account."""
    return accounts.find_user(db.session, vault(), one_time_links.email_of(vault(), ticket))


def _is_me(invited: User | None) -> bool:
    return invited is not None and invited.id == current_user.id


def _place(ticket: OneTimeLink) -> str | None:
    """The provider's title; None at the operator."""
    return db.session.get_one(Provider, ticket.invites_to).title if ticket.invites_to else None


def _inviter(ticket: OneTimeLink) -> str:
    return db.session.get_one(User, ticket.made_by).name if ticket.made_by else _("İzinlink")


def _dead_link():
    """An invitation that leads nowhere, used or too old; who tries many is slowed down. Commits."""
    status = 404
    try:
        login_throttle.count_dead_link(db.session, vault(), address=request.remote_addr or "", at=clock.now())
    except TooManyRequests:
        status = 429
    db.session.commit()
    return render_template("signin/invitation_over.html"), status
