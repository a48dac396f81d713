"""The forms of consent points."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField, TextAreaField, URLField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp

from portal.core.iys_protocol import Channel
from portal.domain import consent_points
from portal.web.dashboard.forms import BODY, READABLE, TITLE, CheckboxList
from portal.web.shared.labels import label
from portal.web.shared.validators import WebAddress

USUAL = 200  # Codes a day.
NO_SLUG = _l("Adreste yalnız küçük İngilizce harf, rakam ve aralarında tire olabilir.")
SLUG = Regexp(r"[a-z0-9]+(-[a-z0-9]+)*$", message=NO_SLUG)
CODES = [
    InputRequired(_l("Bir günde en çok kaç kod gönderileceğini yazın.")),
    NumberRange(1, consent_points.MOST_CODES, _l("1 ile 5.000 arasında bir sayı yazın.")),
]  # fmt: skip


class BudgetForm(FlaskForm):
    daily_budget = IntegerField(_l("Bir günde en çok kaç SMS kodu gönderilsin?"), default=USUAL, validators=CODES)


class PointForm(BudgetForm):
    brand = SelectField(_l("Marka"), coerce=int)
    name = StringField(_l("Noktanın adı"), validators=[InputRequired(_l("Bir ad yazın.")), Length(max=120), READABLE])
    slug = StringField(_l("Sayfanın adresi"), validators=[InputRequired(_l("Bir adres yazın.")), Length(3, 60), SLUG])
    channels = CheckboxList(_l("Kanallar"), validators=[InputRequired(_l("En az bir kanal seçin."))])
    title_tr = StringField(_l("Türkçe başlık"), validators=TITLE)
    body_tr = TextAreaField(_l("Türkçe metin"), validators=BODY)
    title_en = StringField(_l("İngilizce başlık"), validators=TITLE)
    body_en = TextAreaField(_l("İngilizce metin"), validators=BODY)
    notice_url = URLField(
        _l("Aydınlatma metninin adresi"),
        validators=[InputRequired(_l("Aydınlatma metninin adresini yazın.")), WebAddress(), Length(max=500), READABLE],
    )

    def __init__(self, *arguments, brands, **options):
        super().__init__(*arguments, **options)
        self.brand.choices = [(brand.id, brand.name) for brand in brands]
        self.channels.choices = [(each.value, label(each)) for each in Channel]
