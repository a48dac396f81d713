"""Validators that several forms share: a web address, contact details, and text without control characters."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, Form
from wtforms.validators import URL, DataRequired, Length, Regexp, StopValidation, ValidationError

from portal.core import display_names
from portal.core.addresses import redact_addresses
from portal.domain.campaigns import deception


class WebAddress(URL):
    """An https URL of a named host; one message, whatever is wrong with it."""

    def __init__(self):
        message = _l("Adres https:// ile başlar; örneğin https://www.firmaniz.com/aydinlatma.")
        super().__init__(allow_ip=False, message=message)

    def __call__(self, form: Form, field: Field) -> None:
        super().__call__(form, field)
        if not field.data.lower().startswith("https://"):
            raise ValidationError(self.message)


UNKNOWN_NOTICE = _l(
    "Bu adresi henüz incelemedik. Önce markanızın sayfasına aydınlatma metninin adresi olarak yazın; biz "
    "onaylayınca kullanabilirsiniz."
)


def stop_if_wrong(field: Field) -> None:
    """End the checks of a field that is wrong already: a text that is too long is not looked through."""
    if field.errors:
        raise StopValidation


class DisplayName:
    """A name that messages show, stored as display_names parses it."""

    def __init__(self, parse: Callable[[str], str] = display_names.parse_name):
        self._parse = parse

    def __call__(self, form: Form, field: Field) -> None:
        stop_if_wrong(field)
        try:
            field.data = self._parse(field.data or "")
        except display_names.BadName as bad:
            raise StopValidation(f"{_(bad.problem.sentence)} {_(bad.problem.cure)}") from None


def in_words(message: str) -> Callable[[Form, Field], None]:
    """Of a reason: signs, blank and invisible characters, and addresses, say nothing to who reads it later."""

    def check(_form: Form, field: Field) -> None:
        stop_if_wrong(field)
        if not display_names.holds_words(redact_addresses(field.data or "")):
            raise ValidationError(message)

    return check


def _is_of_person(_form: Form, field: Field) -> None:
    """Names of staff stand in mails to people whom they invite."""
    stop_if_wrong(field)
    name = field.data or ""
    if display_names.leads_elsewhere(name):
        problem = display_names.NameProblem.LINK
        raise ValidationError(f"{_(problem.sentence)} {_(problem.cure)}")
    if not deception.is_persons_name(name):
        raise ValidationError(_("Kendi adınızı yazın: yalnız harf, boşluk, nokta, kesme işareti ve kısa çizgi."))


MOST_LETTERS = 40  # Beside e-mail addresses: "Müşteri hizmetleri, hafta içi", and no sentence that nobody reviewed.


def contact_only(_form: Form, field: Field) -> None:
    """Contact details stand in messages, too: phone numbers and e-mail addresses, no other link and few words."""
    stop_if_wrong(field)
    rest = display_names.without_emails(field.data or "")
    if display_names.holds_link(rest) or sum(map(str.isalpha, rest)) > MOST_LETTERS:
        raise ValidationError(_("Buraya bağlantı yazılamaz; yalnız telefon ya da e-posta yazın."))


def without_contact(_form: Form, field: Field) -> None:
    """The texts of a page lead nowhere and have nobody called: the contact line stands beside them."""
    stop_if_wrong(field)
    text = field.data or ""
    if display_names.leads_elsewhere(text):
        raise ValidationError(
            _(
                "Metne bağlantı, telefon ya da telefona benzeyen uzun bir sayı yazılamaz; iletişim bilginiz sayfada "
                "kendiliğinden görünür."
            )
        )


def asks_for_nothing_else(_form: Form, field: Field) -> None:
    """A page of ours that asks for a password, a card or a sign-in, or whose address does, would be a trap."""
    stop_if_wrong(field)
    text = field.data or ""
    if found := deception.find_deception(text):
        raise ValidationError(
            _(
                "“%(words)s” yazılamaz: kişiden giriş, şifre, kart ve kimlik bilgisi istenmez, hesap uyarısı yapılmaz.",
                words=found,
            )
        )


def reachable(_form: Form, field: Field) -> None:
    """A phone number or an e-mail address stands somewhere in the text."""
    text = field.data or ""
    if not display_names.holds_phone(text) and not any(map(_is_like_an_email, text.split())):
        raise StopValidation(_("Bir telefon (0850 123 45 67) ya da e-posta (destek@firmaniz.com) yazın."))


def _is_like_an_email(word: str) -> bool:
    at = word.find("@", 1)
    return at > 0 and 0 < word.find(".", at + 2) < len(word) - 1


READABLE = Regexp(
    rf"[^\x00{''.join(sorted(display_names.TURNING))}]*$",
    message=_l("Metinde okunamayan bir karakter var; silip yeniden yazın."),
)
# No invisible ones either, of names and other short texts: they would let one look like another.
_INVISIBLE = r"\x00-\x1f\x7f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
VISIBLE = Regexp(rf"[^{_INVISIBLE}]*\Z", message=_l("Görünmeyen karakterler var; yeniden yazın."))
SHOWN_TEXT = (READABLE, without_contact, asks_for_nothing_else)  # Of a page that asks.
PERSON_NAME = (
    DataRequired(_l("Adınızı yazın.")),
    Length(max=60, message=_l("En çok 60 karakter yazın.")),
    _is_of_person,
)


def required_text(missing: str, most: int, too_long: str, *more: Callable[[Form, Field], None]) -> list[Any]:
    """Validators of a text that must be there; blanks alone are none."""
    return [DataRequired(missing), Length(max=most, message=too_long), READABLE, *more]
