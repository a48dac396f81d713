"""What is wrong with the form that a request posted, for the title, and for a summary with links to the fields."""

from typing import NamedTuple

from flask import g
from wtforms import Field, Form, HiddenField


class FormError(NamedTuple):
    """A message, after its field's label, and the id to jump to."""

    text: str
    target: str


def remember_form(form: Form) -> None:
    """Let the page tell this form's errors, those that the view adds to it too."""
    g.posted_form = form


def has_form_errors() -> bool:
    return bool(_list_errors())


def take_form_errors() -> list[FormError]:
    """The errors, for the first place of a page that tells them; an empty list afterwards."""
    errors = _list_errors()
    g.pop("posted_form", None)
    return errors


def _list_errors() -> list[FormError]:
    form: Form | None = g.get("posted_form")
    return [
        FormError(_after_label(str(field.label.text), message), _target(field))
        for field in form or ()
        if not isinstance(field, HiddenField)
        for message in field.errors
        if not isinstance(message, dict | list | tuple)
    ]


def _target(field: Field) -> str:
    """Of radio buttons and checkboxes the first one's id."""
    return f"{field.id}-0" if getattr(field, "option_widget", None) and field.type != "SelectField" else str(field.id)


def _after_label(label: str, message: str) -> str:
    """A message after its field's label, which may be a question."""
    return f"{label} {message}" if label.endswith("?") else f"{label}: {message}"
