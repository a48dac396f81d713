"""Validators that several forms share: a web address, contact details, and text without control characters."""

from flask_babel import lazy_gettext as _l
from wtforms import Field, Form
from wtforms.validators import URL, Regexp, ValidationError


class WebAddress(URL):
    """An http(s) URL; one message, whatever is wrong with it."""

    def __init__(self):
        super().__init__(message=_l("Adres https:// ile başlar; örneğin https://www.firmaniz.com/aydinlatma."))

    def __call__(self, form: Form, field: Field) -> None:
        super().__call__(form, field)
        if not field.data.lower().startswith(("http://", "https://")):
            raise ValidationError(self.message)


REACHABLE = Regexp(  # Firms' shortest numbers have seven digits: 444 0 123.
    r"(?s).*(\S@\S+\.\S|([0-9][\s()./-]*){7})",
    message=_l("Bir telefon (0850 123 45 67) ya da e-posta (destek@firmaniz.com) yazın."),
)
# No bidirectional control characters: they reverse what follows.
READABLE = Regexp(
    r"[^\x00\u202a-\u202e\u2066-\u2069]*$", message=_l("Metinde okunamayan bir karakter var; silip yeniden yazın.")
)
