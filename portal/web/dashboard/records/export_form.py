"""The filter form of exports; each kind has its own fields."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Field, SelectField
from wtforms.validators import Optional

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Outcome
from portal.domain.consents.evidence import Strength
from portal.services.exports import ExportFilter, ExportKind
from portal.web.shared.audit_view import check_day
from portal.web.shared.forms import BaseForm
from portal.web.shared.labels import label

OF_KEY = ("brand", "channel", "status", "recipient_type")
DAYS = ("since", "until")
FIELDS = {
    ExportKind.CONSENTS: (*OF_KEY, "may_send", "strength", "sandbox", *DAYS),
    ExportKind.DECISIONS: (*OF_KEY, "outcome", "sandbox", *DAYS),
    ExportKind.RECIPIENTS: ("brand", "sandbox", *DAYS),
}
ENUMS = {
    "channel": Channel, "status": Status, "recipient_type": RecipientType, "outcome": Outcome, "strength": Strength,
}  # fmt: skip
YES, NO = "yes", "no"


class ExportForm(BaseForm):
    """Sent by GET, so without CSRF."""

    class Meta:
        csrf = False

    brand = SelectField(_l("Marka"), validate_choice=False)
    channel = SelectField(_l("Kanal"), validate_choice=False)
    status = SelectField(_l("Durum"), validate_choice=False)
    recipient_type = SelectField(_l("Alıcı tipi"), validate_choice=False)
    may_send = SelectField(_l("İleti gönderilebilir mi?"), validate_choice=False)
    strength = SelectField(_l("Onayın kanıtı"), validate_choice=False)
    sandbox = SelectField(_l("Denemedeki kayıtlar"), validate_choice=False)
    outcome = SelectField(_l("İYS sonucu"), validate_choice=False)
    since = DateField(_l("İlk gün"), validators=[Optional(), check_day])
    until = DateField(_l("Son gün"), validators=[Optional(), check_day])

    def __init__(self, kind: ExportKind, brands: list[Brand]):
        super().__init__(request.args)
        self.kind = kind
        # Once there are real brands, what is of sandbox mode stays out unless somebody asks for it.
        self._hides_sandbox = len({brand.is_sandbox for brand in brands}) > 1
        unused = () if self._hides_sandbox else ("sandbox",)
        for field in [each.name for each in self if each.name not in FIELDS[kind] or each.name in unused]:
            del self[field]
        choices = {
            "brand": [(str(brand.id), brand.name) for brand in brands],
            "may_send": [(YES, _l("Evet")), (NO, _l("Hayır"))],
            **{name: [(each.value, label(each)) for each in enum] for name, enum in ENUMS.items()},
        }
        for name in choices.keys() & {each.name for each in self}:
            self[name].choices = [("", _l("Hepsi")), *choices[name]]
        if self._hides_sandbox:
            self.sandbox.choices = [("", _l("Dışarıda kalsın")), (YES, _l("İçinde olsun"))]

    def wanted(self, provider_id: int) -> ExportFilter:
        """The filter of the choices; an unknown choice or an invalid day narrows nothing."""
        self.validate()
        chosen = {each.name: each.data for each in self if each.data and self._is_a_choice(each)}
        enums: dict[str, Any] = {name: enum(chosen[name]) for name, enum in ENUMS.items() if name in chosen}
        return ExportFilter(
            self.kind,
            provider_id,
            brand_id=int(chosen["brand"]) if "brand" in chosen else None,
            may_send=chosen["may_send"] == YES if "may_send" in chosen else None,
            with_sandbox=chosen.get("sandbox") == YES if self._hides_sandbox else None,
            since=chosen.get("since"),
            until=chosen.get("until"),
            **enums,
        )

    def url_parameters(self) -> dict[str, str]:
        """The valid choices as query parameters of the file's URL."""
        self.validate()
        chosen = {each.name: each.raw_data[0] for each in self if each.data and self._is_a_choice(each)}
        return {"kind": self.kind.value, **chosen}

    def _is_a_choice(self, field: Field) -> bool:
        return not field.errors if isinstance(field, DateField) else field.data in dict(field.choices)
