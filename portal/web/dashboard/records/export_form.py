"""What is taken away, narrowed down: each kind asks only for what it has."""

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField
from wtforms.validators import Optional

from portal.core.iys_protocol import Channel, RecipientType, Status
from portal.core.models import Brand, Outcome
from portal.services.exports import Kind, Wanted
from portal.web.shared.audit_view import a_day
from portal.web.shared.labels import label

OF_KEY = ("brand", "channel", "status", "recipient_type")
DAYS = ("since", "until")
FIELDS = {
    Kind.CONSENTS: (*OF_KEY, "may_send", *DAYS),
    Kind.DECISIONS: (*OF_KEY, "outcome", *DAYS),
    Kind.RECIPIENTS: ("brand", *DAYS),
}
YES, NO = "yes", "no"


class ExportFilter(FlaskForm):
    """Asked by GET: looking changes nothing."""

    class Meta:
        csrf = False

    brand = SelectField(_l("Marka"), validate_choice=False)
    channel = SelectField(_l("Kanal"), validate_choice=False)
    status = SelectField(_l("Durum"), validate_choice=False)
    recipient_type = SelectField(_l("Alıcı tipi"), validate_choice=False)
    may_send = SelectField(_l("İleti gönderilebilir mi?"), validate_choice=False)
    outcome = SelectField(_l("İYS sonucu"), validate_choice=False)
    since = DateField(_l("İlk gün"), validators=[Optional(), a_day])
    until = DateField(_l("Son gün"), validators=[Optional(), a_day])

    def __init__(self, kind: Kind, brands: list[Brand]):
        super().__init__(request.args)
        self.kind = kind
        for field in [each.name for each in self if each.name not in FIELDS[kind]]:
            del self[field]
        choices = {
            "brand": [(str(brand.id), brand.name) for brand in brands],
            "may_send": [(YES, _l("Evet")), (NO, _l("Hayır"))],
            **{
                name: [(each.value, label(each)) for each in words]
                for name, words in (("channel", Channel), ("status", Status), ("recipient_type", RecipientType))
            },
            "outcome": [(each.value, label(each)) for each in Outcome],
        }
        for name in choices.keys() & {each.name for each in self}:
            self[name].choices = [("", _l("Hepsi")), *choices[name]]

    def wanted(self, provider_id: int) -> Wanted:
        """What the choices mean; a word that is none of them, or a day that is no day, asks for nothing."""
        self.validate()
        chosen = {each.name: each.data for each in self if each.data and self._is_a_choice(each)}
        kinds = {"channel": Channel, "status": Status, "recipient_type": RecipientType, "outcome": Outcome}
        facts = {name: kind(chosen[name]) for name, kind in kinds.items() if name in chosen}
        return Wanted(
            self.kind,
            provider_id,
            brand_id=int(chosen["brand"]) if "brand" in chosen else None,
            may_send=chosen["may_send"] == YES if "may_send" in chosen else None,
            since=chosen.get("since"),
            until=chosen.get("until"),
            **facts,
        )

    def in_address(self) -> dict[str, str]:
        """The choices, for the address of the file: ours only."""
        self.validate()
        chosen = {each.name: each.raw_data[0] for each in self if each.data and self._is_a_choice(each)}
        return {"kind": self.kind.value, **chosen}

    def _is_a_choice(self, field) -> bool:
        return not field.errors if isinstance(field, DateField) else field.data in dict(field.choices)
