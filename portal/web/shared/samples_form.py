"""The samples of a vendor's documents, from which its account is described (described_form)."""

import json
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.services.messaging.gateways import description_checks, sample_calls, sample_descriptions, sample_texts
from portal.web.shared.forms import BaseForm
from portal.web.shared.gateway_form import is_allowed_url
from portal.web.shared.validators import READABLE, stop_if_wrong

SAMPLES = ("answer", "error", "faults", "report", "states", "reply")
SHORT = [Length(max=300, message=_l("En çok 300 karakter yazın.")), READABLE]
SAMPLE = [Length(max=description_checks.LONGEST_SAMPLE, message=_l("En çok 5000 karakter yapıştırın.")), READABLE]
ANSWER, PUSH = [sample_texts.clean_answer], [sample_texts.clean_push]
NEEDED = InputRequired(_l("Örneği yapıştırın."))


def _is_whole(_form: BaseForm, field: Field) -> None:
    stop_if_wrong(field)
    if sample_texts.is_damaged(field.data or ""):
        raise ValidationError(_(sample_calls.UNREADABLE))


class SamplesForm(BaseForm):
    """Its call, and what answers and reports to it."""

    url = StringField(_l("Gönderim adresi (URL)"), validators=[Optional(), *SHORT])
    call = TextAreaField(_l("Örnek gönderim"), validators=[NEEDED, *SAMPLE], filters=[sample_texts.clean_sample])
    answer = TextAreaField(_l("Başarılı yanıt örneği"), validators=[NEEDED, *SAMPLE, _is_whole], filters=ANSWER)
    error = TextAreaField(_l("Hatalı yanıt örneği"), validators=[*SAMPLE, _is_whole], filters=ANSWER)
    faults = TextAreaField(_l("Hata kodları"), validators=SAMPLE)
    report = TextAreaField(_l("Teslim raporu örneği"), validators=[*SAMPLE, _is_whole], filters=PUSH)
    states = TextAreaField(_l("Teslim durumları"), validators=SAMPLE)
    reply = TextAreaField(_l("Gelen mesaj örneği"), validators=[*SAMPLE, _is_whole], filters=PUSH)

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
            if not is_allowed_url(call.url):
                raise sample_calls.BadSample(sample_calls.OPEN_ADDRESS)
            draft = sample_descriptions.draft_description(call, samples)
            return description_checks.parse_description(json.dumps(draft))
        except sample_calls.BadSample as bad:
            field = self.url if bad.problem in (sample_calls.NO_ADDRESS, sample_calls.OPEN_ADDRESS) else self.call
            where = " " + _("Gövdenin %(line)s. satırına bakın.", line=bad.line) if bad.line else ""
            field.errors = [_(bad.problem) + where]
        except description_checks.BadDescription as bad:
            self.call.errors = [f"{_(sample_calls.UNREADABLE)} ({bad.pointer})"]
        return None
