"""The samples of a vendor's documents, from which its account is described (described_form)."""

import json
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from portal.services.messaging.gateways import description_checks, description_fields, sample_calls, sample_texts
from portal.services.messaging.gateways.sample_descriptions import draft_description
from portal.web.shared.forms import BaseForm
from portal.web.shared.gateway_form import is_allowed_url
from portal.web.shared.validators import READABLE, stop_if_wrong

SAMPLES = ("answer", "error", "faults", "report", "states", "reply")
SHORT = [Length(max=300, message=_l("En çok 300 karakter yazın.")), READABLE]
SAMPLE = [Length(max=description_checks.LONGEST_SAMPLE, message=_l("En çok 5000 karakter yapıştırın.")), READABLE]
ANSWER, PUSH = [sample_texts.clean_answer], [sample_texts.clean_push]
# The lists that may stand around a sample, and what of a description samples tell.
LISTS = {"faults": ("error", "answer"), "states": ("report",)}
SECTIONS = {"answer": ("answer", "error", "faults"), "report_push": ("report", "states"), "inbound_push": ("reply",)}


def _is_needed(form: BaseForm, field: Field) -> None:
    if not field.data and not form["description"].data:
        raise ValidationError(_("Örneği yapıştırın."))


def _is_whole(_form: BaseForm, field: Field) -> None:
    stop_if_wrong(field)
    problem = sample_texts.problem_of(field.data or "")
    if problem and (problem is not sample_texts.IS_PROSE or field.short_name != "error"):  # Errors may be sentences.
        raise ValidationError(_(problem))


class SamplesForm(BaseForm):
    """Its call, and what answers and reports to it. `description` is what was made of it before, with corrections."""

    description = TextAreaField(validators=[Length(max=description_checks.LONGEST), READABLE])
    rereads = BooleanField(
        _l("Değiştirdiğim örneklerin bölümleri yeniden okunsun (oradaki düzeltmelerim silinir)"), default=True
    )

    url = StringField(_l("Gönderim adresi (URL)"), validators=[Optional(), *SHORT])
    call = TextAreaField(_l("Örnek gönderim"), validators=[_is_needed, *SAMPLE], filters=[sample_texts.clean_sample])
    answer = TextAreaField(_l("Başarılı yanıt örneği"), validators=[_is_needed, *SAMPLE, _is_whole], filters=ANSWER)
    error = TextAreaField(_l("Hatalı yanıt örneği"), validators=[*SAMPLE, _is_whole], filters=ANSWER)
    faults = TextAreaField(_l("Hata kodları"), validators=SAMPLE)
    report = TextAreaField(_l("Teslim raporu örneği"), validators=[*SAMPLE, _is_whole], filters=PUSH)
    states = TextAreaField(_l("Teslim durumları"), validators=SAMPLE)
    reply = TextAreaField(_l("Gelen mesaj örneği"), validators=[*SAMPLE, _is_whole], filters=PUSH)

    def validate(self, extra_validators: Any = None) -> bool:
        """A list that stands around another sample counts, too."""
        for name, others in LISTS.items():
            found = (sample_texts.list_around("".join(self[each].raw_data), self[each].data) for each in others)
            self[name].data = self[name].data or next(filter(None, found), "")
        return super().validate(extra_validators)

    def validate_call(self, field: Field) -> None:
        stop_if_wrong(field)
        if problem := sample_texts.problem_of_call(field.data):
            raise ValidationError(_(problem))

    def validate_report(self, field: Field) -> None:
        stop_if_wrong(field)
        if sample_texts.is_polled("".join(field.raw_data), self.call.data, self.url.data or ""):
            raise ValidationError(_(sample_texts.IS_POLLED))

    def validate_answer(self, field: Field) -> None:
        stop_if_wrong(field)
        if field.data and (sample_texts.is_call(field.data) or field.data == self.call.data):
            raise ValidationError(_(sample_texts.IS_CALL))

    def draft(self) -> dict[str, Any] | None:
        """A description, or None and an error on the form."""
        try:
            kept = description_checks.parse_description(self.description.data) if self.description.data else None
            if kept and not self.call.data:
                call = sample_calls.described_call(kept, self.url.data or description_fields.whole_url(kept))
            else:
                call = sample_calls.parse_call(self.call.data, self.url.data or "")
            if not is_allowed_url(call.url):
                raise sample_calls.BadSample(sample_calls.OPEN_ADDRESS)
            draft = draft_description(call, {name: self[name].data or "" for name in SAMPLES})
            return description_checks.parse_description(json.dumps(self._with_kept(draft, kept) if kept else draft))
        except sample_calls.BadSample as bad:
            field = self.url if bad.problem in (sample_calls.NO_ADDRESS, sample_calls.OPEN_ADDRESS) else self.call
            where = " " + _("Gövdenin %(line)s. satırına bakın.", line=bad.line) if bad.line else ""
            field.errors = [_(bad.problem) + where]
            if bad.problem is sample_calls.OPEN_ADDRESS:
                self.url.data = call.url.replace("http://", "https://", 1)
        except description_checks.BadDescription as bad:
            self.call.errors = [f"{_(sample_calls.UNREADABLE)} ({bad.pointer})"]
        return None

    def _with_kept(self, draft: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
        """What was made of the samples before, but for a new call and, if wished, what changed samples tell."""
        before, merged = kept.get("samples", {}), {**kept, "samples": draft["samples"]}
        if self.call.data:
            same = {name: each for name, each in kept.items() if name in ("name", *SECTIONS)}
            merged = {**draft, **same}
        elif self.url.data and self.url.data != description_fields.whole_url(kept):
            merged |= {"base_url": draft["base_url"], "send": {**kept["send"], "url": draft["send"]["url"]}}
        for section, names in SECTIONS.items():
            is_changed = any(before.get(name, "") != draft["samples"].get(name, "") for name in names)
            if section in draft and (section not in kept or (is_changed and self.rereads.data)):
                merged[section] = draft[section]
        return merged
