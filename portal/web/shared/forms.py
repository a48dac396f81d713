"""The base of all forms: what is posted is text, is measured before it is read, and is read once it is well formed."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import Field, PasswordField, SelectMultipleField, StringField
from wtforms.fields.core import UnboundField
from wtforms.validators import Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.web.shared import form_errors, form_tokens

ONE_FILE = _l("Yalnız bir dosya alınır; dosyaları tek tek yükleyin.")
FILE_AND_TEXT = _l("Ya bir dosya seçin ya da tabloyu yapıştırın; ikisi birlikte alınmaz.")


class BaseForm(FlaskForm):
    """Its validators and views see text of a bounded length, or a file in a FileField, whatever was posted."""

    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """The fields of a request. A file sent as a text field, JSON, and what another site posts, are no input."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            if not form.is_submitted() or form_tokens.is_cross_site_post():
                return None
            takes_file = {field.name for field in form if isinstance(field, FileField)}
            files = [(name, file) for name, file in request.files.items(multi=True) if name in takes_file]
            texts = [(name, text) for name, text in request.form.items(multi=True) if name not in takes_file]
            return MultiDict([*texts, *files]) if texts or files else None

        def bind_field(self, form: FlaskForm, unbound_field: UnboundField, options: dict[str, Any]) -> Field:
            field = super().bind_field(form, unbound_field, options)
            field.validators = [_stop_at_unreadable, *field.validators]
            if isinstance(field, StringField) and not isinstance(field, PasswordField):
                field.filters = [_without_blank, *field.filters]
            return field

    def validate(self, extra_validators: Any = None) -> bool:
        form_errors.remember_form(self)
        is_good: bool = super().validate(extra_validators)
        return self._takes_all_files() and is_good

    def _takes_all_files(self) -> bool:
        """Of a form with a file: what else was uploaded is refused, as nobody would read it."""
        field = next((each for each in self if isinstance(each, FileField)), None)
        if field is None or len(posted_files()) <= 1:
            return True
        field.errors = [*field.errors, ONE_FILE]
        return False


class FileOrTextForm(BaseForm):
    """A table as a file, or pasted. Both are refused together: one of them would not be read."""

    def validate(self, extra_validators: Any = None) -> bool:
        is_good = super().validate(extra_validators)
        if posted_files() and (self.text.data or "").strip():
            self.text.errors = [*self.text.errors, FILE_AND_TEXT]
            return False
        return is_good


def posted_files() -> list[str]:
    """The names of the parts of a request that are files. A field in which none was chosen comes without a name."""
    return [name for name, file in request.files.items(multi=True) if file.filename]


class CsrfForm(BaseForm):
    """A button: nothing to fill in, only the CSRF token."""


class CheckboxList(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _stop_at_unreadable(form: FlaskForm, field: Field) -> None:
    """End validation where the text is too long (others would search in it) or was no date, time or number."""
    if field.process_errors and any(isinstance(each, str) and each.strip() for each in field.raw_data or ()):
        raise StopValidation
    for length in field.validators:
        if isinstance(length, Length) and 0 <= length.max < len(field.data or ""):
            try:
                length(form, field)
            except ValidationError as too_long:
                raise StopValidation(*too_long.args) from None


def _without_blank(text: object) -> object:
    """Spaces alone are no text; validators such as Optional skip them, but would leave them to the view."""
    return "" if isinstance(text, str) and not text.strip() else text
