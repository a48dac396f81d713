"""The forms about a recipient: search, refuse on their behalf, or see the address in full."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.core.iys_protocol import Channel
from portal.core.models import Brand
from portal.domain.consents import refusals
from portal.web.shared.forms import BaseForm, CheckboxList
from portal.web.shared.labels import label
from portal.web.shared.validators import READABLE, in_words

ALL_BRANDS = 0
MIN_REASON_LENGTH = 10


class SearchForm(BaseForm):
    address = StringField(
        _l("Telefon ya da e-posta"), validators=[InputRequired(_l("Bir adres yazın.")), Length(max=300)]
    )


class RefusalForm(BaseForm):
    brand = SelectField(_l("Hangi marka için?"), coerce=int)
    channels = CheckboxList(_l("Hangi kanallar?"), validators=[InputRequired(_l("En az bir kanal seçin."))])
    source = SelectField(_l("Kişi bunu size nasıl bildirdi?"), validators=[InputRequired(_l("Bir yol seçin."))])

    def __init__(self, *arguments: Any, brands: list[Brand], channels: Collection[Channel], **options: Any):
        super().__init__(*arguments, **options)
        all_brands = [(ALL_BRANDS, gettext("Bütün markalar"))] if len(brands) > 1 else []
        self.brand.choices = all_brands + [(brand.id, brand.name) for brand in brands]
        self.channels.choices = [(each.value, label(each)) for each in channels]
        self.source.choices = [("", gettext("Seçin"))] + [(each.value, label(each)) for each in refusals.SOURCES]
        self.takes_mailboxes = Channel.EMAIL in channels


class UnmaskForm(BaseForm):
    reason = StringField(
        _l("Neden?"),
        filters=[lambda text: text and text.strip()],
        validators=[
            InputRequired(_l("Nedenini yazın.")),
            Length(min=MIN_REASON_LENGTH, max=300, message=_l("Nedeni en az 10 karakterle yazın.")),
            READABLE,
            in_words(_l("Nedeni sözcüklerle yazın; adres yazmayın.")),
        ],
    )
