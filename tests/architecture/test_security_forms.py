"""Every text field of a form is limited in length and refuses NUL bytes; no form is copied into a row unnamed."""

import ast
import re

import pytest
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField

from tests.architecture import product

pytestmark = pytest.mark.alike

SPREAD = re.compile(r"form\.data\b|request\.(form|values|args|json)\b")
FAR_TOO_LONG = "a" * 100_000
WITH_NUL = "yağmur altında\0 kırmızı bisiklet"
# The shape of an address, of a number or of a list is checked by rules of their own.
BY_A_RULE = {
    ("AudienceForm", "text"), ("CompanyForm", "number"), ("InvitationForm", "email"), ("NewImportForm", "text"),
    ("SearchForm", "address"), ("SignUpForm", "email"),
}  # fmt: skip
# Never kept as they are: hashed, compared, or looked for.
NEVER_KEPT = {
    ("AccountForm", "password"), ("CodeForm", "code"), ("FirstCodeForm", "code"), ("ForgottenForm", "email"),
    ("NewcomerForm", "password"), ("OrderForm", "package"), ("PasskeyForm", "answer"), ("PasswordForm", "new"),
    ("PasswordForm", "old"), ("ResetForm", "password"), ("SignInForm", "email"), ("SignInForm", "password"),
}  # fmt: skip
# As long as a post may be: a list that is pasted. And what is compared with the few packages there are.
AS_LONG_AS_A_POST = {("AudienceForm", "text"), ("NewImportForm", "text"), ("OrderForm", "package")}


def text_fields() -> dict[tuple[str, str], object]:
    """(form, name): the field, of whatever takes a text in all forms of the product."""
    found, waiting = {}, FlaskForm.__subclasses__()
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        for name, unbound in vars(form).items():
            if hasattr(unbound, "field_class") and issubclass(unbound.field_class, StringField):
                found[form.__name__, name] = unbound
    return found


def accepts(field, text: str) -> bool:
    """Whether a form with this field alone takes the text."""
    return type("Alone", (Form,), {"field": field, "contact": ""})(MultiDict({"field": text})).validate()


def accepting_fields(app, text: str) -> set[tuple[str, str]]:
    """The fields that take it."""
    with app.test_request_context():
        return {name for name, field in text_fields().items() if accepts(field, text)}


def test_no_text_is_endless(app):
    assert accepting_fields(app, FAR_TOO_LONG) == AS_LONG_AS_A_POST


def test_no_text_that_a_column_keeps_holds_a_nul_byte(app):
    assert accepting_fields(app, WITH_NUL) == BY_A_RULE | NEVER_KEPT


def spreads_a_form(tree: ast.AST) -> list[str]:
    """Where fields go somewhere without being named: form.populate_obj(row), f(**form.data), f(**request.form)."""
    calls = [node for node in product.nodes(tree) if isinstance(node, ast.Call)]
    spread = [ast.unparse(word.value) for call in calls for word in call.keywords if word.arg is None]
    return [ast.unparse(call) for call in product.calls(tree, "populate_obj")] + list(filter(SPREAD.search, spread))


def test_no_form_is_poured_into_a_row():
    found = {name: spreads_a_form(product.tree(path)) for name, path in product.modules()}

    assert {name: places for name, places in found.items() if places} == {}


@pytest.mark.parametrize(
    "text", ["form.populate_obj(user)", "User(**form.data)", "User(**request.form)", "f(**request.form.to_dict())"]
)
def test_a_form_that_is_poured_would_be_seen(text):
    assert spreads_a_form(ast.parse(text))
