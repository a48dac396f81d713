"""The forms of campaigns and consent points: what people are asked, when the contact began, and the audience."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import DateField, Field, IntegerField, RadioField, SelectField, StringField, TextAreaField, URLField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.core import clock
from portal.core.extensions import read_session
from portal.core.iys_protocol import Channel
from portal.core.models import Brand, CampaignKind, ContactKind, Delivery
from portal.domain import consent_points
from portal.domain.campaigns import Contact, Wording
from portal.domain.providers import brand_requests
from portal.web.dashboard.campaigns.promotion_check import PromotionForm
from portal.web.shared.forms import BaseForm, CheckboxList, FileOrTextForm
from portal.web.shared.labels import label
from portal.web.shared.own_rows import current_provider
from portal.web.shared.validators import READABLE, SHOWN_TEXT, UNKNOWN_NOTICE, WebAddress, stop_if_wrong

TITLE_VALIDATORS = [InputRequired(_l("Bir başlık yazın.")), Length(max=255), *SHOWN_TEXT]
BODY_VALIDATORS = [InputRequired(_l("Kısaca neden izin istediğinizi yazın.")), Length(max=2000), *SHOWN_TEXT]
CONTACT_KIND_MISSING = _l("İlk temasın nasıl kurulduğunu seçin.")
CONTACT_DATE_MISSING = _l("Kişinin sizinle ne zaman temas kurduğunu yazın; bu tarih gelecekte olamaz.")
FROM_LIST = "list"  # In place of a kind of contact: the audience's list says it of each person.
DEFAULT_BUDGET = 200  # Codes a day.


class ConsentTextForm(BaseForm):
    """A brand, its channels, and the text that people are shown in both languages."""

    brand = SelectField(_l("Marka"), coerce=int)
    channels = CheckboxList(_l("Kanallar"), validators=[InputRequired(_l("En az bir kanal seçin."))])
    title_tr = StringField(_l("Türkçe başlık"), validators=TITLE_VALIDATORS)
    body_tr = TextAreaField(_l("Türkçe metin"), validators=BODY_VALIDATORS)
    title_en = StringField(_l("İngilizce başlık"), validators=TITLE_VALIDATORS)
    body_en = TextAreaField(_l("İngilizce metin"), validators=BODY_VALIDATORS)
    notice_url = URLField(
        _l("Aydınlatma metninin adresi"),
        validators=[InputRequired(_l("Aydınlatma metninin adresini yazın.")), WebAddress(), Length(max=500), READABLE],
    )

    def __init__(self, *arguments: Any, brands: list[Brand], **options: Any):
        super().__init__(*arguments, **options)
        self.brand.choices = [(brand.id, brand.name) for brand in brands]
        self.channels.choices = [(channel.value, label(channel)) for channel in Channel]

    def validate_notice_url(self, field: Field) -> None:
        """One that the operator saw: the page that people are sent to is the firm's."""
        stop_if_wrong(field)
        provider = current_provider()
        seen = brand_requests.reviewed_notices(read_session(), provider)
        if not provider.in_sandbox_mode and field.data not in seen:
            raise ValidationError(UNKNOWN_NOTICE)

    def wording(self) -> Wording:
        """The text, as the domain takes it."""
        return Wording(
            self.title_tr.data, self.body_tr.data, self.title_en.data, self.body_en.data, self.notice_url.data
        )


class CampaignForm(PromotionForm, ConsentTextForm):
    name = StringField(_l("Kampanya adı"), validators=[InputRequired(_l("Bir ad yazın.")), Length(max=120), READABLE])
    kind = RadioField(_l("Ne yapılacak?"), default=CampaignKind.ASK)
    contact_kind = SelectField(_l("Bu kişilerle ilk temas nasıl kuruldu?"))
    contact_date = DateField(_l("Temas tarihi"), validators=[Optional()])
    contact_note = StringField(_l("Not"), validators=[Length(max=255), READABLE])
    expires_days = IntegerField(
        _l("Bağlantılar kaç gün geçerli olsun?"), default=30, validators=[InputRequired(), NumberRange(1, 365)]
    )
    delivery = RadioField(_l("Bağlantıları kim gönderecek?"), default=Delivery.CSV)
    searched = ("title_tr", "body_tr", "title_en", "body_en")

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.kind.choices = [(kind.value, label(kind)) for kind in CampaignKind]
        kinds = [(kind.value, label(kind)) for kind in ContactKind]
        self.contact_kind.choices = [("", _l("Seçin")), *kinds, (FROM_LIST, _l("Listede her kişi için yazıyor"))]
        self.delivery.choices = [(delivery.value, label(delivery)) for delivery in (Delivery.GATEWAY, Delivery.CSV)]

    @property
    def asks(self) -> bool:
        return bool(self.kind.data != CampaignKind.REFUSE)

    def validate(self, extra_validators: Any = None) -> bool:
        """Asking needs a contact, unless each person has one of their own; whatever is wrong is told at once."""
        is_good = super().validate(extra_validators)
        is_good = self.accepts_promotion() and is_good
        if self.kind.data != CampaignKind.ASK or self.contact_kind.data == FROM_LIST:
            return is_good
        day = self.contact_date.data
        if not self.contact_kind.data and not self.contact_kind.errors:
            self.contact_kind.errors = [CONTACT_KIND_MISSING]
        if (day is None or day > clock.day(clock.now())) and not self.contact_date.errors:
            self.contact_date.errors = [CONTACT_DATE_MISSING]
        return is_good and not self.contact_kind.errors and not self.contact_date.errors

    def contact(self) -> Contact | None:
        """The contact of all people; None where each has one of their own."""
        kind, day = self.contact_kind.data, self.contact_date.data
        if not kind or kind == FROM_LIST or day is None:
            return None
        return Contact(ContactKind(kind), day, self.contact_note.data or "")


class AudienceForm(FileOrTextForm):
    text = TextAreaField(_l("Adresleri yapıştırın"))
    file = FileField(_l("ya da bir Excel ya da CSV dosyası seçin"))


class BudgetForm(BaseForm):
    daily_budget = IntegerField(
        _l("Bir günde en çok kaç SMS kodu gönderilsin?"),
        default=DEFAULT_BUDGET,
        validators=[
            InputRequired(_l("Bir günde en çok kaç kod gönderileceğini yazın.")),
            NumberRange(1, consent_points.MOST_CODES, _l("1 ile 5.000 arasında bir sayı yazın.")),
        ],
    )


class PointForm(BudgetForm, ConsentTextForm):
    name = StringField(_l("Noktanın adı"), validators=[InputRequired(_l("Bir ad yazın.")), Length(max=120), READABLE])
