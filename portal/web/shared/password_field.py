"""Field for choosing a password: its strength is judged on the server, with a meter and advice after each try."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from portal.domain.identity import passwords
from portal.domain.identity.passwords import PasswordProblem, PasswordStrength

HINT = _l("En az 12 karakter. Akılda kalan birkaç kelimeyi yan yana yazabilirsiniz; rakam ya da işaret şart değil.")
SCORES = (_l("çok zayıf"), _l("zayıf"), _l("yeterli değil"), _l("iyi"), _l("çok iyi"))
PROBLEM_MESSAGES = {
    PasswordProblem.TOO_SHORT: _l("Parola çok kısa. En az 12 karakter yazın; birkaç kelime yan yana olabilir."),
    PasswordProblem.TOO_LONG: _l("Parola çok uzun. En çok 128 karakter yazın."),
    PasswordProblem.ABOUT_YOU: _l(
        "Parola adınızdan, e-postanızdan ya da İzinlink adından oluşuyor. Başka kelimeler seçin."
    ),
    PasswordProblem.REPEATED: _l("Parola tekrarlardan ya da sıralı karakterlerden oluşuyor. Ayrı kelimeler seçin."),
    PasswordProblem.USUAL: _l(
        "Parola, ilk denenen parolalara benziyor. Birbiriyle ilgisiz bir iki kelime daha ekleyin."
    ),
    PasswordProblem.GUESSABLE: _l("Parola kolay tahmin edilir. Birbiriyle ilgisiz bir iki kelime daha ekleyin."),
}


class NewPasswordField(PasswordField):
    """Set `about` before validating; components/password.html draws the field with its meter."""

    about: Sequence[str] = ()  # Name, address and company, which the password must not hold.
    hint = HINT
    verdict: PasswordStrength | None = None

    def pre_validate(self, form: BaseForm) -> None:
        """Judge the password, which never goes back to the page."""
        verdict = passwords.assess_password(self.data or "", self.about)
        self.verdict = verdict if self.data else None
        if verdict.problem is not None:
            raise StopValidation(PROBLEM_MESSAGES[verdict.problem])

    @property
    def strength(self) -> str:
        """Label of the score, once a password was judged."""
        return SCORES[self.verdict.score] if self.verdict else ""
