"""The form of an account at a vendor that nobody here knows: its samples first, then what each part of them means.

It shows a description and makes one of it (description_fields); who likes writes the same as JSON (gateway_form).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, PasswordField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional, ValidationError

from portal.services.messaging.gateways import (
    description_checks,
    description_fields,
    json_values,
    sample_calls,
    sample_descriptions,
    sample_places,
    sample_texts,
)
from portal.services.messaging.gateways.description_fields import NOWHERE, REPLY_PLACES, REPORT_PLACES
from portal.services.messaging.gateways.description_parts import ROW, NotInOneRow, list_parts
from portal.services.messaging.gateways.json_values import PLACEHOLDER
from portal.services.messaging.gateways.offered_vendors import DESCRIBED, SECRET, secret_field
from portal.web.shared.forms import BaseForm
from portal.web.shared.gateway_form import USUAL_PER_SECOND, GatewayForm, build_field, is_allowed_url
from portal.web.shared.gateway_words import error_meanings, state_meanings
from portal.web.shared.validators import READABLE, stop_if_wrong

SAMPLES = ("answer", "error", "report", "reply")
SHORT = [Length(max=300, message=_l("En çok 300 karakter yazın.")), READABLE]
SAMPLE = [Length(max=description_checks.LONGEST_SAMPLE, message=_l("En çok 5000 karakter yapıştırın.")), READABLE]
NEEDED = InputRequired(_l("Örneği yapıştırın."))
CLEAN = [sample_texts.clean_sample]
ADDRESS = URL(require_tld=False, message=_l("https:// ile başlayan tam adresi yazın."))
ROLES = (
    ("", _l("yazdığım gibi")), ("to", _l("alıcının numarası")), ("text", _l("iletinin metni")),
    ("header", _l("gönderici adı")), ("secret.username", _l("kullanıcı adı")), ("secret.password", _l("şifre")),
    ("secret.token", _l("API anahtarı")), ("item_id", _l("iletinin bizdeki numarası")),
    ("batch_id", _l("çağrının bizdeki numarası")), ("-", _l("hiç gönderme")),
)  # fmt: skip
PLACES = {
    "report_state": _l("İletinin durumu"), "report_to": _l("Alıcının numarası"), "report_ref": _l("Firmanın numarası"),
    "report_item_id": _l("Bizim numaramız"), "report_at": _l("Zamanı"), "reply_text": _l("Kişinin yazdığı"),
    "reply_from": _l("Yazanın numarası"), "reply_to": _l("Yazdığı numara"), "reply_id": _l("Yanıtın numarası"),
    "reply_keyword": _l("Anahtar sözcük"), "reply_at": _l("Zamanı"),
}  # fmt: skip


class SamplesForm(BaseForm):
    """What stands in the vendor's documents."""

    url = StringField(_l("Gönderim adresi (URL)"), validators=[Optional(), *SHORT])
    call = TextAreaField(_l("Örnek gönderim"), validators=[NEEDED, *SAMPLE], filters=CLEAN)
    answer = TextAreaField(_l("Başarılı yanıt örneği"), validators=[NEEDED, *SAMPLE], filters=CLEAN)
    error = TextAreaField(_l("Hatalı yanıt örneği"), validators=SAMPLE, filters=CLEAN)
    report = TextAreaField(_l("Teslim raporu örneği"), validators=SAMPLE, filters=CLEAN)
    reply = TextAreaField(_l("Gelen mesaj örneği"), validators=SAMPLE, filters=CLEAN)

    def validate_call(self, field: Field) -> None:
        stop_if_wrong(field)
        if sample_texts.is_answer(field.data):
            raise ValidationError(_(sample_texts.IS_ANSWER))

    def validate_answer(self, field: Field) -> None:
        stop_if_wrong(field)
        if sample_texts.is_call(field.data) or field.data == self.call.data:
            raise ValidationError(_(sample_texts.IS_CALL))

    def draft(self) -> dict[str, Any] | None:
        """A first description, or None and an error on the form."""
        samples = {name: self[name].data or "" for name in SAMPLES}
        try:
            call = sample_calls.parse_call(self.call.data, self.url.data or "")
            draft = sample_descriptions.draft_description(call, samples)
            return description_checks.parse_description(json.dumps(draft))
        except sample_calls.BadSample as bad:
            field = self.url if bad.problem == sample_calls.NO_ADDRESS else self.call
            field.errors = [_(bad.problem)]
        except description_checks.BadDescription as bad:
            self.call.errors = [f"{_(sample_calls.UNREADABLE)} ({bad.pointer})"]
        return None


