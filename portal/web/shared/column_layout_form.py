"""The form for a file's layout: the field of each column, and defaults for what the file does not say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectChoice, SelectField, StringField, TimeField
from wtforms import Field as FormField
from wtforms.validators import Length, Optional, ValidationError

from portal.core import clock
from portal.core.iys_protocol import Channel, RecipientType, Source, Status
from portal.core.models import ContactKind
from portal.services.imports import layout as layouts
from portal.services.imports.layout.consent_names import yes_refuses
from portal.services.imports.layout.layout import Field, Layout
from portal.services.imports.layout.normalization import key_of
from portal.services.imports.reading import Outline
from portal.services.imports.row_values import STATUSES
from portal.services.imports.unused_columns import column_letter
from portal.web.shared.forms import BaseForm, CheckboxList
from portal.web.shared.import_labels import FIELDS, GIVEN_BY, KINDS, MEANINGS, MISSING
from portal.web.shared.labels import label
from portal.web.shared.validators import VISIBLE

FIRST_DAY = date(2015, 5, 1)  # Since then the law holds; earlier grants are HS_2015 with this date.
MOST_COLUMNS = 60  # Shown; no file of consents has as many.
LONGEST_HEADER = 60  # Characters shown.
NOT_SAID = ""
Choice = TypeVar("Choice", bound=StrEnum)
# Facts that only the provider knows; the operator's form leaves them as they are.
FACTS = ("status", "source", "date", "origin", "recipient_type", "contact")


def check_lawful_day(_form: BaseForm, field: DateField) -> None:
    """WTForms validator: a day from 1 May 2015 to today."""
    if not FIRST_DAY <= field.data <= clock.day(clock.now()):
        raise ValidationError(gettext("Tarih 1 Mayıs 2015'ten önce, bugünden de sonra olamaz."))


@dataclass(frozen=True)
class Column:
    """One column: its letter as in a spreadsheet, and the select for its field."""

    letter: str
    header: str
    chosen: FormField

    @property
    def refuses(self) -> bool:
        """Whether it is read as a column whose yes is a refusal."""
        return self.chosen.data in STATUSES and yes_refuses(self.header)


@dataclass(frozen=True)
class Word:
    """An unknown word of the file, and the select for its meaning."""

    kind: str
    text: str
    chosen: FormField
    count: int = 0  # Lines with it, of those searched.


class LayoutForm(BaseForm):
    """Built by build_layout_form(), which adds a select for each column and each word."""

    sheets = CheckboxList(_l("Hangi sayfalar aktarılsın?"), coerce=int)
    day_first = RadioField(
        _l("Tarihlerde önce gün mü, ay mı yazıyor?"),
        choices=[
            SelectChoice("day", _l("Önce gün: 03.04.2026, 3 Nisan")),
            SelectChoice("month", _l("Önce ay: 04/03/2026, 3 Nisan")),
        ],
    )
    channels = CheckboxList(_l("İzinler hangi kanallar için?"))
    status = SelectField(_l("Bu satırlar ne diyor?"))
    source = SelectField(_l("İzinler nasıl alındı?"))
    date = DateField(_l("İzinlerin alındığı tarih"), validators=[Optional(), check_lawful_day])
    time = TimeField(_l("İzinlerin alındığı saat"), validators=[Optional()])
    origin = StringField(_l("Onayların dayanağı"), validators=[Length(max=255), VISIBLE])
    recipient_type = SelectField(_l("Alıcılar kim?"))
    contact = SelectField(_l("Bu kişilerle ilk temas nasıl kuruldu?"))
    name = StringField(_l("Bu düzeni adıyla sakla"), validators=[Length(max=60), VISIBLE])

    columns: Sequence[Column] = ()
    words: Sequence[Word] = ()
    base: Layout
    outline: Outline
    asks_facts: bool = True
    table_errors: Sequence[str] = ()

    def layout(self) -> Layout:
        """The chosen layout, also of a form that is not valid; what it does not ask stays as it was."""
        chosen = [(_chosen(Field, each.chosen.data), place) for place, each in enumerate(self.columns)]
        said = {field: place for field, place in chosen if field}
        beyond = {each: place for each, place in self.base.columns.items() if place >= MOST_COLUMNS}
        at = self.time.data or time()
        since_midnight = timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
        moment = clock.start_of_day(self.date.data) + since_midnight if self.date.data else None
        facts = {} if self.asks_facts else {name: getattr(self.base, name) for name in FACTS}
        given = replace(
            self.base,
            columns={**beyond, **said},
            sheets=tuple(self.sheets.data) if self.asks_sheets else self.base.sheets,
            day_first=self.day_first.data != "month",
            channels=tuple(filter(None, (_chosen(Channel, each) for each in self.channels.data or ()))),
            status=_chosen(Status, self.status.data),
            source=_chosen(Source, self.source.data),
            recipient_type=_chosen(RecipientType, self.recipient_type.data) or RecipientType.INDIVIDUAL,
            date=moment,
            origin=(self.origin.data or "").strip(),
            contact=_chosen(ContactKind, self.contact.data),
            words=add_meanings(self.base.words, self.words),
        )
        return replace(given, **facts)

    @property
    def asks_sheets(self) -> bool:
        """Whether more than one sheet has lines."""
        return len(self.sheets.choices) > 1

    def asks(self, name: str) -> bool:
        """Whether this default is needed, as no column gives it, and this person may set it."""
        if name in FACTS and not self.asks_facts:
            return False
        chosen = {each.chosen.data for each in self.columns}
        return not chosen & set(GIVEN_BY[name])

    def has_other_header(self) -> bool:
        """Whether the chosen sheets have another header than the one that the columns are shown for."""
        drawn = self.outline.sheets[self.base.sheets[0]]
        chosen = self.sheets.data if self.asks_sheets else []
        return any(self.outline.sheets[each].header != drawn.header for each in chosen)

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the fields; then that no field has two columns and nothing is missing."""
        is_good = super().validate(extra_validators)
        if self.asks_sheets and not self.sheets.data:
            self.sheets.errors = [gettext("En az bir sayfa seçin.")]
            is_good = False
        return is_good & self._has_no_duplicates() & self._is_complete() if is_good else False

    def _has_no_duplicates(self) -> bool:
        seen: dict[str, Column] = {}
        duplicates = []
        for each in self.columns:
            first = seen.setdefault(each.chosen.data, each) if each.chosen.data else each
            if first is not each:
                duplicates.append(each)
                each.chosen.errors = [gettext("%(letter)s sütunu da bu. Birini değiştirin.", letter=first.letter)]
        if duplicates:
            self.table_errors = [gettext("Aynı bilgi iki sütunda seçilmiş. Aşağıda işaretledik.")]
        return not duplicates

    def _is_complete(self) -> bool:
        layout, width = self.layout(), self.outline.sheets[self.base.sheets[0]].width
        problems = layouts.problems_of(layout, width)
        self.table_errors = [*self.table_errors, *map(gettext, problems)]
        missing = [each for each in layouts.missing(layout) if self.asks_facts or each not in FACTS]
        for name in MISSING.keys() & set(missing):
            self[name].errors = [str(MISSING[name])]
        return not missing and not problems


