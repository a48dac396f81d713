"""The form of a retailer at İYS, checked by İYS's own field rules, and that of its removal."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from portal.core import addresses, iys_protocol
from portal.core.addresses import BadAddress
from portal.core.iys_protocol.retailers import MAX_RETAILER_TEXT
from portal.core.tax_ids import NumberProblem
from portal.web.shared.company_form import MERSIS_MESSAGES, TAX_NUMBER_MESSAGES
from portal.web.shared.forms import BaseForm
from portal.web.shared.validators import READABLE

# İYS numbers provinces as licence plates do.
PROVINCES = (
    "Adana Adıyaman Afyonkarahisar Ağrı Amasya Ankara Antalya Artvin Aydın Balıkesir Bilecik Bingöl Bitlis Bolu Burdur "
    "Bursa Çanakkale Çankırı Çorum Denizli Diyarbakır Edirne Elazığ Erzincan Erzurum Eskişehir Gaziantep Giresun "
    "Gümüşhane Hakkari Hatay Isparta Mersin İstanbul İzmir Kars Kastamonu Kayseri Kırklareli Kırşehir Kocaeli Konya "
    "Kütahya Malatya Manisa Kahramanmaraş Mardin Muğla Muş Nevşehir Niğde Ordu Rize Sakarya Samsun Siirt Sinop Sivas "
    "Tekirdağ Tokat Trabzon Tunceli Şanlıurfa Uşak Van Yozgat Zonguldak Aksaray Bayburt Karaman Kırıkkale Batman "
    "Şırnak Bartın Ardahan Iğdır Yalova Karabük Kilis Osmaniye Düzce"
)
CITIES = [SelectChoice("", ""), *(SelectChoice(str(code), name) for code, name in enumerate(PROVINCES.split(), 1))]
EMPTY = _l("Burayı doldurun.")
MESSAGES = {
    "H224": _l("Telefonu 0532 123 45 67 ya da +905321234567 gibi yazın."),
    "H225": TAX_NUMBER_MESSAGES[NumberProblem.CHECK_DIGITS],
    "H226": TAX_NUMBER_MESSAGES[NumberProblem.LENGTH],
    "H227": MERSIS_MESSAGES[NumberProblem.CHECK_DIGITS],
    "H228": MERSIS_MESSAGES[NumberProblem.LENGTH],
    "H229": _l("İYS yalnız harf, rakam, boşluk ve . , & ' ( ) / + - işaretlerini alır."),
    "H243": TAX_NUMBER_MESSAGES[NumberProblem.CHECK_DIGITS],
    "H244": TAX_NUMBER_MESSAGES[NumberProblem.LENGTH],
}


def _without_spaces(text: str | None) -> str | None:
    return text and "".join(text.split())


def _canonical(text: str | None) -> str | None:
    try:
        return addresses.parse(text).text if text else text
    except BadAddress:
        return text


TEXT = (Length(max=MAX_RETAILER_TEXT), READABLE)
NUMBER = (InputRequired(EMPTY), Length(max=40), READABLE)


class RetailerForm(BaseForm):
    title = StringField(_l("Ticari unvan"), validators=[InputRequired(EMPTY), *TEXT])
    alias = StringField(_l("Sizdeki adı"), validators=[Optional(), *TEXT])
    tin = StringField(_l("Vergi ya da T.C. kimlik numarası"), filters=[_without_spaces], validators=NUMBER)
    mersis = StringField(
        _l("MERSİS numarası"), filters=[_without_spaces], validators=[Optional(), Length(max=40), READABLE]
    )
    name = StringField(_l("Yetkilinin adı soyadı"), validators=[InputRequired(EMPTY), *TEXT])
    tckn = StringField(_l("Yetkilinin T.C. kimlik numarası"), filters=[_without_spaces], validators=NUMBER)
    mobile = StringField(
        _l("Yetkilinin telefonu"), filters=[_canonical], validators=[Optional(), Length(max=40), READABLE]
    )
    city = SelectField(_l("İl"), choices=CITIES, validators=[InputRequired(EMPTY)])
    town = StringField(_l("İlçe"), validators=[InputRequired(EMPTY), *TEXT])
    town_code = StringField(
        _l("İYS'nin ilçe kodu"),
        validators=[InputRequired(EMPTY), Regexp(r"[0-9]{1,6}\Z", message=_l("Kodu rakamla yazın."))],
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask İYS's field rules once the texts are well formed."""
        if not super().validate(extra_validators):
            return False
        for problem in iys_protocol.validate_retailer(self.wire_fields()):
            field = self[str((problem.location or ["title"])[0])]
            field.errors = [gettext(MESSAGES.get(problem.code) or iys_protocol.sentence_of(problem.code))]
        return not self.errors

    def wire_fields(self) -> dict[str, Any]:
        """The retailer as İYS takes it: without fields that are empty."""
        texts = {name: self[name].data for name in ("title", "alias", "tin", "mersis", "name", "tckn", "mobile")}
        places = {
            "city": {"code": self.city.data, "name": PROVINCES.split()[int(self.city.data) - 1]},
            "town": {"code": self.town_code.data, "name": self.town.data},
        }
        return {name: text.strip() for name, text in texts.items() if text} | places


class RetailerRemovalForm(BaseForm):
    code = HiddenField(validators=[Regexp(r"[1-9][0-9]{7}\Z")])
    sure = BooleanField(
        _l("Bayinin İYS'den silineceğini biliyorum"),
        validators=[DataRequired(_l("Silmek için bunu bildiğinizi işaretleyin."))],
    )
