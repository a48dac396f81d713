"""The console's forms. They check shape; the domain checks meaning."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp, ValidationError

from portal.core.addresses import is_email
from portal.core.models import DayKind, OperatorRole
from portal.web.shared.labels import label

MIN_REASON_LENGTH = 10
WITHOUT_NUL = Regexp(r"[^\x00]*$", message=_l("Metinde okunamayan bir karakter var; silip yeniden yazın."))


def required_text(message: str, most: int, least: int = 1) -> list[Any]:
    """Validators of a mandatory text."""
    return [InputRequired(message), Length(min=least, max=most, message=message), WITHOUT_NUL]


def check_email(_form: FlaskForm, field: EmailField) -> None:
    if not is_email(field.data.strip()):
        raise ValidationError(_l("Adres eksik görünüyor; ad@firma.com gibi yazın."))


class AdmissionForm(FlaskForm):
    called_on = DateField(_l("Temsilciyi aradığınız gün"), validators=[InputRequired(_l("Aradığınız günü seçin."))])
    note = TextAreaField(
        _l("Geri arama notu"),
        validators=required_text(_l("Kiminle, hangi numaradan konuştuğunuzu yazın (en az 10 harf)."), 2000, 10),
    )


class NoteForm(FlaskForm):
    """A reason that the provider reads: sent back, suspended, resumed."""

    reason = TextAreaField(_l("Gerekçe"), validators=required_text(_l("Gerekçeyi yazın (en az 10 harf)."), 2000, 10))


class AnswerForm(FlaskForm):
    answer = TextAreaField(_l("Yanıtınız"), validators=required_text(_l("Yanıtı yazın."), 4000))


class PackageForm(FlaskForm):
    name = StringField(_l("Adı"), validators=required_text(_l("Bir ad yazın."), 60))
    records = IntegerField(
        _l("Kayıt sayısı"), validators=[InputRequired(_l("Sayıyı rakamla yazın.")), NumberRange(1, 100_000_000)]
    )
    price = IntegerField(
        _l("Yıllık fiyat (TL, KDV hariç)"),
        validators=[InputRequired(_l("Fiyatı tam lira olarak yazın.")), NumberRange(0, 100_000_000)],
    )


class ConfirmationForm(FlaskForm):
    starts_on = DateField(_l("Başlangıç günü"), validators=[InputRequired(_l("Başlangıç gününü seçin."))])


class DeclineForm(FlaskForm):
    note = TextAreaField(_l("Neden?"), validators=required_text(_l("Nedenini yazın; hizmet sağlayıcı okur."), 500))


class HolidayForm(FlaskForm):
    day = DateField(_l("Gün"), validators=[InputRequired(_l("Günü seçin."))])
    kind = RadioField(_l("Bu gün nedir?"), validators=[InputRequired(_l("Birini seçin."))])
    name = StringField(_l("Dayanağı"), validators=required_text(_l("Kararın adını ve sayısını yazın."), 120))

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.kind.choices = [(each.value, label(each)) for each in DayKind]


class StaffForm(FlaskForm):
    email = EmailField(
        _l("E-posta adresi"), validators=[*required_text(_l("E-posta adresini yazın."), 254), check_email]
    )
    role = SelectField(_l("Görevi"), default=OperatorRole.SUPPORT.value)  # The role with fewer permissions.

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.role.choices = [(each.value, label(each)) for each in OperatorRole]


class ReasonedSearchForm(FlaskForm):
    address = StringField(
        _l("Telefon ya da e-posta"), validators=[InputRequired(_l("Bir adres yazın.")), Length(max=300), WITHOUT_NUL]
    )
    reason = StringField(
        _l("Neden arıyorsunuz?"), validators=required_text(_l("Nedeni en az 10 harfle yazın; adres yazmayın."), 200, 10)
    )
