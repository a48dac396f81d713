"""The dashboard's forms: shape is checked here, meaning in the rules."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.iys_protocol import Channel
from portal.core.models import CampaignKind, ContactKind, Delivery
from portal.web.shared.labels import label
from portal.web.shared.validators import READABLE, WebAddress

TITLE = [InputRequired(_l("Bir başlık yazın.")), Length(max=255), READABLE]
BODY = [InputRequired(_l("Kısaca neden izin istediğinizi yazın.")), Length(max=2000), READABLE]


class CheckboxList(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CampaignForm(FlaskForm):
    brand = SelectField(_l("Marka"), coerce=int)
    name = StringField(_l("Kampanya adı"), validators=[InputRequired(_l("Bir ad yazın.")), Length(max=120), READABLE])
    kind = RadioField(_l("Ne yapılacak?"), default=CampaignKind.ASK)
    channels = CheckboxList(_l("Kanallar"), validators=[InputRequired(_l("En az bir kanal seçin."))])
    title_tr = StringField(_l("Türkçe başlık"), validators=TITLE)
    body_tr = TextAreaField(_l("Türkçe metin"), validators=BODY)
    title_en = StringField(_l("İngilizce başlık"), validators=TITLE)
    body_en = TextAreaField(_l("İngilizce metin"), validators=BODY)
    notice_url = URLField(
        _l("Aydınlatma metninin adresi"),
        validators=[InputRequired(_l("Aydınlatma metninin adresini yazın.")), WebAddress(), Length(max=500), READABLE],
    )
    contact_kind = SelectField(_l("Bu kişilerle ilk temas nasıl kuruldu?"))
    contact_date = DateField(_l("Temas tarihi"), validators=[Optional()])
    contact_note = StringField(_l("Not"), validators=[Length(max=255), READABLE])
    expires_days = IntegerField(
        _l("Bağlantılar kaç gün geçerli olsun?"), default=30, validators=[InputRequired(), NumberRange(1, 365)]
    )
    delivery = RadioField(_l("Bağlantıları kim gönderecek?"), default=Delivery.CSV)

    def __init__(self, *arguments, brands, **options):
        super().__init__(*arguments, **options)
        self.brand.choices = [(brand.id, brand.name) for brand in brands]
        self.kind.choices = [(each.value, label(each)) for each in CampaignKind]
        self.channels.choices = [(each.value, label(each)) for each in Channel]
        self.contact_kind.choices = [("", _l("Seçin")), *((each.value, label(each)) for each in ContactKind)]
        self.delivery.choices = [(each.value, label(each)) for each in (Delivery.GATEWAY, Delivery.CSV)]


class AudienceForm(FlaskForm):
    text = TextAreaField(_l("Adresleri yapıştırın"))
    file = FileField(_l("ya da bir Excel ya da CSV dosyası seçin"))


class LaunchForm(FlaskForm):
    """Nothing to fill in; it carries the token."""


class SearchForm(FlaskForm):
    address = StringField(
        _l("Telefon ya da e-posta"), validators=[InputRequired(_l("Bir adres yazın.")), Length(max=300)]
    )


class ExplanationForm(FlaskForm):
    explanation = TextAreaField(
        _l("Açıklama"),
        validators=[DataRequired(_l("Bu farkın neden sorun olmadığını yazın.")), Length(max=2000), READABLE],
    )
