"""Odd input of any kind never makes a page fail."""
# ruff: noqa: F811 - a fixture of another file is asked for by its name.

import itertools
import re
from collections.abc import Iterable

import pytest
from flask_wtf import FlaskForm
from wtforms import StringField

from portal.core.models import OperatorRole
from portal.web.shared.access import ACCESS_RULES
from tests import make, page_checks
from tests.portal.web.dashboard.staff import csrf_token, signed_in
from tests.portal.web.dashboard.test_strangers import things  # noqa: F401 - a fixture: what ids in addresses may name

pytestmark = pytest.mark.slow

# One of each kind is tried each time, some of them by turns; each of them, and all of their likes, in the long tests.
KINDS = (str(2**63), "a\0b")
BEFORE_ANY_DATABASE = ("-1", "\ud800".encode(errors="surrogatepass"), b"\xff\xfe")
LIKES = (*BEFORE_ANY_DATABASE, "9" * 5000, "٣", "1e5", "0x1", "\0", "%00", "x" * 10_000, "' OR 1=1 --", "{{7*7}}")
ODD = (
    KINDS,
    pytest.param(BEFORE_ANY_DATABASE, marks=pytest.mark.alike),
    *(pytest.param(like, marks=pytest.mark.long) for like in (*KINDS, *LIKES)),
)
CHOICES = {"provider", "partner", "user", "role", "settlement", "answer", "next", "package", "kind", "brand", "day"}
QUERIES = ("page", "before", "after", "year", "show", "q", "lang", "next", "by", "act", "since", "until", "day", "kind")


@pytest.fixture(autouse=True)
def typed_braces_are_no_leftovers(monkeypatch):
    """A page may show the braces that were typed in."""
    pattern = page_checks.LEFTOVERS.pattern.removeprefix(r"\{\{|")
    monkeypatch.setattr(page_checks, "LEFTOVERS", re.compile(pattern))


@pytest.fixture
def people(app, things) -> list:
    """An owner with all there is to own, and an admin, each signed in."""
    with app.app_context():
        make.staff("derya@example.com", OperatorRole.ADMIN)
    return [signed_in(app), signed_in(app, "derya@example.com")]


def paths(app, method: str, things: dict) -> list[str]:
    """Of all pages for people but those that end the session they are tried in."""
    return sorted(
        re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda gap: str(things.get(gap[1], 1)), rule.rule)
        for rule in app.url_map.iter_rules()
        if method in rule.methods and rule.endpoint != "static"
        if ACCESS_RULES[rule.endpoint.partition(".")[0]] not in ("by code", "by password")
        if not rule.endpoint.endswith((".sign_out", ".end_all_sessions"))
    )


def text_fields() -> list[tuple[str, str]]:
    """(form, field) of whatever takes a text, in all forms of the product."""
    found, waiting = set(), FlaskForm.__subclasses__()
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        for name, unbound in vars(form).items():
            if hasattr(unbound, "field_class") and issubclass(unbound.field_class, StringField):
                found.add((form.__name__, name))
    return sorted(found)


def filled_in(names: Iterable[str], odd: str | bytes | tuple, turn: int) -> dict[str, str | bytes]:
    """Each name with a value; with one of several by turns, so that it has another one the next time."""
    values = itertools.cycle(odd if isinstance(odd, tuple) else (odd,))
    return dict(zip(sorted(names), itertools.islice(values, turn, None), strict=False))


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_no_query_breaks_a_page(app, people, things, odd):
    for turn, person in enumerate(people):
        for path in paths(app, "GET", things):
            with person.browser.get(path, query_string=filled_in(QUERIES, odd, turn)) as answer:
                assert answer.status_code < 500 or path == "/readyz", path  # No program of the app runs here.


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_no_form_breaks_a_page(app, people, things, odd):
    names = {name for _, name in text_fields()} | CHOICES
    for turn, person in enumerate(people):
        held = csrf_token(person.browser, "/account/providers")
        for path in paths(app, "POST", things):
            answer = person.browser.post(path, data=filled_in(names, odd, turn) | {"csrf_token": held})
            assert answer.status_code < 500, path
