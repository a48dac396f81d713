"""The form of an account at a vendor, made of the fields that its vendor asks for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, PasswordField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.core import addresses
from portal.core.addresses import AddressKind
from portal.core.extensions import read_session
from portal.core.lazy_text import N_
from portal.services import domains
from portal.services.messaging import sender_names
from portal.services.messaging.gateways import description_checks, description_words
from portal.services.messaging.gateways.mail_message import split_mailbox
from portal.services.messaging.gateways.protocol import Reason, SendError
from portal.services.messaging.gateways.vendors import CredentialField, Vendor
from portal.web.shared.forms import BaseForm
from portal.web.shared.gateway_account_page import owner_id
from portal.web.shared.gateway_words import explain_reason
from portal.web.shared.validators import READABLE, stop_if_wrong

NOT_ALLOWED = N_("https:// ile başlayan tam adresi yazın.")
MOST_PER_SECOND, USUAL_PER_SECOND = 1000, 10


class GatewayForm(BaseForm):
    header = StringField(
        _l("Gönderici"),
        validators=[
            InputRequired(_l("Göndericiyi yazın.")),
            Length(max=254, message=_l("En çok 254 karakter yazın.")),
            READABLE,
        ],
    )
    per_second = IntegerField(
        _l("Saniyede en çok ileti"),
        validators=[
            InputRequired(_l("Bir sayı yazın.")),
            NumberRange(1, MOST_PER_SECOND, _l("1 ile 1000 arasında bir sayı yazın.")),
        ],
    )
    credential_fields: tuple[CredentialField, ...] = ()
    vendor: Vendor
    stored: Mapping[str, str] = {}  # The credentials that are to be replaced.

    def validate_header(self, field: Any) -> None:
        if self.vendor.carries == AddressKind.PHONE and not (field.data.isascii() and 3 <= len(field.data) <= 20):
            raise ValidationError(_("Gönderici adını firmada kayıtlı olduğu gibi, Türkçe harf olmadan yazın."))
        if self.vendor.carries == AddressKind.EMAIL and not is_mailbox(field.data):
            raise ValidationError(_("Marka <bilgi@firmaniz.com> gibi bir posta kutusu yazın."))
        if not sender_names.is_own(read_session(), owner_id(), self.vendor.carries, field.data.strip()):
            raise ValidationError(explain_reason(None, "foreign_sender"))
        is_mail = self.vendor.carries == AddressKind.EMAIL
        if is_mail and not sender_names.is_proved(read_session(), owner_id(), field.data.strip()):
            raise ValidationError(explain_reason(None, "unproved_sender"))

    def validate_bounce_domain(self, field: Any) -> None:
        stop_if_wrong(field)
        try:
            field.data = field.data and domains.normalize_host(field.data, ())
        except domains.BadHost as bad:
            raise ValidationError(_(bad.problem.sentence)) from None
        if not field.data or field.data == self.stored.get(field.name):
            return  # A stored one that is not proved is not shown either, and keeps nothing else from being changed.
        if not sender_names.is_proved_domain(read_session(), owner_id(), field.data):
            raise ValidationError(explain_reason(None, "unproved_bounce_domain"))

    def credentials(self) -> dict[str, str]:
        """What was typed in. Secrets that were left empty are the stored ones; and the key that signs stays."""
        typed = {each.name: (self[each.name].data or "").strip() for each in self.credential_fields}
        kept = {each.name for each in self.credential_fields if each.is_secret and not typed[each.name]}
        return {**self.stored, **typed, **{name: self.stored.get(name, "") for name in kept}}

    def field_of(self, error: SendError) -> Any:
        """The field to look at where the vendor, or the mailbox of what comes back, gives this error."""
        secrets = [each.name for each in self.credential_fields if each.is_secret] or ["header"]
        if error.code.startswith("imap_") and "imap_host" in self:
            return self["imap_password" if error.reason == Reason.CREDENTIALS else "imap_host"]
        return self[secrets[0] if error.reason == Reason.CREDENTIALS else "header"]

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = super().validate(extra_validators)
        return self._has_secrets() and is_valid and self._has_good_description(self.credentials())

    def _has_secrets(self) -> bool:
        """Stored secrets go nowhere but where they were meant to go: a change of that asks for them again."""
        is_same = self.vendor.destination(self.credentials()) == self.vendor.destination(self.stored)
        for each in self.credential_fields:
            if each.is_secret and not self[each.name].data and not (is_same and self.stored.get(each.name)):
                self[each.name].errors = [_("Bu alanı yazın.")]
        return not self.errors

    def _has_good_description(self, values: Mapping[str, str]) -> bool:
        if "description" not in values:
            return True
        try:
            description = description_checks.parse_description(values["description"])
            if not is_allowed_url(description["base_url"]):
                raise description_checks.BadDescription("/base_url", NOT_ALLOWED)
            description_words.check_words(description)
            description_words.check_secrets(description, values)
        except description_words.BadSecret as bad:
            self[bad.name].errors = [f"{_(bad.problem)} ({bad.pointer})"]
            return False
        except description_checks.BadDescription as bad:
            where = bad.pointer or "/"
            self["description"].errors = [f"{where}: {_(bad.problem)}"]
            return False
        return True


def build_form(vendor: Vendor, *, stored: Mapping[str, str] | None = None, **values: Any) -> GatewayForm:
    """The form as posted, or with these values. `stored` are the credentials that it replaces."""
    known = {**(stored or {}), **values, **request.form.to_dict()}
    fields = vendor.fields_for({name: str(text) for name, text in known.items()})
    parts = {each.name: build_field(each) for each in fields}
    form_class = type("VendorForm", (GatewayForm,), {**parts, "vendor": vendor, "credential_fields": fields})
    defaults = {each.name: each.default for each in fields} | {"per_second": USUAL_PER_SECOND}
    shown = (
        {each.name: stored[each.name] for each in fields if not each.is_secret and each.name in stored}
        if stored
        else {}
    )
    form: GatewayForm = form_class(data=defaults | shown | values)
    form.stored = stored or {}
    return form


def is_allowed_url(url: str) -> bool:
    """https; or http to this very machine, in development."""
    address = urlsplit(url)
    is_here = current_app.config["DEVELOPMENT"] and address.hostname in ("127.0.0.1", "localhost", "::1")
    return address.scheme == "https" or (address.scheme == "http" and is_here)


def is_mailbox(text: str) -> bool:
    try:
        return addresses.parse(split_mailbox(text)[1]).kind == AddressKind.EMAIL
    except addresses.BadAddress:
        return False


def build_field(each: CredentialField) -> Any:
    if each.is_secret:
        return PasswordField(_(each.label), validators=[Length(max=500), READABLE])
    if each.choices:
        return SelectField(_(each.label), choices=[SelectChoice(value, _(text)) for value, text in each.choices])
    needed = Optional() if each.is_optional or each.default else InputRequired(_("Bu alanı yazın."))
    if each.is_long:
        return TextAreaField(_(each.label), validators=[needed, Length(max=description_checks.LONGEST)])
    return StringField(_(each.label), validators=[needed, Length(max=254), READABLE])
