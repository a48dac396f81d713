"""The forms beside a recipient: refuse for them, or see the address in full."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.domain.consents import refusals
from portal.web.dashboard.forms import READABLE, CheckboxList
from portal.web.shared.labels import label

EVERY_BRAND = 0
SHORTEST_REASON = 10


class RefusalForm(FlaskForm):
    brand = SelectField(_l("Hangi marka için?"), coerce=int)
    channels = CheckboxList(_l("Hangi kanallar?"), validators=[InputRequired(_l("En az bir kanal seçin."))])
    source = SelectField(_l("Kişi bunu size nasıl bildirdi?"), validators=[InputRequired(_l("Bir yol seçin."))])

    def __init__(self, *arguments, brands, channels, **options):
        super().__init__(*arguments, **options)
        every = [(EVERY_BRAND, gettext("Bütün markalar"))] if len(brands) > 1 else []
        self.brand.choices = every + [(brand.id, brand.name) for brand in brands]
        self.channels.choices = [(each.value, label(each)) for each in channels]
        self.source.choices = [("", gettext("Seçin"))] + [(each.value, label(each)) for each in refusals.SOURCES]


class UnmaskForm(FlaskForm):
    reason = StringField(
        _l("Neden?"),
        filters=[lambda text: text and text.strip()],
        validators=[
            InputRequired(_l("Nedenini yazın.")),
            Length(min=SHORTEST_REASON, max=300, message=_l("Nedeni en az 10 karakterle yazın.")),
            READABLE,
        ],
    )
