"""Form parts that several pages share."""

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget


class CheckboxList(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CsrfForm(FlaskForm):
    """A button: nothing to fill in, only the CSRF token."""
