"""The console's forms. They check shape; the domain checks meaning."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    EmailField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Regexp, ValidationError

from portal.core import display_names
from portal.core.addresses import is_email, redact_addresses
from portal.core.models import DayKind, OperatorRole
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.validators import in_words

WITHOUT_NUL = Regexp(r"[^\x00]*$", message=_l("Metinde okunamayan bir karakter var; silip yeniden yazın."))


def required_text(message: str, most: int, least: int = 1) -> list[Any]:
    """Validators of a mandatory text; one of several characters has words."""
    words = [in_words(message)] if least > 1 else []
    return [InputRequired(message), Length(min=least, max=most, message=message), WITHOUT_NUL, *words]


def read_reason(field: StringField, message: str) -> str:
    """A reason as it is stored, without addresses. Sets the field's error where too little is left."""
    reason = redact_addresses(field.data.strip())
    if not display_names.holds_words(reason):
        field.errors = [message]
    return reason


def check_email(_form: BaseForm, field: EmailField) -> None:
    if not is_email(field.data.strip()):
        raise ValidationError(_l("Adres eksik görünüyor; ad@firma.com gibi yazın."))


def _labelled(members: type[StrEnum]) -> Callable[[], list[SelectChoice]]:
    """Choices of a field, in the language of the request."""
    return lambda: [SelectChoice(each.value, label(each)) for each in members]


class AdmissionForm(BaseForm):
    seen = HiddenField(validators=[Length(max=64), WITHOUT_NUL])  # The digest of the application on the page.
    called_on = DateField(_l("Temsilciyi aradığınız gün"), validators=[InputRequired(_l("Aradığınız günü seçin."))])
    note = TextAreaField(
        _l("Geri arama notu"),
        validators=required_text(_l("Kiminle, hangi numaradan konuştuğunuzu yazın (en az 10 harf)."), 2000, 10),
    )


class NoteForm(BaseForm):
    """A reason that the provider reads: sent back, suspended, resumed."""

    reason = TextAreaField(_l("Gerekçe"), validators=required_text(_l("Gerekçeyi yazın (en az 10 harf)."), 2000, 10))


class NameForm(BaseForm):
    """A decision on what a firm shows: what was seen, the decision on it that the page knew, a reason that the provider
    reads."""

    seen = HiddenField(validators=[InputRequired(), Length(max=2000), WITHOUT_NUL])
    decided = HiddenField(validators=[Length(max=20), WITHOUT_NUL])
    reason = StringField(_l("Neden?"), validators=[Length(max=500), WITHOUT_NUL])


class AnswerForm(BaseForm):
    answer = TextAreaField(_l("Yanıtınız"), validators=required_text(_l("Yanıtı yazın."), 4000))


class PackageForm(BaseForm):
    name = StringField(_l("Adı"), validators=required_text(_l("Bir ad yazın."), 60))
    records = IntegerField(
        _l("Kayıt sayısı"), validators=[InputRequired(_l("Sayıyı rakamla yazın.")), NumberRange(1, 100_000_000)]
    )
    price = IntegerField(
        _l("Yıllık fiyat (TL, KDV hariç)"),
        validators=[InputRequired(_l("Fiyatı tam lira olarak yazın.")), NumberRange(0, 100_000_000)],
    )


class ConfirmationForm(BaseForm):
    starts_on = DateField(_l("Başlangıç günü"), validators=[InputRequired(_l("Başlangıç gününü seçin."))])


class DeclineForm(BaseForm):
    note = TextAreaField(_l("Neden?"), validators=required_text(_l("Nedenini yazın; hizmet sağlayıcı okur."), 500, 3))


class HolidayForm(BaseForm):
    day = DateField(_l("Gün"), validators=[InputRequired(_l("Günü seçin."))])
    kind = RadioField(_l("Bu gün nedir?"), choices=_labelled(DayKind), validators=[InputRequired(_l("Birini seçin."))])
    name = StringField(_l("Dayanağı"), validators=required_text(_l("Kararın adını ve sayısını yazın."), 120))


class StaffForm(BaseForm):
    email = EmailField(
        _l("E-posta adresi"), validators=[*required_text(_l("E-posta adresini yazın."), 254), check_email]
    )
    # Support has fewer permissions.
    role = SelectField(_l("Görevi"), choices=_labelled(OperatorRole), default=OperatorRole.SUPPORT.value)


class ReasonedSearchForm(BaseForm):
    address = StringField(
        _l("Telefon ya da e-posta"), validators=[InputRequired(_l("Bir adres yazın.")), Length(max=300), WITHOUT_NUL]
    )
    reason = StringField(
        _l("Neden arıyorsunuz?"), validators=required_text(_l("Nedeni en az 10 harfle yazın; adres yazmayın."), 200, 10)
    )