class Part(NamedTuple):
    """One part of the call: its name, what stands there, and the text of one that is always the same."""

    name: str
    role: Field
    fixed: Field


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
    filled: dict[str, Any]  # What came of it.

    def validate_url(self, field: Field) -> None:
        stop_if_wrong(field)
        if not is_allowed_url(field.data.strip()):
            raise ValidationError(ADDRESS.message)

    @property
    def doubts(self) -> list[str]:
        """What to look at before it is stored."""
        return list(map(_, sample_texts.list_doubts(self.base)))

    @property
    def parts(self) -> list[Part]:
        places = enumerate(list_parts(self.base["send"]))
        return [Part(_part_name(place), self[f"role_{n}"], self[f"fixed_{n}"]) for n, place in places]

    @property
    def login(self) -> list[tuple[Field, str]]:
        """The fields of the account beside its sender and pace, with their hints."""
        hints = {each.name: _(each.hint) for each in DESCRIBED.fields[1:]}
        stored = _("Kayıtlı; adres ya da gönderim değişmedikçe boş bırakabilirsiniz.")
        for field in self:
            if field.short_name.startswith(SECRET):
                is_kept = self.stored.get(field.short_name) and field.type == "PasswordField"
                hints[field.short_name] = stored if is_kept else _("Aşağıda bir alanda kullanılıyorsa yazın.")
        return [(self[name], hint) for name, hint in hints.items()]

    def rows(self, kind: str) -> list[list[Field]]:
        """The fields of a table, "error" or "state", row by row."""
        named = [field for field in self if field.short_name.startswith(f"{kind}_")]
        width = 3 if kind == "error" else 2
        return [named[start : start + width] for start in range(0, len(named), width)]

    def places(self, kind: str) -> list[Field]:
        """The selects of a "report" or a "reply", if there is a sample of one."""
        return [field for field in self if field.short_name.startswith(f"{kind}_")]

    def credentials(self) -> dict[str, str]:
        """The secrets that the description names, and the description."""
        known, names = super().credentials(), [each.name for each in self.credential_fields]
        return {name: known[name] for name in names} | {"description": json.dumps(self.filled, ensure_ascii=False)}

    def _has_secrets(self) -> bool:
        return not self.errors and self._fill() and super()._has_secrets()

    def _fill(self) -> bool:
        """Make the description; False and an error on the form where it lacks something."""
        for word, meaning in self.rows("state") if "report_state" in self else ():
            if word.data and not meaning.data:
                meaning.errors = [_("Anlamını seçin.")]
                return False
        try:
            self.filled = description_fields.filled_description(self.base, self.data)
            description_checks.parse_description(json.dumps(self.filled))
        except NotInOneRow as bad:
            self[bad.name].errors = [_("Bu, ötekilerin durduğu satırda değil; o satırdan bir yer seçin.")]
            return False
        except description_checks.BadDescription as bad:
            self._field_at(bad.pointer).errors = [f"{_(bad.problem)} ({bad.pointer})"]
            return False
        names = description_checks.secret_names(self.filled)
        self.credential_fields = (*DESCRIBED.fields[1:], *map(secret_field, names))
        used = {name for text in json_values.strings(self.filled["send"]) for name in PLACEHOLDER.findall(text)}
        if not used & {"to", "to_number"} or "text" not in used:
            self.parts_field.errors = [_("Alıcının numarasının ve iletinin metninin hangi alanda durduğunu seçin.")]
        elif any(SECRET + name not in self for name in names):
            self.parts_field.errors = [_("Gizli değerler için username, password ya da token adını kullanın.")]
        self._check_secrets(names)
        return not self.errors

    def _check_secrets(self, used: Sequence[str]) -> None:
        """What a part of the call uses is filled in (super() asks for the secrets), and what is filled in is used."""
        for field in self:
            name = field.short_name.removeprefix(SECRET)
            if name == field.short_name:
                continue
            if name in used and not field.data and field.type == "StringField":
                field.errors = [_("Bu alanı yazın.")]
            elif field.data and name not in used:
                field.errors = [_("Yazdınız ama hiçbir alanda kullanılmıyor: hangi alanda durduğunu seçin.")]

    @property
    def parts_field(self) -> Field:
        return self.parts[0].role if self.parts else self.url

    def _field_at(self, pointer: str) -> Field:
        """The field that shows what a pointer of the description leads to, more or less."""
        if "{{" not in str(json_values.read(self.filled, pointer)) and pointer.startswith("/send/url"):
            return self.url
        return self.parts_field if pointer.startswith("/send") else self.success_words


