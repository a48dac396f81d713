"""The form of an account at a vendor that nobody here knows, after its samples (samples_form).

It shows a description and makes one of it (description_fields); who likes writes the same as JSON (gateway_form).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, PasswordField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import URL, InputRequired, Length, NumberRange, ValidationError

from portal.services.messaging.gateways import (
    description_checks,
    description_fields,
    description_parts,
    description_words,
    json_values,
)
from portal.services.messaging.gateways.description_fields import NOWHERE, REPLY_PLACES, REPORT_PLACES
from portal.services.messaging.gateways.offered_vendors import DESCRIBED, SECRET, secret_field
from portal.web.shared.described_preview import Preview, build_preview, used_names
from portal.web.shared.gateway_form import USUAL_PER_SECOND, GatewayForm, build_field, is_allowed_url
from portal.web.shared.gateway_words import ROLES, STATES, error_meanings, state_meanings
from portal.web.shared.samples_form import SHORT
from portal.web.shared.validators import READABLE, stop_if_wrong

ADDRESS = URL(require_tld=False, message=_l("https:// ile başlayan tam adresi yazın."))
LONGEST_NAME = 30  # Characters of a place; of a longer one its end is shown.
PLACES = {
    "report_state": _l("İletinin durumu"), "report_to": _l("Alıcının numarası"), "report_ref": _l("Firmanın numarası"),
    "report_item_id": _l("Bizim numaramız"), "report_at": _l("Zamanı"), "report_text": _l("İletinin metni"),
    "reply_text": _l("Kişinin yazdığı"),
    "reply_from": _l("Yazanın numarası"), "reply_to": _l("Yazdığı numara"), "reply_id": _l("Yanıtın numarası"),
    "reply_keyword": _l("Anahtar sözcük"), "reply_at": _l("Zamanı"),
}  # fmt: skip


class DescribedForm(GatewayForm):
    """Built by build_described_form(), which adds what the samples have."""

    name = StringField(_l("Firmanın adı"), validators=[Length(max=60), READABLE])
    url = StringField(_l("Gönderim adresi (URL)"), validators=[InputRequired(_l("Adresi yazın.")), *SHORT, ADDRESS])
    method = SelectField(_l("Yöntem"), choices=["POST", "GET", "PUT"])
    basic = SelectField(
        _l("HTTP Basic ile giriş"),
        choices=[SelectChoice("", _l("yok")), SelectChoice("basic", _l("kullanıcı adı ve şifre ile"))],
    )
    number_format = SelectField(
        _l("Numaralar nasıl yazılır?"),
        choices=[SelectChoice(each, f"{each}321234567") for each in ("905", "+905", "05", "5", "00905")],
    )
    most_messages = IntegerField(
        _l("Bir çağrıda en çok ileti"),
        validators=[InputRequired(_l("Bir sayı yazın.")), NumberRange(1, 10_000, _l("1 ile 10.000 arasında yazın."))],
    )
    success_http = StringField(_l("Başarı sayılan HTTP durumu"), validators=SHORT)
    success_words = StringField(_l("Başarı sayılan sözcük"), validators=SHORT)
    description = TextAreaField(validators=[Length(max=description_checks.LONGEST), READABLE])
    base: Mapping[str, Any]  # What it shows, and changes.
    filled: Mapping[str, Any] = {}  # What came of it; empty where it lacks something.

    def validate_url(self, field: Field) -> None:
        stop_if_wrong(field)
        if not is_allowed_url(field.data.strip()):
            raise ValidationError(ADDRESS.message)

    @property
    def preview(self) -> Preview:
        """What it would do as far as it is filled in."""
        return build_preview(self.filled or self.base, self.header.data or "")

    def has_errors(self, *beginnings: str) -> bool:
        """Whether something is wrong with a field whose name begins so."""
        return any(field.errors and field.short_name.startswith(beginnings) for field in self)

    @property
    def parts(self) -> list[tuple[str, Field, Field]]:
        """Of each part of the call its name, what stands there, and the text of one that is always the same."""
        places = enumerate(description_parts.list_parts(self.base["send"]))
        return [(_part_name(place), self[f"role_{n}"], self[f"fixed_{n}"]) for n, place in places]

    @property
    def login(self) -> list[tuple[Field, str]]:
        """The fields of the account beside its sender and pace, with their hints."""
        secrets = [(field, self._secret_hint(field)) for field in self if field.short_name.startswith(SECRET)]
        return secrets + [(self[each.name], _(each.hint)) for each in DESCRIBED.fields[1:]]

    def _secret_hint(self, field: Field) -> str:
        if field.type != "PasswordField":
            return ""
        if field.data:
            return _("Yazdığınız gösterilmez; kaydetmek için yeniden yazın.")
        is_stored = self.stored.get(field.short_name)
        return _("Kayıtlı; adres ya da gönderim değişmedikçe boş bırakabilirsiniz.") if is_stored else ""

    def rows(self, kind: str) -> list[list[Field]]:
        """The fields of a table, "error" or "state", row by row."""
        named = [field for field in self if field.short_name.startswith(f"{kind}_")]
        width = 3 if kind == "error" else 2
        return [named[start : start + width] for start in range(0, len(named), width)]

    def places(self, kind: str) -> list[Field]:
        """The selects of a "report" or a "reply", if there is a sample of one."""
        return [field for field in self if field.short_name.startswith(f"{kind}_")]

    def credentials(self) -> dict[str, str]:
        """The secrets that the description uses, and the description."""
        known, names = super().credentials(), [each.name for each in self.credential_fields]
        return {name: known[name] for name in names} | {"description": json.dumps(self.filled, ensure_ascii=False)}

    def _has_secrets(self) -> bool:
        if self.errors or not self.fill():
            return False
        for each in self.credential_fields:  # super() asks for the others.
            if each.name.startswith(SECRET) and not each.is_secret and not self[each.name].data:
                self[each.name].errors = [_("Bu alanı yazın.")]
        return super()._has_secrets()

    def fill(self) -> bool:
        """Make the description; False and an error on the form where it lacks something."""
        for word, meaning in self.rows("state") if "report_state" in self else ():
            if word.data and not meaning.data:
                meaning.errors = [_("Anlamını seçin.")]
                return False
        filled: dict[str, Any] = {}
        try:
            filled = description_fields.filled_description(self.base, self.data)
            description_words.check_words(description_checks.parse_description(json.dumps(filled)))
        except description_parts.NotInOneRow as bad:
            self[bad.name].errors = [_("Bu, ötekilerin durduğu satırda değil; o satırdan bir yer seçin.")]
            return False
        except description_checks.BadDescription as bad:
            self._field_at(filled, bad.pointer).errors = [f"{_(bad.problem)} ({bad.pointer})"]
            return False
        self.filled, names, used = filled, description_checks.secret_names(filled), used_names(filled)
        self.credential_fields = (*DESCRIBED.fields[1:], *map(secret_field, names))
        if not used & {"to", "to_number"} or "text" not in used:
            self.parts_field.errors = [_("Alıcının numarasının ve iletinin metninin hangi alanda durduğunu seçin.")]
        elif any(SECRET + name not in self for name in names):
            self.parts_field.errors = [_("Gizli değerler için username, password ya da token adını kullanın.")]
        return not self.errors

    @property
    def parts_field(self) -> Field:
        return self.parts[0][1] if self.parts else self.url

    def _field_at(self, filled: Mapping[str, Any], pointer: str) -> Field:
        """The field that shows what a pointer of the description leads to, more or less."""
        if "{{" not in str(json_values.read(filled, pointer)) and pointer.startswith("/send/url"):
            return self.url
        return self.parts_field if pointer.startswith("/send") else self.success_words


def build_described_form(
    base: Mapping[str, Any], stored: Mapping[str, str], *, reads: bool, header: str = "", per_second: int | None = None
) -> DescribedForm:
    """The form of a description; not `reads`: whatever was posted, to show it for the first time."""
    fields = _part_fields(base) | _answer_fields(base) | _push_fields(base)
    fields |= {name: _secret_field(name.removeprefix(SECRET)) for name in _secret_names(base, reads=reads)}
    fields |= {each.name: build_field(each) for each in DESCRIBED.fields[1:]}
    form_class = type("BuiltDescribedForm", (DescribedForm,), {**fields, "vendor": DESCRIBED})
    plain = {f"{SECRET}username", *(each.name for each in DESCRIBED.fields)}
    shown = {name: text for name, text in stored.items() if name in plain - {"description"}}
    known = {"header": header, "per_second": per_second or USUAL_PER_SECOND}
    typed = {name: request.form[name] for name in (*known, *plain - {"description"}) if name in request.form}
    known |= {"description": json.dumps(base, ensure_ascii=False)}
    data = {**description_fields.form_data(base), **known, **shown, **typed}
    form: DescribedForm = form_class(data=data, **({} if reads else {"formdata": None}))
    form.base, form.stored = base, stored
    return form


def _secret_names(base: Mapping[str, Any], *, reads: bool) -> list[str]:
    """What the description uses, and what a part of the posted form is said to be."""
    posted = request.form if reads else {}
    chosen = {value for name, value in posted.items() if name.startswith("role_")}
    if posted.get("basic"):
        chosen |= {f"{SECRET}username", f"{SECRET}password"}
    chosen |= {SECRET + name for name in description_checks.secret_names(base)}
    usual = [name for name in ROLES if name in chosen and name.startswith(SECRET)]
    return usual + sorted(name for name in chosen if name.startswith(SECRET) and name not in usual)


def _secret_field(name: str) -> Any:
    kind = PasswordField if (each := secret_field(name)).is_secret else StringField
    return kind(_(each.label), validators=[Length(max=500), READABLE])


def _part_fields(base: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    data = description_fields.form_data(base)
    for number, place in enumerate(description_parts.list_parts(base["send"])):
        role, name = data[f"role_{number}"], _part_name(place)
        texts = {"": _("yazdığım gibi")} | {each: _(words) for each, words in ROLES.items()} | {"-": _("hiç gönderme")}
        known = [SelectChoice(each, text) for each, text in ({role: role} | texts).items()]
        fields[f"role_{number}"] = SelectField(name, choices=known)
        fields[f"fixed_{number}"] = TextAreaField(name, validators=SHORT)
    return fields


def _answer_fields(base: Mapping[str, Any]) -> dict[str, Any]:
    data, rows = description_fields.form_data(base), len(base["answer"]["errors"])
    places = description_parts.answer_places(base.get("samples", {}), base["answer"].get("split", ""))
    labels = {"ref": _("Firmanın ileti numarası"), "word": _("Başarı sözcüğünün yeri")}
    labels["fault"] = _("Hata sözcüğünün yeri")
    fields = {name: _place_field(text, data[name], places) for name, text in labels.items()}
    for number in range(rows + description_fields.SPARE_ROWS):
        meaning = data.get(f"error_{number}_meaning", "permanent/unknown")
        fields[f"error_{number}_http"] = StringField(_("HTTP durumu"), validators=SHORT)
        fields[f"error_{number}_words"] = StringField(_("Hata sözcüğü"), validators=SHORT)
        fields[f"error_{number}_meaning"] = SelectField(_("Anlamı"), choices=error_meanings(meaning), default=meaning)
    return fields


def _push_fields(base: Mapping[str, Any]) -> dict[str, Any]:
    data, samples, fields = description_fields.form_data(base), base.get("samples", {}), {}
    for kind, names, member in (("report", REPORT_PLACES, "report_push"), ("reply", REPLY_PLACES, "inbound_push")):
        if member in base or samples.get(kind):
            places = description_parts.push_places(samples.get(kind, ""))
            for name in (f"{kind}_{each}" for each in names):
                fields[name] = _place_field(PLACES[name], data[name], places)
    if "report_state" in fields:
        known = [data[name] for name in data if re.fullmatch("state_[0-9]+_meaning", name)]
        spare = [f"{state}/" for state in STATES if f"{state}/" not in known]  # Only their words need be typed.
        for number, meaning in enumerate(known + (spare or [""] * description_fields.SPARE_ROWS)):
            fields[f"state_{number}_words"] = StringField(_("Durum sözcüğü"), validators=SHORT)
            fields[f"state_{number}_meaning"] = SelectField(
                _("Anlamı"), choices=state_meanings(meaning), default=meaning
            )
    return fields


def _place_field(text: Any, current: str, places: Mapping[str, str]) -> Any:
    known = {NOWHERE: _("yok"), "": _("tamamı")} | {place: _place_name(place, each) for place, each in places.items()}
    several = json.loads(current) if current.startswith("[") else [current]
    shown = ", ".join(known.get(each, each).partition(":")[0] for each in several)
    return SelectField(text, choices=[SelectChoice(place, name) for place, name in ({current: shown} | known).items()])


def _place_name(place: str, value: str) -> str:
    name = place.replace(description_parts.ROW, "[]").strip("/").replace("/", ".") or _("tamamı")
    if name.isdecimal():
        name = _("%(number)s. sözcük", number=int(name) + 1)
    return f"{name if len(name) < LONGEST_NAME else '…' + name[-LONGEST_NAME:]}: {value[:40]}"


def _part_name(place: str) -> str:
    """A part of the call as a person would point at it: "messages[].to"."""
    _empty, section, *path = place.replace("/$item", "[]").split("/")
    name = ".".join(path).replace(".[]", "[]").replace("~1", "/").replace("~0", "~") or "[]"
    if section == "body":
        return name
    return _("%(name)s (adreste)", name=name) if section == "query" else _("%(name)s (HTTP başlığı)", name=name)
