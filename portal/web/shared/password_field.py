"""A field for a password that is being chosen: weighed on the server, with a meter and a cure after each try."""

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import StopValidation

from portal.domain.identity import passwords
from portal.domain.identity.passwords import Problem, Verdict

HINT = _l("En az 12 karakter. Akılda kalan birkaç kelimeyi yan yana yazabilirsiniz; rakam ya da işaret şart değil.")
SCORES = (_l("çok zayıf"), _l("zayıf"), _l("yeterli değil"), _l("iyi"), _l("çok iyi"))
# What is wrong, and what to do about it.
CURES = {
    Problem.TOO_SHORT: _l("Parola çok kısa. En az 12 karakter yazın; birkaç kelime yan yana olabilir."),
    Problem.TOO_LONG: _l("Parola çok uzun. En çok 128 karakter yazın."),
    Problem.ABOUT_YOU: _l("Parola adınızdan, e-postanızdan ya da İzinlink adından oluşuyor. Başka kelimeler seçin."),
    Problem.REPEATED: _l("Parola tekrarlardan ya da sıralı karakterlerden oluşuyor. Ayrı kelimeler seçin."),
    Problem.USUAL: _l("Parola, ilk denenen parolalara benziyor. Birbiriyle ilgisiz bir iki kelime daha ekleyin."),
    Problem.GUESSABLE: _l("Parola kolay tahmin edilir. Birbiriyle ilgisiz bir iki kelime daha ekleyin."),
}


class NewPasswordField(PasswordField):
    """Set `about` (name, address, firm) before validating; components/password.html draws it with its meter."""

    about: list[str] = []  # Replaced, never changed.
    hint = HINT
    verdict: Verdict | None = None

    def pre_validate(self, form) -> None:
        """Weigh what was typed. The password itself never goes back to the page."""
        verdict = passwords.judge(self.data or "", self.about)
        self.verdict = verdict if self.data else None
        if not verdict.is_enough:
            raise StopValidation(CURES[verdict.problem])

    @property
    def strength(self) -> str:
        """The score in words."""
        return SCORES[self.verdict.score]