def build_layout_form(
    outline: Outline, layout: Layout, unknown: Mapping[str, Mapping[str, int]], *, posted: bool, asks_facts: bool
) -> LayoutForm:
    """The form for a file, filled with a layout. `unknown` holds its unknown words by kind; known ones can be changed.

    Not `posted`: ignore the request's form data.
    """
    sheet = outline.sheets[layout.sheets[0]]
    columns = [f"column_{place}" for place in range(min(sheet.width, MOST_COLUMNS))]
    words = [(word_field_name(kind, text), kind, text) for kind, texts in unknown.items() for text in texts]
    words += [(word_field_name(kind, text), kind, text) for kind, known in layout.words.items() for text in known]
    fields = {name: _column_field(place, sheet.header) for place, name in enumerate(columns)}
    fields |= {name: build_word_field(kind, text) for name, kind, text in words}
    form = type("BuiltLayoutForm", (LayoutForm,), fields)(
        data=_form_data(layout, columns), **({} if posted else {"formdata": None})
    )
    form.base, form.outline, form.asks_facts = layout, outline, asks_facts
    _set_choices(form)
    form.columns = [
        Column(column_letter(place), _header(sheet.header, place), form[name]) for place, name in enumerate(columns)
    ]
    form.words = [Word(kind, text, form[name]) for name, kind, text in words]
    return form


