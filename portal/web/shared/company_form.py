"""The form of a company's data, at sign-up and later. One number identifies it: MERSİS, tax or identity number."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, StringField, URLField
from wtforms.validators import DataRequired, Length, StopValidation

from portal.core import display_names, tax_ids
from portal.core.models import LegalForm, Provider
from portal.core.tax_ids import BadNumber, NumberProblem
from portal.web.shared.forms import BaseForm
from portal.web.shared.validators import VISIBLE, DisplayName, WebAddress, contact_only, reachable

MERSIS_MESSAGES = {
    NumberProblem.NOT_DIGITS: _l("MERSİS numarası yalnız rakamlardan oluşur. Harf kalmışsa silin."),
    NumberProblem.LENGTH: _l("MERSİS numarası 16 hanelidir. mersis.ticaret.gov.tr adresindeki kaydınızdan kopyalayın."),
    NumberProblem.CHECK_DIGITS: _l(
        "Bu MERSİS numarası geçersiz: içindeki vergi numarasının kontrol hanesi yanlış. Bir rakam eksik ya da yer "
        "değiştirmiş olabilir; numarayı MERSİS kaydınızdan kopyalayın."
    ),
}
TAX_NUMBER_MESSAGES = {
    NumberProblem.NOT_DIGITS: _l("Numara yalnız rakamlardan oluşur. Harf kalmışsa silin."),
    NumberProblem.LENGTH: _l("T.C. kimlik numarası 11, vergi numarası 10 hanelidir. Hane sayısını kontrol edin."),
    NumberProblem.CHECK_DIGITS: _l(
        "Bu numara geçersiz: kontrol hanesi yanlış. Bir rakam yanlış ya da yer değiştirmiş olabilir; kimliğinize ya "
        "da vergi levhanıza bakarak yeniden yazın."
    ),
}


class CompanyForm(BaseForm):
    """What recipients are shown of a sender (regulation.md M-1), and what İYS compares."""

    legal_form = RadioField(
        _l("Firmanız"),
        choices=[
            SelectChoice(LegalForm.COMPANY, _l("Şirket (ticaret siciline kayıtlı)")),
            SelectChoice(LegalForm.TRADESPERSON, _l("Esnaf ya da şahıs işletmesi")),
        ],
        default=LegalForm.COMPANY,
    )
    title = StringField(
        _l("Ticaret unvanı ya da adınız soyadınız"),
        validators=[
            DataRequired(_l("Unvanı ya da adınızı yazın.")),
            Length(max=255),
            DisplayName(display_names.parse_title),
        ],
    )
    number = StringField(
        _l("MERSİS, vergi ya da T.C. kimlik numarası"), validators=[DataRequired(_l("Numarayı yazın.")), Length(max=40)]
    )
    contact = StringField(
        _l("Alıcıların size ulaşacağı telefon ya da e-posta"),
        validators=[
            DataRequired(_l("Bir telefon ya da e-posta yazın.")),
            Length(max=255),
            VISIBLE,
            reachable,
            contact_only,
        ],
    )
    notice_url = URLField(
        _l("Aydınlatma metninizin adresi"),
        validators=[DataRequired(_l("Metnin durduğu sayfanın adresini yazın.")), Length(max=500), WebAddress()],
    )

    def validate_number(self, field: StringField) -> None:
        is_company = self.legal_form.data == LegalForm.COMPANY
        try:
            (tax_ids.parse_mersis if is_company else tax_ids.parse_tax_number)(field.data)
        except BadNumber as bad:
            raise StopValidation((MERSIS_MESSAGES if is_company else TAX_NUMBER_MESSAGES)[bad.problem]) from None

    def provider_columns(self) -> dict[str, Any]:
        """Columns of Provider that these fields fill; a company's tax number is part of its MERSİS number."""
        numbers = {"mersis": "", "tax_number": ""}
        if self.legal_form.data == LegalForm.COMPANY:
            numbers["mersis"] = tax_ids.parse_mersis(self.number.data)
            numbers["tax_number"] = tax_ids.tax_id_in_mersis(numbers["mersis"])
        else:
            numbers["tax_number"] = tax_ids.parse_tax_number(self.number.data)
        return {
            "legal_form": LegalForm(self.legal_form.data), "title": " ".join(self.title.data.split()),
            "contact": self.contact.data.strip(), "notice_url": self.notice_url.data.strip(), **numbers,
        }  # fmt: skip


def form_values(provider: Provider) -> dict[str, Any]:
    return {
        "legal_form": provider.legal_form, "title": provider.title, "number": provider.number,
        "contact": provider.contact, "notice_url": provider.notice_url,
    }  # fmt: skip
