"""The desk's forms. None of them grants anything: only the person can, by their own link."""

from datetime import date

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, RadioField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from portal.core.models import Complaint
from portal.domain import complaints
from portal.web.shared.labels import label
from portal.web.shared.validators import READABLE

LONGEST = 2000


def _words(missing: str) -> list:
    return [DataRequired(missing), Length(max=LONGEST, message=_l("En çok 2.000 karakter yazın.")), READABLE]


def _trimmed(text: str | None) -> str | None:
    return text and text.strip()


class AnswerForm(FlaskForm):
    answer = TextAreaField(_l("Kişiye yanıtınız"), filters=[_trimmed], validators=_words(_l("Yanıtı yazın.")))


class NoteForm(FlaskForm):
    note = TextAreaField(_l("Not"), filters=[_trimmed], validators=_words(_l("Notu yazın.")))


class ReopenForm(FlaskForm):
    reason = TextAreaField(_l("Neden yeniden açıyorsunuz?"), filters=[_trimmed], validators=_words(_l("Nedeni yazın.")))


class DueForm(FlaskForm):
    due = DateField(_l("Yeni son gün"), validators=[InputRequired(_l("Günü seçin."))])
    why = TextAreaField(_l("Neden?"), filters=[_trimmed], validators=_words(_l("Nedeni yazın.")))

    @property
    def day(self) -> date:
        """The day that was chosen."""
        return self.due.data


class CloseForm(FlaskForm):
    closing = RadioField(_l("Nasıl sonuçlandı?"), validators=[InputRequired(_l("Bir sonuç seçin."))])
    text = TextAreaField(
        _l("Kişiye yanıtınız"),
        filters=[_trimmed],
        validators=[Length(max=LONGEST, message=_l("En çok 2.000 karakter yazın.")), READABLE],
    )

    def __init__(self, *arguments, case: Complaint, **options):
        super().__init__(*arguments, **options)
        self.closing.choices = [(each.value, label(each)) for each in complaints.closings(case)]