def _chosen(choices: type[Choice], posted: str | None) -> Choice | None:
    return choices(posted) if posted in set(choices) else None


def word_field_name(kind: str, text: str) -> str:
    """The field name depends on the word alone, so that an older page's answer is never taken for another word."""
    return f"word_{kind}_{sha256(key_of(text).encode()).hexdigest()[:16]}"


def build_word_field(kind: str, text: str) -> SelectField:
    meanings = [SelectChoice(each.value, label(each)) for each in MEANINGS[kind]]
    return SelectField(
        f"{KINDS[kind]}: {text}", choices=[SelectChoice(NOT_SAID, _l("Bilmiyorum")), *meanings], default=NOT_SAID
    )


def add_meanings(known: Mapping[str, Mapping[str, str]], words: Sequence[Word]) -> dict[str, dict[str, str]]:
    """The meanings of words by kind, with those chosen in a form; a meaning may be taken back."""
    meanings = {kind: dict(of_kind) for kind, of_kind in known.items()}
    for each in words:
        of_kind = meanings.setdefault(each.kind, {})
        of_kind.pop(each.text, None)
        if each.chosen.data:
            of_kind[each.text] = each.chosen.data
    return {kind: of_kind for kind, of_kind in meanings.items() if of_kind}


def _form_data(layout: Layout, columns: Sequence[str]) -> dict[str, Any]:
    at = clock.istanbul(layout.date) if layout.date else None
    said: dict[str, Any] = dict.fromkeys(columns, NOT_SAID)
    said |= {f"column_{place}": each.value for each, place in layout.columns.items() if place < len(columns)}
    said |= {word_field_name(kind, text): meaning for kind, of in layout.words.items() for text, meaning in of.items()}
    return said | {
        "sheets": list(layout.sheets),
        "day_first": "day" if layout.day_first else "month",
        "channels": [each.value for each in layout.channels],
        "status": layout.status or NOT_SAID,
        "source": layout.source or NOT_SAID,
        "date": at.date() if at else None,
        "time": at.time() if at else None,
        "origin": layout.origin,
        "recipient_type": layout.recipient_type.value,
        "contact": layout.contact or NOT_SAID,
    }


def _set_choices(form: LayoutForm) -> None:
    choose = (NOT_SAID, _l("Seçin"))
    hidden, seen = _l("%(name)s (gizli sayfa, başlığıyla %(lines)s satır)"), _l("%(name)s (başlığıyla %(lines)s satır)")
    form.sheets.choices = [
        (place, str(hidden if each.is_hidden else seen) % {"name": each.name, "lines": each.lines})
        for place, each in enumerate(form.outline.sheets)
        if each.lines
    ]
    form.channels.choices = [(each.value, label(each)) for each in Channel]
    form.status.choices = [choose, (Status.GRANTED.value, _l("Hepsi onay")), (Status.REFUSED.value, _l("Hepsi ret"))]
    form.source.choices = [choose, *((each.value, f"{label(each)} ({each.value})") for each in Source)]
    form.recipient_type.choices = [
        (RecipientType.INDIVIDUAL.value, _l("Bireysel (BIREYSEL)")),
        (RecipientType.MERCHANT.value, _l("Tacir ya da esnaf (TACIR)")),
    ]
    contacts = [(each.value, label(each)) for each in ContactKind]
    form.contact.choices = [(NOT_SAID, _l("Söylemek istemiyorum")), *contacts]


def _column_field(place: int, header: Sequence[str]) -> SelectField:
    fields = [SelectChoice(each.value, words) for each, words in FIELDS.items()]
    choices = [SelectChoice(NOT_SAID, _l("Kullanılmasın")), *fields]
    return SelectField(_header(header, place) or _l("Başlıksız"), choices=choices, default=NOT_SAID)


def _header(header: Sequence[str], place: int) -> str:
    return header[place][:LONGEST_HEADER] if place < len(header) else ""