def build_described_form(
    base: Mapping[str, Any], stored: Mapping[str, str], *, reads: bool, header: str = "", per_second: int | None = None
) -> DescribedForm:
    """The form of a description; not `reads`: whatever was posted, to show it for the first time."""
    fields = _part_fields(base) | _answer_fields(base) | _push_fields(base)
    names = dict.fromkeys(["username", "password", "token", *description_checks.secret_names(base)])
    fields |= {SECRET + name: _secret_field(name) for name in names}
    fields |= {each.name: build_field(each) for each in DESCRIBED.fields[1:]}
    form_class = type("BuiltDescribedForm", (DescribedForm,), {**fields, "vendor": DESCRIBED})
    plain = {f"{SECRET}username", *(each.name for each in DESCRIBED.fields)}
    shown = {name: text for name, text in stored.items() if name in plain - {"description"}}
    known = {"header": header, "per_second": per_second or USUAL_PER_SECOND}
    data = {**description_fields.form_data(base), "description": json.dumps(base), **known, **shown}
    form: DescribedForm = form_class(data=data, **({} if reads else {"formdata": None}))
    form.base, form.stored = base, stored
    return form


def _secret_field(name: str) -> Any:
    each = secret_field(name)
    kind = PasswordField if each.is_secret else StringField
    return kind(_(each.label), validators=[Length(max=500), READABLE])


def _part_fields(base: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    data = description_fields.form_data(base)
    for number, place in enumerate(list_parts(base["send"])):
        role, name = data[f"role_{number}"], _part_name(place)
        known = [SelectChoice(each, text) for each, text in ({role: role} | dict(ROLES)).items()]
        fields[f"role_{number}"] = SelectField(name, choices=known)
        fields[f"fixed_{number}"] = TextAreaField(name, validators=SHORT)
    return fields


def _answer_fields(base: Mapping[str, Any]) -> dict[str, Any]:
    data, rows = description_fields.form_data(base), len(base["answer"]["errors"])
    places = sample_places.answer_places(base.get("samples", {}), base["answer"].get("split", ""))
    labels = {"ref": _("Firmanın ileti numarası"), "word": _("Başarı sözcüğünün yeri")}
    labels["fault"] = _("Hata sözcüğünün yeri")
    fields = {name: _place_field(text, data[name], places) for name, text in labels.items()}
    for number in range(rows + description_fields.SPARE_ERRORS):
        meaning = data.get(f"error_{number}_meaning", "permanent/unknown")
        fields[f"error_{number}_http"] = StringField(_("HTTP durumu"), validators=SHORT)
        fields[f"error_{number}_words"] = StringField(_("Hata sözcüğü"), validators=SHORT)
        fields[f"error_{number}_meaning"] = SelectField(_("Anlamı"), choices=error_meanings(meaning), default=meaning)
    return fields


def _push_fields(base: Mapping[str, Any]) -> dict[str, Any]:
    data, samples, fields = description_fields.form_data(base), base.get("samples", {}), {}
    for kind, names, member in (("report", REPORT_PLACES, "report_push"), ("reply", REPLY_PLACES, "inbound_push")):
        if member in base or samples.get(kind):
            places = sample_places.push_places(samples.get(kind, ""))
            for name in (f"{kind}_{each}" for each in names):
                fields[name] = _place_field(PLACES[name], data[name], places)
    if "report_state" in fields:
        rows = len(base.get("report_push", {}).get("states", ()))
        for number in range(rows + description_fields.SPARE_STATES):
            meaning = data.get(f"state_{number}_meaning", "")
            fields[f"state_{number}_words"] = StringField(_("Durum sözcüğü"), validators=SHORT)
            fields[f"state_{number}_meaning"] = SelectField(
                _("Anlamı"), choices=state_meanings(meaning), default=meaning
            )
    return fields


def _place_field(text: Any, current: str, places: Mapping[str, str]) -> Any:
    known = {NOWHERE: _("yok"), "": _("bütünü")} | {place: _place_name(place, each) for place, each in places.items()}
    return SelectField(
        text, choices=[SelectChoice(place, name) for place, name in ({current: current} | known).items()]
    )


def _place_name(place: str, value: str) -> str:
    name = place.replace(ROW, "[]").strip("/").replace("/", ".") or _("bütünü")
    return f"{name}: {value[:40]}"


def _part_name(place: str) -> str:
    """A part of the call as a person would point at it: "messages[].to"."""
    _empty, section, *path = place.replace("/$item", "[]").split("/")
    name = ".".join(path).replace(".[]", "[]").replace("~1", "/").replace("~0", "~") or "[]"
    if section == "body":
        return name
    return _("%(name)s (adreste)", name=name) if section == "query" else _("%(name)s (HTTP başlığı)", name=name)
