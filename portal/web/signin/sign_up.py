"""Signing up: an address, a link mailed to it, then the company and a password. The provider starts in sandbox mode."""

from datetime import timedelta

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete
from sqlalchemy.orm import Session
from wtforms import EmailField, StringField
from wtforms.validators import DataRequired, Length

from portal.core import addresses, clock
from portal.core.addresses import is_email
from portal.core.extensions import db, limiter, read_session, vault
from portal.core.models import MailKind, OneTimeLink, OneTimeLinkKind, Provider, ProviderKind, User
from portal.domain import audit
from portal.domain.identity import accounts, factors, one_time_links
from portal.domain.notifications import mails
from portal.domain.providers import onboarding
from portal.web.shared import absolute_urls, languages, limits
from portal.web.shared.company_form import CompanyForm
from portal.web.shared.forms import BaseForm
from portal.web.shared.password_field import NewPasswordField
from portal.web.shared.validators import PERSON_NAME
from portal.web.signin import pending_sign_in, return_url
from portal.web.signin.blueprint import blueprint, render_dead_link

DEAD_PAGE = "signin/sign_up_over.html"
LIFETIME = timedelta(hours=24)
NOTHING = 0  # No row's id.


class SignUpForm(BaseForm):
    name = StringField(_l("Adınız soyadınız"), validators=PERSON_NAME)
    email = EmailField(_l("İş e-postanız"), validators=[DataRequired(_l("E-posta adresinizi yazın.")), Length(max=265)])


class AccountForm(CompanyForm):
    password = NewPasswordField(_l("Panel için bir parola"), validators=[DataRequired(_l("Bir parola seçin."))])


@blueprint.route("/sign-up", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_UP, methods=["POST"])
@limiter.limit(limits.SIGN_UP_ADDRESS, methods=["POST"], key_func=lambda: _address_key())
def sign_up() -> ResponseReturnValue:
    """Ask for name and address. The answer does not tell whether the address has an account."""
    _store_language()
    form = SignUpForm()
    if form.validate_on_submit():
        email = form.email.data.strip()
        if is_email(email):
            _mail_link(email, " ".join(form.name.data.split()))
            return redirect(url_for(".sign_up_sent"), 303)
        form.email.errors = [_("Bu, bir e-posta adresine benzemiyor. Örneğin ad@firma.com.")]
    return render_template("signin/sign_up.html", form=form), 422 if form.is_submitted() else 200


@blueprint.get("/sign-up/sent")
def sign_up_sent() -> ResponseReturnValue:
    return render_template("signin/sign_up_sent.html")


@blueprint.route("/sign-up/<token>", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_UP, methods=["POST"])
def open_account(token: str) -> ResponseReturnValue:
    """Ask for the company and a password. The link is used up with the first factor; until then it comes back here.
    Whoever opens it reads nothing that was typed: it may have been passed on."""
    _store_language()
    link = _find_link(read_session(), token)
    if link is None:
        return render_dead_link(DEAD_PAGE)
    email = one_time_links.email_of(vault(), link)
    form = AccountForm()
    form.password.about = [link.name or "", email, form.title.data or ""]
    if not form.validate_on_submit():
        status = 422 if form.is_submitted() else 200
        return render_template("signin/open_account.html", form=form, email=addresses.mask(email)), status
    link = _find_link(db.session, token)  # Again, in the transaction, which began after the form was read.
    if link is None:
        return render_dead_link(DEAD_PAGE)
    return _reopen_account(link, form) if link.user_id else _create_account(link, email, form)


def _find_link(session: Session, token: str) -> OneTimeLink | None:
    """The confirmation of a token, until its account has a factor."""
    link = one_time_links.find(session, token, OneTimeLinkKind.CONFIRMATION, clock.now())
    return None if link and link.user_id and factors.list_factors(session, link.user_id) else link


def _mail_link(email: str, name: str) -> None:
    """Mail a link to go on, or that there is an account already. Both run the same statements, one of which deletes the
    needless link. Commits."""
    at, language = clock.now(), get_locale().language
    is_known = accounts.find_user(read_session(), vault(), email) is not None
    link, token = one_time_links.issue(
        db.session, vault(), OneTimeLinkKind.CONFIRMATION, email=email, at=at, lifetime=LIFETIME, name=name
    )
    go_on = absolute_urls.absolute_url(".open_account", token=token, lang=language)
    kind, facts = MailKind.CONFIRMATION, {"link": go_on, "until": at + LIFETIME}
    db.session.execute(delete(OneTimeLink).where(OneTimeLink.id == (link.id if is_known else NOTHING)))
    if is_known:
        kind, facts = MailKind.ALREADY_HERE, {"link": absolute_urls.absolute_url(".sign_in")}
    mails.write_mail(db.session, vault(), kind, to=email, language=language, at=at, facts=facts)
    db.session.commit()


def _create_account(link: OneTimeLink, email: str, form: AccountForm) -> ResponseReturnValue:
    """Create the account and begin a pending sign-in. Commits."""
    at = clock.now()
    try:
        provider, user = onboarding.open_account(
            db.session, vault(), kind=ProviderKind.PARTNER, representative=link.name or "", name=link.name or email,
            email=email, password=form.password.data, at=at, **form.provider_columns(),
        )  # fmt: skip
    except onboarding.AddressTaken:  # It got an account since the link was mailed.
        db.session.rollback()
        flash(_("Bu adresin zaten bir hesabı var. Giriş yapın."))
        return redirect(url_for(".sign_in"), 303)
    user.language = get_locale().language
    link.user_id, link.invites_to = user.id, provider.id
    audit.note(
        db.session, "account.opened", "provider", provider.id, provider_id=provider.id, at=at, user_id=user.id,
        facts={"legal_form": provider.legal_form.value},
    )  # fmt: skip
    return _go_on(user, link)


def _reopen_account(link: OneTimeLink, form: AccountForm) -> ResponseReturnValue:
    """Write over an account whose first factor was never enrolled, and begin a pending sign-in. Commits."""
    user, provider = db.session.get_one(User, link.user_id), db.session.get_one(Provider, link.invites_to)
    accounts.set_password(user, form.password.data)
    for name, value in form.provider_columns().items():
        setattr(provider, name, value)
    return _go_on(user, link)


def _go_on(user: User, link: OneTimeLink) -> ResponseReturnValue:
    db.session.commit()
    return_url.remember(url_for("dashboard.start"))
    pending_sign_in.begin(user, link)
    return redirect(url_for(".second_step"), 303)


def _address_key() -> str:
    """The mailed address as a blind index, so that the limiter's store holds no clear address."""
    return next(iter(accounts.email_indexes(vault(), request.form.get("email", "")[:265]).values())).hex()


def _store_language() -> None:
    """The front page and the mailed link carry the language in their address; later forms do not."""
    if (asked := request.args.get("lang")) in languages.LANGUAGES:
        session["language"] = asked
