"""The forms of a brand: how it looks, its logo, and its own hosts."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import BooleanField, SelectField, StringField, URLField, ValidationError
from wtforms.validators import InputRequired, Length, Optional, Regexp

from portal.domain.providers import brand_colours, brands, sender_headers
from portal.domain.replies import keywords, names_brand
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label
from portal.web.shared.validators import READABLE, DisplayName, WebAddress, contact_only, reachable, stop_if_wrong

BRAND_CODE = r"\s*[1-9][0-9]{0,11}\s*$"
REPLY_NUMBER = Regexp(  # None of 0900, which cost extra, and none of 1xx, where help is called.
    r"((90|0)?(?!900)[1-9][0-9]{9}|444[0-9]{4}|[2-9][0-9]{3})$",
    message=_l("Numarayı rakamla yazın: 0850 123 45 67 ya da kısa numara 4609 gibi."),
)


def _names_brand(_form, field):
    """A name or header that says something in a reply ("Ret", "Tamam") would name no brand there."""
    stop_if_wrong(field)
    if not names_brand(field.data):
        raise ValidationError(
            gettext("SMS yanıtlarında bu ad ret, onay ya da selam gibi okunur: markanızı anlatan bir sözcük ekleyin.")
        )


NAME_VALIDATORS = [InputRequired(_l("Markanın adını yazın.")), Length(max=255), DisplayName(), _names_brand]


class NewBrandForm(BaseForm):
    name = StringField(_l("Marka adı"), validators=NAME_VALIDATORS)
    code = StringField(_l("İYS marka kodu"), validators=[Regexp(BRAND_CODE, message=_l("Marka kodunu rakamla yazın."))])


class BrandForm(BaseForm):
    name = StringField(_l("Marka adı"), validators=NAME_VALIDATORS)
    header = StringField(_l("SMS gönderici adı"), validators=[Optional(), Length(max=60), READABLE])
    keyword = StringField(_l("Yanıt sözcüğü"), validators=[Optional(), Length(max=60), READABLE])
    reply_number = StringField(
        _l("Yanıt numarası"),
        filters=[lambda text: text and text.replace(" ", "")],
        validators=[Optional(), Length(max=12), REPLY_NUMBER],
    )
    sms_in_turkish = BooleanField(_l("Kampanya SMS'lerinde Türkçe harfleri koru"))
    colour = StringField(_l("Renk"), validators=[Optional(), Length(max=20), READABLE])
    contact = StringField(
        _l("İletişim satırı"), validators=[Optional(), Length(max=255), READABLE, reachable, contact_only]
    )
    notice_url = URLField(
        _l("Aydınlatma metninin adresi"), validators=[Optional(), WebAddress(), Length(max=500), READABLE]
    )
    source = SelectField(_l("İYS'de izin kaynağı"))
    requires_name = BooleanField(_l("Onay verenden ad soyad iste"))

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        usual = [("", gettext("Firmanınki"))]
        self.source.choices = usual + [(each.value, label(each)) for each in brands.PAGE_SOURCES]

    def validate_header(self, field):
        """The header as operators register it; what is close to it is offered."""
        try:
            field.data = sender_headers.validate_header(field.data)
        except sender_headers.BadHeader as bad:
            told = [gettext(bad.problem.sentence), gettext(bad.problem.cure)]
            if bad.suggestion:
                told.append(gettext("Örneğin: %(header)s", header=bad.suggestion))
            raise ValidationError(" ".join(told)) from None
        _names_brand(self, field)

    def validate_keyword(self, field):
        """A word that names the brand in replies, and says nothing else there."""
        stop_if_wrong(field)
        try:
            field.data = keywords.parse_keyword(field.data)
        except keywords.BadKeyword:
            raise ValidationError(
                gettext("Tek sözcük yazın: 2-11 harf ya da rakam. RET, ONAY, SMS gibi anlamı olan sözcükler olmaz.")
            ) from None

    def validate_colour(self, field):
        """A colour that is legible; where it is not, the nearest one is offered."""
        try:
            field.data = brand_colours.validate_colour(field.data)
        except brand_colours.InvalidColour:
            raise ValidationError(gettext("Rengi #0b5e6b gibi, # ve altı karakterle yazın.")) from None
        except brand_colours.Illegible as illegible:
            raise ValidationError(
                gettext(
                    "Bu renk beyaz üzerinde okunmayacak kadar açık. En yakın okunur renk: %(colour)s",
                    colour=illegible.nearest,
                )
            ) from None


class LogoForm(BaseForm):
    logo = FileField(_l("Logo dosyası"))


class DomainForm(BaseForm):
    host = StringField(_l("Alan adı"), validators=[InputRequired(_l("Bir alan adı yazın.")), Length(max=260), READABLE])
