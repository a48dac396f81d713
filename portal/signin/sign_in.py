"""The first step: address and password."""

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from portal import accounts, limits
from portal.extensions import limiter, reading, vault
from portal.signin import door, half


class SignInForm(FlaskForm):
    email = EmailField(_l("E-posta adresiniz"), validators=[InputRequired(), Length(max=265)])
    password = PasswordField(_l("Parolanız"), validators=[InputRequired(), Length(max=200)])


@door.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
@limiter.limit(limits.SIGN_IN_ACCOUNT, methods=["POST"], key_func=lambda: _account_key())
def sign_in():
    """Ask for address and password; a wrong address and a wrong password look the same."""
    form = SignInForm()
    if form.validate_on_submit():
        user = accounts.who_signs_in(reading(), vault(), form.email.data, form.password.data)
        if user is not None:
            half.begin(user)
            return redirect(url_for(".second_step"), 303)
        return render_template("signin/sign_in.html", form=form, failed=True), 403
    return render_template("signin/sign_in.html", form=form, failed=False)


def _account_key() -> str:
    """The account that is guessed at, as a blind index: the limit's store never holds an address."""
    indexes = accounts.indexes_of(vault(), request.form.get("email", "")[:265])
    return next(iter(indexes.values())).hex()
