"""Shapes that several forms ask for: an address of the web, a way to reach a firm, and text that reads as written."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import URL, Regexp, ValidationError


class WebAddress(URL):
    """What a browser opens. Whatever is wrong with it, it is said once."""

    def __init__(self):
        super().__init__(message=_l("Adres https:// ile başlar; örneğin https://www.firmaniz.com/aydinlatma."))

    def __call__(self, form, field) -> None:
        super().__call__(form, field)
        if not field.data.lower().startswith(("http://", "https://")):
            raise ValidationError(self.message)


REACHABLE = Regexp(  # Seven digits are the shortest numbers that firms have: 444 0 123.
    r"(?s).*(\S@\S+\.\S|([0-9][\s()./-]*){7})",
    message=_l("Bir telefon (0850 123 45 67) ya da e-posta (destek@firmaniz.com) yazın."),
)
# Signs that turn around what follows: a text would not read as it was written.
READABLE = Regexp(
    r"[^\x00\u202a-\u202e\u2066-\u2069]*$", message=_l("Metinde okunamayan bir karakter var; silip yeniden yazın.")
)
