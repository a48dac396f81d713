"""Whatever is posted, a form's validators and its view see text of a bounded length, or a file in a file field."""

import re
from io import BytesIO

import pytest
from flask import get_template_attribute
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from portal.web.shared import body_limits
from portal.web.shared.forms import BaseForm, CheckboxList

pytestmark = pytest.mark.alike

SEEN = []


def see(_form, field) -> None:
    SEEN.append(field.data)
    if field.data == "bad":
        raise ValidationError("Bad.")


class OneOfEach(BaseForm):
    class Meta:
        csrf = False

    text = StringField(validators=[see, Length(max=10)])
    number = StringField(validators=[Optional(), Regexp("[0-9]+$")])
    day = DateField(validators=[Optional(), see])
    must = DateField(validators=[InputRequired("Day!")])
    file = FileField()


@pytest.fixture(autouse=True)
def nothing_seen():
    SEEN.clear()


def posted(app, **request) -> OneOfEach:
    with app.test_request_context("/", method="POST", **request):
        form = OneOfEach()
        form.validate()
    return form


def test_a_text_that_is_too_long_is_searched_by_nobody(app):
    form = posted(app, data={"text": "@" * 400_000})

    assert len(form.text.errors) == 1 and SEEN == []


def test_a_file_sent_as_text_is_no_text_and_a_text_sent_as_a_file_is_no_file(app):
    form = posted(app, data={"text": (BytesIO(b"x"), "x.txt"), "day": (BytesIO(b"x"), "x.txt"), "file": "text"})

    assert (form.text.data, form.day.data, form.file.data) == (None, None, None)


def test_a_file_in_its_field_is_read(app):
    assert posted(app, data={"file": (BytesIO(b"x"), "x.txt")}).file.data.filename == "x.txt"


@pytest.mark.parametrize("body", [{"text": ["a"]}, {"text": {"a": 1}}, {"text": 5}, ["text"], "text", None])
def test_json_fills_no_field(app, body):
    assert posted(app, json=body).text.data is None


def test_spaces_are_no_number_and_a_day_that_no_month_has_goes_to_no_validator(app):
    form = posted(app, data={"number": "  ", "day": "2026-02-30", "must": ""})

    assert (form.number.data, form.number.errors, form.day.data) == ("", [], None)
    assert form.day.errors and form.must.errors == ["Day!"]
    assert SEEN == [None]  # The text that was not sent.


def test_every_form_is_one_of_these(app):
    assert FlaskForm.__subclasses__() == [BaseForm]


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/sign-in/forgotten", "/kontrol", "/dogrula"])
def test_a_stranger_posts_few_fields_and_little(browser, path):
    fields = "&".join("a=" for _ in range(body_limits.MOST_FIELDS + 1))
    kind = "application/x-www-form-urlencoded"

    for body in (fields, "a=" + "a" * body_limits.SMALL):
        assert browser.post(path, data=body, content_type=kind).status_code == 413


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/sign-in/forgotten"])
def test_files_in_place_of_texts_are_asked_for_again(app, browser, path):
    app.config["WTF_CSRF_ENABLED"] = False
    names = ("name", "email", "password")

    assert browser.post(path, data={name: (BytesIO(b"x"), "x.txt") for name in names}).status_code == 422


def test_a_group_of_options_is_as_its_widgets_draw_it(app):
    class Choosing(BaseForm):
        many = CheckboxList(choices=[SelectChoice("a&b", "a"), SelectChoice("c", "c")])
        one = RadioField(choices=[SelectChoice(1, "x"), SelectChoice(2, "y")], coerce=int)

    with app.test_request_context():
        form = Choosing(many=["c"], one=2)
        page = get_template_attribute("components/forms.html", "group")
        drawn = [each for field in (form.many, form.one) for each in re.findall("<input[^>]*>", page(field))]

        assert drawn == [option(required=False) for field in (form.many, form.one) for option in field]
