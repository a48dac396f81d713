"""Form parts that several pages share."""

from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from portal.web.shared.forms import BaseForm


class CheckboxList(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CsrfForm(BaseForm):
    """A button: nothing to fill in, only the CSRF token."""
